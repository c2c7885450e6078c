//! `peridio releases`: a cohort's update paths, how far its devices came on them, and a picture of it all.

mod chart;
mod delete;
mod graph;
pub(crate) mod phases;
mod promote;
mod rollback;
pub(crate) mod versions;

use clap::{Args, Subcommand};
use olivine_api::releases::{Adoption, Release, ReleaseCreate, ReleaseUpdate};
use olivine_client::Query;
use olivine_domain::bundles::Bundle;
use olivine_domain::cohorts::Cohort;
use olivine_domain::prn::Prn;
use olivine_domain::releases::Release as Named;

use crate::archiving;
use crate::changes::checked;
use crate::failure::Failure;
use crate::lists::ListOptions;
use crate::moments::Moment;
use crate::output::Record;
use crate::session::Session;
use phases::Phases;

impl Record for Release {
    const COLUMNS: &'static [&'static str] = &[
        "name:cohort.name/name",
        "version",
        "bundle:bundle.name",
        "requires:version_requirement",
        "offered",
    ];
    const EXPAND: &'static [&'static str] = &["bundle", "cohort"];

    fn prn(&self) -> Option<&str> {
        Some(&self.prn)
    }

    fn cell(&self, column: &str) -> Option<String> {
        (column == "offered").then(|| offered(self))
    }
}

impl Record for Adoption {
    const COLUMNS: &'static [&'static str] =
        &["release:release_prn", "on", "before", "after", "elsewhere", "claimed", "failed"];

    fn prn(&self) -> Option<&str> {
        Some(&self.release_prn)
    }
}

/// What can be done with releases.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Releases a bundle to a cohort: as its latest release, or before or after another one
    #[command(
        after_help = "Examples:\n  peridio releases create --cohort-prn $COHORT_PRN --bundle-prn $BUNDLE_PRN --name spring --version \
                            2.0.0\n  peridio releases create --cohort-prn $COHORT_PRN --bundle-prn $BUNDLE_PRN --name summer \
                            --phase-value 50"
    )]
    Create(Box<Create>),
    /// Lists releases
    #[command(after_help = "Example:\n  peridio releases list --cohort-prn $COHORT_PRN")]
    List(List),
    /// Shows a release
    #[command(after_help = "Example:\n  peridio releases get --prn $RELEASE_PRN")]
    Get(One),
    /// Changes a release
    #[command(
        after_help = "Examples:\n  peridio releases update --prn $RELEASE_PRN --phase-value 1     # to everyone\n  peridio releases \
                            update --prn $RELEASE_PRN --disabled          # to nobody"
    )]
    Update(Box<Update>),
    /// Gives the bundle of a release to another cohort, with the same name, version and requirement
    #[command(
        after_help = "Example:\n  peridio releases promote gateway/daily/spring --to-cohort gateway/stable --phase-value 10%"
    )]
    Promote(Box<promote::Promote>),
    /// Takes a release back: nobody else gets it, and devices that are on it get the bundle of the release before
    #[command(
        after_help = "Examples:\n  peridio releases rollback --prn $RELEASE_PRN --dry-run    # only says what would be done\n  peridio \
                            releases rollback --prn $RELEASE_PRN --yes\n  peridio releases rollback --prn $RELEASE_PRN --to-bundle \
                            $BUNDLE_PRN --release-version 1.1.0"
    )]
    Rollback(rollback::Rollback),
    #[command(flatten)]
    Archiving(archiving::releases::Command),
    /// Deletes a release; those before it then lead to the one after it
    ///
    /// While devices are on it, the server says what becomes of them, and a confirmation is asked for. To bring them back, use rollback.
    #[command(after_help = "Example:\n  peridio releases delete --prn $RELEASE_PRN")]
    Delete(delete::Delete),
    /// Shows how many devices are on a release, before and after it, and how its installations went
    #[command(after_help = "Example:\n  peridio releases adoption --prn $RELEASE_PRN")]
    Adoption(One),
    /// Draws a cohort's releases, from the first to the latest
    #[command(
        after_help = "Examples:\n  peridio releases graph --cohort-prn $COHORT_PRN --devices\n  peridio releases graph --cohort-prn \
                            $COHORT_PRN --format dot | dot -Tsvg > releases.svg"
    )]
    Graph(chart::Chart),
}

