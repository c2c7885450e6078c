//! HTTPS of the Admin API: which certificates the server accepts at its start, what it reports about them, and reloading a renewed
//! certificate.
#![expect(clippy::unwrap_used, reason = "a test, also outside of its test functions")]

use std::path::Path;
use std::time::{Duration, Instant};

use olivine_tests::{Server, ServerBuilder, Shell, named};
use rcgen::{KeyPair, SanType};
use rustix::process::{Pid, Signal, kill_process};

const PATIENCE: Duration = Duration::from_secs(30);
const POLL_EVERY: Duration = Duration::from_millis(50);

/// Creates a certificate for this machine, valid for `days` days from now, and its key, in the shell's folder.
fn issue(shell: &Shell, name: &str, days: i64) {
    let key = KeyPair::generate().unwrap();
    let mut params = named(name);
    params.subject_alt_names = vec![SanType::IpAddress([127, 0, 0, 1].into())];
    let now: i64 = shell.run("date +%s").succeeds().parse().unwrap();
    let at = |seconds: i64| {
        rcgen::date_time_ymd(1970, 1, 1) + Duration::from_secs(u64::try_from(seconds).unwrap())
    };
    params.not_before = at(now - 86_400);
    params.not_after = at(now + days * 86_400 + 3600);
    shell.write(&format!("{name}.key"), key.serialize_pem());
    shell.write(&format!("{name}.pem"), params.self_signed(&key).unwrap().pem());
}

fn server(shell: &Shell) -> ServerBuilder {
    let file = |name: &str| shell.folder().join(name).display().to_string();
    Server::builder().arg("--tls-certificate").arg(file("cert.pem")).arg("--tls-key").arg(file("key.pem"))
}

/// Replaces the configured certificate and key.
fn install(shell: &Shell, name: &str) {
    shell.write("cert.pem", shell.read(&format!("{name}.pem")));
    shell.write("key.pem", shell.read(&format!("{name}.key")));
}

fn is_shown(shell: &Shell, server: &Server, name: &str) -> bool {
    shell.run(&format!("curl --silent --cacert {name}.pem {}/healthz", server.url())).status.success()
}

#[track_caller]
fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "not so within {PATIENCE:?}: {what}");
        std::thread::sleep(POLL_EVERY);
    }
}

fn hang_up(server: &Server) {
    let pid = Pid::from_raw(i32::try_from(server.pid()).unwrap()).unwrap();
    kill_process(pid, Signal::HUP).unwrap();
}

#[test]
fn a_renewed_certificate_is_taken_up_at_sighup() {
    let shell = Shell::new();
    for (name, days) in [("old", 13), ("new", 90), ("over", -1)] {
        issue(&shell, name, days);
    }
    install(&shell, "old");
    let server = server(&shell).arg("--public-url").arg("https://firmware.example.com").start();
    assert!(is_shown(&shell, &server, "old"));
    let log = server.log();
    assert!(log.contains("expires on ") && log.contains("renew it; no restart is needed"), "{log}");
    assert!(log.contains("is not made out to 'firmware.example.com'"), "{log}");

    install(&shell, "new");
    hang_up(&server);
    wait_until("the new one is shown", || is_shown(&shell, &server, "new"));

    // An unusable file is reported and changes nothing.
    shell.write("key.pem", shell.read("old.key"));
    hang_up(&server);
    wait_until("it is said", || server.log().contains("the certificate stays as it is"));
    assert!(server.log().contains("is not that of the first certificate in"), "{}", server.log());
    assert!(is_shown(&shell, &server, "new"));

    // Clients would refuse this certificate, but there is no better one.
    install(&shell, "over");
    hang_up(&server);
    wait_until("it is said", || server.log().contains("has expired on "));
}

#[test]
fn without_tls_sighup_ends_nothing() {
    let server = Server::builder().start();
    hang_up(&server);
    wait_until("it is heard", || server.log().contains("SIGHUP"));
    server.shell().run(&format!("curl --silent --fail {}/healthz", server.url())).succeeds();
}

#[test]
fn plain_http_is_told_that_this_is_https() {
    let shell = Shell::new();
    issue(&shell, "site", 90);
    install(&shell, "site");
    let server = server(&shell).start();
    let address = server.url().strip_prefix("https://").unwrap();
    let said = shell.run(&format!("curl -sS -i http://{address}/v1/artifacts")).succeeds();
    assert!(said.starts_with("HTTP/1.1 400 ") && said.contains("this port speaks HTTPS"), "{said}");
    assert!(is_shown(&shell, &server, "site"));
}

/// Any problem is reported with the name of the file, before the server answers requests.
#[test]
fn unusable_certificates_are_refused_at_the_start() {
    let shell = Shell::new().executables(&olivine_tests::Executables::built());
    for name in ["site", "other"] {
        issue(&shell, name, 90);
    }
    let check = |setup: &dyn Fn(&Path), expected: &str| {
        install(&shell, "site");
        setup(shell.folder());
        let serve = "olivine serve --data-dir data --listen 127.0.0.1:0 --device-listen 127.0.0.1:0 \
                     --tls-certificate cert.pem --tls-key key.pem";
        let said = shell.run(serve).fails(1);
        assert!(said.contains(expected), "expected {expected}: {said}");
    };
    let put = |folder: &Path, name: &str, text: &[u8]| std::fs::write(folder.join(name), text).unwrap();
    check(&|folder| put(folder, "cert.pem", b""), "cert.pem (server.tls_certificate) is empty");
    check(&|folder| put(folder, "key.pem", b""), "key.pem (server.tls_key) is empty");
    check(
        &|folder| put(folder, "cert.pem", b"hello"),
        "cert.pem (server.tls_certificate): it is not an X.509 certificate",
    );
    check(&|folder| put(folder, "key.pem", b"hello"), "key.pem (server.tls_key): it has no private key");
    check(
        &|folder| put(folder, "key.pem", &shell.read("other.key")),
        "the private key in key.pem (server.tls_key) is not that of the first certificate in cert.pem",
    );
    check(&|folder| std::fs::remove_file(folder.join("key.pem")).unwrap(), "reading key.pem");
}
