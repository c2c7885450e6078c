//! How many devices come into and leave which cohorts and releases: numbers that are kept, changed in the transaction of the moves.

use std::collections::BTreeMap;

use olivine_domain::cohorts::Cohort;
use olivine_domain::devices::Device;
use olivine_domain::organizations::Organization;
use olivine_domain::prn::Id;
use olivine_domain::releases::Release;
use olivine_records::release_days::{self, Delta};
use olivine_records::{Write, cohorts};

use crate::distribution::changes::Change;
use crate::{Context, Error};

/// Moves that were made and are not yet counted.
///
/// By key: transactions that change several rows do so in one order, so that none waits for another that waits for it.
#[derive(Debug, Default)]
pub(crate) struct Moves {
    more: BTreeMap<Id<Cohort>, i64>,
    departed: BTreeMap<Id<Release>, i64>,
}

impl Moves {
    /// A device comes into its cohort.
    pub(crate) fn join(&mut self, device: &Device) {
        if let Some(cohort) = device.cohort {
            *self.more.entry(cohort).or_default() += 1;
        }
    }

    /// A device leaves its cohort.
    pub(crate) fn leave(&mut self, device: &Device) {
        if let Some(cohort) = device.cohort {
            *self.more.entry(cohort).or_default() -= 1;
        }
    }

    /// A device is changed, and may have been moved: it is then on none of the releases that it was on before.
    pub(crate) fn change(&mut self, old: &Device, new: &Device) {
        self.leave(old);
        self.join(new);
        if let Some(release) = old.release.filter(|_| new.release.is_none()) {
            *self.departed.entry(release).or_default() += 1;
        }
    }

    /// Changes the numbers; returns what is to be noted of it. Comes last in a transaction, so that the rows are not held for long.
    pub(crate) async fn count(
        self,
        ctx: &Context,
        w: &Write,
        organization: Id<Organization>,
    ) -> Result<Vec<Change>, Error> {
        let mut changes = Vec::new();
        for (cohort, more) in self.more.into_iter().filter(|(_, more)| *more != 0) {
            cohorts::add_devices(w, organization, cohort, more).await?;
            changes.push(Change::Crowd(cohort));
        }
        let departed = |(release, departed)| (release, Delta { departed, ..Delta::default() });
        let deltas = self.departed.into_iter().map(departed).collect();
        release_days::add(w, organization, &ctx.now().day(), &deltas).await?;
        Ok(changes)
    }
}
