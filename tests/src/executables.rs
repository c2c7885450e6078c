//! Finds the executables under test.

use std::path::{Path, PathBuf};

/// The folder with the executables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Executables {
    folder: PathBuf,
}

impl Executables {
    /// The executables of the build that this test belongs to: `target/<profile>`, next to the `deps` of the tests.
    pub fn built() -> Self {
        let test = std::env::current_exe().expect("the system knows which executable runs");
        let folder = test.ancestors().nth(2).expect("tests run from target/<profile>/deps");
        Self::in_folder(folder)
    }

    /// The executables in the given folder.
    pub fn in_folder(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// The folder, for a `PATH`.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The path of the server.
    pub fn olivine(&self) -> PathBuf {
        self.existing("olivine")
    }

    /// The path of the command line.
    pub fn peridio(&self) -> PathBuf {
        self.existing("peridio")
    }

    fn existing(&self, name: &str) -> PathBuf {
        let program = self.folder.join(name);
        assert!(
            program.is_file(),
            "{} is not built; run `cargo xtask test`, or `cargo build --workspace --bins` before `cargo test`",
            program.display(),
        );
        program
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "/nowhere/olivine is not built; run `cargo xtask test`")]
    fn a_missing_executable_says_how_to_build_it() {
        Executables::in_folder("/nowhere").olivine();
    }

    #[test]
    fn executables_are_beside_the_tests_folder() {
        assert!(Executables::built().folder().join("deps").is_dir());
    }
}
