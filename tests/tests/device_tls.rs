//! The connections of the Device API: which certificates are accepted in the handshake, as which device a caller is identified, and what is
//! refused.
#![expect(clippy::unwrap_used, reason = "a test, also outside of its test functions")]

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use olivine_tests::{Database, Server, ServerBuilder, Shell};
use rustls::client::{ClientConfig, ClientConnection, ResolvesClientCert};
use rustls::crypto::aws_lc_rs::sign::any_supported_type;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::sign::CertifiedKey;
use rustls::{HandshakeKind, RootCertStore, SignatureScheme, StreamOwned};

const PATIENCE: Duration = Duration::from_secs(30);

/// Certificates as device makers create them: a key of each kind, X.509 version 3 by `req -x509`, and version 1 by `x509 -req`.
const MAKE_CERTIFICATES: &str = r"
    openssl genpkey -algorithm rsa -pkeyopt rsa_keygen_bits:2048 -out rsa.key
    openssl genpkey -algorithm ec -pkeyopt ec_paramgen_curve:P-256 -out p256.key
    openssl genpkey -algorithm ec -pkeyopt ec_paramgen_curve:P-384 -out p384.key
    openssl genpkey -algorithm ed25519 -out ed25519.key
    openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -subj '/CN=Maker' -days 365
    for kind in rsa p256 p384 ed25519; do
        openssl req -x509 -new -key $kind.key -subj /CN=SN-$kind -days 365 -out $kind-v3.pem
        openssl req -new -key $kind.key -subj /CN=SN-$kind -out $kind.csr
        openssl x509 -req -in $kind.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 365 -out $kind-v1.pem
        openssl x509 -in $kind-v1.pem -noout -text | grep -q 'Version: 1 '
    done
";

/// A shell with certificates. Its `$ASK` sends a request with plain curl as a device would, and prints the status and the body.
fn devices_shell(server: &Server) -> Shell {
    let shell = server
        .shell()
        .env("DEVICE_URL", server.device_url())
        .env("DEVICE_CA", server.device_ca().display().to_string())
        .env("ASK", "curl --silent --show-error --cacert $DEVICE_CA -w %{http_code}");
    shell.write("make.sh", MAKE_CERTIFICATES);
    shell.run("bash -euo pipefail make.sh").succeeds();
    shell
}

/// The output of curl for `/device/me` with these arguments.
fn ask(shell: &Shell, arguments: &str) -> String {
    shell.run(&format!("eval $ASK {arguments} $DEVICE_URL/device/me")).succeeds()
}

#[track_caller]
fn assert_refused(said: &str, status: u16, code: &str) {
    let is_so = said.ends_with(&status.to_string()) && said.contains(&format!("\"code\":\"{code}\""));
    assert!(is_so, "expected {status} {code}: {said}");
}

#[test]
fn every_kind_of_key_and_certificate_shakes_hands() {
    let server = Server::start(Database::Sqlite);
    let shell = devices_shell(&server);
    for kind in ["rsa", "p256", "p384", "ed25519"] {
        for version in ["v1", "v3"] {
            for protocol in ["--tlsv1.3", "--tlsv1.2 --tls-max 1.2"] {
                let said = ask(&shell, &format!("{protocol} --cert {kind}-{version}.pem --key {kind}.key"));
                assert_refused(&said, 401, "certificate_unknown");
            }
        }
    }
}

#[test]
fn a_missing_certificate_is_reported() {
    let server = Server::start(Database::Sqlite);
    let shell = devices_shell(&server);
    assert_refused(&ask(&shell, ""), 401, "certificate_missing");
    assert_eq!(shell.run("eval $ASK $DEVICE_URL/healthz").succeeds(), "ok\n200");
    // Every answer has the envelope and the request id.
    let said = shell.run("eval $ASK -i $DEVICE_URL/nothing").succeeds();
    assert_refused(&said, 404, "not_found");
    assert!(said.contains("x-request-id: ") && said.contains("GET /update"), "{said}");
    let said = shell.run("eval $ASK -i -X DELETE $DEVICE_URL/device/me").succeeds();
    assert_refused(&said, 405, "method_not_allowed");
    assert!(!said.to_ascii_lowercase().contains("www-authenticate"), "{said}");
}

