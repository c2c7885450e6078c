//! How many devices come into and leave which cohorts: the numbers that cohorts keep, changed in the transaction of the moves.

use std::collections::BTreeMap;

use olivine_domain::cohorts::Cohort;
use olivine_domain::devices::Device;
use olivine_domain::organizations::Organization;
use olivine_domain::prn::Id;
use olivine_records::{Write, cohorts};

use crate::Error;
use crate::distribution::changes::Change;

/// Moves that were made and are not yet counted.
#[derive(Debug, Default)]
pub(crate) struct Moves {
    /// By key: transactions that change several cohorts do so in one order, so that none waits for another that waits for it.
    more: BTreeMap<Id<Cohort>, i64>,
}

impl Moves {
    /// The device comes into its cohort.
    pub(crate) fn join(&mut self, device: &Device) {
        if let Some(cohort) = device.cohort {
            *self.more.entry(cohort).or_default() += 1;
        }
    }

    /// The device leaves its cohort.
    pub(crate) fn leave(&mut self, device: &Device) {
        if let Some(cohort) = device.cohort {
            *self.more.entry(cohort).or_default() -= 1;
        }
    }

    /// Changes the numbers of the cohorts; returns what is to be noted of it. Comes last in a transaction, so that their rows are not held for long.
    pub(crate) async fn count(self, w: &Write, organization: Id<Organization>) -> Result<Vec<Change>, Error> {
        let mut changes = Vec::new();
        for (cohort, more) in self.more.into_iter().filter(|(_, more)| *more != 0) {
            cohorts::add_devices(w, organization, cohort, more).await?;
            changes.push(Change::Crowd(cohort));
        }
        Ok(changes)
    }
}
