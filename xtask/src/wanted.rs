//! Finds the test executables that may contain a test with a given name, so that no others are built. It must never miss one: if none is
//! found, all are built.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde_json::Value;

use crate::build::cargo;
use crate::run;

/// The package of the end-to-end tests, which start the real executables.
const END_TO_END: &str = "olivine-tests";

/// The test executables to build.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// Targets in folders called `tests`, each with its package.
    tests: BTreeSet<(String, String)>,
    /// Whether unit tests are wanted.
    units: bool,
}

impl Wanted {
    /// The executables whose sources contain a test's name or a part of it.
    pub(crate) fn by(name: &str) -> anyhow::Result<Self> {
        let Some(part) = telling_part(name) else { return Ok(Self::default()) };
        let metadata =
            run::quietly(cargo().args(["metadata", "--no-deps", "--offline", "--format-version", "1"]))?;
        let metadata: Value = serde_json::from_str(&metadata).context("cargo speaks JSON here")?;
        let mut wanted = Self::default();
        for package in metadata["packages"].as_array().into_iter().flatten() {
            for target in package["targets"].as_array().into_iter().flatten() {
                wanted.look_at(package, target, part)?;
            }
        }
        Ok(wanted)
    }

    fn look_at(&mut self, package: &Value, target: &Value, part: &str) -> anyhow::Result<()> {
        let text = |value: &Value| value.as_str().map(str::to_owned).context("cargo names all targets");
        let path = PathBuf::from(text(&target["src_path"])?);
        let is_test = target["kind"][0] == "test";
        if target["kind"][0] == "custom-build"
            || !files_of(&path, is_test)?.iter().any(|file| has(file, part))
        {
            return Ok(());
        }
        if is_test {
            self.tests.insert((text(&package["name"])?, text(&target["name"])?));
        } else {
            self.units = true;
        }
        Ok(())
    }

    fn is_everything(&self) -> bool {
        *self == Self::default()
    }

    /// The arguments for `cargo test`. `--workspace` stays, because single packages would have other features, and so other dependencies to
    /// build.
    pub(crate) fn arguments(&self) -> Vec<String> {
        let tests = self.tests.iter().flat_map(|(_, target)| ["--test".to_owned(), target.clone()]);
        let units = if self.units { &["--lib", "--bins"][..] } else { &[] };
        tests.chain(units.iter().map(|unit| (*unit).to_owned())).collect()
    }

    /// Whether an end-to-end test may be wanted.
    pub(crate) fn needs_executables(&self) -> bool {
        self.is_everything() || self.units || self.tests.iter().any(|(package, _)| package == END_TO_END)
    }

    /// Whether this end-to-end test may be wanted.
    pub(crate) fn has(&self, target: &str) -> bool {
        self.is_everything() || self.tests.iter().any(|(_, own)| own == target)
    }
}

/// The longest part of a test's path, which is in the source or is the name of a file. The names of databases are left out, because a macro
/// makes them.
fn telling_part(name: &str) -> Option<&str> {
    let parts = name.split("::").filter(|part| !part.is_empty() && !["sqlite", "postgres"].contains(part));
    parts.max_by_key(|part| part.len())
}

/// The sources of a target: all files in the folder of its first file, or only the first file for a test in a single file.
fn files_of(first: &Path, is_test: bool) -> anyhow::Result<Vec<PathBuf>> {
    if is_test && first.file_name().is_some_and(|name| name != "main.rs") {
        return Ok(vec![first.to_owned()]);
    }
    let mut files = Vec::new();
    let mut folders = vec![first.parent().context("a source is in a folder")?.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in
            std::fs::read_dir(&folder).with_context(|| format!("looking into {}", folder.display()))?
        {
            let path = entry?.path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.retain(|file| file.extension().is_some_and(|extension| extension == "rs"));
    Ok(files)
}

fn has(file: &Path, part: &str) -> bool {
    file.to_string_lossy().contains(part)
        || std::fs::read_to_string(file).is_ok_and(|text| text.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_part_tells() {
        assert_eq!(telling_part("limits::postgres::slow_bodies"), Some("slow_bodies"));
        assert_eq!(telling_part("slow"), Some("slow"));
        assert_eq!(telling_part("postgres::"), None);
    }

    #[test]
    fn only_executables_that_may_have_the_test_are_built() {
        let wanted = Wanted::by("tests::the_longest_part_tells").unwrap();
        assert_eq!(wanted.arguments(), ["--lib", "--bins"]);
        let wanted = Wanted::by(concat!("files_that_use", "_each_other_in_a_circle")).unwrap();
        assert_eq!(wanted.arguments(), ["--test", "workspace"]);
        assert!(wanted.needs_executables() && wanted.has("workspace") && !wanted.has("previous"));
        // The name of a file is a part of the paths of its tests.
        assert!(Wanted::by("standby::").unwrap().arguments().contains(&"processes".to_owned()));
        let all = Wanted::by("sqlite::").unwrap();
        assert!(all.arguments().is_empty() && all.has("previous"));
    }
}
