//! The marks of a release in the drawing, in few words.

use olivine_api::releases::Release;

use crate::output::visible;

/// The version and the name of a release, or one text if they are the same.
pub(super) fn name(release: &Release) -> String {
    match &release.version {
        Some(version) if *version != release.name => {
            format!("{} {}", visible(version), visible(&release.name))
        }
        _ => visible(&release.name),
    }
}

/// The marks of a release. Those that keep devices from getting it come first.
pub(super) fn of(release: &Release, cohort_devices: u64) -> Vec<String> {
    let mut marks = Vec::new();
    if !release.affected_by.is_empty() {
        let count = counted(release.affected_by.len() as u64, "destroyed binary");
        marks.push(format!("affected by {}", count.replace("binarys", "binaries")));
    }
    marks.extend(release.disabled.then(|| "disabled".to_owned()));
    marks.extend(release.required.then(|| "required".to_owned()));
    marks.extend(release.schedule_date.as_deref().map(|date| format!("scheduled {}", moment(date))));
    marks.extend(phase(release, cohort_devices));
    let requirement = release.version_requirement.as_deref();
    marks.extend(requirement.map(|requirement| format!("for {}", visible(requirement))));
    marks
}

fn phase(release: &Release, cohort_devices: u64) -> Option<String> {
    if release.phase_mode == "tags" {
        return Some(match release.phase_tags.as_slice() {
            [] => "phased to no tags".to_owned(),
            tags => format!("phased to {}", visible(&tags.join(" "))),
        });
    }
    let value = release.phase_value.filter(|value| (value - 1.0).abs() > f64::EPSILON)?;
    let limit = if value > 1.0 { value.to_string() } else { percent(value) };
    Some(format!("phased {limit} of {cohort_devices}, {} claimed", release.claims))
}

fn percent(share: f64) -> String {
    let number = format!("{:.3}", share * 100.0);
    format!("{}%", number.trim_end_matches('0').trim_end_matches('.'))
}

/// A time without microseconds if they are zero.
fn moment(date: &str) -> String {
    visible(date).replace(".000000Z", "Z")
}

/// `1 device`, `2 devices`.
pub(super) fn counted(count: u64, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
