//! `--dry-run` and `--graph-revision`: shows the effect of a change of releases or overrides, as text for people or as JSON.

use std::fmt::Write as _;

use clap::Args;
use olivine_api::plans::{
    BundleOverridePlan, PlanWarning, PlannedCount, PlannedGoal, PlannedNeighbours, PlannedRelease,
    ReleasePlan,
};
use olivine_client::{Query, ReleaseEdit};

use crate::failure::Failure;
use crate::messages;
use crate::output::{Record, print, visible};
use crate::session::Session;

impl Record for ReleasePlan {
    const COLUMNS: &'static [&'static str] = &["cohort:cohort_prn", "graph_revision"];

    fn prn(&self) -> Option<&str> {
        None
    }
}

impl Record for BundleOverridePlan {
    const COLUMNS: &'static [&'static str] = &["dry_run"];

    fn prn(&self) -> Option<&str> {
        None
    }
}

/// The option to try a change without making it.
#[derive(Clone, Debug, Args)]
pub(crate) struct DryRun {
    /// Change nothing: show what the change would do, or why it would be refused
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// The options to try a change of a cohort's releases, and to make it only if the releases have not changed since.
#[derive(Clone, Debug, Args)]
pub(crate) struct Planning {
    #[command(flatten)]
    trial: DryRun,
    /// Refuse the change if the cohort's releases were changed since --dry-run showed this revision
    #[arg(long, value_name = "REVISION")]
    graph_revision: Option<String>,
}

impl Planning {
    /// Whether the change is only tried.
    pub(crate) const fn is_dry_run(&self) -> bool {
        self.trial.dry_run
    }

    /// The conditions of the change.
    pub(crate) fn query(&self) -> Query {
        Query::default().with("graph_revision", self.graph_revision.as_ref())
    }

    /// Shows the effect of a change.
    pub(crate) async fn show(&self, session: &Session, edit: &ReleaseEdit) -> Result<(), Failure> {
        show(session, &session.client.plan_release(edit, &self.query()).await?)
    }
}

/// Shows a plan for a cohort's releases.
pub(crate) fn show(session: &Session, plan: &ReleasePlan) -> Result<(), Failure> {
    if !session.printer.is_for_people() {
        warn(&plan.warnings);
        return session.printer.one(plan);
    }
    print(&text(plan))?;
    warn(&plan.warnings);
    messages::note("nothing was changed");
    Ok(())
}

/// Shows a plan for a bundle override.
pub(crate) fn show_override(session: &Session, plan: &BundleOverridePlan) -> Result<(), Failure> {
    if !session.printer.is_for_people() {
        warn(&plan.warnings);
        return session.printer.one(plan);
    }
    let row =
        [visible(&plan.bundle_override.name), counted(plan.devices_before), counted(plan.devices_after)];
    print(&grid(&["devices that get the bundle of", "before", "after"], vec![row.to_vec()]))?;
    warn(&plan.warnings);
    messages::note("nothing was changed");
    Ok(())
}

fn warn(warnings: &[PlanWarning]) {
    for warning in warnings {
        messages::warning(&visible(&warning.message));
    }
}

fn counted(count: Option<PlannedCount>) -> String {
    match count {
        Some(PlannedCount { count, exact: true }) => count.to_string(),
        Some(PlannedCount { count, exact: false }) => format!("about {count}"),
        None => "not counted".to_owned(),
    }
}

/// The plan as tables: the order of releases, which release is offered, and which release devices get.
fn text(plan: &ReleasePlan) -> String {
    let links = plan.links.iter().map(|links| {
        vec![name(&links.release), neighbours(links.before.as_ref()), neighbours(links.after.as_ref())]
    });
    let offers = plan
        .offers
        .iter()
        .map(|offer| vec![name(&offer.release), offer.before.to_string(), offer.after.to_string()]);
    let devices = plan.devices.iter().map(|group| {
        vec![name(&group.release), group.devices.to_string(), goal(&group.before), goal(&group.after)]
    });
    let tables = [
        grid(&["release", "before", "after"], links.collect()),
        grid(&["devices offered", "before", "after"], offers.collect()),
        grid(&["devices on", "number", "go to", "would go to"], devices.collect()),
    ];
    let mut text = tables.into_iter().filter(|table| !table.is_empty()).collect::<Vec<_>>().join("\n");
    let _ = write!(text, "\ngraph revision: {}\n", plan.graph_revision);
    text
}

fn name(release: &PlannedRelease) -> String {
    visible(&release.name)
}

/// `after winter, before summer`
fn neighbours(of: Option<&PlannedNeighbours>) -> String {
    let Some(PlannedNeighbours { previous, next }) = of else { return "on no path".to_owned() };
    let before = match previous.as_slice() {
        [] => "first".to_owned(),
        previous => format!("after {}", previous.iter().map(name).collect::<Vec<_>>().join(", ")),
    };
    let after = next.as_ref().map_or("latest".to_owned(), |next| format!("before {}", name(next)));
    format!("{before}, {after}")
}

fn goal(goal: &PlannedGoal) -> String {
    goal.goes_to.as_ref().map_or_else(|| "-".to_owned(), name)
}

/// A table with headings, or nothing if there are no rows.
fn grid(headings: &[&str], rows: Vec<Vec<String>>) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let headings = headings.iter().map(|heading| (*heading).to_owned()).collect();
    let rows: Vec<Vec<String>> = std::iter::once(headings).chain(rows).collect();
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<_> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in &rows {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        let _ = writeln!(text, "{}", cells.collect::<Vec<_>>().join("  ").trim_end());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn release(name: &str) -> PlannedRelease {
        PlannedRelease { prn: None, name: name.to_owned() }
    }

    #[test]
    fn people_see_before_and_after_beside_each_other() {
        use olivine_api::plans::{PlannedDevices, PlannedLinks, PlannedOffer};
        let goes = |to: Option<&str>| PlannedGoal { goes_to: to.map(release), held_because: None };
        let beside = |previous: &[&str], next: Option<&str>| PlannedNeighbours {
            previous: previous.iter().map(|name| release(name)).collect(),
            next: next.map(release),
        };
        let plan = ReleasePlan {
            dry_run: true,
            cohort_prn: String::new(),
            graph_revision: "0123".to_owned(),
            release: None,
            links: vec![
                PlannedLinks {
                    release: release("summer"),
                    before: None,
                    after: Some(beside(&["spring"], None)),
                },
                PlannedLinks {
                    release: release("spring"),
                    before: Some(beside(&[], None)),
                    after: Some(beside(&[], Some("summer"))),
                },
            ],
            offers: vec![PlannedOffer { release: release("summer"), before: 0, after: 120 }],
            devices: vec![PlannedDevices {
                release: release("spring"),
                devices: 120,
                before: goes(None),
                after: goes(Some("summer")),
            }],
            unplaced_devices: 0,
            warnings: Vec::new(),
        };
        let expected = [
            "release  before         after",
            "summer   on no path     after spring, latest",
            "spring   first, latest  first, before summer",
            "",
            "devices offered  before  after",
            "summer           0       120",
            "",
            "devices on  number  go to  would go to",
            "spring      120     -      summer",
            "",
            "graph revision: 0123",
            "",
        ];
        assert_eq!(text(&plan), expected.join("\n"));
    }
}
