//! Freeing space: removes the binaries of an artifact's older versions, except those that devices could still get.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::time::Duration;

use clap::Args;
use indicatif::BinaryBytes;
use olivine_api::artifact_versions::ArtifactVersion;
use olivine_api::binaries::Binary;
use olivine_api::bundle_overrides::BundleOverride;
use olivine_api::bundles::Bundle;
use olivine_api::releases::Release;
use olivine_client::{Client, Query};
use olivine_domain::Timestamp;
use olivine_domain::artifacts::Artifact;
use olivine_domain::binaries::BinaryState;
use olivine_domain::prn::Prn;
use serde::Serialize;

use crate::confirmation::is_asked_for;
use crate::failure::{Failure, named};
use crate::messages;
use crate::moments::now;
use crate::output::{Record, visible};
use crate::session::Session;

/// For this long after its creation, a binary that is not signed may still be being uploaded.
const STILL_UPLOADED: Duration = Duration::from_hours(24);

/// What to free.
#[derive(Debug, Args)]
pub(crate) struct Prune {
    /// The artifact whose older versions are examined
    #[arg(long, value_name = "PRN")]
    artifact_prn: Prn<Artifact>,
    /// The number of newest versions, by the time of their creation, that keep all of their binaries
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..))]
    keep: u32,
    /// Only show what would be done
    #[arg(long)]
    dry_run: bool,
    /// Do not ask for a confirmation
    #[arg(long, short)]
    yes: bool,
}

/// A binary of an older version, and what happens to it.
#[derive(Debug, Serialize)]
struct Old {
    prn: String,
    name: String,
    state: String,
    size: Option<u64>,
    action: Action,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Action {
    /// A release or an override can deliver it to devices, or it may still be being uploaded.
    Keep,
    /// It was signed: its content is destroyed, and its record stays.
    Destroy,
    /// It was never signed: its record is deleted.
    Delete,
}

impl Record for Old {
    const COLUMNS: &'static [&'static str] = &["name", "state", "size", "action"];

    fn prn(&self) -> Option<&str> {
        Some(&self.prn)
    }
}

fn binaries(count: usize) -> String {
    if count == 1 { "1 binary".to_owned() } else { format!("{count} binaries") }
}

impl Prune {
    pub(super) async fn run(self, session: &Session) -> Result<(), Failure> {
        let olds = self.olds(&session.client).await?;
        let (kept, gone): (Vec<&Old>, Vec<&Old>) = olds.iter().partition(|old| old.action == Action::Keep);
        session.printer.all(&olds)?;
        let size = BinaryBytes(gone.iter().filter_map(|old| old.size).sum());
        let mut said = format!("can be removed: {}, {size}", binaries(gone.len()));
        if !kept.is_empty() {
            let _ = write!(
                said,
                "; to be kept: {}, because a release or an override has it, or because it is not signed yet and at most a day old",
                binaries(kept.len())
            );
        }
        messages::note(&said);
        if self.dry_run || gone.is_empty() {
            return Ok(());
        }
        self.confirm()?;
        let mut count = 0;
        for old in gone {
            count += usize::from(take_away(&session.client, old).await?);
        }
        messages::note(&format!("removed {}", binaries(count)));
        Ok(())
    }

    /// All binaries of the older versions that have a content, the oldest first.
    async fn olds(&self, client: &Client) -> Result<Vec<Old>, Failure> {
        let of_artifact = Query::default().with("artifact_prn", Some(self.artifact_prn));
        let newest_first = of_artifact.with("order", Some("desc")).expand(&["artifact".to_owned()]);
        let versions = client.list::<ArtifactVersion>(&newest_first).all().await?;
        let forced = forced(client).await?;
        let mut olds = Vec::new();
        for version in versions.iter().skip(usize::try_from(self.keep).unwrap_or(usize::MAX)).rev() {
            let query = Query::default().with("artifact_version_prn", Some(&version.prn));
            for binary in client.list::<Binary>(&query).all().await? {
                if binary.state != BinaryState::Destroyed.as_str() {
                    let action = action(client, &binary, &forced).await?;
                    let artifact = version.artifact.as_ref().map_or("", |artifact| artifact.name.as_str());
                    let name = format!(
                        "{}/{}/{}",
                        visible(artifact),
                        visible(&version.version),
                        visible(&binary.target)
                    );
                    let Binary { prn, state, size, .. } = binary;
                    olds.push(Old { prn, name, state, size, action });
                }
            }
        }
        Ok(olds)
    }

    fn confirm(&self) -> Result<(), Failure> {
        if self.yes {
            return Ok(());
        }
        if !messages::can_ask() {
            return Err(Failure::new("nothing was changed; to do it, give --yes"));
        }
        match messages::ask("Destroying can't be undone. To go on, type yes:") {
            Ok(answer) if answer == "yes" => Ok(()),
            _ => Err(Failure::new("not confirmed; nothing was changed")),
        }
    }
}

/// The binaries that current and future overrides deliver to devices.
async fn forced(client: &Client) -> Result<HashSet<String>, Failure> {
    let now = now();
    let overrides = client.list::<BundleOverride>(&Query::default()).all().await?;
    // An end that can't be parsed counts as not yet reached.
    let is_over = |end: &String| end.parse::<Timestamp>().is_ok_and(|end| end <= now);
    let running = overrides.into_iter().filter(|one| !one.ends_at.as_ref().is_some_and(is_over));
    let bundles: HashSet<String> = running.map(|one| one.bundle_prn).collect();
    let mut binaries = HashSet::new();
    for bundle in bundles {
        let prn = named(&bundle)?;
        let bundle: Bundle = client.get(&prn).await?;
        binaries.extend(bundle.binaries.into_iter().flatten().map(|binary| binary.prn));
    }
    Ok(binaries)
}

async fn action(client: &Client, binary: &Binary, forced: &HashSet<String>) -> Result<Action, Failure> {
    let prn = named(&binary.prn)?;
    let releases: Vec<Release> = client.releases_of(&prn, &Query::default().limit(Some(1))).all().await?;
    let is_signed = binary.state == BinaryState::Signed.as_str();
    let is_new = binary.inserted_at.parse::<Timestamp>().is_ok_and(|made| now().since(made) < STILL_UPLOADED);
    Ok(if !releases.is_empty() || forced.contains(&binary.prn) {
        Action::Keep
    } else if is_signed {
        Action::Destroy
    } else if is_new {
        Action::Keep
    } else {
        Action::Delete
    })
}

/// Removes a binary and returns whether that worked. The server refuses if a release has included the binary in the meantime; then it
/// stays.
async fn take_away(client: &Client, old: &Old) -> Result<bool, Failure> {
    let prn = named(&old.prn)?;
    let result = match old.action {
        Action::Keep => return Ok(false),
        Action::Destroy => client.ask(&prn, BinaryState::Destroyed).await.map(drop),
        Action::Delete => client.delete::<Binary>(&prn).await,
    };
    match result {
        Err(error) if is_asked_for(&error) => {
            messages::note(&format!("{} stays: something began to use it meanwhile", old.name));
            Ok(false)
        }
        result => Ok(result.map(|()| true)?),
    }
}
