//! The executable, as an operator and a service manager use it. What it does with a server, the crate's own tests show.
#![expect(clippy::unwrap_used, reason = "a test, also outside of its test functions")]

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Output, Stdio};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// A folder with a sound configuration for a server that is not there.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["device".to_owned()]).unwrap();
    write("device.pem", &cert.pem());
    write("device.key", &signing_key.serialize_pem());
    write("signing.pem", &signing_key.public_key_pem());
    write(
        "agent.toml",
        "server = \"https://127.0.0.1:1\"\nca_certificate = \"device.pem\"\ncertificate = \"device.pem\"\n\
         private_key = \"device.key\"\ntrusted_keys = [\"signing.pem\"]\nstate_dir = \"state\"\n\
         [[installers]]\ncopy = \"installed\"\n",
    );
    folder
}

fn agent(folder: &TempDir, command: &str) -> Command {
    let mut agent = Command::new(env!("CARGO_BIN_EXE_olivine-agent"));
    agent
        .args(["--config", folder.path().join("agent.toml").to_str().unwrap(), command])
        .stdin(Stdio::null());
    agent
}

fn run(folder: &TempDir, command: &str) -> (Option<i32>, String) {
    let Output { status, stdout, stderr } = agent(folder, command).output().unwrap();
    (status.code(), String::from_utf8(stdout).unwrap() + &String::from_utf8(stderr).unwrap())
}

#[test]
fn a_configuration_is_checked_with_the_files_that_it_names() {
    let folder = folder();
    let (code, text) = run(&folder, "check-config");
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("is sound: 1 trusted keys"), "{text}");
    fs::write(folder.path().join("device.key"), "no key").unwrap();
    let (code, text) = run(&folder, "check-config");
    assert_eq!(code, Some(1));
    assert!(text.contains("are not a certificate and its private key"), "{text}");
    fs::write(folder.path().join("agent.toml"), "servre = 1").unwrap();
    let (code, text) = run(&folder, "check-config");
    assert_eq!(code, Some(1));
    assert!(text.contains("unknown field `servre`"), "{text}");
}

#[test]
fn a_configuration_that_never_updates_is_not_sound() {
    let folder = folder();
    let sound = fs::read_to_string(folder.path().join("agent.toml")).unwrap();
    for (from, to, told) in [
        ("[[installers]]", "[running]\nversion_file = \"version\"\n[[installers]]", "version_file: "),
        ("[[installers]]", "[running]\nversion = \"1.0.0 beta\"\n[[installers]]", "running.version: "),
        ("copy = \"installed\"", "copy = \"nowhere/installed\"", "nowhere does not exist"),
        ("copy = \"installed\"", "command = [\"no-such-program\"]", "'no-such-program' does not exist"),
        ("copy = \"installed\"", "command = [\"sh\", \"-c\", \"x {version}\"]", "environment variables"),
    ] {
        fs::write(folder.path().join("agent.toml"), sound.replace(from, to)).unwrap();
        let (code, text) = run(&folder, "check-config");
        assert!(code == Some(1) && text.contains(told) && !text.contains("is sound"), "{code:?} {text}");
    }
    for version in ["v1.0.0", "1.0.0", "1.0.0-5-gabc1234"] {
        fs::write(folder.path().join("version"), version).unwrap();
        let with_file =
            sound.replace("[[installers]]", "[running]\nversion_file = \"version\"\n[[installers]]");
        fs::write(folder.path().join("agent.toml"), with_file).unwrap();
        assert_eq!(run(&folder, "check-config").0, Some(0), "{version}");
    }
}

#[test]
fn a_server_that_is_not_there_is_an_error() {
    let (code, text) = run(&folder(), "once");
    assert_eq!(code, Some(1));
    assert!(text.contains("error: can't connect to https://127.0.0.1:1"), "{text}");
}

#[test]
fn it_stops_when_it_is_told_to_and_keeps_a_second_one_out() {
    let folder = folder();
    let mut running = agent(&folder, "run").stderr(Stdio::piped()).spawn().unwrap();
    let mut log = BufReader::new(running.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("started") {
        line.clear();
        assert!(log.read_line(&mut line).unwrap() > 0, "it ended");
    }
    let (code, text) = run(&folder, "once");
    assert_eq!(code, Some(1));
    assert!(text.contains("another agent is using"), "{text}");
    let pid = Pid::from_raw(running.id().try_into().unwrap()).unwrap();
    kill_process(pid, Signal::TERM).unwrap();
    assert!(running.wait().unwrap().success());
    assert!(!run(&folder, "once").1.contains("another agent"));
}
