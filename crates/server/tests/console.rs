//! The console's built files in `console/dist` belong to its sources. This finds out where somebody forgot `cargo xtask console build`,
//! without Node: `BUILD` in that folder has a hash of all sources, and one of each built file.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{SHA256, digest};
use serde_json::Value;

/// What a build depends on. `console/build/stamp.js` has the same list.
const SOURCES: [&str; 7] =
    ["build", "index.html", "package-lock.json", "public", "src", "tsconfig.json", "vite.config.ts"];

/// How many bytes of files the executable may carry for the console.
const MOST_BYTES: u64 = 1_500_000;

fn console() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../console")
}

fn sha256(data: &[u8]) -> String {
    digest(&SHA256, data).as_ref().iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn files_below(path: &Path, found: &mut Vec<PathBuf>) {
    if !path.is_dir() {
        found.push(path.to_owned());
        return;
    }
    for entry in fs::read_dir(path).expect("it is a folder") {
        files_below(&entry.expect("it can be read").path(), found);
    }
}

/// A line for each file: its hash and its path, in the order of the paths.
fn lines(files: &[PathBuf], base: &Path) -> String {
    let name =
        |file: &PathBuf| file.strip_prefix(base).expect("it is below").to_string_lossy().replace('\\', "/");
    let mut named: Vec<_> = files.iter().map(|file| (name(file), file)).collect();
    named.sort();
    let line = |(name, file): &(String, &PathBuf)| {
        format!("{}  {name}\n", sha256(&fs::read(file).expect("it can be read")))
    };
    named.iter().map(line).collect()
}

/// The scopes of all operations: what of the API's document is in the console's files.
fn scopes() -> String {
    let text = fs::read(console().join("../docs/openapi.json")).expect("it is there");
    let document: Value = serde_json::from_slice(&text).expect("it is JSON");
    let paths = document["paths"].as_object().expect("there are paths").values();
    let operations = paths.flat_map(|path| path.as_object().into_iter().flat_map(serde_json::Map::values));
    let mut all: Vec<_> = operations
        .filter_map(|one| {
            Some(format!("{} {}\n", one["operationId"].as_str()?, one["x-required-scope"].as_str()?))
        })
        .collect();
    all.sort();
    all.concat()
}

fn built_files() -> Vec<PathBuf> {
    let mut files = Vec::new();
    files_below(&console().join("dist"), &mut files);
    files.retain(|file| !file.ends_with("BUILD"));
    files
}

#[test]
fn the_built_console_is_that_of_its_sources() {
    let mut sources = Vec::new();
    for name in SOURCES {
        files_below(&console().join(name), &mut sources);
    }
    sources.retain(|file| !file.components().any(|part| part.as_os_str() == "generated"));
    let sources = sha256((lines(&sources, &console()) + &scopes()).as_bytes());
    let files = lines(&built_files(), &console().join("dist"));
    let fresh = format!("sources {sources}\nbuild {}\n{files}", sha256(files.as_bytes()));
    let kept = fs::read_to_string(console().join("dist/BUILD")).expect("it is there");
    assert!(
        kept == fresh,
        "console/dist was not built from what is in console/: run `cargo xtask console build` and commit what it writes"
    );
}

#[test]
fn the_executable_carries_little_for_the_console() {
    let sizes = built_files().into_iter().map(|file| fs::metadata(file).expect("it is there").len());
    let bytes: u64 = sizes.sum();
    assert!(bytes <= MOST_BYTES, "the console's files have {bytes} bytes, more than {MOST_BYTES}");
}
