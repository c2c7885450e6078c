//! Configuration: one TOML file. Every mistake in it is reported before anything is done.

mod installers;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use olivine_client::{DeviceSettings, Pace};
use olivine_domain::artifacts::Artifact;
use olivine_domain::prn::Prn;
use olivine_domain::signing_keys::{InvalidKey, KeyMaterial, PublicKey};
use olivine_domain::text::decode;
use serde::Deserialize;

use crate::Error;
use crate::config::installers::InstallerSection;
use crate::installers::Installer;
use crate::plan::Limits;
use crate::running::Running;
use crate::state::{Current, Patience};

/// Over what time a download has to reach its least rate.
const SLOW_FOR: Duration = Duration::from_mins(5);
/// The most hours that `max_download_hours` can be: a year.
const LONGEST_DOWNLOAD_HOURS: u64 = 8_760;

/// What the operator of the device decided, checked.
#[derive(Clone)]
pub(crate) struct Settings {
    /// How the server is reached.
    pub(crate) device: DeviceSettings,
    /// The keys that are pinned.
    pub(crate) trusted: Vec<PublicKey>,
    /// How many of them must have signed.
    pub(crate) required_signatures: usize,
    /// The agent's folder.
    pub(crate) state_dir: PathBuf,
    /// How often it asks.
    pub(crate) poll_interval: Duration,
    pub(crate) limits: Limits,
    /// How long the contents of one update may take to arrive.
    pub(crate) longest_download: Duration,
    pub(crate) patience: Patience,
    pub(crate) running: Running,
    pub(crate) installers: Vec<Installer>,
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Settings({})", self.device.base_url)
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ConfigFile {
    server: String,
    ca_certificate: PathBuf,
    certificate: PathBuf,
    private_key: PathBuf,
    trusted_keys: Vec<PathBuf>,
    #[serde(default = "defaults::required_signatures")]
    required_signatures: usize,
    state_dir: PathBuf,
    #[serde(default = "defaults::poll_interval_seconds")]
    poll_interval_seconds: u64,
    #[serde(default = "defaults::timeout_seconds")]
    timeout_seconds: u64,
    #[serde(default = "defaults::max_attempts")]
    max_attempts: u32,
    #[serde(default = "defaults::retry_seconds")]
    retry_seconds: u64,
    #[serde(default = "defaults::max_download_bytes")]
    max_download_bytes: u64,
    download_reserve_bytes: Option<u64>,
    #[serde(default = "defaults::min_bytes_per_second")]
    min_bytes_per_second: u64,
    #[serde(default = "defaults::max_download_hours")]
    max_download_hours: u64,
    #[serde(default)]
    allow_http_downloads: bool,
    #[serde(default)]
    allowed_download_hosts: Vec<String>,
    #[serde(default)]
    refuse_older: bool,
    #[serde(default)]
    minimum_versions: BTreeMap<String, String>,
    #[serde(default)]
    running: RunningSection,
    #[serde(default)]
    installers: Vec<InstallerSection>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RunningSection {
    release_prn: Option<String>,
    bundle_prn: Option<String>,
    version: Option<String>,
    version_file: Option<PathBuf>,
    boot_id_file: Option<PathBuf>,
    reboot_command: Option<Vec<String>>,
}

mod defaults {
    pub(super) const fn required_signatures() -> usize {
        1
    }
    pub(super) const fn poll_interval_seconds() -> u64 {
        3_600
    }
    pub(super) const fn timeout_seconds() -> u64 {
        60
    }
    pub(super) const fn max_attempts() -> u32 {
        5
    }
    pub(super) const fn retry_seconds() -> u64 {
        60
    }
    /// Enough for any image in the field, and little enough that a server can't fill a large disk or a month's mobile data. It is also
    /// the largest file on FAT.
    pub(super) const fn max_download_bytes() -> u64 {
        4 << 30
    }
    pub(super) const fn min_bytes_per_second() -> u64 {
        64
    }
    pub(super) const fn max_download_hours() -> u64 {
        72
    }
}

fn wrong(message: impl Into<String>) -> Error {
    Error::Config(message.into())
}

impl Settings {
    /// Reads a file, and the keys that it names. Relative paths in it are relative to its folder.
    pub(crate) fn read(path: &Path) -> Result<Self, Error> {
        let unreadable =
            |problem: String| wrong(format!("can't read the configuration {}: {problem}", path.display()));
        let bytes = std::fs::read(path).map_err(|error| unreadable(error.to_string()))?;
        let text = decode(&bytes).map_err(|problem| unreadable(problem.to_string()))?;
        Self::parse(&text, path.parent().unwrap_or(Path::new("")))
            .map_err(|error| wrong(format!("{}: {error}", path.display())))
    }

    fn parse(text: &str, folder: &Path) -> Result<Self, Error> {
        let file: ConfigFile = toml::from_str(text).map_err(|error| wrong(error.to_string().trim_end()))?;
        file.check()?;
        let trusted = trusted(&file.trusted_keys, folder)?;
        if trusted.len() < file.required_signatures {
            return Err(wrong(format!(
                "required_signatures = {} can't be met by the {} different keys of trusted_keys",
                file.required_signatures,
                trusted.len()
            )));
        }
        let limits = file.limits()?;
        Ok(Self {
            device: DeviceSettings {
                base_url: file.server,
                ca_path: folder.join(file.ca_certificate),
                certificate_path: folder.join(file.certificate),
                key_path: folder.join(file.private_key),
                patience: Duration::from_secs(file.timeout_seconds),
                pace: Some(Pace { bytes_per_second: file.min_bytes_per_second, window: SLOW_FOR }),
                ..DeviceSettings::default()
            },
            trusted,
            required_signatures: file.required_signatures,
            state_dir: folder.join(file.state_dir),
            poll_interval: Duration::from_secs(file.poll_interval_seconds),
            limits,
            longest_download: Duration::from_hours(file.max_download_hours),
            patience: Patience {
                max_attempts: file.max_attempts,
                first_wait: Duration::from_secs(file.retry_seconds),
            },
            running: file.running.read(folder)?,
            installers: file
                .installers
                .into_iter()
                .enumerate()
                .map(|(index, section)| section.read(index + 1, folder))
                .collect::<Result<_, _>>()?,
        })
    }
}

impl ConfigFile {
    fn check(&self) -> Result<(), Error> {
        if !self.server.starts_with("https://") {
            return Err(wrong("server begins with https://: the device is known by its certificate"));
        }
        let numbers = [
            ("required_signatures", self.required_signatures as u64),
            ("poll_interval_seconds", self.poll_interval_seconds),
            ("timeout_seconds", self.timeout_seconds),
            ("max_attempts", u64::from(self.max_attempts)),
            ("min_bytes_per_second", self.min_bytes_per_second),
            ("max_download_hours", self.max_download_hours),
        ];
        if let Some((name, _)) = numbers.into_iter().find(|(_, number)| *number == 0) {
            return Err(wrong(format!("{name} is at least 1")));
        }
        if self.max_download_hours > LONGEST_DOWNLOAD_HOURS {
            return Err(wrong(format!("max_download_hours is at most {LONGEST_DOWNLOAD_HOURS}")));
        }
        if self.trusted_keys.is_empty() {
            return Err(wrong(
                "trusted_keys names at least one file: without a pinned key nothing can be installed",
            ));
        }
        if self.installers.is_empty() {
            return Err(wrong("there is no [[installers]]: without one nothing can be installed"));
        }
        Ok(())
    }

    fn limits(&self) -> Result<Limits, Error> {
        let mut minimum_versions = BTreeMap::new();
        for (artifact, version) in &self.minimum_versions {
            let version = version.parse().map_err(|error| wrong(format!("minimum_versions: {error}")))?;
            minimum_versions.insert(artifact_prn(artifact, "minimum_versions")?, version);
        }
        Ok(Limits {
            max_download_bytes: self.max_download_bytes,
            allow_http: self.allow_http_downloads,
            // The server's own is added by the agent.
            hosts: self.allowed_download_hosts.clone(),
            reserve: self.download_reserve_bytes,
            refuse_older: self.refuse_older,
            minimum_versions,
        })
    }
}

/// One spelling, so that it can be compared.
fn artifact_prn(text: &str, place: &str) -> Result<String, Error> {
    let prn = text.parse::<Prn<Artifact>>().map_err(|error| wrong(format!("{place}: {error}")))?;
    Ok(prn.to_string())
}

/// The keys, each once.
fn trusted(paths: &[PathBuf], folder: &Path) -> Result<Vec<PublicKey>, Error> {
    let mut keys: Vec<PublicKey> = Vec::new();
    for path in paths {
        let path = folder.join(path);
        let failed = |reason: String| wrong(format!("the trusted key {}: {reason}", path.display()));
        let bytes = std::fs::read(&path).map_err(|error| failed(error.to_string()))?;
        let material = KeyMaterial::read(&bytes).map_err(|error| failed(refusal(&error)))?;
        let key = material.public_key().clone();
        if !keys.iter().any(|known| known.keyid() == key.keyid()) {
            keys.push(key);
        }
    }
    Ok(keys)
}

/// A private signing key must not be on a device: anybody who has the device could sign for the whole fleet.
fn refusal(problem: &InvalidKey) -> String {
    match problem {
        InvalidKey::PrivateKey => "this is a private key, and with it anybody who has this device can sign: replace the key, and give \
                                   devices the public one alone, which 'openssl pkey -in key.pem -pubout' prints"
            .to_owned(),
        problem => problem.to_string(),
    }
}

impl RunningSection {
    fn read(self, folder: &Path) -> Result<Running, Error> {
        if self.reboot_command.as_ref().is_some_and(Vec::is_empty) {
            return Err(wrong("running.reboot_command is a list that begins with a program"));
        }
        let boot_id_file = self.boot_id_file.map(|path| folder.join(path));
        Ok(Running {
            factory: Current {
                release_prn: self.release_prn,
                bundle_prn: self.bundle_prn,
                version: self.version,
                mixed: false,
            },
            version_file: self.version_file.map(|path| folder.join(path)),
            boot_id_file: Some(boot_id_file.unwrap_or_else(|| "/proc/sys/kernel/random/boot_id".into())),
            reboot_command: self.reboot_command,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n";

    fn parse(text: &str) -> Result<Settings, String> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("key.pem"), KEY).unwrap();
        Settings::parse(text, folder.path()).map_err(|error| error.to_string())
    }

    const BASE: &str = r#"
        server = "https://localhost:8443"
        ca_certificate = "ca.pem"
        certificate = "device.pem"
        private_key = "device.key"
        trusted_keys = ["key.pem"]
        state_dir = "state"
    "#;
    const COPY: &str = "[[installers]]\ncopy = \"/tmp/x\"\n";

    #[test]
    fn the_example_is_sound_and_names_every_setting() {
        let example = include_str!("../agent.example.toml");
        let settings = parse(&example.replace("/etc/olivine/signing.pem", "key.pem")).unwrap();
        assert_eq!((settings.required_signatures, settings.installers.len()), (1, 2));
        let all: String = example
            .lines()
            .map(|line| line.strip_prefix("#: ").unwrap_or(line))
            .collect::<Vec<_>>()
            .join("\n");
        let settings = parse(&all.replace("/etc/olivine/signing.pem", "key.pem")).unwrap();
        assert!(settings.limits.reserve.is_some() && settings.running.reboot_command.is_some());
    }

    #[test]
    fn mistakes_are_told() {
        let shell = |code: &str| format!("{BASE}[[installers]]\ncommand = [\"sh\", \"-c\", \"{code}\"]\n");
        let with = |line: &str| format!("{BASE}[[installers]]\ncommand = [\"x\"]\n{line}\n");
        for (text, told) in [
            (shell("install {version}"), "be run as code. Use environment variables"),
            (shell("cat {file} > /dev/mtd0"), "\"$OLIVINE_FILE\""),
            (format!("{BASE}min_bytes_per_second = 0\n{COPY}"), "min_bytes_per_second is at least 1"),
            (format!("{BASE}max_download_hours = 10000\n{COPY}"), "max_download_hours is at most 8760"),
            (format!("{BASE}colour = 1\n{COPY}"), "unknown field `colour`"),
            (format!("{BASE}{COPY}colour = 1\n"), "unknown field `colour`"),
            (BASE.to_owned(), "no [[installers]]"),
            (format!("{BASE}required_signatures = 0\n{COPY}"), "required_signatures is at least 1"),
            (format!("{BASE}required_signatures = 2\n{COPY}"), "can't be met by the 1 different keys"),
            (format!("{BASE}{COPY}").replace("https", "http"), "begins with https://"),
            (format!("{BASE}{COPY}").replace("\"key.pem\"", ""), "at least one file"),
            (format!("{BASE}{COPY}").replace("key.pem", "nokey.pem"), "nokey.pem"),
            (format!("{BASE}{COPY}command = [\"x\"]\n"), "either a command or a path"),
            (format!("{BASE}[[installers]]\ntarget = \"x\"\n"), "either a command or a path"),
            (format!("{BASE}[[installers]]\ncommand = []\n"), "begins with a program"),
            (
                format!("{BASE}[[installers]]\ncommand = [\"x\", \"{{flie}}\"]\n"),
                "'{flie}' has a placeholder",
            ),
            (format!("{BASE}[[installers]]\ncommand = [\"{{version}}\"]\n"), "can't be a placeholder"),
            (with("stage = []"), "stage is a list that begins with a program"),
            (with("revert = [\"{file}\"]"), "the program of revert itself can't be a placeholder"),
            (with("revert = [\"x\", \"{flie}\"]"), "'{flie}' has a placeholder"),
            (with("stage = [\"sh\", \"-c\", \"x {version}\"]"), "be run as code"),
            (format!("{BASE}{COPY}revert = [\"x\"]\n"), "stage and revert are for commands"),
            (format!("{BASE}{COPY}mode = \"rwx\"\n"), "written like"),
            (format!("{BASE}{COPY}artifact_prn = \"firmware\"\n"), "installer 1"),
            (format!("{BASE}{COPY}[minimum_versions]\nx = \"1.0.0\"\n"), "minimum_versions"),
        ] {
            let error = parse(&text).unwrap_err();
            assert!(error.contains(told), "{error}\n{text}");
        }
        assert!(
            parse(&format!("{BASE}[[installers]]\ncommand = [\"sh\", \"-c\", \"echo ${{X}} {{\"]\n")).is_ok()
        );
    }
}
