//! `peridio releases`: a cohort's update path, its adoption by devices, and a drawing of its release graph.

mod archive;
mod chart;
mod delete;
mod graph;
mod insights;
mod one;
pub(crate) mod phases;
mod promote;
mod rollback;
pub(crate) mod versions;

use clap::{Args, Subcommand};
use olivine_api::releases::{Adoption, Release, ReleaseCreate, ReleaseUpdate};
use olivine_client::{Query, ReleaseEdit};
use olivine_domain::bundles::Bundle;
use olivine_domain::cohorts::Cohort;
use olivine_domain::prn::Prn;

use crate::archiving;
use crate::changes::moments;
use crate::failure::Failure;
use crate::lists::ListOptions;
use crate::output::Record;
use crate::plans::Planning;
use crate::session::Session;
use one::One;
use phases::Phases;

impl Record for Release {
    const COLUMNS: &'static [&'static str] = &[
        "name:cohort.product.name/cohort.name/name",
        "version",
        "bundle:bundle.name",
        "requires:version_requirement",
        "offered",
    ];
    const EXPAND: &'static [&'static str] = &["bundle", "cohort.product"];

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

/// The commands about releases.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Releases a bundle to a cohort: as its latest release, or before or after another release
    #[command(after_help = "Examples:\n  \
            peridio releases create --cohort gateway/daily --bundle spring --name spring --dry-run\n  \
            peridio releases create --cohort gateway/daily --bundle spring --name spring --version 1.0.0\n  \
            peridio releases create --cohort gateway/daily --bundle summer --name summer --version 1.1.0 \\\n    \
            --phase-value 10%")]
    Create(Box<Create>),
    /// Lists releases
    #[command(after_help = "Example:\n  peridio releases list --cohort gateway/daily")]
    List(List),
    /// Shows a release
    #[command(after_help = "Example:\n  peridio releases get gateway/daily/spring")]
    Get(One),
    /// Changes a release
    #[command(after_help = "Examples:\n  \
            peridio releases update gateway/daily/summer --phase-value 100% --dry-run    # only a plan\n  \
            peridio releases update gateway/daily/summer --phase-value 100%    # to all devices\n  \
            peridio releases update gateway/daily/summer --disabled            # to no device")]
    Update(Box<Update>),
    /// Releases the bundle of a release to another cohort, with the same name, version and requirement
    #[command(after_help = "Example:\n  \
            peridio releases promote gateway/daily/spring --to-cohort gateway/stable --phase-value 10%")]
    Promote(Box<promote::Promote>),
    /// Rolls a release back: no further device gets it, and devices on it get the bundle of the previous release
    #[command(after_help = "Examples:\n  \
            peridio releases rollback gateway/daily/summer --dry-run    # only shows what would be done\n  \
            peridio releases rollback gateway/daily/summer --to-bundle spring --dry-run\n  \
            peridio releases rollback gateway/daily/summer --yes")]
    Rollback(rollback::Rollback),
    #[command(flatten)]
    Archiving(archive::Command),
    /// Deletes a release; devices on earlier releases then get the release after it
    ///
    /// If devices are on the release, the command says what happens to them and asks for a confirmation. To give them the previous bundle, use
    /// `peridio releases rollback` instead.
    #[command(after_help = "Examples:\n  \
            peridio releases delete gateway/daily/summer --dry-run    # only shows what it would do\n  \
            peridio releases delete gateway/daily/summer")]
    Delete(delete::Delete),
    /// Shows how many devices are on a release, before it and after it, and how many installations failed
    #[command(after_help = "Example:\n  peridio releases adoption gateway/daily/spring")]
    Adoption(One),
    /// Shows what devices reported about a release: adoption, the most common failures, and the updates in each hour
    #[command(after_help = "Examples:\n  \
            peridio releases insights gateway/daily/spring\n  \
            peridio releases insights gateway/daily/spring --output json | jq .failures")]
    Insights(One),
    /// Draws the releases of a cohort, from the first to the latest
    #[command(after_help = "Examples:\n  \
            peridio releases graph gateway/daily --devices\n  \
            peridio releases graph gateway/daily --format dot > releases.dot    # then: dot -Tsvg releases.dot")]
    Graph(chart::Chart),
}

/// A new release.
#[derive(Debug, Args)]
#[command(mut_args(moments))]
pub(crate) struct Create {
    #[command(flatten)]
    new: ReleaseCreate,
    #[command(flatten)]
    phases: Phases,
    #[command(flatten)]
    planning: Planning,
}

/// Which releases to list.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only releases of this cohort
    #[arg(long, value_name = "PRN")]
    cohort_prn: Option<Prn<Cohort>>,
    /// Only releases of this bundle
    #[arg(long, value_name = "PRN")]
    bundle_prn: Option<Prn<Bundle>>,
    /// Only releases with this name
    #[arg(long)]
    name: Option<String>,
    /// Only releases with this version
    #[arg(long)]
    version: Option<String>,
    #[command(flatten)]
    archived: archiving::Listed,
    #[command(flatten)]
    options: ListOptions,
}

/// Changes to a release.
#[derive(Debug, Args)]
#[command(mut_args(moments))]
pub(crate) struct Update {
    #[command(flatten)]
    one: One,
    #[command(flatten)]
    change: ReleaseUpdate,
    #[command(flatten)]
    phases: Phases,
    #[command(flatten)]
    planning: Planning,
}

impl Command {
    pub(crate) async fn run(self, session: &Session) -> Result<(), Failure> {
        match self {
            Self::Create(create) => {
                create.phases.note_count();
                let ReleaseCreate { cohort_prn, version, .. } = &create.new;
                versions::warn_of_new(&session.client, cohort_prn, version.as_deref()).await;
                let (planning, new) = (create.planning.clone(), create.body());
                if planning.is_dry_run() {
                    return planning.show(session, &ReleaseEdit::Create(Box::new(new))).await;
                }
                session.show(&session.client.create_with::<Release>(&new, &planning.query()).await?).await
            }
            Self::List(list) => session.list::<Release>(&list.options, list.query()).await,
            Self::Get(One { prn }) => session.get::<Release>(&prn, &[]).await,
            Self::Update(update) => {
                let prn = update.one.prn;
                update.phases.note_count();
                if let Some(Some(version)) = &update.change.version {
                    versions::warn_of_changed(&session.client, &prn, version).await;
                }
                let (planning, change) = (update.planning.clone(), update.body());
                if planning.is_dry_run() {
                    return planning.show(session, &ReleaseEdit::Update(prn, Box::new(change))).await;
                }
                let query = planning.query();
                session.show(&session.client.update_with::<Release>(&prn, &change, &query).await?).await
            }
            Self::Promote(promote) => promote.run(session).await,
            Self::Rollback(rollback) => rollback.run(session).await,
            Self::Archiving(command) => command.run(session).await,
            Self::Delete(delete) => delete.run(session).await,
            Self::Adoption(One { prn }) => session.show(&session.client.adoption(&prn).await?).await,
            Self::Insights(one) => insights::insights(session, &one).await,
            Self::Graph(chart) => chart.run(session).await,
        }
    }
}

/// The devices that a release is offered to, in a word or two.
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
        self.phases.of(self.new)
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
