//! `peridio releases insights`: what devices reported about a release.

use std::fmt::Write as _;

use olivine_api::release_insights::{ReleaseHour, ReleaseInsights, ReleaseOutcome};
use olivine_api::releases::{Adoption, AdoptionDay};

use super::one::One;
use crate::failure::Failure;
use crate::output::{Record, age_of, print, visible};
use crate::session::Session;

impl Record for ReleaseInsights {
    const COLUMNS: &'static [&'static str] = &[];

    fn prn(&self) -> Option<&str> {
        Some(&self.adoption.release_prn)
    }
}

/// Prints the insights.
pub(super) async fn insights(session: &Session, One { prn }: &One) -> Result<(), Failure> {
    let insights = session.client.insights(prn).await?;
    if session.printer.is_for_people() { print(&text(&insights)) } else { session.printer.one(&insights) }
}

fn text(insights: &ReleaseInsights) -> String {
    let Adoption { devices, on, before, after, elsewhere, claimed, installed, failed, .. } =
        insights.adoption;
    let mut text = format!(
        "of {devices} devices: {on} on the release, {before} before it, {after} after it, {elsewhere} elsewhere\n\
         {claimed} claimed it, {installed} installed it, {failed} failed\n"
    );
    let outcomes: Vec<_> =
        insights.outcomes.iter().filter(|outcome| outcome.devices > 0).map(outcome).collect();
    if !outcomes.is_empty() {
        let _ = writeln!(text, "last updates, to it: {}", outcomes.join(", "));
    }
    if !insights.failures.is_empty() {
        text += "\nFailures, the most common first:\n";
    }
    for failure in &insights.failures {
        let detail = failure.detail.as_deref().map_or_else(|| "no reason given".to_owned(), visible);
        let (devices, when) = (failure.devices, age_of(&failure.last_reported_at));
        let _ = writeln!(text, "  {devices:>7}  {:<11}  {when:<14}  {detail}", visible(&failure.outcome));
    }
    if insights.more_failures {
        text += "  and others\n";
    }
    text += &hours(insights);
    if !insights.adoption.days.is_empty() {
        text += "\nDay by day, in UTC:\n";
        text += "  DAY                ARRIVED  LEFT     CLAIMED  INSTALLED  FAILED\n";
    }
    for day in &insights.adoption.days {
        let AdoptionDay { day, arrived, departed, claimed, installed, failed } = day;
        let (day, numbers) = (visible(day), format!("{arrived:<7}  {departed:<7}  {claimed:<7}"));
        let _ = writeln!(text, "  {day:<17}  {numbers}  {installed:<9}  {failed}");
    }
    text
}

fn outcome(of: &ReleaseOutcome) -> String {
    let more = if of.exact { "" } else { "more than " };
    format!("{more}{} {}", of.devices, visible(&of.outcome))
}

fn hours(insights: &ReleaseInsights) -> String {
    let since = visible(&insights.hours_since);
    if insights.hours.is_empty() {
        return format!("\nNothing was offered or reported since {since}.\n");
    }
    let mut text = "\nHour by hour, in UTC:\n  HOUR               OFFERED  INSTALLED  FAILED\n".to_owned();
    for ReleaseHour { begins_at, offered, installed, failed } in &insights.hours {
        // Such as 2026-01-15T08:00. The rest of the text is zeros.
        let hour: String = visible(begins_at).chars().take(16).collect();
        let _ = writeln!(text, "  {hour:<17}  {offered:<7}  {installed:<9}  {failed}");
    }
    if !insights.hours_exact {
        let _ = writeln!(text, "  The cohort has too many events: only those since {since} were counted.");
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn insights_are_printed_in_a_few_lines() {
        let mut insights = json!({
            "adoption": {"release_prn": "r", "cohort_prn": "c", "devices": 9, "on": 4, "before": 3, "after": 0, "elsewhere": 2,
                "claimed": 5, "installed": 4, "failed": 2,
                "days": [{"day": "2026-01-15", "arrived": 4, "departed": 0, "claimed": 5, "installed": 4, "failed": 2}]},
            "outcomes": [
                {"outcome": "downloading", "devices": 0, "exact": true},
                {"outcome": "installing", "devices": 10000, "exact": false},
                {"outcome": "failed", "devices": 2, "exact": true},
            ],
            "failures": [
                {"outcome": "failed", "detail": "no space\u{1b}", "devices": 2, "last_reported_at": "never"},
                {"outcome": "rolled_back", "detail": null, "devices": 1, "last_reported_at": "never"},
            ],
            "more_failures": true,
            "hours": [{"begins_at": "2026-01-15T08:00:00.000000Z", "offered": 6, "installed": 4, "failed": 2}],
            "hours_since": "2026-01-15T08:12:00Z",
            "hours_exact": false,
        });
        let of = |insights: &serde_json::Value| text(&serde_json::from_value(insights.clone()).unwrap());
        let expected = "\
of 9 devices: 4 on the release, 3 before it, 0 after it, 2 elsewhere
5 claimed it, 4 installed it, 2 failed
last updates, to it: more than 10000 installing, 2 failed

Failures, the most common first:
        2  failed       never           no space\u{fffd}
        1  rolled_back  never           no reason given
  and others

Hour by hour, in UTC:
  HOUR               OFFERED  INSTALLED  FAILED
  2026-01-15T08:00   6        4          2
  The cohort has too many events: only those since 2026-01-15T08:12:00Z were counted.

Day by day, in UTC:
  DAY                ARRIVED  LEFT     CLAIMED  INSTALLED  FAILED
  2026-01-15         4        0        5        4          2
";
        assert_eq!(of(&insights), expected);
        for empty in ["outcomes", "failures", "hours"] {
            insights[empty] = json!([]);
        }
        insights["more_failures"] = json!(false);
        insights["adoption"]["days"] = json!([]);
        let expected = "\
of 9 devices: 4 on the release, 3 before it, 0 after it, 2 elsewhere
5 claimed it, 4 installed it, 2 failed

Nothing was offered or reported since 2026-01-15T08:12:00Z.
";
        assert_eq!(of(&insights), expected);
    }
}
