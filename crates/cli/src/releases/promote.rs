//! `peridio releases promote`: releases a bundle that proved itself in one cohort to another cohort.

use clap::Args;
use olivine_api::releases::{Release, ReleaseCreate};
use olivine_client::Query;
use olivine_domain::cohorts::Cohort;
use olivine_domain::prn::Prn;
use olivine_domain::text::Name;

use super::one::One;
use super::phases::Phases;
use crate::failure::Failure;
use crate::messages;
use crate::moments::Moment;
use crate::session::Session;

/// The destination of the promotion.
#[derive(Debug, Args)]
pub(crate) struct Promote {
    #[command(flatten)]
    one: One,
    /// The cohort that gets the same bundle, as its latest release
    #[arg(long = "to-cohort", value_name = "PRN")]
    to_cohort_prn: Prn<Cohort>,
    /// The name of the new release [default: the same name]
    #[arg(long)]
    name: Option<Name>,
    /// When devices can begin to get it: 7d, 2026-12-03 or 2026-12-03T08:00:00Z [default: at once]
    #[arg(long, value_name = "TIME")]
    schedule_date: Option<Moment>,
    #[command(flatten)]
    phases: Phases,
}

impl Promote {
    /// Safe to run twice: if a release with this name and bundle already exists, nothing happens.
    pub(super) async fn run(self, session: &Session) -> Result<(), Failure> {
        self.phases.note_count();
        let client = &session.client;
        let from: Release = client.get(&self.one.prn).await?;
        let new = self.phases.of(ReleaseCreate {
            cohort_prn: self.to_cohort_prn.to_string(),
            bundle_prn: from.bundle_prn,
            name: self.name.map_or(from.name, |name| name.to_string()),
            description: from.description,
            version: from.version,
            version_requirement: from.version_requirement,
            required: Some(from.required),
            schedule_date: self.schedule_date.map(|date| date.to_string()),
            ..ReleaseCreate::default()
        });
        let there = Query::default().with("cohort_prn", Some(&new.cohort_prn)).with("name", Some(&new.name));
        let there = client.list::<Release>(&there).all().await?;
        let release = match there.into_iter().find(|release| release.bundle_prn == new.bundle_prn) {
            Some(release) => {
                messages::note(&format!("'{}' is there already; nothing was changed", release.name));
                release
            }
            None => client.create(&new).await?,
        };
        session.show(&release).await
    }
}
