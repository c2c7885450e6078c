//! What runs on this device, as far as it can be seen from files: its version, and whether it was restarted.

use std::fs;
use std::path::{Path, PathBuf};

use olivine_domain::bundles::Bundle;
use olivine_domain::prn::Prn;
use olivine_domain::releases::Release;
use olivine_domain::text::decode;
use olivine_domain::versions::{Version, is_same};

use crate::state::Current;

/// The most characters of a version.
const MAX_VERSION: usize = 256;

/// Where to see what runs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Running {
    /// What a device runs that has not been updated yet.
    pub(crate) factory: Current,
    /// The file whose text is the version that runs.
    pub(crate) version_file: Option<PathBuf>,
    /// The file whose text is another one after each start of the system.
    pub(crate) boot_id_file: Option<PathBuf>,
    /// What restarts the system.
    pub(crate) reboot_command: Option<Vec<String>>,
}

/// The outcome of an update that needed a restart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AfterRestart {
    /// There was none yet.
    Pending,
    /// What was installed runs.
    New,
    /// What was there before runs.
    Old(String),
}

impl Running {
    /// The version that runs.
    pub(crate) fn version(&self) -> Option<String> {
        self.version_file.as_deref().and_then(text)
    }

    /// What of it the server can't understand, and so would pass over; each as a sentence.
    pub(crate) fn problems(&self) -> Vec<String> {
        let Current { release_prn, bundle_prn, version, .. } = &self.factory;
        let release = release_prn.as_deref().and_then(|prn| prn.parse::<Prn<Release>>().err());
        let bundle = bundle_prn.as_deref().and_then(|prn| prn.parse::<Prn<Bundle>>().err());
        let is_version =
            |text: &Option<String>| text.as_deref().and_then(|text| text.parse::<Version>().err());
        let by_version = "the server can't choose a release by it";
        [
            release.map(|problem| format!("running.release_prn: {problem}")),
            bundle.map(|problem| format!("running.bundle_prn: {problem}")),
            is_version(version).map(|problem| format!("running.version: {problem}; {by_version}")),
            self.version_problem().map(|problem| format!("running.version_file: {problem}; {by_version}")),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// Why the version file does not say which version runs. Then this device gets no updates, or the wrong ones, without any error of the
    /// server.
    fn version_problem(&self) -> Option<String> {
        let path = self.version_file.as_deref()?;
        match read(path) {
            Err(problem) => Some(format!("{} can't be read ({problem})", path.display())),
            Ok(text) if text.trim().is_empty() => Some(format!("{} is empty", path.display())),
            Ok(_) => self.version()?.parse::<Version>().err().map(|problem| problem.to_string()),
        }
    }

    /// What names this start of the system.
    pub(crate) fn boot_id(&self) -> Option<String> {
        self.boot_id_file.as_deref().and_then(text)
    }

    /// Whether what was installed has to prove itself by a restart: an installer asked for one, or the release's version does
    /// not run yet. Where the release has none, nobody knows whether it should.
    pub(crate) fn needs_restart(&self, asked: bool, before: Option<&str>, expected: Option<&str>) -> bool {
        let version = self.version();
        let is_missing = expected.is_some() && !same(version.as_deref(), expected);
        asked || (is_missing && version.is_some() && version.as_deref() == before)
    }

    /// What came of it. `restarted` says whether there was a restart since.
    pub(crate) fn after_restart(
        &self,
        (asked, restarted): (bool, bool),
        before: Option<&str>,
        expected: Option<&str>,
    ) -> AfterRestart {
        if asked && !restarted {
            return AfterRestart::Pending;
        }
        match self.version() {
            Some(version) if same(Some(&version), expected) || Some(version.as_str()) != before => {
                AfterRestart::New
            }
            Some(version) if restarted => AfterRestart::Old(version),
            None if restarted => AfterRestart::New,
            _ => AfterRestart::Pending,
        }
    }
}

/// Whether both are one version: a device may call `v1.2.3` what its release calls `1.2.3`.
fn same(a: Option<&str>, b: Option<&str>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => is_same(a, b),
        (a, b) => a == b,
    }
}

fn read(path: &Path) -> Result<String, String> {
    let bytes = fs::read(path).map_err(|error| error.to_string())?;
    decode(&bytes).map_err(|problem| problem.to_string())
}

fn text(path: &Path) -> Option<String> {
    let text: String = read(path).ok()?.trim().chars().take(MAX_VERSION).collect();
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_file_that_says_no_version_is_a_problem() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("version");
        let problems = || Running { version_file: Some(file.clone()), ..Running::default() }.problems();
        assert!(problems()[0].contains("can't be read (No such file"), "{:?}", problems());
        for (text, told) in
            [("", "is empty"), (" \n", "is empty"), ("1.0.0 beta", "1.0.0 beta"), ("unknown", "unknown")]
        {
            fs::write(&file, text).unwrap();
            assert!(problems().len() == 1 && problems()[0].contains(told), "{text:?}: {:?}", problems());
        }
        fs::write(&file, [0xff, 0xfd]).unwrap();
        assert!(problems()[0].contains("can't be read"), "{:?}", problems());
        fs::write(&file, "v1.0.0\n").unwrap();
        assert_eq!(problems(), [""; 0]);
        fs::remove_file(&file).unwrap();
        fs::create_dir(&file).unwrap();
        assert!(problems()[0].contains("can't be read"), "{:?}", problems());
    }

