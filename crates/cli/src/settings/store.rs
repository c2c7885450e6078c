//! Where profiles are stored: `config.toml` with public settings, and `credentials.toml` (mode 0600) with the keys.
//!
//! Both are replaced atomically. No error ever shows the content of `credentials.toml`.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use aws_lc_rs::rand;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::messages;
use crate::private_files;

/// A profile: a server and an API key.
#[derive(Clone, Default)]
pub(crate) struct Profile {
    pub(crate) api_key: Option<String>,
    pub(crate) base_url: Option<String>,
    pub(crate) ca_path: Option<String>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    #[serde(skip_serializing_if = "Option::is_none")]
    default_profile: Option<String>,
    #[serde(default)]
    profiles: BTreeMap<String, Server>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Server {
    #[serde(skip_serializing_if = "Option::is_none")]
    base_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ca_path: Option<String>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Credentials {
    #[serde(default)]
    profiles: BTreeMap<String, Key>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Key {
    api_key: String,
}

/// The profiles of this user.
pub(crate) struct Store {
    directory: PathBuf,
    config: Config,
    credentials: Credentials,
}

impl Store {
    /// Reads the user's profiles. There may be none yet.
    pub(crate) fn open() -> Result<Self, Failure> {
        let directory =
            std::env::var_os("PERIDIO_CONFIG_DIR").filter(|path| !path.is_empty()).map(PathBuf::from);
        let usual =
            || directories::ProjectDirs::from("", "", "peridio").map(|dirs| dirs.config_dir().to_owned());
        let none = || Failure::new("there is no home directory to keep profiles in: set PERIDIO_CONFIG_DIR");
        Self::open_in(directory.or_else(usual).ok_or_else(none)?)
    }

    fn open_in(directory: PathBuf) -> Result<Self, Failure> {
        let config = read(&directory.join("config.toml"))?;
        let credentials = directory.join("credentials.toml");
        warn_if_open_to_others(&credentials);
        Ok(Self { config, credentials: read(&credentials)?, directory })
    }

    /// The names of all profiles.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.config.profiles.keys().map(String::as_str)
    }

    /// The profile that is used if no other one is named.
    pub(crate) fn default_profile(&self) -> Option<String> {
        self.config.default_profile.clone()
    }

    /// The profile with this name.
    pub(crate) fn profile(&self, name: &str) -> Result<Profile, Failure> {
        let server = self.config.profiles.get(name).ok_or_else(|| self.unknown(name))?;
        let api_key = self.credentials.profiles.get(name).map(|key| key.api_key.clone());
        Ok(Profile { api_key, base_url: server.base_url.clone(), ca_path: server.ca_path.clone() })
    }

    /// Adds a profile, or replaces it; the first one becomes the default.
    pub(crate) fn put(&mut self, name: &str, profile: Profile) -> Result<(), Failure> {
        let Profile { api_key, base_url, ca_path } = profile;
        match api_key {
            Some(api_key) => self.credentials.profiles.insert(name.to_owned(), Key { api_key }),
            None => self.credentials.profiles.remove(name),
        };
        self.config.profiles.insert(name.to_owned(), Server { base_url, ca_path });
        self.config.default_profile.get_or_insert_with(|| name.to_owned());
        self.save()
    }

    /// Makes a profile the default.
    pub(crate) fn make_default(&mut self, name: &str) -> Result<(), Failure> {
        self.profile(name)?;
        self.config.default_profile = Some(name.to_owned());
        self.save()
    }

    /// Removes a profile and its key.
    pub(crate) fn remove(&mut self, name: &str) -> Result<(), Failure> {
        self.config.profiles.remove(name).ok_or_else(|| self.unknown(name))?;
        self.credentials.profiles.remove(name);
        self.config.default_profile.take_if(|default| default == name);
        self.save()
    }

    fn unknown(&self, name: &str) -> Failure {
        let known: Vec<_> = self.names().collect();
        let known = if known.is_empty() {
            "there are none yet".to_owned()
        } else {
            format!("there are: {}", known.join(", "))
        };
        Failure::usage(format!("there is no profile '{name}'; {known} ('peridio config profiles create')"))
    }

    /// Writes the keys first: a profile without a key would be more confusing than a key without a profile.
    fn save(&self) -> Result<(), Failure> {
        write(&self.directory.join("credentials.toml"), &self.credentials)?;
        write(&self.directory.join("config.toml"), &self.config)
    }
}

fn read<T: DeserializeOwned + Default>(path: &Path) -> Result<T, Failure> {
    if fs::metadata(path).is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
        return Ok(T::default());
    }
    let text = crate::texts::read(&path.display().to_string(), path)?;
    toml::from_str(&text).map_err(|error: toml::de::Error| {
        // The error's own message would show the line, which may contain a key.
        let line = error.span().map(|span| text[..span.start].lines().count().max(1));
        let place = line.map(|line| format!(" (line {line})")).unwrap_or_default();
        Failure::new(format!("{} is damaged{place}: {}", path.display(), error.message()))
    })
}

fn write(path: &Path, content: &impl Serialize) -> Result<(), Failure> {
    let failed = |error: io::Error| Failure::with_source(format!("can't write {}", path.display()), error);
    let text = toml::to_string_pretty(content).map_err(|error| failed(io::Error::other(error)))?;
    replace(path, text.as_bytes()).map_err(failed)
}

/// Replaces a file atomically: writes a temporary file that only the user may read, and renames it.
fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(directory)?;
    let mut random = [0; 8];
    rand::fill(&mut random).map_err(|_| io::Error::other("there is no randomness"))?;
    let temporary = path.with_extension(format!("{}.tmp", hex::encode(random)));
    let written = write_private(&temporary, content).and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        // Report the first error, not one of removing the temporary file.
        let _ = fs::remove_file(&temporary);
    }
    written
}

