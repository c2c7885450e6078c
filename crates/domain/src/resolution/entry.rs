//! Step 4 of resolution: where a device enters its cohort's graph. The first report that works counts.

use super::report::{Report, Reported};
use super::trace::{Outcome, Step, Tracer, entries};
use crate::releases::Release;
use crate::releases::graph::ReleaseGraph;
use crate::versions::Version;

/// Where a device enters.
pub(super) struct Entry<'a> {
    /// The first release that it could get.
    pub(super) candidate: &'a Release,
    /// The version that it runs: as reported, else that of the release that it is on.
    pub(super) version: Option<&'a Version>,
    /// Whether it entered by its version, and not by a release or bundle.
    pub(super) by_version: bool,
}

/// By release, else by bundle, else by version; `None` if there is nothing to get.
pub(super) fn enter<'a>(
    graph: &'a ReleaseGraph,
    report: &'a Report,
    tracer: &mut impl Tracer,
) -> Option<Entry<'a>> {
    let by_release = find(("release", "is"), &report.release, |id| graph.known(*id), tracer);
    let current = by_release.or_else(|| {
        find(("bundle", "is that of"), &report.bundle, |bundle| graph.by_bundle(*bundle), tracer)
    });
    if let Some(current) = current {
        return ahead(graph, current, report, tracer);
    }
    let by_version = find(("version", "enters at"), &report.version, |version| graph.entry(version), tracer);
    let Some(candidate) = by_version else {
        tracer.step(Step::Entry, Outcome::NoUpdate, || match &report.version {
            Reported::Given(version) => {
                format!("no release of its cohort takes version {version}: {}", entries(graph))
            }
            _ => format!(
                "nothing it reports leads to a release of its cohort. By version, its releases take: {}",
                entries(graph)
            ),
        });
        return None;
    };
    Some(Entry { candidate, version: report.version.given(), by_version: true })
}

/// What a report leads to; what is malformed or leads to nothing falls through.
fn find<'a, T>(
    (what, leads_to): (&str, &str),
    reported: &Reported<T>,
    look_up: impl FnOnce(&T) -> Option<&'a Release>,
    tracer: &mut impl Tracer,
) -> Option<&'a Release> {
    let value = match reported {
        Reported::Given(value) => value,
        Reported::Malformed(malformed) => {
            tracer.step(Step::Entry, Outcome::FallThrough, || {
                format!("the reported {what} is malformed: {malformed}")
            });
            return None;
        }
        Reported::Absent => {
            tracer.step(Step::Entry, Outcome::FallThrough, || format!("no {what} is reported"));
            return None;
        }
    };
    let found = look_up(value);
    let outcome = if found.is_some() { Outcome::Continue } else { Outcome::FallThrough };
    tracer.step(Step::Entry, outcome, || match found {
        Some(release) => format!("the reported {what} {leads_to} '{}'", release.name),
        None => format!("the reported {what} leads to no release of its cohort"),
    });
    found
}

/// The candidate of a device that is on `current`.
fn ahead<'a>(
    graph: &'a ReleaseGraph,
    current: &'a Release,
    report: &'a Report,
    tracer: &mut impl Tracer,
) -> Option<Entry<'a>> {
    let Some(candidate) = graph.next(current.id) else {
        tracer.step(Step::Entry, Outcome::NoUpdate, || match current.archived_at {
            Some(_) => format!("'{}' is archived, and no release is left that followed it", current.name),
            None => format!("'{}' is the last release", current.name),
        });
        return None;
    };
    tracer.step(Step::Entry, Outcome::Continue, || match current.archived_at {
        Some(_) => format!("it is archived, and '{}' follows it", candidate.name),
        None => format!("'{}' follows it", candidate.name),
    });
    let version = report.version.given().or(current.version.as_ref());
    Some(Entry { candidate, version, by_version: false })
}
