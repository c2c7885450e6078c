//! `peridio bundle-overrides`: a bundle forced on chosen devices for some time.

use clap::{ArgGroup, Args, Subcommand};
use olivine_api::bundle_overrides::{BundleOverride, BundleOverrideCreate, BundleOverrideUpdate};
use olivine_client::Query;
use olivine_domain::bundle_overrides::BundleOverride as Named;
use olivine_domain::bundles::Bundle;
use olivine_domain::cohorts::Cohort;
use olivine_domain::devices::Device;
use olivine_domain::prn::Prn;

use crate::changes::{moments, texts};
use crate::failure::Failure;
use crate::lists::ListOptions;
use crate::names;
use crate::output::{Record, short};
use crate::plans::{DryRun, show_override};
use crate::session::Session;

impl Record for BundleOverride {
    const COLUMNS: &'static [&'static str] =
        &["name", "bundle:bundle.name", "for", "starts:starts_at", "ends:ends_at"];
    const EXPAND: &'static [&'static str] = &["bundle"];

    fn prn(&self) -> Option<&str> {
        Some(&self.prn)
    }

    fn cell(&self, column: &str) -> Option<String> {
        (column == "for").then(|| match (self.device_prns.as_deref(), &self.tags, &self.cohort_prn) {
            (_, _, Some(cohort)) => format!("cohort {}", short(cohort)),
            (_, Some(tags), None) if !tags.is_empty() => format!("tags {}", tags.join(", ")),
            (Some([_]), _, None) => "1 device".to_owned(),
            (devices, _, None) => format!("{} devices", devices.unwrap_or_default().len()),
        })
    }
}

/// The commands about overrides.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Gives a bundle to chosen devices, to all devices with a tag, or to a cohort, instead of their release
    #[command(after_help = "Examples:\n  \
            peridio bundle-overrides create --name lab --bundle spring --device SN-000042 --dry-run\n  \
            peridio bundle-overrides create --name lab --bundle spring --device SN-000042\n  \
            peridio bundle-overrides create --name hotfix --bundle spring --cohort gateway/stable --ends-at 7d")]
    Create(Box<Create>),
    /// Lists overrides
    #[command(after_help = "Example:\n  peridio bundle-overrides list --bundle spring")]
    List(List),
    /// Shows an override
    #[command(after_help = "Example:\n  peridio bundle-overrides get lab")]
    Get(One),
    /// Changes an override
    #[command(after_help = "Example:\n  peridio bundle-overrides update lab --ends-at 7d")]
    Update(Box<Update>),
    /// Deletes an override; its devices get the releases of their cohort again
    #[command(after_help = "Example:\n  peridio bundle-overrides delete lab")]
    Delete(One),
}

/// The devices of an override.
#[derive(Debug, Args)]
pub(crate) struct Choice {
    /// A device that gets the bundle; can be repeated
    #[arg(long = "device-prn", alias = "device-prns", value_name = "PRN", num_args = 1.., value_delimiter = ',', group = "choice")]
    device_prns: Vec<Prn<Device>>,
    /// Devices with this tag get the bundle; can be repeated
    #[arg(
        long = "tag",
        alias = "tags",
        value_name = "TAG",
        num_args = 1..,
        value_delimiter = ',',
        group = "choice"
    )]
    tags: Vec<String>,
    /// All devices of this cohort get the bundle
    #[arg(long, value_name = "PRN", group = "choice")]
    cohort_prn: Option<Prn<Cohort>>,
}

/// A new override.
#[derive(Debug, Args)]
#[command(
    group(ArgGroup::new("choice").required(true)),
    mut_args(moments))]
pub(crate) struct Create {
    #[command(flatten)]
    new: BundleOverrideCreate,
    #[command(flatten)]
    choice: Choice,
    #[command(flatten)]
    trial: DryRun,
}

/// Which overrides to list.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only the override with this name
    #[arg(long)]
    name: Option<String>,
    /// Only overrides with this bundle
    #[arg(long, value_name = "PRN")]
    bundle_prn: Option<Prn<Bundle>>,
    /// Only overrides for this cohort
    #[arg(long, value_name = "PRN")]
    cohort_prn: Option<Prn<Cohort>>,
    /// Only overrides that name this device
    #[arg(long, value_name = "PRN")]
    device_prn: Option<Prn<Device>>,
    #[command(flatten)]
    options: ListOptions,
}

/// One override.
#[derive(Debug, Args)]
pub(crate) struct One {
    /// The override by its PRN or its name, instead of the first argument
    #[arg(long, visible_alias = "bundle-override-prn", value_name = "PRN")]
    prn: Prn<Named>,
}

/// Changes to an override. Devices, tags or a cohort replace the earlier choice.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("choice")), mut_args(moments))]
pub(crate) struct Update {
    #[command(flatten)]
    one: One,
    #[command(flatten)]
    change: BundleOverrideUpdate,
    #[command(flatten)]
    choice: Choice,
    #[command(flatten)]
    trial: DryRun,
}

impl Command {
    pub(crate) async fn run(self, session: &Session) -> Result<(), Failure> {
        match self {
            Self::Create(create) if create.trial.dry_run => {
                show_override(session, &session.client.plan_bundle_override(&create.body()).await?)
            }
            Self::Create(create) => session.create::<BundleOverride>(&create.body()).await,
            Self::List(list) => list.run(session).await,
            Self::Get(One { prn }) => session.get::<BundleOverride>(&prn, &[]).await,
            Self::Update(update) => {
                let prn = update.one.prn;
                if update.trial.dry_run {
                    let plan = session.client.plan_bundle_override_change(&prn, &update.body()).await?;
                    return show_override(session, &plan);
                }
                session.update::<BundleOverride>(&prn, &update.body()).await
            }
            Self::Delete(One { prn }) => session.delete::<BundleOverride>(&prn).await,
        }
    }
}

impl List {
    async fn run(self, session: &Session) -> Result<(), Failure> {
        let Self { name, bundle_prn, cohort_prn, device_prn, options } = self;
        let query = Query::default().with("name", name).with("bundle_prn", bundle_prn);
        let query = query.with("cohort_prn", cohort_prn).with("device_prn", device_prn);
        if !session.printer.is_for_people() {
            return session.list::<BundleOverride>(&options, query).await;
        }
        // Fetched page by page, because the names of each page's cohorts are looked up together.
        let query = options.apply(query.expand(&session.printer.expansions::<BundleOverride>()));
        let mut pages = session.client.list::<BundleOverride>(&query);
        let mut list = session.printer.list::<BundleOverride>();
        while let Some(page) = pages.next().await? {
            let cohorts = page.iter().filter_map(|found| found.cohort_prn.clone()).collect();
            let labels = names::labels(&session.client, cohorts).await;
            for mut found in page {
                let named = found.cohort_prn.as_ref().and_then(|prn| labels.get(prn)).cloned();
                found.cohort_prn = named.or(found.cohort_prn);
                list.add(&found)?;
            }
        }
        list.finish()?;
        options.note_more(&pages);
        Ok(())
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
