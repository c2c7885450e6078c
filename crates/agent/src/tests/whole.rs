//! A bundle of several entries is installed whole or not at all, whatever fails and whenever the agent or its power ends.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::device::{Device, prn};
use super::disk::Cut;
use crate::outcome::{Error, Outcome};

/// The files of the three entries.
const FILES: [&str; 3] = ["one", "two", "three"];

/// Installs three entries: `one` and `three` are copied, `two` is made by a program that stages, installs and takes back. `command` begins the
/// program that installs it, and `last` is the installer of the third entry.
fn installers(device: &Device, command: &str, last: &str) -> String {
    let two = device.path("two").display().to_string();
    let stage = format!("cp \"$OLIVINE_FILE\" {two}.new");
    let commit = format!("{command}; [ -e {two}.old ] || cp {two} {two}.old; cp {two}.new {two}");
    let revert = format!("[ ! -e {two}.old ] || mv {two}.old {two}");
    let [first, second] = [1, 2].map(|artifact| prn("artifact", artifact));
    format!(
        "[[installers]]\nartifact_prn = \"{first}\"\ncopy = \"one\"\n\
         [[installers]]\nartifact_prn = \"{second}\"\nstage = [\"sh\", \"-c\", '''{stage}''']\n\
         command = [\"sh\", \"-c\", '''{commit}''']\nrevert = [\"sh\", \"-c\", '''{revert}''']\n\
         [[installers]]\n{last}\n"
    )
}

const COPY: &str = "copy = \"three\"";

/// Comes with `old` in its three files; a bundle with `new` for all three is offered.
async fn device(command: &str, last: &str) -> Device {
    let device = Device::new().await;
    device.configure("max_attempts = 3", &installers(&device, command, last));
    from_the_factory(&device);
    offer(&device, 1, "new");
    device
}

fn from_the_factory(device: &Device) {
    for name in FILES {
        fs::write(device.path(name), "old").unwrap();
    }
    let _ = fs::remove_file(device.path("two.old"));
}

fn offer(device: &Device, number: u64, content: &str) {
    // The same content has the same name where it is fetched to, so these are three.
    let entry = |artifact: u64, name: &str| device.entry(artifact, "1.0.0", &format!("{content} {name}"));
    let entries: Vec<_> = (1..).zip(FILES).map(|(artifact, name)| entry(artifact, name)).collect();
    device.offer(number, &entries);
}

/// The first word of each file.
fn seen(device: &Device) -> [String; 3] {
    FILES.map(|name| device.installed(name).unwrap_or_default().split(' ').next().unwrap().to_owned())
}

fn all(word: &str) -> [String; 3] {
    [word, word, word].map(str::to_owned)
}

fn detail(outcome: Result<Outcome, Error>) -> String {
    match outcome {
        Ok(Outcome::Failed { detail, .. }) => detail,
        other => panic!("{other:?}"),
    }
}

/// Where nothing is under way, all three files belong together, and to what the device says it runs.
fn claims_what_it_runs(device: &Device, whole: &str, context: &str) {
    let Ok(text) = fs::read(device.path("state/state.json")) else { return };
    let state: Value = serde_json::from_slice(&text).unwrap();
    if state["phase"].get("installing").is_none() {
        let runs_new = state["current"]["bundle_prn"] == prn("bundle", 1);
        let word = if runs_new { whole } else { "old" };
        assert_eq!(seen(device), all(word), "{context}: {state:#}");
        assert_eq!(state["current"]["mixed"], false, "{context}");
    }
}

