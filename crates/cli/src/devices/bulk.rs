//! `peridio devices bulk`: one change for many devices, which the server makes in the background.

use std::time::Duration;

use clap::{ArgGroup, Args, Subcommand};
use olivine_api::bulk_operations::{
    BulkOperation, BulkOperationCreate, BulkOperationPlan, BulkOperationUpdate,
};
use olivine_client::Query;
use olivine_domain::bulk_operations::{BulkOperation as Named, State};
use olivine_domain::cohorts::Cohort;
use olivine_domain::devices::Device;
use olivine_domain::prn::Prn;

use crate::changes::texts;
use crate::failure::{Failure, named};
use crate::lists::ListOptions;
use crate::messages;
use crate::output::{Record, record, visible};
use crate::session::Session;

/// A change of more devices than this needs a confirmation of their number.
const MANY: u64 = 100;
/// How often the command asks the server for the progress.
const LOOK_EVERY: Duration = Duration::from_secs(1);

record!(BulkOperation, "action", "state", "done", "matched", "changed", "refused", "begun:inserted_at");

impl Record for BulkOperationPlan {
    const COLUMNS: &'static [&'static str] = &["action", "count", "exact"];

    fn prn(&self) -> Option<&str> {
        None
    }
}

/// The commands about bulk operations.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Moves devices to a cohort
    #[command(after_help = "Examples:\n  \
            peridio devices bulk move --search \"tag:'beta'\" --to-cohort gateway/stable --dry-run\n  \
            peridio devices bulk move --search \"tag:'beta'\" --to-cohort gateway/stable --wait")]
    Move(Move),
    /// Gives devices tags, besides those that they have
    #[command(after_help = "Example:\n  \
            peridio devices bulk tag --search \"identifier~'SN-'\" --tag eu --tag beta --wait")]
    Tag(Tag),
    /// Takes tags away from devices
    #[command(after_help = "Example:\n  peridio devices bulk untag --search \"tag:'eu'\" --tag eu --wait")]
    Untag(Tag),
    /// Puts devices into quarantine: they get no updates
    #[command(after_help = "Example:\n  \
            peridio devices bulk quarantine --search \"outcome:'failed'\" --wait")]
    Quarantine(Plain),
    /// Takes devices out of quarantine: they get updates again
    #[command(after_help = "Example:\n  \
            peridio devices bulk lift --search \"quarantined:true\" --wait")]
    Lift(Plain),
    /// Lists bulk operations
    #[command(after_help = "Example:\n  peridio devices bulk list --state running")]
    List(List),
    /// Shows how far a bulk operation is, and which devices it could not change
    #[command(after_help = "Example:\n  \
            peridio devices bulk get $(peridio devices bulk list --order desc --limit 1 --output prn)")]
    Get(One),
    /// Ends a running bulk operation; devices that were changed stay changed
    #[command(after_help = "Example:\n  \
            for prn in $(peridio devices bulk list --state running --output prn); do \\\n    \
            peridio devices bulk cancel $prn; done")]
    Cancel(One),
}

/// Which devices, and how.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("which").required(true)))]
pub(crate) struct Plain {
    /// The devices that match, for example: "tag:'beta' and quarantined:false"; an empty text means all devices
    #[arg(long, value_name = "CLAUSES", group = "which")]
    search: Option<String>,
    /// A device to change; can be repeated
    #[arg(long = "device-prn", alias = "device-prns", value_name = "PRN", num_args = 1.., value_delimiter = ',', group = "which")]
    device_prns: Vec<Prn<Device>>,
    /// Change nothing: show how many devices there are, or why nothing could be changed
    #[arg(long)]
    dry_run: bool,
    /// Wait until it is finished
    #[arg(long)]
    wait: bool,
    /// Do not ask for a confirmation if there are more than 100 devices
    #[arg(long, short)]
    yes: bool,
    /// Change the devices only if there are exactly this many: do not ask
    #[arg(long, value_name = "NUMBER", conflicts_with = "yes")]
    confirm_count: Option<u64>,
}

/// The destination of a move.
#[derive(Debug, Args)]
pub(crate) struct Move {
    /// The cohort that the devices are moved to; it is one of their own product
    #[arg(long = "to-cohort", value_name = "PRN")]
    to_cohort_prn: Prn<Cohort>,
    #[command(flatten)]
    plain: Plain,
}

/// Which tags.
#[derive(Debug, Args)]
pub(crate) struct Tag {
    /// A tag; can be repeated
    #[arg(long = "tag", alias = "tags", value_name = "TAG", required = true, value_delimiter = ',')]
    tags: Vec<String>,
    #[command(flatten)]
    plain: Plain,
}

