//! How many devices come into and leave which cohorts and releases: numbers that are kept, changed in the transaction of the moves.

use std::collections::BTreeMap;

use olivine_domain::cohorts::Cohort;
use olivine_domain::devices::Device;
use olivine_domain::organizations::Organization;
use olivine_domain::prn::Id;
use olivine_domain::releases::Release;
use olivine_records::release_days::{self, Delta};
use olivine_records::{Write, cohorts};

use crate::Error;
use crate::distribution::changes::{Change, Changes};

/// Moves that were made and are not yet counted.
///
/// By key: transactions that change several rows do so in one order, so that none waits for another that waits for it.
#[derive(Debug, Default)]
pub(crate) struct Moves {
    more: BTreeMap<(Id<Organization>, Id<Cohort>), i64>,
    deltas: BTreeMap<Id<Organization>, BTreeMap<Id<Release>, Delta>>,
}

impl Moves {
    /// A device comes into its cohort.
    pub(crate) fn join(&mut self, device: &Device) {
        self.add(device, 1);
    }

    /// A device leaves its cohort.
    pub(crate) fn leave(&mut self, device: &Device) {
        self.add(device, -1);
    }

    fn add(&mut self, device: &Device, more: i64) {
        if let Some(cohort) = device.cohort {
            *self.more.entry((device.organization, cohort)).or_default() += more;
        }
    }

    /// A device is changed, and may have been moved: it is then on none of the releases that it was on before.
    pub(crate) fn change(&mut self, old: &Device, new: &Device) {
        self.leave(old);
        self.join(new);
        if let Some(release) = old.release.filter(|_| new.release.is_none()) {
            self.of_release(old.organization, release).departed += 1;
        }
    }

    /// What is to be added to the numbers of a release.
    pub(crate) fn of_release(&mut self, organization: Id<Organization>, release: Id<Release>) -> &mut Delta {
        self.deltas.entry(organization).or_default().entry(release).or_default()
    }

    /// Changes the numbers. Comes last in a transaction, so that the rows are not held for long.
    pub(crate) async fn count(self, w: &Write, day: &str, changes: &mut Changes) -> Result<(), Error> {
        for ((organization, cohort), more) in self.more.into_iter().filter(|(_, more)| *more != 0) {
            cohorts::add_devices(w, organization, cohort, more).await?;
            changes.add(organization, Change::PhaseCounts(cohort));
        }
        for (organization, mut deltas) in self.deltas {
            deltas.retain(|_, delta| *delta != Delta::default());
            release_days::add(w, organization, day, &deltas).await?;
        }
        Ok(())
    }
}
