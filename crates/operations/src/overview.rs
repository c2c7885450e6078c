//! An organization at a glance: what needs attention, and the numbers of the fleet. It costs no more for a large organization.

use std::time::Duration;

use olivine_domain::binaries::{self as binary_rules, BinaryState};
use olivine_domain::ca_certificates::CaCertificate;
use olivine_domain::devices::{self as device_rules, UpdateStatus};
use olivine_domain::jobs::{self as job_rules, JobState};
use olivine_domain::organizations::Organization;
use olivine_domain::pages::Limit;
use olivine_domain::permissions::{Authorized, scope};
use olivine_domain::stops::Stop;
pub use olivine_records::lists::Matching;
use olivine_records::{ListQuery, binaries, ca_certificates, devices, jobs};

use crate::devices::count_all;
use crate::lists::having;
use crate::{Context, Error, organizations};

/// Certificates that end within this time are shown.
const SOON: Duration = Duration::from_hours(30 * 24);

/// An organization at a glance.
#[derive(Clone, Debug)]
pub struct Overview {
    /// Its settings, and how much it stores.
    pub organization: Organization,
    /// What is stopped.
    pub stops: Vec<Stop>,
    /// Its devices, for who may see devices.
    pub devices: Option<Devices>,
    /// Its binaries that are neither signed nor destroyed, by state.
    pub binaries: Vec<(BinaryState, Matching)>,
    /// Jobs that were given up.
    pub jobs_given_up: Matching,
    /// CA certificates that end soon, or have ended, of the 100 that were registered first; for who may see them.
    pub ending: Option<Vec<CaCertificate>>,
}

/// The devices that the caller reaches.
#[derive(Clone, Copy, Debug)]
pub struct Devices {
    /// All of them.
    pub all: Matching,
    /// Those that are quarantined.
    pub quarantined: Matching,
    /// Those whose last update failed.
    pub failed: Matching,
}

/// Looks at the caller's organization.
pub async fn get(ctx: &Context, by: &Authorized<scope::OrganizationRead>) -> Result<Overview, Error> {
    let (reads, id) = (ctx.reads_for(by), by.organization);
    let given_up = [having(job_rules::SEARCH, "state", JobState::GivenUp.as_str())?];
    let mut in_states = Vec::new();
    for state in BinaryState::ALL {
        if !matches!(state, BinaryState::Signed | BinaryState::Destroyed) {
            let clause = [having(binary_rules::SEARCH, "state", state.as_str())?];
            in_states.push((state, binaries::count(&reads, id, &clause).await?));
        }
    }
    let devices = match by.authorize::<scope::DeviceRead>() {
        Ok(by) => Some(fleet(ctx, &by).await?),
        Err(_) => None,
    };
    let ending = match by.authorize::<scope::CaCertificateRead>() {
        Ok(by) => Some(ending(ctx, &by).await?),
        Err(_) => None,
    };
    Ok(Overview {
        organization: organizations::read(ctx, id).await?,
        stops: crate::stops::list(ctx, by).await?,
        devices,
        binaries: in_states,
        jobs_given_up: jobs::count(&reads, id, &given_up).await?,
        ending,
    })
}

async fn fleet(ctx: &Context, by: &Authorized<scope::DeviceRead>) -> Result<Devices, Error> {
    let (reads, tenancy) = (ctx.reads_for(by), by.tenancy());
    let failed = [having(device_rules::SEARCH, "outcome", UpdateStatus::Failed.as_str())?];
    Ok(Devices {
        all: count_all(ctx, by).await?,
        quarantined: devices::count_quarantined(&reads, &tenancy).await?,
        failed: devices::count_matching(&reads, &tenancy, &failed).await?,
    })
}

async fn ending(
    ctx: &Context,
    by: &Authorized<scope::CaCertificateRead>,
) -> Result<Vec<CaCertificate>, Error> {
    let until = ctx.now().plus(SOON);
    let first_hundred = ListQuery { limit: Limit::MOST, ..ListQuery::default() };
    let found = ca_certificates::list(&ctx.reads_for(by), &by.tenancy(), &first_hundred).await?.items;
    Ok(found.into_iter().filter(|one| one.certificate.facts().not_after <= until).collect())
}