#[test]
fn outsized_headers_are_refused() {
    let server = Server::start(Database::Sqlite);
    let shell = devices_shell(&server);
    shell.write("header", format!("peridio-release-version: {}", "1".repeat(64 * 1024)));
    // How much curl has sent before it is refused differs each time.
    for _ in 0..10 {
        let said = ask(&shell, "--cert p256-v1.pem --key p256.key -H @header");
        assert!(said.ends_with("431"), "{said}");
    }
    shell.write("header", format!("peridio-release-version: {}", "1".repeat(1024)));
    assert_refused(&ask(&shell, "--cert p256-v1.pem --key p256.key -H @header"), 401, "certificate_unknown");
}

/// A server that allows three seconds for a handshake. A real device's handshake is faster even on a busy machine.
fn impatient() -> ServerBuilder {
    Server::builder().env("OLIVINE_DEVICE_HANDSHAKE_SECONDS", "3").env("OLIVINE_HEADER_SECONDS", "3")
}

#[test]
fn slow_handshakes_are_cut() {
    let server = impatient().start();
    let address = server.device_url().strip_prefix("https://").unwrap();
    let slow = [&b""[..], b"\x16\x03\x01\x02\x00\x01", b"GET / HTTP/1.1\r\n\r\n"].map(|said| {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(said).unwrap();
        (said, stream)
    });
    let began = Instant::now();
    for (said, mut stream) in slow {
        let end = stream.read_to_end(&mut Vec::new());
        assert!(end.is_ok() || end.is_err_and(|error| error.kind() == ErrorKind::ConnectionReset));
        assert!(began.elapsed() < PATIENCE, "{said:?}");
    }
    let shell = devices_shell(&server);
    assert_refused(&ask(&shell, "--cert p256-v1.pem --key p256.key"), 401, "certificate_unknown");
}

#[test]
fn plain_http_is_told_that_this_is_https() {
    let server = Server::start(Database::Sqlite);
    let address = server.device_url().strip_prefix("https://").unwrap();
    let ask = format!("curl -sS -w '%{{http_code}}' http://{address}/update");
    let said = server.shell().run(&ask).succeeds();
    assert_refused(&said, 400, "bad_request");
    assert!(said.contains("this port speaks HTTPS"), "{said}");
    // Also if a client sends more than the server reads.
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let request = format!(
        "POST /update/status HTTP/1.1\r\nhost: x\r\ncontent-length: 100000\r\n\r\n{}",
        "x".repeat(100_000)
    );
    stream.write_all(request.as_bytes()).unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 400 ") && answer.contains("https://"), "{answer}");
}

/// Presents a certificate, but signs with another key.
#[derive(Debug)]
struct Presented(Arc<CertifiedKey>);

impl ResolvesClientCert for Presented {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        Some(self.0.clone())
    }

    fn has_certs(&self) -> bool {
        true
    }
}

/// A rustls client with this certificate and possibly another key.
fn client(server: &Server, certificate: Vec<u8>, key: &[u8]) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(server.device_ca()).unwrap()).unwrap();
    let key = any_supported_type(&PrivateKeyDer::from_pem_slice(key).unwrap()).unwrap();
    let presented = Presented(Arc::new(CertifiedKey::new(vec![certificate.into()], key)));
    let config = ClientConfig::builder().with_root_certificates(roots);
    Arc::new(config.with_client_cert_resolver(Arc::new(presented)))
}

fn der(shell: &Shell, name: &str) -> Vec<u8> {
    CertificateDer::from_pem_slice(&shell.read(name)).unwrap().to_vec()
}

/// Requests `/device/me` on a new connection. Returns the answer and the kind of handshake.
fn ask_as(server: &Server, config: &Arc<ClientConfig>) -> std::io::Result<(String, Option<HandshakeKind>)> {
    let address = server.device_url().strip_prefix("https://").unwrap();
    let stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let name = ServerName::try_from("localhost").unwrap();
    let mut tls = StreamOwned::new(ClientConnection::new(config.clone(), name).unwrap(), stream);
    tls.write_all(b"GET /device/me HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")?;
    let mut answer = String::new();
    tls.read_to_string(&mut answer)?;
    Ok((answer, tls.conn.handshake_kind()))
}

