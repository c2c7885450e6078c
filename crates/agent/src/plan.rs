//! Plans: what a server's answer asks the device to install. The answer is not trusted.
//!
//! Of a manifest, only a content that a pinned key signed is trusted. Names and versions come from the server alone, so they are only
//! accepted in a form that does no harm in a command line or a file name.

use std::collections::BTreeMap;

use olivine_api::device::Update;
use olivine_api::manifests::ManifestEntry;
use olivine_client::downloads::Wanted;
use olivine_domain::artifact_versions::ArtifactVersion;
use olivine_domain::artifacts::Artifact;
use olivine_domain::binaries::Binary;
use olivine_domain::bundles::Bundle;
use olivine_domain::hash::Sha256Digest;
use olivine_domain::hosts::{are_same, is_this_machine};
use olivine_domain::prn::Prn;
use olivine_domain::releases::Release;
use olivine_domain::versions::Version;
use serde::{Deserialize, Serialize};

use crate::as_text;
use crate::state::Installed;

/// The most entries of a manifest.
const MAX_ENTRIES: usize = 1_000;
/// The most characters of a version or a target.
const MAX_WORD: usize = 256;

/// What is to be installed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Plan {
    /// The bundle.
    #[serde(with = "as_text")]
    pub(crate) bundle: Prn<Bundle>,
    /// The release that it came with; none with an override.
    pub(crate) release: Option<String>,
    /// The release's version.
    pub(crate) version: Option<String>,
    /// In this order.
    pub(crate) entries: Vec<Entry>,
}

/// One binary of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    /// What it is.
    #[serde(with = "as_text")]
    pub(crate) artifact: Prn<Artifact>,
    /// Which version.
    #[serde(with = "as_text")]
    pub(crate) artifact_version: Prn<ArtifactVersion>,
    /// The version's own text.
    pub(crate) version: String,
    /// The binary.
    #[serde(with = "as_text")]
    pub(crate) binary: Prn<Binary>,
    /// For whom it is.
    pub(crate) target: String,
    /// Bytes.
    pub(crate) size: u64,
    /// The content.
    #[serde(with = "as_text")]
    pub(crate) hash: Sha256Digest,
    /// The custom metadata, as JSON.
    pub(crate) metadata: Option<String>,
}

/// A plan with where its contents are. The URLs are as good as keys: they are never kept.
#[derive(Clone, Debug)]
pub(crate) struct Offer {
    /// What to install.
    pub(crate) plan: Plan,
    /// Where each entry's content is, in the same order.
    pub(crate) contents: Vec<Wanted>,
}

/// Which update an answer is about, as far as it can be told.
#[derive(Clone, Debug)]
pub(crate) struct Subject {
    /// The bundle.
    pub(crate) bundle: Prn<Bundle>,
    /// The release that it comes with.
    pub(crate) release: Option<String>,
    /// The release's version.
    pub(crate) version: Option<String>,
}

/// What this device takes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Limits {
    /// The most bytes of an update.
    pub(crate) max_download_bytes: u64,
    /// Whether contents may come without TLS.
    pub(crate) allow_http: bool,
    /// The hosts that contents may come from; `*` is any.
    pub(crate) hosts: Vec<String>,
    /// How many bytes stay free where contents are fetched to, if the operator says so.
    pub(crate) reserve: Option<u64>,
    /// Whether an older version than the installed one is refused.
    pub(crate) refuse_older: bool,
    /// The least version by artifact PRN.
    pub(crate) minimum_versions: BTreeMap<String, Version>,
}

/// Why an answer can't be followed. It is never a reason to give a bundle up: the server, the device or its configuration may change.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Refused(pub(crate) String);

fn refuse<T>(reason: impl Into<String>) -> Result<T, Refused> {
    Err(Refused(reason.into()))
}

impl Subject {
    /// Reads what an answer is about. Without a bundle it is about nothing.
    pub(crate) fn read(update: &Update) -> Result<Self, Refused> {
        let Some(Some(bundle)) = &update.bundle else {
            return refuse("the server says 'update' but names no bundle");
        };
        let Ok(bundle) = bundle.prn.parse() else {
            return refuse("the server says 'update' but its bundle's name is not a PRN");
        };
        let release = update.release.as_ref().and_then(Option::as_ref);
        if let Some(release) = release
            && release.prn.parse::<Prn<Release>>().is_err()
        {
            return refuse("the server says 'update' but its release's name is not a PRN");
        }
        let version = release.and_then(|release| release.version.clone());
        Ok(Self { bundle, release: release.map(|release| release.prn.clone()), version })
    }
}

