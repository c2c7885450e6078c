//! Writes the table of the console's files, so that the executable brings them along.
//!
//! The files are built by `cargo xtask console build` and committed: building the server needs no Node.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let dist = PathBuf::from(variable("CARGO_MANIFEST_DIR")?).join("../../console/dist").canonicalize()?;
    println!("cargo::rerun-if-changed={}", dist.display());
    let mut paths = Vec::new();
    find_files(&dist, &mut paths)?;
    paths.sort();
    let mut table = String::from("&[\n");
    for path in &paths {
        println!("cargo::rerun-if-changed={}", path.display());
        let name = path.strip_prefix(&dist).map_err(io::Error::other)?;
        let name = name.to_string_lossy().replace('\\', "/");
        writeln!(table, "    ({name:?}, include_bytes!({:?})),", path.to_string_lossy())
            .map_err(io::Error::other)?;
    }
    table.push(']');
    fs::write(Path::new(&variable("OUT_DIR")?).join("console_files.rs"), table)
}

fn variable(name: &str) -> io::Result<String> {
    env::var(name).map_err(io::Error::other)
}

fn find_files(folder: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            find_files(&entry.path(), found)?;
        } else {
            found.push(entry.path());
        }
    }
    Ok(())
}
