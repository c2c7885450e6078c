//! What has to be confirmed before it is done, and what it would do.

use olivine_domain::releases::channel::Named;
use olivine_domain::releases::leaving::Leaving;

/// Who would no longer be served if a binary was destroyed. Of many, not all are named.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "releases or overrides that are in force bring this binary to devices: {}; destroying it can't be undone, and they would stop \
     being served. To go on, repeat the request with ?confirm={confirm}",
    self.in_words()
)]
pub struct ConfirmationRequired {
    /// What to repeat the request with.
    pub confirm: String,
    /// The PRNs and names of the releases.
    pub releases: Vec<(String, String)>,
    /// The PRNs and names of the overrides.
    pub bundle_overrides: Vec<(String, String)>,
}

impl ConfirmationRequired {
    fn in_words(&self) -> String {
        let name = |kind: &str, (_, name): &(String, String)| format!("the {kind} '{name}'");
        let releases = self.releases.iter().map(|one| name("release", one));
        let overrides = self.bundle_overrides.iter().map(|one| name("bundle override", one));
        let all: Vec<_> = releases.chain(overrides).collect();
        let (first, rest) = all.split_at(all.len().min(5));
        let more = if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
        first.join(", ") + &more
    }
}

/// Devices are on a release that is to be deleted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{} on the release '{}'. If it is deleted: {leaving}. To bring devices back first, take the release back \
     ('peridio releases rollback', or POST /v1/releases/{{prn}}/rollback). To delete it all the same, repeat the request with ?confirm={}",
    if .leaving.devices == 1 { "1 device is".to_owned() } else { format!("{} devices are", .leaving.devices) },
    .release.name,
    .release.prn
)]
pub struct ReleaseHasDevices {
    /// The release.
    pub release: Named,
    /// How many there are, and what becomes of them.
    pub leaving: Leaving,
}
