//! What a device runs, as both APIs write it: PRNs of a release and of a bundle, and a version.

use std::str::FromStr as _;

use olivine_domain::organizations::Organization;
use olivine_domain::prn::{Id, Prn, Resource};
use olivine_domain::resolution::Reported;
use olivine_operations::distribution::Report;

/// Reads what a device of this organization is said to run. What can't be read is part of the report: nothing is refused.
pub fn read_report(
    release: Option<&str>,
    bundle: Option<&str>,
    version: Option<&str>,
    organization: Id<Organization>,
) -> Report {
    Report::new(read_prn(release, organization), read_prn(bundle, organization), version)
}

fn read_prn<R: Resource>(text: Option<&str>, organization: Id<Organization>) -> Reported<Id<R>> {
    Reported::read(text, |text| match Prn::<R>::from_str(text) {
        Ok(prn) if prn.organization == organization => Ok(prn.id),
        Ok(_) => Err(format!("'{text}' belongs to another organization")),
        Err(problem) => Err(problem.to_string()),
    })
}
