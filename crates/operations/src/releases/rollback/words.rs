//! A rollback in sentences: what it does, to read before it is done and after.

use olivine_domain::releases::Release;
use olivine_domain::releases::rollback::Plan;

use super::Devices;
use super::forced::Forced;

pub(super) fn steps(
    release: &Release,
    plan: &Plan,
    onward: Option<&Release>,
    forced: Option<&Forced>,
    devices: Devices,
) -> Vec<String> {
    let name = &release.name;
    let mut steps = vec![stop(release)];
    let (phase, schedule) =
        (release.phase != plan.stopped.phase, release.schedule_date != plan.stopped.schedule_date);
    if phase || schedule {
        let what = match (phase, schedule) {
            (true, true) => "phase and schedule are",
            (true, false) => "phase is",
            _ => "schedule is",
        };
        steps.push(format!("its {what} removed, so that a release can follow it"));
    }
    if release.required {
        steps.push(format!("'{name}' is no longer required, so that devices before it are not held there"));
    }
    steps.push(match devices.on {
        0 => format!("no device is on '{name}' as far as the server knows"),
        on => format!("{} on '{name}'", are(on)),
    });
    if let Some(new) = &plan.added {
        let version =
            new.version.as_ref().map_or_else(String::new, |version| format!(", version {version},"));
        steps.push(format!(
            "the release '{}'{version} is added after '{name}', with the bundle to go back to: {} it at the next check",
            new.name,
            get(devices.by_release)
        ));
    } else if let Some(onward) = onward {
        steps.push(format!(
            "'{}' follows '{name}' already, and is open to every device: {} it at the next check",
            onward.name,
            get(devices.by_release)
        ));
    } else if devices.on == 0 {
        steps.push(format!("no release is added, because no device is known to have had '{name}'. If one is still installing it, repeat the rollback once \
             it has come to it"));
    }
    if let Some(forced) = forced {
        steps.push(format!(
            "{} only a version, which no older release reaches: the bundle override '{}' brings them back. Devices that report only a \
             version and come to '{name}' later are not in it: repeat the rollback for them",
            report(devices.by_override),
            forced.new.name
        ));
    }
    if devices.not_reached > 0 {
        steps.push(format!(
            "{} not reached: what they report does not tell '{name}' from what they would get, or a later release is not open to them",
            are(devices.not_reached)
        ));
    }
    if devices.without_binary > 0 {
        steps.push(format!(
            "{} a target that the bundle has no signed binary for, and {} on '{name}'",
            have(devices.without_binary),
            if devices.without_binary == 1 { "stays" } else { "stay" }
        ));
    }
    steps
}

fn stop(release: &Release) -> String {
    let name = &release.name;
    if release.disabled {
        format!("'{name}' is disabled already: no device gets it")
    } else {
        format!("'{name}' is disabled: no further device gets it")
    }
}

fn counted(devices: u64, one: &str, many: &str) -> String {
    if devices == 1 { format!("1 device {one}") } else { format!("{devices} devices {many}") }
}

fn are(devices: u64) -> String {
    counted(devices, "is", "are")
}

fn get(devices: u64) -> String {
    counted(devices, "gets", "get")
}

fn have(devices: u64) -> String {
    counted(devices, "has", "have")
}

fn report(devices: u64) -> String {
    counted(devices, "reports", "report")
}