/// A new release.
#[derive(Debug, Args)]
#[command(
    mut_arg("schedule_date", checked::<Moment>)
)]
pub(crate) struct Create {
    #[command(flatten)]
    new: ReleaseCreate,
    #[command(flatten)]
    phases: Phases,
}

/// Which releases to list.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only those of this cohort
    #[arg(long, value_name = "PRN")]
    cohort_prn: Option<Prn<Cohort>>,
    /// Only those with this bundle
    #[arg(long, value_name = "PRN")]
    bundle_prn: Option<Prn<Bundle>>,
    /// Only those of this name
    #[arg(long)]
    name: Option<String>,
    /// Only those with this version
    #[arg(long)]
    version: Option<String>,
    #[command(flatten)]
    archived: archiving::Listed,
    #[command(flatten)]
    options: ListOptions,
}

/// One release.
#[derive(Debug, Args)]
pub(crate) struct One {
    /// Its PRN
    #[arg(long, visible_alias = "release-prn", value_name = "PRN")]
    prn: Prn<Named>,
}

/// Changes to a release.
#[derive(Debug, Args)]
#[command(
    mut_arg("schedule_date", checked::<Moment>)
)]
pub(crate) struct Update {
    #[command(flatten)]
    one: One,
    #[command(flatten)]
    change: ReleaseUpdate,
    #[command(flatten)]
    phases: Phases,
}

impl Command {
    pub(crate) async fn run(self, session: &Session) -> Result<(), Failure> {
        match self {
            Self::Create(create) => {
                create.phases.note_count();
                let ReleaseCreate { cohort_prn, version, .. } = &create.new;
                versions::warn_of_new(&session.client, cohort_prn, version.as_deref()).await;
                session.create::<Release>(&create.body()).await
            }
            Self::List(list) => session.list::<Release>(&list.options, list.query()).await,
            Self::Get(One { prn }) => session.get::<Release>(&prn, &[]).await,
            Self::Update(update) => {
                let prn = update.one.prn;
                update.phases.note_count();
                if let Some(Some(version)) = &update.change.version {
                    versions::warn_of_changed(&session.client, &prn, version).await;
                }
                session.update::<Release>(&prn, &update.body()).await
            }
            Self::Promote(promote) => promote.run(session).await,
            Self::Rollback(rollback) => rollback.run(session).await,
            Self::Archiving(command) => command.run(session).await,
            Self::Delete(delete) => delete.run(session).await,
            Self::Adoption(One { prn }) => session.printer.one(&session.client.adoption(&prn).await?),
            Self::Graph(chart) => chart.run(session).await,
        }
    }
}

/// Whom a release is offered to, in a word or two.
fn offered(release: &Release) -> String {
    let whom = match (release.disabled, release.phase_value) {
        (true, _) => "to nobody: disabled".to_owned(),
        _ if !release.phase_tags.is_empty() => {
            format!("to those with the tag {}", release.phase_tags.join(" or "))
        }
        (_, Some(share)) if share < 1.0 => format!("to {} %, {} claimed", share * 100.0, release.claims),
        (_, Some(count)) if count > 1.0 => format!("to {count} devices, {} claimed", release.claims),
        _ => "to all".to_owned(),
    };
    let from = release.schedule_date.as_ref().map(|date| format!(" from {date}")).unwrap_or_default();
    format!("{whom}{from}{}", if release.required { ", required" } else { "" })
}

impl Create {
    fn body(self) -> ReleaseCreate {
        ReleaseCreate {
            phase_mode: self.phases.mode(),
            phase_value: self.phases.value(),
            phase_tags: self.phases.tags(),
            ..self.new
        }
    }
}

impl List {
    fn query(&self) -> Query {
        let query = Query::default().with("cohort_prn", self.cohort_prn).with("bundle_prn", self.bundle_prn);
        self.archived.apply(query.with("name", self.name.as_ref()).with("version", self.version.as_ref()))
    }
}

impl Update {
    fn body(self) -> ReleaseUpdate {
        ReleaseUpdate {
            phase_mode: self.phases.mode(),
            phase_value: self.phases.value(),
            phase_tags: self.phases.tags(),
            ..self.change
        }
    }
}
