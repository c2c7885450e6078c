//! Commands that can't reach their server: they report the reason and a solution at once, and do not retry what can't succeed.
#![expect(clippy::unwrap_used, reason = "a test, also outside of its test functions")]

use std::net::TcpListener;

use olivine_tests::{Executables, Server, ServerBuilder, Shell, named};
use rcgen::{KeyPair, SanType};

/// A server with a certificate for this name, and a shell that does not trust its CA.
fn server(name: SanType) -> (Server, Shell) {
    let shell = Shell::new().executables(&Executables::built());
    let key = KeyPair::generate().unwrap();
    let mut params = named("site");
    params.subject_alt_names = vec![name];
    shell.write("key.pem", key.serialize_pem());
    shell.write("cert.pem", params.self_signed(&key).unwrap().pem());
    let file = |name: &str| shell.folder().join(name).display().to_string();
    let tls = |flag: &str, name: &str| [flag.to_owned(), file(name)];
    let flags = [tls("--tls-certificate", "cert.pem"), tls("--tls-key", "key.pem")].concat();
    let server = flags.into_iter().fold(Server::builder(), ServerBuilder::arg).start();
    let shell = shell.env("PERIDIO_API_KEY", server.admin_key()).env("PERIDIO_BASE_URL", server.url());
    (server, shell)
}

/// Expects a command to fail at its first attempt, and returns its message.
fn fails_at_once(shell: &Shell, command: &str) -> String {
    let said = shell.run(command).fails(1);
    assert!(!said.contains("trying again") && said.lines().count() == 1, "{said}");
    said
}

#[test]
fn an_untrusted_certificate_is_reported_with_a_solution() {
    let (_server, shell) = server(SanType::IpAddress([127, 0, 0, 1].into()));
    let said = fails_at_once(&shell, "peridio users me");
    assert!(said.contains("is not trusted") && said.contains("--ca-path FILE (PERIDIO_CA_PATH)"), "{said}");
    assert!(!said.contains("is the server running"), "{said}");
    shell.run("peridio users me --ca-path cert.pem").succeeds();
    shell.run("PERIDIO_CA_PATH=cert.pem peridio users me").succeeds();
}

#[test]
fn a_certificate_for_another_name_is_reported_as_such() {
    let (server, shell) = server(SanType::DnsName("localhost".try_into().unwrap()));
    let said = fails_at_once(&shell, "peridio users me --ca-path cert.pem");
    assert!(said.contains("made out to other names") && said.contains("localhost"), "{said}");
    let by_name = server.url().replace("127.0.0.1", "localhost");
    shell.run(&format!("peridio users me --ca-path cert.pem --base-url {by_name}")).succeeds();
}

#[test]
fn a_closed_port_and_an_unknown_host_are_reported_at_once() {
    let shell = Shell::new().executables(&Executables::built()).env("PERIDIO_API_KEY", "olv_x");
    let nobody = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).unwrap();
    let said = fails_at_once(&shell, &format!("peridio users me --base-url http://{nobody}"));
    assert!(said.contains("nothing listens there") && said.contains("--base-url"), "{said}");
    let said = fails_at_once(&shell, "peridio users me --base-url http://nowhere.invalid");
    assert!(said.contains("no address is known for this host"), "{said}");
}
