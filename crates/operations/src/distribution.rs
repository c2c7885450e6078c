//! Distribution: which device asks, what it gets, and what it reports.
//!
//! A device that is known and unchanged is answered from memory. Each change announces the cached records that it invalidates in its own
//! transaction, so that no process goes on using stale data.

mod alike;
mod cache;
pub(crate) mod certificates;
pub(crate) mod changes;
mod check;
mod check_ins;
mod claims;
mod derived;
mod expansions;
mod facts;
mod identify;
mod last_answer;
pub(crate) mod log;
mod lookups;
mod manifests;
pub(crate) mod memory;
mod offers;
mod refusals;
pub(crate) mod reports;

pub use certificates::{CertificateRefusal, Shown};
pub use check::{Answer, Ask, ask, check};
pub use expansions::{Expanded, Expansion};
pub use identify::{KnownDevice, authenticate};
pub use manifests::{Entry, Manifest, Template};
pub use reports::{Report, StatusReport, report_status};

use olivine_domain::devices::Device;
use olivine_domain::organizations::Organization;
use olivine_domain::permissions::Tenancy;
use olivine_domain::prn::Id;
use olivine_records::devices;
use tokio_util::sync::CancellationToken;

use crate::event_budgets::Until;
use crate::{Context, Error};

/// Begins to follow what other processes change; before the first question is answered. Refused unknown devices are recorded in the
/// organization `home` as long as there is no other organization.
pub async fn begin(ctx: &Context, home: Id<Organization>) -> Result<(), Error> {
    ctx.memory().home.get_or_init(|| home);
    changes::begin(ctx).await
}

/// Applies at once what other processes changed until now, instead of at the next look.
pub async fn catch_up(ctx: &Context) -> Result<(), Error> {
    changes::look(ctx).await
}

/// The device as the server knows it.
pub async fn me(ctx: &Context, known: &KnownDevice) -> Result<Device, Error> {
    devices::get(ctx.db(), &Tenancy::of_server(known.organization), known.device)
        .await
        .map_err(Error::missing(known.device))
}

/// Runs the background tasks of distribution, until `stop`.
pub async fn run(ctx: Context, stop: CancellationToken) {
    tokio::join!(changes::follow(&ctx, &stop), check_ins::write_regularly(&ctx, &stop));
    check_ins::write(&ctx, Until::Now).await;
}
