//! `peridio devices`: what updates are for; importing many, and asking why one does not update.

mod check_update;
mod import;
mod why;

use clap::{Args, Subcommand};
use olivine_api::devices::{Device, DeviceCreate, DeviceUpdate};
use olivine_client::Query;
use olivine_domain::Target;
use olivine_domain::cohorts::Cohort;
use olivine_domain::devices::Device as Named;
use olivine_domain::prn::Prn;
use olivine_domain::products::Product;
use olivine_domain::releases::Release;

use crate::changes::{all, checked};
use crate::failure::Failure;
use crate::lists::{Expand, ListOptions};
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
        (column == "state").then(|| if self.quarantined { "quarantined".to_owned() } else { String::new() })
    }
}

/// What can be done with devices.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Creates a device
    #[command(
        mut_arg("target", checked::<Target>),
        after_help = "Example:\n  peridio devices create --identifier SN-000042 --product-prn $PRODUCT_PRN \\\n    --cohort-prn \
                            $COHORT_PRN --tag beta --tag eu"
    )]
    Create(DeviceCreate),
    /// Lists devices
    #[command(after_help = "Example:\n  peridio devices list --cohort-prn $COHORT_PRN --tag beta --all")]
    List(List),
    /// Shows a device
    #[command(after_help = "Example:\n  peridio devices get --prn $DEVICE_PRN --expand product,cohort")]
    Get(Get),
    /// Changes a device
    #[command(
        after_help = "Examples:\n  peridio devices update --prn $DEVICE_PRN --cohort-prn $COHORT_PRN\n  peridio devices update --prn \
                            $DEVICE_PRN --tag beta,eu     # all of its tags from now on"
    )]
    Update(Box<Update>),
    /// Deletes a device; its certificates stop working at once
    #[command(after_help = "Example:\n  peridio devices delete --prn $DEVICE_PRN")]
    Delete(One),
    /// Creates and changes devices as a CSV file says: all of its lines, or none
    #[command(
        after_help = "Example:\n  printf 'identifier,tags\\nSN-1,beta;eu\\nSN-2,\\n' > devices.csv\n  peridio devices import --file \
                            devices.csv --product-prn $PRODUCT_PRN --dry-run"
    )]
    Import(import::Import),
    /// Says why a device updates or does not: what it is, how the server decides, and how its last installations went
    #[command(after_help = "Example:\n  peridio devices why SN-000042")]
    Why(One),
    /// Asks on a device's behalf whether there is an update for it
    #[command(
        after_help = "Examples:\n  peridio devices check-update --prn $DEVICE_PRN --explain\n  peridio devices check-update --prn \
                            $DEVICE_PRN --release-version 1.2.0 --write"
    )]
    CheckUpdate(check_update::CheckUpdate),
    /// Keeps a device from all updates
    #[command(after_help = "Example:\n  peridio devices quarantine --prn $DEVICE_PRN")]
    Quarantine(One),
    /// Lets a device have updates again
    #[command(after_help = "Example:\n  peridio devices release-from-quarantine --prn $DEVICE_PRN")]
    ReleaseFromQuarantine(One),
}

/// Which devices to list.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only the one with this identifier
    #[arg(long)]
    identifier: Option<String>,
    /// Only those of this product
    #[arg(long, value_name = "PRN")]
    product_prn: Option<Prn<Product>>,
    /// Only those of this cohort
    #[arg(long, value_name = "PRN")]
    cohort_prn: Option<Prn<Cohort>>,
    /// Only those that have this tag
    #[arg(long)]
    tag: Option<String>,
    /// Only those with this target of their own
    #[arg(long)]
    target: Option<Target>,
    /// Only those that are kept from all updates, or (false) those that are not
    #[arg(long, value_name = "BOOLEAN", num_args = 0..=1, default_missing_value = "true")]
    quarantined: Option<bool>,
    /// Only those on this release
    #[arg(long, value_name = "PRN")]
    release_prn: Option<Prn<Release>>,
    #[command(flatten)]
    expand: Expand,
    #[command(flatten)]
    options: ListOptions,
}

/// One device.
#[derive(Debug, Args)]
pub(crate) struct One {
    /// Its PRN
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
            Self::List(list) => session.list::<Device>(&list.options, list.query()).await,
            Self::Get(Get { one, expand }) => session.get::<Device>(&one.prn, &expand.expand).await,
            Self::Update(update) => {
                let prn = update.one.prn;
                session.update::<Device>(&prn, &update.body()).await
            }
            Self::Delete(One { prn }) => session.delete::<Device>(&prn).await,
            Self::Import(import) => import.run(session).await,
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

impl List {
    fn query(&self) -> Query {
        let query = Query::default().with("identifier", self.identifier.as_ref());
        let query = query.with("product_prn", self.product_prn).with("cohort_prn", self.cohort_prn);
        let query = query.with("tag", self.tag.as_ref()).with("target", self.target.as_ref());
        let query = query.with("quarantined", self.quarantined).with("release_prn", self.release_prn);
        query.expand(&self.expand.expand)
    }
}

impl Update {
    fn body(self) -> DeviceUpdate {
        DeviceUpdate { tags: all(self.change.tags), ..self.change }
    }
}