fn write_private(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = private_files::create(path)?;
    file.write_all(content)?;
    file.sync_all()
}

fn warn_if_open_to_others(path: &Path) {
    #[cfg(unix)]
    if let Ok(metadata) = fs::metadata(path)
        && std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o077 != 0
    {
        messages::warning(&format!("others can read your API keys: chmod 600 {}", path.display()));
    }
    #[cfg(not(unix))]
    let _ = (path, messages::warning);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(key: &str) -> Profile {
        Profile { api_key: Some(key.to_owned()), base_url: Some("http://x".to_owned()), ca_path: None }
    }

    #[test]
    fn profiles_and_their_keys_are_stored_in_separate_files() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("peridio");
        let mut store = Store::open_in(path.clone()).unwrap();
        store.put("work", profile("olv_secret")).unwrap();
        store.put("home", profile("olv_other")).unwrap();
        store.make_default("home").unwrap();
        assert!(store.make_default("nowhere").is_err());

        let mut again = Store::open_in(path.clone()).unwrap();
        assert_eq!(again.default_profile().unwrap(), "home");
        assert_eq!(again.profile("work").unwrap().api_key.unwrap(), "olv_secret");
        assert!(!fs::read_to_string(path.join("config.toml")).unwrap().contains("olv_"));
        again.remove("home").unwrap();
        assert_eq!(again.default_profile(), None);
        assert!(!fs::read_to_string(path.join("credentials.toml")).unwrap().contains("olv_other"));
        assert_eq!(fs::read_dir(&path).unwrap().count(), 2, "no temporary file is left");
    }

    #[cfg(unix)]
    #[test]
    fn only_the_user_can_read_the_keys() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        Store::open_in(directory.path().to_owned()).unwrap().put("work", profile("olv_secret")).unwrap();
        let mode = fs::metadata(directory.path().join("credentials.toml")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_damaged_file_is_named_without_its_content() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("credentials.toml"), "[profiles.work]\napi_key = \"olv_secret\n")
            .unwrap();
        let Err(Failure::Local(text, None)) = Store::open_in(directory.path().to_owned()).map(drop) else {
            panic!()
        };
        assert!(text.contains("line 2") && !text.contains("olv_secret"), "{text}");
    }
}