#[test]
fn a_certificate_alone_is_no_proof() {
    let server = Server::start(Database::Sqlite);
    let shell = devices_shell(&server);
    shell.run("openssl genpkey -algorithm ec -pkeyopt ec_paramgen_curve:P-256 -out other.key").succeeds();
    for (certificate, key) in [
        ("p256-v1.pem", "other.key"),
        ("p256-v3.pem", "other.key"),
        ("rsa-v1.pem", "p256.key"),
        ("ed25519-v3.pem", "p384.key"),
    ] {
        let thief = client(&server, der(&shell, certificate), &shell.read(key));
        let error = ask_as(&server, &thief).unwrap_err();
        assert!(error.to_string().contains("alert"), "{certificate} with {key}: {error}");
    }
    // Bytes that are not a certificate are refused as well.
    let nonsense = client(&server, b"no certificate".to_vec(), &shell.read("p256.key"));
    assert!(ask_as(&server, &nonsense).is_err());
    let owner = client(&server, der(&shell, "p256-v1.pem"), &shell.read("p256.key"));
    let (answer, _) = ask_as(&server, &owner).unwrap();
    assert!(answer.contains("certificate_unknown"), "{answer}");
}

#[test]
fn a_resumed_session_is_still_the_same_device() {
    let server = Server::start(Database::Sqlite);
    let shell = devices_shell(&server);
    let device = client(&server, der(&shell, "p384-v1.pem"), &shell.read("p384.key"));
    for expected in [HandshakeKind::Full, HandshakeKind::Resumed, HandshakeKind::Resumed] {
        let (answer, kind) = ask_as(&server, &device).unwrap();
        assert!(answer.contains("certificate_unknown"), "{answer}");
        assert_eq!(kind, Some(expected));
    }
}

#[test]
fn a_header_counts_from_trusted_proxies_only() {
    let untrusting = Server::builder().env("OLIVINE_DEVICE_TRUSTED_PROXIES", "10.0.0.0/8").start();
    let shell = devices_shell(&untrusting);
    shell.write("header", header(&der(&shell, "rsa-v1.pem")));
    assert_refused(&ask(&shell, "-H @header"), 401, "certificate_missing");
    shell.write("malformed", "Client-Cert: nonsense");
    assert_refused(
        &ask(&shell, "-H @malformed --cert p256-v1.pem --key p256.key"),
        401,
        "certificate_unknown",
    );

    let trusting = Server::builder().env("OLIVINE_DEVICE_TRUSTED_PROXIES", "10.0.0.0/8,127.0.0.1").start();
    let shell = devices_shell(&trusting);
    shell.write("header", header(&der(&shell, "rsa-v1.pem")));
    assert_refused(&ask(&shell, "-H @header"), 401, "certificate_unknown");
    // The proxy's own certificate must not be taken for that of its client.
    assert_refused(&ask(&shell, "--cert p256-v1.pem --key p256.key"), 401, "certificate_missing");
    // A connection whose certificate differs from the one in its header is refused. The same certificate in both is accepted.
    assert_refused(&ask(&shell, "-H @header --cert p256-v1.pem --key p256.key"), 401, "certificate_invalid");
    assert_refused(&ask(&shell, "-H @header --cert rsa-v1.pem --key rsa.key"), 401, "certificate_unknown");
    let log = trusting.log();
    assert!(log.contains("anybody can be any device"), "{log}");
    for malformed in ["nonsense", ":a:b:", "::", "-----BEGIN CERTIFICATE-----"] {
        shell.write("malformed", format!("Client-Cert: {malformed}"));
        assert_refused(&ask(&shell, "-H @malformed"), 400, "bad_request");
    }
    shell.write("twice", String::from_utf8(shell.read("header")).unwrap().repeat(2));
    assert_refused(&ask(&shell, "-H @twice"), 400, "bad_request");
    shell.write("no-certificate", header(b"no certificate"));
    assert_refused(&ask(&shell, "-H @no-certificate"), 401, "certificate_invalid");
}

/// The header of RFC 9440 with a certificate.
fn header(der: &[u8]) -> String {
    use base64::Engine as _;
    format!("Client-Cert: :{}:\n", base64::engine::general_purpose::STANDARD.encode(der))
}