/// Moments at which the agent does something to the disk, and both ways to end there.
async fn at_each_moment(device: &Device, word: &str) -> u32 {
    let mut moments = 0;
    // Less is lost with the process than with the power: fewer moments tell enough.
    for (cut, every) in [(Cut::Power, 1), (Cut::Process, 3)] {
        for moment in (0..).step_by(every) {
            let first = device.once_until(moment, cut).await;
            let context = format!("{cut:?} at {moment}: {first:?}");
            claims_what_it_runs(device, word, &context);
            let mut ended = device.once().await;
            while !matches!(ended, Ok(Outcome::UpToDate | Outcome::Failed { .. })) {
                ended = device.once().await;
            }
            claims_what_it_runs(device, word, &context);
            assert_eq!(seen(device), all(word), "{context}");
            assert_eq!(device.leftovers(), [""; 0], "{context}");
            device.reset();
            from_the_factory(device);
            if first.is_ok() {
                break;
            }
            moments += 1;
        }
    }
    moments
}

#[tokio::test]
async fn an_agent_that_ends_at_any_moment_leaves_all_new() {
    let device = device("true", COPY).await;
    let moments = at_each_moment(&device, "new").await;
    assert!(moments > 60, "only {moments}");
}

#[tokio::test]
async fn an_agent_that_ends_at_any_moment_while_an_installer_fails_leaves_all_old() {
    let device = device("true", "command = [\"false\"]").await;
    let moments = at_each_moment(&device, "old").await;
    assert!(moments > 60, "only {moments}");
}

#[tokio::test]
async fn what_was_installed_before_a_failure_is_taken_back() {
    for (command, last, reason) in [
        ("true", "command = [\"false\"]", "the installer 'false' failed"),
        ("true", "stage = [\"false\"]\ncommand = [\"true\"]", "the installer 'false' failed"),
        ("true", "command = [\"no-such-program\"]", "can't start the installer"),
        ("true", "copy = \"nowhere/three\"", "can't copy it to"),
        ("true", "copy = \"state\"", "can't copy it to"),
        ("exit 7", COPY, "exit status: 7"),
    ] {
        let device = device(command, last).await;
        for _ in 0..3 {
            let detail = detail(device.once().await);
            assert!(detail.contains(reason), "{detail}");
            assert_eq!(seen(&device), all("old"), "{last}");
            claims_what_it_runs(&device, "new", last);
            assert_eq!(device.leftovers(), [""; 0]);
        }
        assert!(matches!(device.once().await.unwrap(), Outcome::HeldBack { left: None, .. }), "{last}");
    }
}

#[tokio::test]
async fn where_there_was_no_file_there_is_none_again_and_a_link_stays_one() {
    let device = device("true", "command = [\"false\"]").await;
    fs::remove_file(device.path("one")).unwrap();
    detail(device.once().await);
    assert!(!device.path("one").exists());
    fs::write(device.path("precious"), "precious").unwrap();
    std::os::unix::fs::symlink("precious", device.path("one")).unwrap();
    detail(device.once().await);
    assert_eq!(fs::read_link(device.path("one")).unwrap(), Path::new("precious"));
    assert_eq!(device.installed("precious").unwrap(), "precious");
}

/// Two entries with one place: the later one stays, or neither.
#[tokio::test]
async fn two_entries_may_have_one_place() {
    let device = device("true", COPY).await;
    device.configure("", "[[installers]]\ncopy = \"one\"\n");
    device.once().await.unwrap();
    assert_eq!(device.installed("one").unwrap(), "new three");
    let twice = [device.entry(1, "2.0.0", "other"), device.entry(3, "1.0.0", "new three")];
    device.offer(2, &twice);
    device.once().await.unwrap();
    assert_eq!(device.installed("one").unwrap(), "new three");
    assert_eq!(device.leftovers(), [""; 0]);
}

