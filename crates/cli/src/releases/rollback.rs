//! Rolling a release back: shows what will be done, asks for a confirmation on a terminal, and does it.

use clap::Args;
use olivine_api::releases::{Rollback as Done, RollbackCreate};
use olivine_domain::bundles::Bundle;
use olivine_domain::prn::Prn;
use olivine_domain::text::Name;
use olivine_domain::versions::Version;

use super::one::One;
use crate::failure::Failure;
use crate::messages;
use crate::output::{Record, visible};
use crate::session::Session;

impl Record for Done {
    const COLUMNS: &'static [&'static str] =
        &["dry_run", "changed", "bundle:bundle_prn", "next_release:next_release_prn"];

    fn prn(&self) -> Option<&str> {
        self.next_release_prn.as_deref()
    }
}

/// A release to roll back.
#[derive(Debug, Args)]
pub(crate) struct Rollback {
    #[command(flatten)]
    one: One,
    /// The bundle that the devices get instead [default: the bundle of the previous release]
    #[arg(long = "to-bundle", value_name = "PRN")]
    to_bundle_prn: Option<Prn<Bundle>>,
    /// The version that the firmware in this bundle reports [default: the version of the release that has this bundle]
    #[arg(long, value_name = "VERSION")]
    release_version: Option<Version>,
    /// The name of the new release with this bundle [default: 'rollback of' and the name of the release]
    #[arg(long)]
    name: Option<Name>,
    /// Only show what would be done
    #[arg(long)]
    dry_run: bool,
    /// Do not ask for a confirmation
    #[arg(long, short)]
    yes: bool,
}

impl Rollback {
    pub(super) async fn run(self, session: &Session) -> Result<(), Failure> {
        let (client, prn) = (&session.client, &self.one.prn);
        let how = |dry_run| RollbackCreate {
            dry_run,
            to_bundle_prn: self.to_bundle_prn.map(|bundle| bundle.to_string()),
            release_version: self.release_version.as_ref().map(ToString::to_string),
            name: self.name.as_ref().map(ToString::to_string),
        };
        if !self.yes || self.dry_run {
            let ahead = client.roll_back(prn, &how(true)).await?;
            say(&ahead);
            if self.dry_run || !ahead.changed {
                return session.printer.one(&ahead);
            }
            confirm()?;
        }
        let done = client.roll_back(prn, &how(false)).await?;
        if self.yes {
            say(&done);
        }
        session.printer.one(&done)
    }
}

fn say(done: &Done) {
    for step in &done.steps {
        messages::note(&visible(step));
    }
    if !done.changed {
        messages::note("nothing is left to be done");
    }
}

fn confirm() -> Result<(), Failure> {
    if !messages::can_ask() {
        return Err(Failure::new("nothing was changed yet: to do this, give --yes"));
    }
    match messages::ask("To do this, type yes:") {
        Ok(answer) if answer == "yes" => Ok(()),
        _ => Err(Failure::new("not confirmed; nothing was changed")),
    }
}
