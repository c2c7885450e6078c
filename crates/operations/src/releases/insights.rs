//! What devices said of one release: how far it came, in which hours they said what, and how it failed. Only what is on record is told, and
//! no more of it is read than a bound says, whatever the size of the fleet.

use std::cmp::Reverse;
use std::time::Duration;

use olivine_domain::devices::UpdateStatus;
use olivine_domain::permissions::{Authorized, scope};
use olivine_domain::prn::Id;
use olivine_domain::releases::Release;
use olivine_domain::time::Timestamp;
use olivine_records::lists::Matching;
use olivine_records::release_insights::{self, Failure, MOST_FAILURES, ReleaseHour};

use super::numbers::{Adoption, adoption};
use crate::{Context, Error};

/// So many events of a release's cohort are read, the newest.
const MOST_EVENTS: u64 = 50_000;

const HOUR: Duration = Duration::from_hours(1);

/// The hours of these days are told apart.
const MOST_HOURS: Duration = Duration::from_hours(14 * 24);

/// What devices said of a release.
#[derive(Clone, Debug)]
pub struct Insights {
    /// How far the cohort's devices came, in total and day by day.
    pub adoption: Adoption,
    /// How many devices' last update was to it and is not installed, by its outcome.
    pub outcomes: Vec<(UpdateStatus, Matching)>,
    /// How it failed, the most common first.
    pub failures: Vec<Failure>,
    /// Whether there are more than these.
    pub has_more_failures: bool,
    /// Hour by hour, the oldest first.
    pub hours: Vec<ReleaseHour>,
    /// Events since then were looked at: a full hour, unless there were too many events.
    pub hours_since: Timestamp,
    /// Whether these are all hours whose events are kept, of 14 days.
    pub are_all_hours: bool,
}

/// Says what devices said of a release.
pub async fn insights(
    ctx: &Context,
    by: &Authorized<scope::ReleaseRead>,
    id: Id<Release>,
) -> Result<Insights, Error> {
    let (db, reads, tenancy) = (ctx.db(), ctx.reads_for(by), by.tenancy());
    let adoption = adoption(ctx, by, id).await?;
    let (mut outcomes, mut failures, mut has_more_failures) = (Vec::new(), Vec::new(), false);
    for outcome in UpdateStatus::ALL.into_iter().filter(|status| *status != UpdateStatus::Installed) {
        let matching = release_insights::count(db, &tenancy, id, outcome).await?;
        if outcome.is_failure() && matching.count > 0 {
            failures.extend(release_insights::failures(&reads, &tenancy, id, outcome).await?);
        }
        outcomes.push((outcome, matching));
    }
    failures.sort_by_key(|failure| (Reverse(failure.devices), Reverse(failure.last_at)));
    if failures.len() > MOST_FAILURES {
        failures.truncate(MOST_FAILURES);
        has_more_failures = true;
    }
    let cohort = (by.organization, adoption.release.cohort);
    let kept = ctx.settings().frequent_event_retention.min(MOST_HOURS);
    let earliest = next_hour(ctx.now().minus(kept));
    let full = release_insights::after_which(db, cohort, earliest, MOST_EVENTS).await?;
    let hours_since = full.map_or(earliest, |at| at.plus(Duration::from_micros(1)));
    let hours = release_insights::hours(&reads, cohort, id, hours_since).await?;
    let are_all_hours = full.is_none();
    Ok(Insights { adoption, outcomes, failures, has_more_failures, hours, hours_since, are_all_hours })
}

/// When the first hour begins that a moment is not after.
fn next_hour(moment: Timestamp) -> Timestamp {
    let hour = i64::try_from(HOUR.as_micros()).expect("an hour has few microseconds");
    let into = moment.as_micros().rem_euclid(hour);
    if into == 0 { moment } else { moment.plus(HOUR).minus(Duration::from_micros(into.unsigned_abs())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_begin_at_full_hours() {
        let hour = 3_600_000_000;
        for (moment, begins) in [(0, 0), (1, hour), (hour - 1, hour), (hour, hour), (hour + 1, 2 * hour)] {
            let moment = Timestamp::from_micros(moment).unwrap();
            assert_eq!(next_hour(moment).as_micros(), begins);
        }
    }
}
