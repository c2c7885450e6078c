//! `peridio devices`: the devices that get updates. Importing many, counting them, and explaining why one does not update.

mod bulk;
mod check_update;
mod count;
mod import;
mod list;
mod summary;
mod why;

use clap::{Args, Subcommand};
use olivine_api::devices::{Device, DeviceCreate, DeviceUpdate};
use olivine_domain::Target;
use olivine_domain::devices::Device as Named;
use olivine_domain::prn::Prn;

use crate::changes::{all, checked};
use crate::failure::Failure;
use crate::lists::Expand;
use crate::output::Record;
use crate::session::Session;

impl Record for Device {
    const COLUMNS: &'static [&'static str] = &[
        "identifier",
        "cohort:product.name/cohort.name",
        "version:reported_release_version",
        "target",
        "tags",
        "state",
        "seen:last_connected_at",
    ];
    const EXPAND: &'static [&'static str] = &["product", "cohort"];

    fn prn(&self) -> Option<&str> {
        Some(&self.prn)
    }

    fn cell(&self, column: &str) -> Option<String> {
        let state = self.quarantined.then_some("quarantined").into_iter().chain(self.outcome.as_deref());
        (column == "state").then(|| state.collect::<Vec<_>>().join(", "))
    }
}

/// The commands about devices.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Creates a device
    #[command(
        mut_arg("target", checked::<Target>),
        after_help = "Example:\n  \
            peridio devices create --identifier SN-000042 --product gateway --cohort gateway/daily \\\n    \
            --tag beta --tag eu"
    )]
    Create(DeviceCreate),
    /// Lists devices
    #[command(after_help = "Examples:\n  \
            peridio devices list --cohort gateway/daily --tag beta --all\n  \
            peridio devices list --sort identifier\n  \
            peridio devices list --outcome failed --version 1.2.0 --cohort gateway/daily\n  \
            peridio devices list --outcome failed --outcome-release gateway/daily/spring")]
    List(list::List),
    /// Counts devices by product and version, and by the outcome of their last update
    #[command(after_help = "Examples:\n  \
            peridio devices summary\n  \
            peridio devices summary --cohort gateway/daily")]
    Summary(summary::Summary),
    /// Counts devices, all or those that a search finds, also in groups
    #[command(after_help = "Examples:\n  peridio devices count\n  \
            peridio devices count --search \"outcome:'failed'\" --by version")]
    Count(count::Count),
    /// Shows a device
    #[command(after_help = "Example:\n  peridio devices get SN-000042 --expand product,cohort")]
    Get(Get),
    /// Changes a device
    #[command(after_help = "Examples:\n  \
            peridio devices update SN-000042 --cohort gateway/stable\n  \
            peridio devices update SN-000042 --tag beta,eu    # replaces all of its tags")]
    Update(Box<Update>),
    /// Deletes a device; its certificates stop working immediately
    #[command(after_help = "Example:\n  peridio devices delete SN-000042")]
    Delete(One),
    /// Creates and changes the devices in a CSV file; if one line is wrong, nothing is changed
    #[command(after_help = "Example:\n  \
            printf 'identifier,tags\\n\
            SN-1,beta;eu\\n\
            SN-2,\\n\
            ' > devices.csv\n  \
            peridio devices import --file devices.csv --product gateway --dry-run")]
    Import(import::Import),
    /// Changes many devices at once: moves them, tags them, quarantines them
    #[command(subcommand)]
    Bulk(bulk::Command),
    /// Explains why a device gets an update or not: its state, its last failure, each step of the decision, and its last reports
    #[command(after_help = "Example:\n  peridio devices why SN-000042")]
    Why(One),
    /// Checks for an update on behalf of a device
    #[command(after_help = "Examples:\n  \
            peridio devices check-update SN-000042 --explain\n  \
            peridio devices check-update SN-000042 --release-version 1.0.0 --write")]
    CheckUpdate(check_update::CheckUpdate),
    /// Puts a device into quarantine: it gets no updates
    #[command(after_help = "Example:\n  peridio devices quarantine SN-000042")]
    Quarantine(One),
    /// Takes a device out of quarantine: it gets updates again
    #[command(after_help = "Example:\n  peridio devices release-from-quarantine SN-000042")]
    ReleaseFromQuarantine(One),
}

/// One device.
#[derive(Debug, Args)]
pub(crate) struct One {
    /// The device by its PRN or its identifier, instead of the first argument
    #[arg(long, visible_alias = "device-prn", value_name = "PRN")]
    prn: Prn<Named>,
}

/// One device, with what to embed.
#[derive(Debug, Args)]
pub(crate) struct Get {
    #[command(flatten)]
    one: One,
    #[command(flatten)]
    expand: Expand,
}

/// Changes to a device.
#[derive(Debug, Args)]
#[command(
    mut_arg("target", checked::<Target>)
)]
pub(crate) struct Update {
    #[command(flatten)]
    one: One,
    #[command(flatten)]
    change: DeviceUpdate,
}

impl Command {
    pub(crate) async fn run(self, session: &Session) -> Result<(), Failure> {
        match self {
            Self::Create(create) => session.create::<Device>(&create).await,
            Self::List(list) => list.run(session).await,
            Self::Summary(summary) => summary.run(session).await,
            Self::Count(count) => count.run(session).await,
            Self::Get(Get { one, expand }) => session.get::<Device>(&one.prn, &expand.expand).await,
            Self::Update(update) => {
                let prn = update.one.prn;
                session.update::<Device>(&prn, &update.body()).await
            }
            Self::Delete(One { prn }) => session.delete::<Device>(&prn).await,
            Self::Import(import) => import.run(session).await,
            Self::Bulk(command) => command.run(session).await,
            Self::Why(one) => why::why(session, &one).await,
            Self::CheckUpdate(check) => check.run(session).await,
            Self::Quarantine(one) => quarantine(session, &one, true).await,
            Self::ReleaseFromQuarantine(one) => quarantine(session, &one, false).await,
        }
    }
}

async fn quarantine(session: &Session, one: &One, quarantined: bool) -> Result<(), Failure> {
    let change = DeviceUpdate { quarantined: Some(quarantined), ..DeviceUpdate::default() };
    session.update::<Device>(&one.prn, &change).await
}

impl Update {
    fn body(self) -> DeviceUpdate {
        DeviceUpdate { tags: all(self.change.tags), ..self.change }
    }
}
