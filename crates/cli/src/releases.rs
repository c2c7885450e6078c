//! `peridio releases`: a cohort's update paths, how far its devices came on them, and a picture of it all.

mod chart;
mod delete;
mod graph;
mod phases;
mod rollback;
pub(crate) mod versions;

use clap::{Args, Subcommand};
use olivine_api::releases::{Adoption, Release, ReleaseCreate, ReleaseUpdate};
use olivine_client::Query;
use olivine_domain::Timestamp;
use olivine_domain::bundles::Bundle;
use olivine_domain::cohorts::Cohort;
use olivine_domain::prn::Prn;
use olivine_domain::releases::Release as Named;
use uuid::Uuid;

use crate::changes::{OrNothing, change};
use crate::failure::Failure;
use crate::lists::ListOptions;
use crate::output::{Record, record};
use crate::session::Session;
use phases::Phases;

record!(Release, "prn", "name", "version", "required", "disabled", "claims", "next_release_prn");

impl Record for Adoption {
    const COLUMNS: &'static [&'static str] =
        &["release_prn", "on", "before", "after", "elsewhere", "claimed", "failed"];

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
    /// Takes a release back: nobody else gets it, and devices that are on it get the bundle of the release before
    #[command(
        after_help = "Examples:\n  peridio releases rollback --prn $RELEASE_PRN --dry-run    # only says what would be done\n  peridio \
                            releases rollback --prn $RELEASE_PRN --yes\n  peridio releases rollback --prn $RELEASE_PRN --to-bundle \
                            $BUNDLE_PRN --release-version 1.1.0"
    )]
    Rollback(rollback::Rollback),
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
pub(crate) struct Create {
    /// The cohort whose devices get it
    #[arg(long, value_name = "PRN")]
    cohort_prn: Prn<Cohort>,
    /// What they get
    #[arg(long, value_name = "PRN")]
    bundle_prn: Prn<Bundle>,
    /// Unique in the cohort
    #[arg(long)]
    name: String,
    /// What people say of it
    #[arg(long)]
    description: Option<String>,
    /// A semantic version, such as 2.1.0, or one of git describe, such as 2.1.0-5-gabc1234
    #[arg(long)]
    version: Option<String>,
    /// Which versions a device may have to get it, such as '>= 2.0.0 and < 3.0.0'. Without it, devices that report only a version get
    /// it if theirs is older
    #[arg(long, value_name = "REQUIREMENT")]
    version_requirement: Option<String>,
    /// Before this one; with --previous-release-prn between the two
    #[arg(long, value_name = "PRN")]
    next_release_prn: Option<Prn<Named>>,
    /// After this one, before what came after it
    #[arg(long, value_name = "PRN")]
    previous_release_prn: Option<Prn<Named>>,
    /// Devices must stop at it on their way
    #[arg(long, value_name = "BOOLEAN", num_args = 0..=1, default_missing_value = "true")]
    required: Option<bool>,
    /// Nobody gets it for now
    #[arg(long, value_name = "BOOLEAN", num_args = 0..=1, default_missing_value = "true")]
    disabled: Option<bool>,
    /// When it is served from
    #[arg(long, value_name = "DATE-TIME")]
    schedule_date: Option<Timestamp>,
    #[command(flatten)]
    phases: Phases,
    /// The UUID of its PRN; made by the server where it is not given
    #[arg(long, value_name = "UUID")]
    id: Option<Uuid>,
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
pub(crate) struct Update {
    #[command(flatten)]
    one: One,
    /// What devices get
    #[arg(long, value_name = "PRN")]
    bundle_prn: Option<Prn<Bundle>>,
    /// The release that comes after it; empty for none
    #[arg(long, value_name = "PRN")]
    next_release_prn: Option<OrNothing<Prn<Named>>>,
    /// Unique in the cohort
    #[arg(long)]
    name: Option<String>,
    /// What people say of it; empty removes it
    #[arg(long)]
    description: Option<OrNothing<String>>,
    /// A semantic version; empty removes it
    #[arg(long)]
    version: Option<OrNothing<String>>,
    /// Which versions a device may have to get it; empty: any, and for devices that report only a version, any older one
    #[arg(long, value_name = "REQUIREMENT")]
    version_requirement: Option<OrNothing<String>>,
    /// Whether devices must stop at it on their way
    #[arg(long, value_name = "BOOLEAN", num_args = 0..=1, default_missing_value = "true")]
    required: Option<bool>,
    /// Whether nobody gets it for now
    #[arg(long, value_name = "BOOLEAN", num_args = 0..=1, default_missing_value = "true")]
    disabled: Option<bool>,
    /// When it is served from; empty for at once
    #[arg(long, value_name = "DATE-TIME")]
    schedule_date: Option<OrNothing<Timestamp>>,
    #[command(flatten)]
    phases: Phases,
}

impl Command {
    pub(crate) async fn run(self, session: &Session) -> Result<(), Failure> {
        match self {
            Self::Create(create) => {
                versions::warn_of_new(&session.client, &create.cohort_prn, create.version.as_deref()).await;
                session.create::<Release>(&create.body()).await
            }
            Self::List(list) => session.list::<Release>(&list.options, list.query()).await,
            Self::Get(One { prn }) => session.get::<Release>(&prn, &[]).await,
            Self::Update(update) => {
                let prn = update.one.prn;
                if let Some(Some(version)) = change(update.version.as_ref()) {
                    versions::warn_of_changed(&session.client, &prn, &version).await;
                }
                session.update::<Release>(&prn, &update.body()).await
            }
            Self::Rollback(rollback) => rollback.run(session).await,
            Self::Delete(delete) => delete.run(session).await,
            Self::Adoption(One { prn }) => session.printer.one(&session.client.adoption(&prn).await?),
            Self::Graph(chart) => chart.run(session).await,
        }
    }
}

impl Create {
    fn body(self) -> ReleaseCreate {
        ReleaseCreate {
            id: self.id,
            cohort_prn: self.cohort_prn.to_string(),
            bundle_prn: self.bundle_prn.to_string(),
            next_release_prn: self.next_release_prn.map(|prn| prn.to_string()),
            previous_release_prn: self.previous_release_prn.map(|prn| prn.to_string()),
            name: self.name,
            description: self.description,
            version: self.version,
            version_requirement: self.version_requirement,
            required: self.required,
            disabled: self.disabled,
            schedule_date: self.schedule_date.map(|moment| moment.to_string()),
            phase_mode: self.phases.mode(),
            phase_value: self.phases.value(),
            phase_tags: self.phases.tags(),
        }
    }
}

impl List {
    fn query(&self) -> Query {
        let query = Query::default().with("cohort_prn", self.cohort_prn).with("bundle_prn", self.bundle_prn);
        query.with("name", self.name.as_ref()).with("version", self.version.as_ref())
    }
}

impl Update {
    fn body(self) -> ReleaseUpdate {
        ReleaseUpdate {
            bundle_prn: self.bundle_prn.map(|prn| prn.to_string()),
            next_release_prn: change(self.next_release_prn.as_ref()),
            name: self.name,
            description: change(self.description.as_ref()),
            version: change(self.version.as_ref()),
            version_requirement: change(self.version_requirement.as_ref()),
            required: self.required,
            disabled: self.disabled,
            schedule_date: change(self.schedule_date.as_ref()),
            phase_mode: self.phases.mode(),
            phase_value: self.phases.value(),
            phase_tags: self.phases.tags(),
        }
    }
}