    #[test]
    fn what_the_server_would_pass_over_is_named() {
        let problems = |release: &str, bundle: &str, version: &str| {
            let [release_prn, bundle_prn, version] =
                [release, bundle, version].map(|text| Some(text.to_owned()));
            let factory = Current { release_prn, bundle_prn, version, mixed: false };
            Running { factory, ..Running::default() }.problems()
        };
        let id = "01890a5d-ac96-774b-bcce-b302099a8057";
        let prn = |kind: &str| format!("prn:1:{id}:{kind}:{id}");
        for version in ["1.0.0", "v1.0.0", "1.0.0-5-gabc1234"] {
            assert_eq!(problems(&prn("release"), &prn("bundle"), version), [""; 0], "{version}");
        }
        let all = problems("r1", &prn("release"), "v1.0.0 beta");
        for (problem, told) in
            all.iter().zip(["'r1' is not a PRN", "names a record of type 'release'", "'v1.0.0 beta'"])
        {
            assert!(problem.contains(told), "{problem}");
        }
        assert_eq!(all.len(), 3, "{all:?}");
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("version");
        fs::write(&file, "2024.06.01\n").unwrap();
        let of_file = Running { version_file: Some(file), ..Running::default() }.problems();
        assert!(of_file[0].contains("running.version_file: '2024.06.01'"), "{of_file:?}");
    }

    /// Each line: the version file's text, whether a restart was asked for and happened, the version before, the release's.
    #[test]
    fn what_runs_decides() {
        use AfterRestart::{New, Pending};
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("version");
        let running = Running { version_file: Some(file.clone()), ..Running::default() };
        let old = || AfterRestart::Old("1".to_owned());
        for (version, asked, restarted, expected, needs, after) in [
            ("1", false, false, Some("2"), true, Pending),
            ("2", false, false, Some("2"), false, New),
            ("1", false, false, None, false, Pending),
            ("1", true, false, Some("2"), true, Pending),
            ("2", true, false, Some("2"), true, Pending),
            ("2", true, true, Some("2"), true, New),
            ("3", true, true, Some("2"), true, New),
            ("1", true, true, Some("2"), true, old()),
            ("1", true, true, Some("1"), true, New),
            ("1", true, true, None, true, old()),
            ("1", false, true, Some("2"), true, old()),
            ("v2.0.0", false, false, Some("2.0.0"), false, New),
        ] {
            fs::write(&file, version).unwrap();
            let case = (version, asked, restarted, expected);
            assert_eq!(running.needs_restart(asked, Some("1"), expected), needs, "{case:?}");
            assert_eq!(running.after_restart((asked, restarted), Some("1"), expected), after, "{case:?}");
        }
        let blind = Running::default();
        assert!(!blind.needs_restart(false, None, Some("2")) && blind.needs_restart(true, None, Some("2")));
        assert_eq!(blind.after_restart((true, true), None, Some("2")), New);
        assert_eq!(blind.after_restart((true, false), None, Some("2")), Pending);
    }
}
