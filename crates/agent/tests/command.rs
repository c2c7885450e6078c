//! The executable, as an operator and a service manager use it. What it does with a server, the crate's own tests show.
#![expect(clippy::unwrap_used, reason = "a test, also outside of its test functions")]

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Output, Stdio};

use rcgen::{CertificateParams, CertifiedKey, KeyPair, date_time_ymd, generate_simple_self_signed};
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
    assert!(text.contains("device.key has no private key in PEM form"), "{text}");
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
fn a_command_that_has_no_way_back_is_sound_and_warned_of() {
    let folder = folder();
    let sound = fs::read_to_string(folder.path().join("agent.toml")).unwrap();
    for (line, is_warned) in [
        ("command = [\"true\"]", true),
        ("command = [\"true\"]\nstage = [\"true\"]", true),
        ("command = [\"true\"]\nrevert = [\"true\"]", false),
    ] {
        let text = sound.replace("copy = \"installed\"", line);
        fs::write(folder.path().join("agent.toml"), text).unwrap();
        let (code, text) = run(&folder, "check-config");
        assert!(code == Some(0) && text.contains("is sound"), "{code:?} {text}");
        let warning = "agent.toml: installer 1: the command has no revert";
        assert_eq!(text.contains(warning), is_warned, "{text}");
    }
}

#[test]
fn a_server_that_is_not_there_is_an_error() {
    let (code, text) = run(&folder(), "once");
    assert_eq!(code, Some(1));
    assert!(text.contains("error: can't connect to https://127.0.0.1:1"), "{text}");
}

/// A server on a free port whose certificate this is, and the port. It is killed when it is dropped.
struct TlsServer(std::process::Child, u16);

impl TlsServer {
    fn start(folder: &TempDir, certificate: &str, key: &str) -> Self {
        let mut server = Command::new("openssl")
            .args(["s_server", "-accept", "127.0.0.1:0", "-www", "-cert", certificate, "-key", key])
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(server.stdout.take().unwrap()).lines();
        let accepts =
            lines.find_map(|line| line.unwrap().strip_prefix("ACCEPT ").map(str::to_owned)).unwrap();
        let port = accepts.rsplit(':').next().unwrap().trim().parse().unwrap();
        Self(server, port)
    }
}

impl Drop for TlsServer {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_clock_that_does_not_fit_the_certificate_of_the_server_is_named() {
    let folder = folder();
    let sound = fs::read_to_string(folder.path().join("agent.toml")).unwrap();
    for (from, until, told) in [
        ((2100, 1, 1), (2101, 1, 1), "is valid from 2100-01-01T00:00:00"),
        ((2020, 1, 1), (2021, 1, 1), "expired on 2021-01-01T00:00:00"),
    ] {
        let mut params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        params.not_before = date_time_ymd(from.0, from.1, from.2);
        params.not_after = date_time_ymd(until.0, until.1, until.2);
        let key = KeyPair::generate().unwrap();
        fs::write(folder.path().join("server.pem"), params.self_signed(&key).unwrap().pem()).unwrap();
        fs::write(folder.path().join("server.key"), key.serialize_pem()).unwrap();
        let server = TlsServer::start(&folder, "server.pem", "server.key");
        let config = sound
            .replace("127.0.0.1:1\"", &format!("127.0.0.1:{}\"", server.1))
            .replace("ca_certificate = \"device.pem\"", "ca_certificate = \"server.pem\"");
        fs::write(folder.path().join("agent.toml"), config).unwrap();
        let (code, text) = run(&folder, "once");
        assert_eq!(code, Some(1));
        assert!(text.contains(told) && text.contains("this device's clock says"), "{text}");
        assert!(!text.contains("is the server running"), "{text}");
    }
}

#[test]
fn a_key_of_another_certificate_is_named() {
    let folder = folder();
    fs::write(folder.path().join("device.key"), KeyPair::generate().unwrap().serialize_pem()).unwrap();
    for command in ["check-config", "once"] {
        let (code, text) = run(&folder, command);
        assert_eq!(code, Some(1), "{text}");
        assert!(text.contains("device.key is not the one of the certificate"), "{text}");
        assert!(!text.contains("--ca-path"), "{text}");
    }
}

/// The certificates, the keys and the configuration as Windows' programs save them are still a configuration.
#[test]
fn files_from_windows_are_read() {
    let folder = folder();
    let files = ["device.pem", "device.key", "signing.pem", "agent.toml"];
    let encode: [fn(&str) -> Vec<u8>; 3] = [
        |text| format!("\u{feff}{}", text.replace('\n', "\r\n")).into_bytes(),
        |text| format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect(),
        |text| text.replace('\n', "\r\n").into_bytes(),
    ];
    let texts = files.map(|file| fs::read_to_string(folder.path().join(file)).unwrap());
    for encode in encode {
        for (file, text) in files.iter().zip(&texts) {
            fs::write(folder.path().join(file), encode(text)).unwrap();
        }
        let (code, text) = run(&folder, "check-config");
        assert_eq!(code, Some(0), "{text}");
    }
}

#[test]
fn files_that_are_something_else_are_called_what_they_are() {
    let folder = folder();
    let key = fs::read_to_string(folder.path().join("device.key")).unwrap();
    let good = fs::read_to_string(folder.path().join("signing.pem")).unwrap();
    fs::write(folder.path().join("signing.pem"), &key).unwrap();
    let (code, text) = run(&folder, "check-config");
    assert!(
        code == Some(1) && text.contains("this is a private key") && text.contains("replace the key"),
        "{text}"
    );
    fs::write(folder.path().join("signing.pem"), &good).unwrap();
    fs::write(folder.path().join("device.pem"), &good).unwrap();
    let (code, text) = run(&folder, "check-config");
    assert!(code == Some(1) && text.contains("this is a public key, not a certificate"), "{text}");
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