#[tokio::test]
async fn no_restart_is_asked_for_a_bundle_that_is_taken_back() {
    let device = device("true", "command = [\"false\"]").await;
    let sections = installers(&device, "true", "command = [\"false\"]");
    let restarting = sections.replacen("revert = ", "reboot_exit_code = 10\nrevert = ", 1).replacen(
        &format!("{0}.new {0}'''", device.path("two").display()),
        &format!("{0}.new {0}; exit 10'''", device.path("two").display()),
        1,
    );
    assert!(restarting.contains("exit 10"));
    device.configure("max_attempts = 3", &restarting);
    detail(device.once().await);
    assert_eq!(seen(&device), all("old"));
    device.configure("max_attempts = 3", &restarting.replace("command = [\"false\"]", COPY));
    assert!(matches!(device.once().await.unwrap(), Outcome::RestartPending { .. }));
    assert_eq!((seen(&device), device.leftovers()), (all("new"), vec![]));
}

/// The worst case: it is said, the bundle is left alone, and any other bundle heals it.
#[tokio::test]
async fn what_cannot_be_taken_back_is_said_and_another_bundle_heals_it() {
    let device = device("true", "command = [\"false\"]").await;
    let sections = installers(&device, "true", "command = [\"false\"]");
    let broken = sections.replace("[ ! -e", "echo no key >&2; exit 9; [ ! -e");
    device.configure("max_attempts = 3", &broken);
    let detail = detail(device.once().await);
    assert!(detail.contains("the installer 'false' failed"), "{detail}");
    assert!(detail.contains("could not be taken back") && detail.contains("no key"), "{detail}");
    assert_eq!(device.last_detail(), detail);
    // The rest is taken back all the same.
    assert_eq!(seen(&device), ["old", "new", "old"]);
    assert!(matches!(device.once().await.unwrap(), Outcome::HeldBack { left: None, .. }));
    let state = device.agent().state;
    assert!(state.current.mixed && !state.runs(&prn("bundle", 1).parse().unwrap()));
    offer(&device, 2, "healed");
    device.configure("", &installers(&device, "true", COPY));
    assert!(matches!(device.once().await.unwrap(), Outcome::Updated { .. }));
    assert_eq!(seen(&device), all("healed"));
}

/// What the disk made of it since it was checked; nothing of the bundle is staged.
#[tokio::test]
async fn a_content_that_was_damaged_after_its_check_is_fetched_anew() {
    let device = device("true", COPY).await;
    device.configure("max_attempts = 1", &installers(&device, "true", COPY));
    let mut steps = 0;
    while !fs::read_to_string(device.path("state/state.json"))
        .unwrap_or_default()
        .contains("\"installing\": {")
    {
        steps += 1;
        device.once_until(steps, Cut::Process).await.unwrap_err();
    }
    let hash = olivine_domain::hash::Sha256Digest::of(b"new three").to_hex();
    fs::write(device.path("state/downloads").join(hash), "new t\0\0\0\0").unwrap();
    let detail = detail(device.once().await);
    assert!(detail.contains("no longer the one that was checked"), "{detail}");
    assert!(!device.path("two.new").exists(), "nothing was staged");
    assert!(matches!(device.once().await.unwrap(), Outcome::Updated { .. }), "it is not given up");
    assert_eq!(seen(&device), all("new"));
}

/// How far the agent got, from its journal.
fn journal(device: &Device) -> String {
    fs::read_to_string(device.path("state/install.json")).unwrap_or_default()
}

/// Ends while the second of the three entries is committed: the first one is new.
async fn ended_amidst_the_second() -> Device {
    let device = device("true", COPY).await;
    let is_there = |text: &str| text.contains("\"committing\": {\n      \"next\": 1");
    for steps in 0.. {
        device.once_until(steps, Cut::Process).await.unwrap_err();
        if is_there(&journal(&device)) && saved(&device)["phase"]["installing"]["next"] == 1 {
            break;
        }
        device.reset();
        from_the_factory(&device);
    }
    assert_eq!(seen(&device), ["new", "old", "old"]);
    device
}

fn saved(device: &Device) -> Value {
    serde_json::from_slice(&fs::read(device.path("state/state.json")).unwrap()).unwrap()
}

