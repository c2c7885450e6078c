//! Updates that run only after a restart, programs that install, and being stopped.

use std::time::Duration;

use super::device::{Device, prn};
use super::disk::Cut;
use crate::outcome::{Error, Outcome};
use crate::state::Phase;
use crate::stop::stop;

const RUNNING: &str = "[running]\nversion_file = \"version\"\nboot_id_file = \"boot\"\n";

/// Runs 1.0.0; what is offered is release 2.0.0, whose installer asks for a restart.
async fn flashed() -> Device {
    let device = Device::new().await;
    device.configure(
        "",
        &format!("{RUNNING}[[installers]]\ncommand = [\"sh\", \"-c\", \"exit 10\"]\nreboot_exit_code = 10\n"),
    );
    std::fs::write(device.path("version"), "1.0.0\n").unwrap();
    std::fs::write(device.path("boot"), "boot 1\n").unwrap();
    device.offer(2, &[device.entry(1, "2.0.0", "second")]);
    device
}

#[tokio::test]
async fn what_runs_after_the_restart_is_installed() {
    let device = flashed().await;
    assert!(matches!(device.once().await.unwrap(), Outcome::RestartPending { .. }));
    assert_eq!(device.server.seen("/update?")[0].headers["peridio-release-version"], "1.0.0");
    // The agent is started again, but not the system.
    assert!(matches!(device.once().await.unwrap(), Outcome::RestartPending { .. }));
    assert_eq!(device.told(), ["downloading", "installing"]);
    std::fs::write(device.path("version"), "2.0.0\n").unwrap();
    std::fs::write(device.path("boot"), "boot 2\n").unwrap();
    assert!(matches!(device.once().await.unwrap(), Outcome::Updated { .. }));
    assert_eq!(device.told(), ["downloading", "installing", "installed"]);
}

#[tokio::test]
async fn a_system_that_fell_back_is_told_and_the_bundle_is_not_tried_again() {
    let device = flashed().await;
    device.once().await.unwrap();
    std::fs::write(device.path("boot"), "boot 2\n").unwrap();
    assert!(matches!(device.once().await.unwrap(), Outcome::RolledBack { .. }));
    assert_eq!(device.told(), ["downloading", "installing", "rolled_back"]);
    assert!(device.last_detail().contains("runs 1.0.0"));
    assert!(matches!(device.once().await.unwrap(), Outcome::HeldBack { left: None, .. }));
    let asked = device.server.seen("/update?").last().unwrap().headers.clone();
    assert_eq!(
        (asked.get("peridio-bundle-prn"), &asked["peridio-release-version"]),
        (None, &"1.0.0".to_owned())
    );
}

#[tokio::test]
async fn the_reboot_command_is_run_after_everything_is_saved_and_told() {
    let device = flashed().await;
    let seen = device.path("seen");
    let running = RUNNING.to_owned()
        + &format!(
            "reboot_command = [\"cp\", \"{}\", \"{}\"]\n",
            device.path("state/state.json").display(),
            seen.display()
        );
    let text = std::fs::read_to_string(device.path("agent.toml")).unwrap().replace(RUNNING, &running);
    std::fs::write(device.path("agent.toml"), text).unwrap();
    device.once().await.unwrap();
    let state: crate::state::State = serde_json::from_slice(&std::fs::read(seen).unwrap()).unwrap();
    assert!(matches!(state.phase, Phase::Restarting { .. }) && state.reports.is_empty());
}

#[tokio::test]
async fn a_program_gets_the_facts_and_no_shell() {
    let device = Device::new().await;
    let words =
        ["{file}", "{version}", "{artifact_version_prn}", "{binary_prn}", "{hash}", "{target}", "{metadata}"];
    let words = words.map(|word| format!("\"{word}\"")).join(", ");
    let script =
        format!("cat \"$1\" \"$7\" > {0}; shift; printf '|%s' \"$@\" >> {0}", device.path("log").display());
    device.configure(
        "",
        &format!("[[installers]]\ncommand = [\"sh\", \"-c\", '''{script}''', \"sh\", {words}]\n"),
    );
    let mut entry = device.entry(1, "1.0.0", "first");
    entry["target"] = "arm-linux_v7+x:1~2".into();
    device.offer(1, &[entry.clone()]);
    let outcome = device.once().await.unwrap();
    assert!(matches!(outcome, Outcome::Updated { .. }), "{outcome:?}");
    let log = device.installed("log").unwrap();
    let begin = format!("first{{\"slot\":\"b\"}}|1.0.0|{}|{}|", prn("artifact_version", 1), prn("binary", 1));
    assert!(log.starts_with(&begin) && log.contains("|arm-linux_v7+x:1~2|"), "{log}");
}