impl Offer {
    /// Reads a manifest.
    pub(crate) fn read(
        subject: &Subject,
        update: &Update,
        limits: &Limits,
        installed: &BTreeMap<String, Installed>,
    ) -> Result<Self, Refused> {
        let manifest = update.manifest.as_ref().and_then(Option::as_ref);
        let Some(manifest) = manifest.filter(|manifest| !manifest.is_empty()) else {
            return refuse("the manifest is empty: there is nothing to install");
        };
        if manifest.len() > MAX_ENTRIES {
            return refuse(format!(
                "the manifest has {} entries; at most {MAX_ENTRIES} are taken",
                manifest.len()
            ));
        }
        let entries = manifest.iter().map(entry).collect::<Result<Vec<_>, _>>()?;
        let size = entries.iter().fold(0_u64, |sum, entry| sum.saturating_add(entry.size));
        let most = limits.max_download_bytes;
        if size > most {
            return refuse(format!("the update has {size} bytes; max_download_bytes allows {most}"));
        }
        for entry in &entries {
            limits.check_version(entry, installed.get(&entry.artifact.to_string()))?;
        }
        let contents = manifest.iter().zip(&entries);
        let contents =
            contents.map(|(given, entry)| limits.wanted(given, entry)).collect::<Result<_, _>>()?;
        let Subject { bundle, release, version } = subject.clone();
        Ok(Self { plan: Plan { bundle, release, version, entries }, contents })
    }
}

fn entry(given: &ManifestEntry) -> Result<Entry, Refused> {
    let malformed =
        |what: &str| Refused(format!("the manifest is malformed: {what} of an entry can't be read"));
    Ok(Entry {
        artifact: given.artifact_prn.parse().map_err(|_| malformed("artifact_prn"))?,
        artifact_version: given
            .artifact_version_prn
            .parse()
            .map_err(|_| malformed("artifact_version_prn"))?,
        version: word(&given.artifact_version).ok_or_else(|| malformed("artifact_version"))?,
        binary: given.binary_prn.parse().map_err(|_| malformed("binary_prn"))?,
        target: word(&given.target).ok_or_else(|| malformed("target"))?,
        size: given.size,
        hash: given.hash.parse().map_err(|_| malformed("hash"))?,
        metadata: given.custom_metadata.as_ref().map(|metadata| metadata.get().to_owned()),
    })
}

/// A text that may become an argument of a command: an option it must not be.
fn word(text: &str) -> Option<String> {
    let is_harmless = !text.is_empty()
        && text.chars().count() <= MAX_WORD
        && !text.starts_with('-')
        && !text.contains(char::is_control);
    is_harmless.then(|| text.to_owned())
}

/// Whether a text may become an argument of a command, or a part of one: also in the hands of a careless script it is one word,
/// no option, and leads to no other folder.
pub(crate) fn is_argument(text: &str) -> bool {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"._+~:-".contains(&b);
    text.starts_with(|first: char| first.is_ascii_alphanumeric())
        && text.bytes().all(is_plain)
        && !text.contains("..")
}

impl Limits {
    fn check_version(&self, entry: &Entry, installed: Option<&Installed>) -> Result<(), Refused> {
        let Entry { artifact, version, .. } = entry;
        if let Some(minimum) = self.minimum_versions.get(&artifact.to_string()) {
            match version.parse::<Version>() {
                Ok(given) if !minimum.is_newer_than(&given) => {}
                Ok(_) => {
                    return refuse(format!(
                        "version {version} of {artifact} is below the minimum, {minimum}"
                    ));
                }
                Err(_) => {
                    return refuse(format!(
                        "version '{version}' of {artifact} is not SemVer, so it can't be compared with the minimum, {minimum}"
                    ));
                }
            }
        }
        let Some(Installed { version: current, .. }) =
            installed.filter(|current| current.version != *version)
        else {
            return Ok(());
        };
        match (self.refuse_older, current.parse::<Version>(), version.parse::<Version>()) {
            (true, Ok(old), Ok(new)) if old.is_newer_than(&new) => refuse(format!(
                "version {version} of {artifact} is older than {current}, which is installed, and refuse_older is set"
            )),
            (true, Err(_), _) | (true, _, Err(_)) => refuse(format!(
                "versions '{current}' (installed) and '{version}' of {artifact} are not both SemVer: it can't be told \
                 whether this is older, and refuse_older is set"
            )),
            _ => Ok(()),
        }
    }

    fn wanted(&self, given: &ManifestEntry, entry: &Entry) -> Result<Wanted, Refused> {
        let binary = entry.binary;
        let Some(url) = given.url.as_deref().and_then(|url| url.parse().ok()) else {
            return refuse(format!("the manifest has no URL for {binary}"));
        };
        let wanted = Wanted { url, size: entry.size, hash: entry.hash, signatures: given.signatures.clone() };
        let host = wanted.url.host_str().unwrap_or_default();
        if !self.hosts.iter().any(|allowed| allowed == "*" || are_same(allowed, host)) {
            if is_this_machine(host) {
                return refuse(format!(
                    "{binary} is on the host {host}, which is this device itself: the server does not know by which URL it is reached; its \
                     operator has to set server.public_url"
                ));
            }
            return refuse(format!(
                "{binary} is on the host {host}, which is neither the server's nor named in the agent's \
                 allowed_download_hosts: if contents are meant to come from there (public_url, an object store, a CDN), add it"
            ));
        }
        match wanted.url.scheme() {
            "https" => Ok(wanted),
            "http" if self.allow_http => Ok(wanted),
            "http" => refuse(format!(
                "{binary} can only be downloaded without TLS, from {host}: the server's operator can set a server.public_url that begins with \
                 https://, or allow_http_downloads = true in the agent's configuration accepts this URL"
            )),
            scheme => refuse(format!("{binary} has a URL with the scheme {scheme}")),
        }
    }
}
