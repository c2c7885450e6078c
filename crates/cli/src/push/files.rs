//! The files to push: one file for one target, or several as `TARGET=FILE`.

use std::path::{Path, PathBuf};

use olivine_domain::Target;

use crate::failure::Failure;

/// A file and its target.
#[derive(Debug)]
pub(super) struct Content {
    pub(super) target: Target,
    pub(super) file: PathBuf,
    /// In bytes; never zero.
    pub(super) size: u64,
}

/// Parses the arguments. Checks that every file is readable and not empty, and that no target is given twice.
pub(super) fn contents(given: &[String], target: Option<&Target>) -> Result<Vec<Content>, Failure> {
    let mut contents: Vec<Content> = Vec::new();
    for text in given {
        let (target, file) = content(text, target, given.len())?;
        let size = file_size(&file)?;
        if contents.iter().any(|other| other.target == target) {
            return Err(Failure::usage(format!("the target '{target}' is given twice")));
        }
        contents.push(Content { target, file, size });
    }
    Ok(contents)
}

/// The name of a file may contain `=`. If a file with the whole name exists, it is meant.
fn content(given: &str, target: Option<&Target>, count: usize) -> Result<(Target, PathBuf), Failure> {
    let pair = given.split_once('=').filter(|_| !Path::new(given).exists());
    let pair = pair.and_then(|(target, file)| Some((target.parse::<Target>().ok()?, file)));
    match (pair, target) {
        (Some((own, file)), Some(target)) if !file.is_empty() && own != *target => {
            Err(Failure::usage(format!(
                "{given} is for the target '{own}', and --target (or PERIDIO_TARGET) says '{target}': give only one of them"
            )))
        }
        (Some((target, file)), _) if !file.is_empty() => Ok((target, PathBuf::from(file))),
        (Some((target, _)), _) => Err(Failure::usage(format!("no file is given for the target '{target}'"))),
        (None, Some(target)) if count == 1 => Ok((target.clone(), PathBuf::from(given))),
        (None, _) if count == 1 => Err(Failure::usage(format!(
            "no target is given for {given}: give --target, or TARGET={given}, where the target is what your devices have, or 'portable'"
        ))),
        (None, _) => Err(Failure::usage(format!(
            "with several files, each one needs its target: TARGET={given} instead of {given}"
        ))),
    }
}

fn file_size(file: &Path) -> Result<u64, Failure> {
    match olivine_client::files::size(file)? {
        0 => Err(Failure::new(format!("{} is empty: nothing was pushed", file.display()))),
        size => Ok(size),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_file_has_its_target() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        for name in ["fw", "a=b"] {
            std::fs::write(path(name), "content").unwrap();
        }
        std::fs::write(path("empty"), "").unwrap();
        let arm: Target = "arm".parse().unwrap();
        let read = |given: &[String], target: Option<&Target>| {
            let contents = contents(given, target).map_err(|failure| format!("{failure:?}"))?;
            Ok::<_, String>(
                contents.into_iter().map(|content| content.target.to_string()).collect::<Vec<_>>(),
            )
        };
        let fw = path("fw");
        assert_eq!(read(std::slice::from_ref(&fw), Some(&arm)).unwrap(), ["arm"]);
        let contradiction = read(&[format!("x86={fw}")], Some(&arm)).unwrap_err();
        assert!(contradiction.contains("give only one of them"), "{contradiction}");
        assert_eq!(read(&[format!("arm={fw}")], Some(&arm)).unwrap(), ["arm"]);
        assert_eq!(read(&[path("a=b")], Some(&arm)).unwrap(), ["arm"]);
        assert_eq!(
            read(&[format!("arm={fw}"), format!("x86={}", path("a=b"))], None).unwrap(),
            ["arm", "x86"]
        );
        for (given, said) in [
            (vec![fw.clone()], "no target"),
            (vec![format!("arm={fw}"), fw.clone()], "each one needs its target"),
            (vec![format!("arm={fw}"), format!("arm={fw}")], "twice"),
            (vec!["arm=".to_owned()], "no file"),
            (vec![format!("arm={}", path("empty"))], "is empty"),
            (vec![format!("arm={}", path("nowhere"))], "nowhere"),
        ] {
            let error = read(&given, None).unwrap_err();
            assert!(error.contains(said), "{given:?}: {error}");
        }
    }
}