#[tokio::test]
async fn a_program_that_does_not_end_is_stopped_with_all_that_it_started() {
    let device = Device::new().await;
    let script = format!("sleep 600 & echo $! > {}; sleep 600", device.path("pid").display());
    device.configure(
        "",
        &format!("[[installers]]\ncommand = [\"sh\", \"-c\", \"{script}\"]\ntimeout_seconds = 1\n"),
    );
    device.offer(1, &[device.entry(1, "1.0.0", "first")]);
    let outcome = device.once().await.unwrap();
    assert!(
        matches!(&outcome, Outcome::Failed { detail, .. } if detail.contains("more than 1 seconds")),
        "{outcome:?}"
    );
    let pid = device.installed("pid").unwrap();
    // The process that adopts it may take a moment to remove it; it does not run any more.
    let status = std::fs::read_to_string(format!("/proc/{}/status", pid.trim())).unwrap_or_default();
    assert!(status.is_empty() || status.contains("State:\tZ"), "{status}");
}

#[tokio::test]
async fn a_program_that_an_agent_left_behind_is_waited_for() {
    let device = Device::new().await;
    device.configure("", "[[installers]]\ncommand = [\"true\"]\ntimeout_seconds = 1\n");
    device.offer(1, &[device.entry(1, "1.0.0", "first")]);
    std::fs::create_dir_all(device.path("state")).unwrap();
    let lock = std::fs::File::create(device.path("state/install.lock")).unwrap();
    lock.lock().unwrap();
    let outcome = device.once().await.unwrap();
    assert!(
        matches!(&outcome, Outcome::Failed { detail, .. } if detail.contains("still running")),
        "{outcome:?}"
    );
    drop(lock);
    assert!(matches!(device.once().await.unwrap(), Outcome::Updated { .. }));
}

#[tokio::test]
async fn an_entry_that_brings_the_device_down_each_time_is_given_up() {
    let device = Device::new().await;
    device.configure("max_attempts = 2", "[[installers]]\ncommand = [\"true\"]\n");
    device.offer(1, &[device.entry(1, "1.0.0", "first")]);
    let journal = || std::fs::read_to_string(device.path("state/install.json")).unwrap_or_default();
    let mut steps = 0;
    while !(journal().contains("committing") && journal().contains("\"starts\": 1")) {
        let _ = std::fs::remove_dir_all(device.path("state"));
        steps += 1;
        device.once_until(steps, Cut::Power).await.unwrap_err();
    }
    // Each process lasts until it has said that it begins.
    while !journal().contains("\"starts\": 2") {
        device.once_until(6, Cut::Power).await.unwrap_err();
    }
    let outcome = device.once().await.unwrap();
    assert!(
        matches!(&outcome, Outcome::Failed { detail, .. } if detail.contains("went down 2 times while it was installed")),
        "{outcome:?}"
    );
}

/// One entry is a program that shows when it runs, with this in its configuration besides; the other one is copied.
async fn slow_program(settings: &str) -> Device {
    let device = Device::new().await;
    let script = format!(
        "touch {}; sleep 0.3; touch {}",
        device.path("began").display(),
        device.path("ended").display()
    );
    let settings = settings.replace("SLOW", &format!("[\"sh\", \"-c\", \"{script}\"]"));
    device.configure(
        "",
        &format!(
            "[[installers]]\nartifact_prn = \"{}\"\n{settings}\n[[installers]]\ncopy = \"two\"\n",
            prn("artifact", 1)
        ),
    );
    device.offer(1, &[device.entry(1, "1.0.0", "first"), device.entry(2, "1.0.0", "second")]);
    device
}

/// Asks for a stop once the program runs.
async fn stopped_amidst(device: &Device) -> Result<Outcome, Error> {
    let (stopper, stop) = stop();
    let mut agent = device.try_agent(stop).unwrap();
    let began = device.path("began");
    let asking = async {
        while !began.exists() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        stopper.ask();
    };
    let (result, ()) = tokio::join!(agent.poll(), asking);
    result
}

#[tokio::test]
async fn a_stop_is_heeded_between_two_stagings_and_never_in_one() {
    let device = slow_program("stage = SLOW\ncommand = [\"true\"]").await;
    let result = stopped_amidst(&device).await;
    assert!(matches!(result, Err(Error::Stopped)), "{result:?}");
    assert!(device.path("ended").exists() && !device.path("two").exists());
    std::fs::remove_file(device.path("began")).unwrap();
    assert!(matches!(device.once().await.unwrap(), Outcome::Updated { .. }));
    assert!(!device.path("began").exists(), "what is staged stays staged");
}

/// Else a device that is switched off for a year would be between two bundles.
#[tokio::test]
async fn a_stop_waits_for_the_whole_bundle_once_something_is_installed() {
    let device = slow_program("command = SLOW").await;
    let result = stopped_amidst(&device).await;
    assert!(matches!(result, Ok(Outcome::Updated { .. }) | Err(Error::Stopped)), "{result:?}");
    assert!(device.path("ended").exists() && device.path("two").exists());
}