#[test]
fn the_device_api_can_run_without_tls_behind_a_proxy() {
    let server = Server::builder().behind_a_proxy().start();
    assert!(server.device_url().starts_with("http://"), "{}", server.device_url());
    let shell =
        server.shell().env("DEVICE_URL", server.device_url()).env("ASK", "curl --silent -w %{http_code}");
    shell
        .run("openssl req -x509 -newkey ed25519 -nodes -keyout key.pem -out cert.pem -subj /CN=SN-1")
        .succeeds();
    shell.write("header", header(&der(&shell, "cert.pem")));
    assert_refused(&ask(&shell, "-H @header"), 401, "certificate_unknown");
    assert_refused(&ask(&shell, ""), 401, "certificate_missing");

    let said = shell.run("OLIVINE_DEVICE_TLS=off olivine config check --data-dir data").fails(1);
    assert!(said.contains("needs device.trusted_proxies"), "{said}");
    for (name, value, problem) in [
        ("OLIVINE_DEVICE_TRUSTED_PROXIES", "proxy.example.com", "neither an IP address nor a network"),
        ("OLIVINE_DEVICE_NAMES", "a,https://b", "'https://b' is neither an IP address nor a host name"),
        ("OLIVINE_DEVICE_TLS_KEY", "key.pem", "go together"),
    ] {
        let said = shell.run(&format!("{name}={value} olivine config check --data-dir data")).fails(1);
        assert!(said.contains(problem), "{said}");
    }
}

