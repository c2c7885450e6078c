//! `peridio bundle-overrides`: a bundle forced on chosen devices for some time.

use clap::{ArgGroup, Args, Subcommand};
use olivine_api::bundle_overrides::{BundleOverride, BundleOverrideCreate, BundleOverrideUpdate};
use olivine_client::Query;
use olivine_domain::bundle_overrides::BundleOverride as Named;
use olivine_domain::bundles::Bundle;
use olivine_domain::cohorts::Cohort;
use olivine_domain::devices::Device;
use olivine_domain::prn::Prn;

use crate::changes::{checked, texts};
use crate::failure::Failure;
use crate::lists::ListOptions;
use crate::moments::Moment;
use crate::output::record;
use crate::session::Session;

record!(BundleOverride, "name", "bundle:bundle.name", "tags", "starts:starts_at", "ends:ends_at"; expand "bundle");

/// What can be done with overrides.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Forces a bundle on devices, on all that have a tag, or on a cohort
    #[command(
        after_help = "Examples:\n  peridio bundle-overrides create --name rollback --bundle-prn $BUNDLE_PRN --cohort-prn \
                            $COHORT_PRN\n  peridio bundle-overrides create --name lab --bundle-prn $BUNDLE_PRN --tag lab \\\n    --ends-at \
                            2027-01-01T00:00:00Z"
    )]
    Create(Box<Create>),
    /// Lists overrides
    #[command(after_help = "Example:\n  peridio bundle-overrides list --bundle-prn $BUNDLE_PRN")]
    List(List),
    /// Shows an override
    #[command(after_help = "Example:\n  peridio bundle-overrides get --prn $BUNDLE_OVERRIDE_PRN")]
    Get(One),
    /// Changes an override
    #[command(
        after_help = "Example:\n  peridio bundle-overrides update --prn $BUNDLE_OVERRIDE_PRN --ends-at 2027-01-01T00:00:00Z"
    )]
    Update(Box<Update>),
    /// Ends and deletes an override
    #[command(after_help = "Example:\n  peridio bundle-overrides delete --prn $BUNDLE_OVERRIDE_PRN")]
    Delete(One),
}

/// On which devices.
#[derive(Debug, Args)]
pub(crate) struct Choice {
    /// On this device; may be given several times
    #[arg(long = "device-prn", alias = "device-prns", value_name = "PRN", num_args = 1.., value_delimiter = ',', group = "choice")]
    device_prns: Vec<Prn<Device>>,
    /// On those that have this tag; may be given several times
    #[arg(
        long = "tag",
        alias = "tags",
        value_name = "TAG",
        num_args = 1..,
        value_delimiter = ',',
        group = "choice"
    )]
    tags: Vec<String>,
    /// On those of this cohort
    #[arg(long, value_name = "PRN", group = "choice")]
    cohort_prn: Option<Prn<Cohort>>,
}

/// A new override.
#[derive(Debug, Args)]
#[command(
    group(ArgGroup::new("choice").required(true)),
    mut_arg("starts_at", checked::<Moment>),
    mut_arg("ends_at", checked::<Moment>)
)]
pub(crate) struct Create {
    #[command(flatten)]
    new: BundleOverrideCreate,
    #[command(flatten)]
    choice: Choice,
}

/// Which overrides to list.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only the one of this name
    #[arg(long)]
    name: Option<String>,
    /// Only those with this bundle
    #[arg(long, value_name = "PRN")]
    bundle_prn: Option<Prn<Bundle>>,
    /// Only those on this cohort
    #[arg(long, value_name = "PRN")]
    cohort_prn: Option<Prn<Cohort>>,
    #[command(flatten)]
    options: ListOptions,
}

/// One override.
#[derive(Debug, Args)]
pub(crate) struct One {
    /// Its PRN
    #[arg(long, visible_alias = "bundle-override-prn", value_name = "PRN")]
    prn: Prn<Named>,
}

/// Changes to an override. Naming devices, tags or a cohort replaces whichever there was.
#[derive(Debug, Args)]
#[command(
    group(ArgGroup::new("choice")),
    mut_arg("starts_at", checked::<Moment>),
    mut_arg("ends_at", checked::<Moment>)
)]
pub(crate) struct Update {
    #[command(flatten)]
    one: One,
    #[command(flatten)]
    change: BundleOverrideUpdate,
    #[command(flatten)]
    choice: Choice,
}

impl Command {
    pub(crate) async fn run(self, session: &Session) -> Result<(), Failure> {
        match self {
            Self::Create(create) => session.create::<BundleOverride>(&create.body()).await,
            Self::List(List { name, bundle_prn, cohort_prn, options }) => {
                let query = Query::default().with("name", name).with("bundle_prn", bundle_prn);
                session.list::<BundleOverride>(&options, query.with("cohort_prn", cohort_prn)).await
            }
            Self::Get(One { prn }) => session.get::<BundleOverride>(&prn, &[]).await,
            Self::Update(update) => {
                let prn = update.one.prn;
                session.update::<BundleOverride>(&prn, &update.body()).await
            }
            Self::Delete(One { prn }) => session.delete::<BundleOverride>(&prn).await,
        }
    }
}

impl Create {
    fn body(self) -> BundleOverrideCreate {
        BundleOverrideCreate {
            device_prns: texts(&self.choice.device_prns),
            tags: texts(&self.choice.tags),
            cohort_prn: self.choice.cohort_prn.map(|prn| prn.to_string()),
            ..self.new
        }
    }
}

impl Update {
    fn body(self) -> BundleOverrideUpdate {
        BundleOverrideUpdate {
            device_prns: texts(&self.choice.device_prns),
            tags: texts(&self.choice.tags),
            cohort_prn: self.choice.cohort_prn.map(|prn| prn.to_string()),
            ..self.change
        }
    }
}