/// Which bulk operations to list.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only bulk operations in this state
    #[arg(long, value_parser = State::NAMES.to_vec())]
    state: Option<String>,
    #[command(flatten)]
    options: ListOptions,
}

/// One bulk operation.
#[derive(Debug, Args)]
pub(crate) struct One {
    /// The bulk operation by its PRN, instead of the first argument
    #[arg(long, visible_alias = "prn", value_name = "PRN")]
    bulk_operation_prn: Prn<Named>,
}

impl Command {
    pub(crate) async fn run(self, session: &Session) -> Result<(), Failure> {
        let new = |action: &str| BulkOperationCreate {
            action: action.to_owned(),
            ..BulkOperationCreate::default()
        };
        match self {
            Self::Move(Move { to_cohort_prn, plain }) => {
                let cohort_prn = Some(to_cohort_prn.to_string());
                plain.run(session, BulkOperationCreate { cohort_prn, ..new("move") }).await
            }
            Self::Tag(Tag { tags, plain }) => {
                plain.run(session, BulkOperationCreate { tags: Some(tags), ..new("tag") }).await
            }
            Self::Untag(Tag { tags, plain }) => {
                plain.run(session, BulkOperationCreate { tags: Some(tags), ..new("untag") }).await
            }
            Self::Quarantine(plain) => plain.run(session, new("quarantine")).await,
            Self::Lift(plain) => plain.run(session, new("lift")).await,
            Self::List(List { state, options }) => {
                session.list::<BulkOperation>(&options, Query::default().with("state", state)).await
            }
            Self::Get(One { bulk_operation_prn }) => {
                session.get::<BulkOperation>(&bulk_operation_prn, &[]).await
            }
            Self::Cancel(One { bulk_operation_prn }) => {
                let change = BulkOperationUpdate { state: State::Cancelled.as_str().to_owned() };
                session.update::<BulkOperation>(&bulk_operation_prn, &change).await
            }
        }
    }
}

impl Plain {
    async fn run(self, session: &Session, new: BulkOperationCreate) -> Result<(), Failure> {
        let client = &session.client;
        let new = BulkOperationCreate {
            search: self.search.clone(),
            device_prns: texts(&self.device_prns),
            confirm_count: self.confirm_count,
            ..new
        };
        if self.dry_run {
            return session.printer.one(&client.plan_bulk_operation(&new).await?);
        }
        let confirm_count = self.confirmed(&client.plan_bulk_operation(&new).await?)?;
        let begun: BulkOperation = client.create(&BulkOperationCreate { confirm_count, ..new }).await?;
        if !self.wait {
            messages::note(&format!(
                "the server has begun: 'peridio devices bulk get {}' says how far it is",
                begun.prn
            ));
            return session.show(&begun).await;
        }
        let ended = wait(session, begun).await?;
        session.show(&ended).await?;
        report(&ended)
    }

    /// The confirmed number of devices, if a confirmation is needed.
    fn confirmed(&self, plan: &BulkOperationPlan) -> Result<Option<u64>, Failure> {
        if self.confirm_count.is_some() || self.yes || plan.count <= MANY {
            return Ok(self.confirm_count);
        }
        let count = plan.count;
        let devices =
            if plan.exact { format!("{count} devices") } else { format!("more than {count} devices") };
        if !messages::can_ask() {
            return Err(Failure::new(format!(
                "this is about {devices}; nothing was changed: to do it, give --yes, or --confirm-count {count}"
            )));
        }
        match messages::ask(&format!("This is about {devices}. To go on, type the number {count}:")) {
            Ok(answer) if answer == count.to_string() => Ok(Some(count)),
            _ => Err(Failure::new("not confirmed; nothing was changed")),
        }
    }
}

async fn wait(session: &Session, mut operation: BulkOperation) -> Result<BulkOperation, Failure> {
    let prn: Prn<Named> = named(&operation.prn)?;
    while operation.state == State::Running.as_str() {
        tokio::time::sleep(LOOK_EVERY).await;
        operation = session.client.get(&prn).await?;
    }
    Ok(operation)
}

/// Reports how the operation ended, if it did not succeed for all devices.
fn report(ended: &BulkOperation) -> Result<(), Failure> {
    if ended.refused > 0 {
        messages::warning(&format!("{} devices could not be changed", ended.refused));
        for refusal in &ended.refusals {
            messages::note(&visible(&format!("{}: {}", refusal.device_prn, refusal.message)));
        }
    }
    match (ended.state.as_str(), &ended.stopped_because) {
        ("finished", _) => Ok(()),
        (_, Some(why)) => Err(Failure::new(format!("it could not go on: {}", visible(why)))),
        (state, None) => Err(Failure::new(format!("it was {state}"))),
    }
}