/// The device fell back to its old system, whose agent knows no journal. It goes on where the state says; then this agent returns.
#[tokio::test]
async fn fallback_to_the_agent_before() {
    // It was killed while it installed the second entry; has installed it; all; or it failed, and gave up.
    for (change, installed) in [
        (json!({"starts": 1}), &["one"][..]),
        (json!({"starts": 1, "next": 2}), &["one", "two"]),
        (json!({"starts": 0, "next": 3}), &["one", "two", "three"]),
    ] {
        let device = ended_amidst_the_second().await;
        let mut state = saved(&device);
        for (key, value) in change.as_object().unwrap() {
            state["phase"]["installing"][key] = value.clone();
        }
        for name in installed {
            fs::write(device.path(name), format!("new {name}")).unwrap();
        }
        fs::write(device.path("state/state.json"), state.to_string()).unwrap();
        assert!(matches!(device.once().await.unwrap(), Outcome::Updated { .. }), "{change}");
        assert_eq!((seen(&device), device.leftovers()), (all("new"), vec![]), "{change}");
    }
    let device = ended_amidst_the_second().await;
    let mut state = saved(&device);
    state["current"]["mixed"] = json!(true);
    let plan = state["phase"]["installing"]["plan"].take();
    state["done"] = json!({"bundle": prn("bundle", 1), "entries": [plan["entries"][0]], "restart": false});
    state["phase"] = json!("idle");
    fs::write(device.path("state/state.json"), state.to_string()).unwrap();
    assert!(matches!(device.once().await.unwrap(), Outcome::Updated { .. }));
    assert_eq!((seen(&device), device.leftovers()), (all("new"), vec![]));
}

/// Nothing that the agent before does not know is in the state, whatever is under way.
#[tokio::test]
async fn the_state_has_no_new_fields() {
    let device = ended_amidst_the_second().await;
    let state = saved(&device);
    let names = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let all = ["current", "done", "failures", "format", "installed", "phase", "reports"];
    assert_eq!(names(&state), all);
    assert_eq!(names(&state["phase"]["installing"]), ["before", "next", "plan", "restart", "starts"]);
    assert_eq!(names(&state["current"]), ["bundle_prn", "mixed", "release_prn", "version"]);
}

#[tokio::test]
async fn a_journal_that_cannot_be_read_is_set_aside() {
    let device = ended_amidst_the_second().await;
    fs::write(device.path("state/install.json"), "{").unwrap();
    assert!(matches!(device.once().await.unwrap(), Outcome::Updated { .. }));
    assert_eq!(seen(&device), all("new"));
    assert!(device.path("state/install.json.unreadable").exists());
}

/// The operator changed the configuration while the agent was down: what was staged for a place is put there, or taken back from there.
#[tokio::test]
async fn another_configuration_in_the_midst_does_not_lead_elsewhere() {
    let device = ended_amidst_the_second().await;
    let sections = installers(&device, "exit 7", COPY).replace("copy = \"one\"", "copy = \"elsewhere\"");
    device.configure("max_attempts = 3", &sections);
    assert!(detail(device.once().await).contains("exit status: 7"));
    assert_eq!((seen(&device), device.path("elsewhere").exists()), (all("old"), false));
}

/// As an agent of the version before left it: the first entry was installed, and nothing of it is kept.
#[tokio::test]
async fn what_the_agent_before_began_is_finished() {
    let device = ended_amidst_the_second().await;
    fs::remove_file(device.path("state/install.json")).unwrap();
    device.configure("max_attempts = 3", &installers(&device, "exit 7", COPY));
    let detail = detail(device.once().await);
    assert!(detail.contains("1 of 3 entries stay installed"), "{detail}");
    assert_eq!(seen(&device), ["new", "old", "old"]);
    assert!(device.agent().state.current.mixed);
    device.configure("max_attempts = 3", &installers(&device, "true", COPY));
    assert!(matches!(device.once().await.unwrap(), Outcome::Updated { .. }));
    assert_eq!(seen(&device), all("new"));
}