#[test]
fn the_certificate_has_the_names_that_devices_use() {
    let data = tempfile::tempdir().unwrap();
    let start =
        |names: &str| Server::builder().data_dir(data.path()).env("OLIVINE_DEVICE_NAMES", names).start();
    let reach = |server: &Server, name: &str| {
        let address = server.device_url().strip_prefix("https://").unwrap();
        let port = address.rsplit(':').next().unwrap();
        let ca = server.device_ca().display();
        format!("curl --silent --cacert {ca} --resolve {name}:{port}:127.0.0.1 https://{name}:{port}/healthz")
    };
    let mut server = start("");
    let authority = std::fs::read(server.device_ca()).unwrap();
    server.shell().run(&reach(&server, "localhost")).succeeds();
    server.shell().run(&reach(&server, "updates.example.com")).fails(60);
    server.stop();
    drop(server);
    let server = start("updates.example.com,10.9.8.7");
    server.shell().run(&reach(&server, "updates.example.com")).succeeds();
    assert_eq!(std::fs::read(server.device_ca()).unwrap(), authority, "devices go on trusting it");
    for secret in ["device-ca-key.pem", "device-tls.pem"] {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(data.path().join(secret)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{secret}");
    }
}

#[test]
fn the_operators_own_certificate_is_shown() {
    let shell = Shell::new();
    shell
        .run(
            "openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -subj /CN=Updates \
             -addext subjectAltName=IP:127.0.0.1",
        )
        .succeeds();
    let file = |name: &str| shell.folder().join(name).display().to_string();
    let server = Server::builder()
        .env("OLIVINE_DEVICE_TLS_CERTIFICATE", file("cert.pem"))
        .env("OLIVINE_DEVICE_TLS_KEY", file("key.pem"))
        .start();
    let url = server.device_url();
    shell.run(&format!("curl --silent --fail --cacert cert.pem {url}/healthz")).succeeds();
    assert!(!server.data_dir().join("device-ca.pem").exists(), "no authority is made that nobody needs");
}

#[test]
fn open_connections_do_not_prevent_a_stop() {
    let mut server = Server::start(Database::Sqlite);
    let address = server.device_url().strip_prefix("https://").unwrap();
    let shell = devices_shell(&server);
    let device = client(&server, der(&shell, "p256-v1.pem"), &shell.read("p256.key"));
    let stream = TcpStream::connect(address).unwrap();
    let name = ServerName::try_from("127.0.0.1").unwrap();
    let mut tls = StreamOwned::new(ClientConnection::new(device, name).unwrap(), stream);
    tls.write_all(b"GET /device/me HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
    tls.read_exact(&mut [0; 12]).unwrap();
    let began = Instant::now();
    assert_eq!(server.stop().code(), Some(0));
    assert!(began.elapsed() < PATIENCE, "{:?}", began.elapsed());
}

/// A TLS 1.2 client that supports only RSA gets a certificate that it can verify. Other clients do not see that certificate.
#[test]
fn a_client_that_knows_rsa_only_is_served() {
    let server = Server::builder().with_rsa_certificate().start();
    let shell = devices_shell(&server);
    let rsa = server.data_dir().join("device-ca-rsa.pem").display().to_string();
    let only = "--tls-max 1.2 --ciphers ECDHE-RSA-AES128-GCM-SHA256";
    let refused = shell.run(&format!("eval $ASK {only} $DEVICE_URL/device/me"));
    assert!(!refused.status.success(), "another authority signed it: {refused}");
    let shell = shell.env("ASK", format!("curl --silent --show-error --cacert {rsa} -w %{{http_code}}"));
    assert_refused(
        &ask(&shell, &format!("{only} --cert rsa-v1.pem --key rsa.key")),
        401,
        "certificate_unknown",
    );
    let shown = |flags: &str| {
        let address = server.device_url().strip_prefix("https://").unwrap();
        let show = format!(
            "openssl s_client -connect {address} {flags} < /dev/null 2> /dev/null | openssl x509 -noout -text"
        );
        shell.run(&show).succeeds()
    };
    for (flags, algorithm) in [
        ("-tls1_2 -cipher ECDHE-RSA-AES128-GCM-SHA256", "rsaEncryption"),
        ("-tls1_3 -sigalgs RSA-PSS+SHA256", "rsaEncryption"),
        ("-tls1_2", "id-ecPublicKey"),
        ("-tls1_3", "id-ecPublicKey"),
    ] {
        assert!(shown(flags).contains(&format!("Public Key Algorithm: {algorithm}")), "{flags}");
    }

    let without = Server::start(Database::Sqlite);
    assert!(!without.data_dir().join("device-ca-rsa.pem").exists());
}

/// The lengths of the TLS records that the server sends to a client with these options.
fn record_lengths(server: &Server, flags: &str) -> Vec<usize> {
    use std::io::{Read as _, Write as _};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let address = server.device_url().strip_prefix("https://").unwrap().to_owned();
    let relayed = std::thread::spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        let mut server = std::net::TcpStream::connect(address).unwrap();
        let (mut from_client, mut to_server) = (client.try_clone().unwrap(), server.try_clone().unwrap());
        let upwards = std::thread::spawn(move || {
            let _ = std::io::copy(&mut from_client, &mut to_server);
            let _ = to_server.shutdown(std::net::Shutdown::Write);
        });
        let (mut all, mut piece) = (Vec::new(), [0; 16384]);
        while let Ok(count @ 1..) = server.read(&mut piece) {
            all.extend_from_slice(&piece[..count]);
            if client.write_all(&piece[..count]).is_err() {
                break;
            }
        }
        drop(client);
        upwards.join().unwrap();
        all
    });
    let url = format!("https://127.0.0.1:{port}/device/me");
    server.shell().run(&format!("curl --silent --insecure {flags} -H 'Connection: close' {url}")).succeeds();
    let (bytes, mut at, mut lengths) = (relayed.join().unwrap(), 0, Vec::new());
    while let Some(header) = bytes.get(at..at + 5) {
        let length = usize::from(u16::from_be_bytes([header[3], header[4]]));
        lengths.push(length);
        at += 5 + length;
    }
    lengths
}

#[test]
fn records_are_as_short_as_small_devices_need() {
    // The maximum overhead of encryption (RFC 5246, 6.2.3).
    const OVERHEAD: usize = 256;
    let longest = |server: &Server| {
        let flags = ["--tls-max 1.2 --ciphers ECDHE-RSA-AES128-GCM-SHA256", "--tls-max 1.3"];
        flags.map(|flags| record_lengths(server, flags).into_iter().max().unwrap())
    };
    let usual = Server::builder().with_rsa_certificate().start();
    assert!(longest(&usual)[0] > 512 + OVERHEAD, "the certificate alone is longer");
    let short =
        Server::builder().with_rsa_certificate().env("OLIVINE_DEVICE_TLS_RECORD_BYTES", "512").start();
    for longest in longest(&short) {
        assert!(longest <= 512 + OVERHEAD, "{longest}");
    }
    let said = usual
        .shell()
        .run("OLIVINE_DEVICE_TLS_RECORD_BYTES=100 olivine config check --data-dir data")
        .fails(1);
    assert!(said.contains("device.tls_record_bytes must be from 512 to 16384"), "{said}");
}
