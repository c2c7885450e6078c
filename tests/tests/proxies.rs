//! Proxies that terminate TLS: the configurations of nginx and `HAProxy` in `deploy/`, used by a device and by people; and which headers
//! are accepted from whom.
#![expect(clippy::unwrap_used, reason = "a test, also outside of its test functions")]

use olivine_tests::{HaProxy, Nginx, Server, Shell, Workbench, list_all};
use serde_json::Value;

const NGINX: &str = include_str!("../../deploy/nginx-single.conf");
const HAPROXY: &str = include_str!("../../deploy/haproxy-single.cfg");

/// The server's settings in a configuration file, without the addresses of the listeners, which differ in the tests.
fn settings(delivered: &str) -> String {
    let lines = delivered.lines().filter_map(|line| line.strip_prefix("#   "));
    let settings: Vec<_> = lines.filter(|line| !line.starts_with("listen")).collect();
    assert!(settings.len() >= 7, "{settings:?}");
    settings.join("\n")
}

const PREPARE: &str = "
    new='openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30'
    $new -keyout site.key -out site.pem -subj /CN=site \
      -addext subjectAltName=DNS:updates.example.com,DNS:devices.example.com,IP:127.0.0.1
    for name in known stranger; do
      $new -keyout $name.key -out $name.pem -subj /CN=$name -addext basicConstraints=critical,CA:FALSE
    done
    PRODUCT=$(peridio products create --name gateway --output prn)
    COHORT=$(peridio cohorts create --name daily --product-prn $PRODUCT --output prn)
    DEVICE=$(peridio devices create --identifier SN-1 --product-prn $PRODUCT --cohort-prn $COHORT --output prn)
    peridio device-certificates create --device-prn $DEVICE --certificate known.pem
    openssl genpkey -algorithm ed25519 -out signing.pem
    openssl pkey -in signing.pem -pubout -out signing.pub
    peridio signing-keys create --name key --public-key-file signing.pub
    echo firmware > firmware
    peridio push firmware --artifact main --version 1.0.0 --target portable --signing-key signing.pem \
      --bundle first --cohort-prn $COHORT --release-version 1.0.0
    cat site.pem site.key > both.pem";

/// A server with these settings, and a shell with a registered device and an unknown one.
fn server(settings: &str) -> (Server, Shell) {
    let files = Shell::new();
    files.write("olivine.toml", settings);
    let config = files.folder().join("olivine.toml").display().to_string();
    let server = Server::builder().arg("--config").arg(config).start();
    let shell = server.shell().env("DEVICES", server.device_url()).env("ADMIN", server.url());
    shell.run(PREPARE).succeeds();
    (server, shell)
}

fn nginx(shell: &Shell, server: &Server) -> Nginx {
    let address = |url: &str| url.split_once("://").unwrap().1.to_owned();
    let file = |name: &str| shell.folder().join(name).display().to_string();
    Nginx::delivered(NGINX, |folder, [people, devices]| {
        [
            ("pid /run/nginx.pid;\n", String::new()),
            ("error_log /var/log/nginx/error.log warn;\n", String::new()),
            ("/var/log/nginx/access.log", format!("{folder}/access.log")),
            ("/etc/nginx/tls/fullchain.pem", file("site.pem")),
            ("/etc/nginx/tls/privkey.pem", file("site.key")),
            ("listen 443 ssl;", format!("listen 127.0.0.1:{people} ssl;")),
            ("listen 8443 ssl;", format!("listen 127.0.0.1:{devices} ssl;")),
            ("http://127.0.0.1:8080", server.url().to_owned()),
            ("127.0.0.1:8444;\n        }", format!("{};\n        }}", address(server.device_url()))),
        ]
        .map(|(what, by)| (what.to_owned(), by))
        .to_vec()
    })
}

fn haproxy(shell: &Shell, server: &Server, config: &str) -> HaProxy {
    let address = |url: &str| url.split_once("://").unwrap().1.to_owned();
    let file = shell.folder().join("both.pem").display().to_string();
    HaProxy::delivered(config, |[people, devices]| {
        [
            ("/etc/haproxy/tls/site.pem", file.clone()),
            ("bind :443", format!("bind 127.0.0.1:{people}")),
            ("bind :8443", format!("bind 127.0.0.1:{devices}")),
            ("127.0.0.1:8080", address(server.url())),
            ("127.0.0.1:8444\n", format!("{}\n", address(server.device_url()))),
        ]
        .map(|(what, by)| (what.to_owned(), by))
        .to_vec()
    })
}

/// The status and the body of an answer.
fn ask(shell: &Shell, curl: &str) -> (u16, Value) {
    let said = shell.run(&format!("curl --silent -w '\\n%{{http_code}}' {curl}")).succeeds();
    let (body, status) = said.rsplit_once('\n').unwrap();
    (status.parse().unwrap(), serde_json::from_str(body).unwrap_or_default())
}

fn refused(shell: &Shell, curl: &str, status: u16, code: &str) -> String {
    let (answered, body) = ask(shell, curl);
    assert_eq!((answered, body["errors"][0]["code"].as_str()), (status, Some(code)), "{curl}: {body}");
    body["errors"][0]["message"].as_str().unwrap().to_owned()
}

/// The addresses in the events of a type.
async fn addresses(server: &Server, kind: &str) -> Vec<String> {
    let events = list_all(&server.api(), "/v1/events", "events").await;
    events
        .iter()
        .filter(|event| event["type"] == kind)
        .map(|event| event["address"].as_str().unwrap_or_default().to_owned())
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_and_people_come_through_the_delivered_nginx() {
    let (server, shell) = server(&settings(NGINX));
    let nginx = nginx(&shell, &server);
    let people = nginx.url().replace("http://", "");
    walk(&server, &shell, [&people, &nginx.second_address()], || nginx.log()).await;
}

/// As delivered, and with `HAProxy`'s own option for addresses, which adds to the value that a client sent.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_and_people_come_through_the_delivered_haproxy() {
    const SET: &str = "http-request set-header X-Forwarded-For %[src]";
    for addresses in [SET, "option forwardfor"] {
        let (server, shell) = server(&settings(HAPROXY));
        let haproxy = haproxy(&shell, &server, &HAPROXY.replace(SET, addresses));
        let [people, devices] = haproxy.addresses();
        walk(&server, &shell, [&people, &devices], || haproxy.log()).await;
    }
}

/// A device gets its update through a proxy. Unknown devices and forged headers are refused. The audit trail contains the addresses of the
/// clients.
async fn walk(server: &Server, shell: &Shell, [people, devices]: [&str; 2], log: impl Fn() -> String) {
    // From an address that is not the proxy's.
    let curl = "--cacert site.pem --interface 127.0.0.2";
    let https = format!("https://{people}");
    let devices = format!("{curl} https://{devices}");

    let (status, me) = ask(shell, &format!("{devices}/device/me --cert known.pem --key known.key"));
    assert_eq!((status, &me["device"]["identifier"]), (200, &Value::from("SN-1")), "{me}\n{}", log());
    let question =
        "/update?expand\\[\\]=manifest -H 'peridio-release-version: 0.9.0' --cert known.pem --key known.key";
    let (status, update) = ask(shell, &format!("-g {devices}{question}"));
    assert_eq!((status, &update["status"]), (200, &Value::from("update")), "{update}");
    let url = update["manifest"][0]["url"].as_str().unwrap();
    assert!(url.starts_with("https://updates.example.com/"), "{url}");
    let fetch = format!("curl --silent {curl} --connect-to updates.example.com:443:{people} -o got '{url}'");
    shell.run(&format!("{fetch} && cmp got firmware")).succeeds();
    refused(
        shell,
        &format!("{devices}/device/me --cert stranger.pem --key stranger.key"),
        401,
        "certificate_unknown",
    );
    refused(shell, &format!("{devices}/device/me"), 401, "certificate_missing");

    // Values that a client writes into the proxy's headers are not forwarded.
    shell
        .run(
            "python3 -c 'import urllib.parse as u; print(\"Client-Cert: \" + u.quote(open(\"known.pem\").read()))' > forged
             echo \"Client-Cert: :$(openssl x509 -in known.pem -outform der | base64 -w0):\" >> forged
             echo 'X-Forwarded-For: 192.0.2.1' >> forged; echo 'Forwarded: for=192.0.2.1' >> forged",
        )
        .succeeds();
    refused(shell, &format!("{devices}/device/me -H @forged"), 401, "certificate_missing");
    let forging = format!("{devices}/device/me -H @forged --cert stranger.pem --key stranger.key");
    refused(shell, &forging, 401, "certificate_unknown");
    let create = |from: &str, name: &str| {
        format!(
            "{from}/v1/artifacts -H \"Authorization: Bearer $PERIDIO_API_KEY\" -H @forged --json '{{\"name\":\"{name}\"}}'"
        )
    };
    let (status, made) = ask(shell, &create(&format!("{curl} {https}"), "through the proxy"));
    assert_eq!(status, 201, "{made}");
    // An untrusted client that bypasses the proxy.
    let (status, made) = ask(shell, &create("--interface 127.0.0.3 $ADMIN", "past the proxy"));
    assert_eq!(status, 201, "{made}");
    refused(shell, "--interface 127.0.0.3 $DEVICES/device/me -H @forged", 401, "certificate_missing");

    let mut made = addresses(server, "artifact.created").await;
    made.sort();
    assert_eq!(made, ["127.0.0.1", "127.0.0.2", "127.0.0.3"], "the first is of the preparations");
    let failed = addresses(server, "device.authentication_failed").await;
    assert!(!failed.is_empty() && failed.iter().all(|address| address == "127.0.0.2"), "{failed:?}");
}

/// Sends a header of each form to a server for each form.
#[test]
fn each_form_is_taken_where_it_is_configured_and_named_where_not() {
    const HEADERS: &str = r#"
import base64, subprocess, urllib.parse as u
pem = open("known.pem").read()
der = base64.b64encode(subprocess.run(["openssl", "x509", "-in", "known.pem", "-outform", "der"], capture_output=True).stdout).decode()
for form, value in {"rfc9440": f":{der}:", "pem": u.quote(pem, safe=""), "base64": der,
                    "xfcc": f'By=spiffe://x;Hash=ab;Cert="{u.quote(pem, safe="")}";Subject="CN=known"'}.items():
    open(form, "w").write("X-Cert: " + value)
"#;
    let forms = ["rfc9440", "pem", "base64", "xfcc"];
    for configured in forms {
        let settings = format!(
            "[device]\ntls = \"off\"\ntrusted_proxies = [\"127.0.0.1\"]\nclient_certificate_header = \"X-Cert\"\n\
             client_certificate_form = \"{configured}\""
        );
        let (_server, shell) = server(&settings);
        shell.write("headers.py", HEADERS);
        shell.run("python3 headers.py; sed s/X-Cert/X-Forwarded-Client-Cert/ xfcc > elsewhere").succeeds();
        for form in forms {
            if form == configured {
                let (status, me) = ask(&shell, &format!("$DEVICES/device/me -H @{form}"));
                assert_eq!(
                    (status, &me["device"]["identifier"]),
                    (200, &Value::from("SN-1")),
                    "{form}: {me}"
                );
                continue;
            }
            let said = refused(&shell, &format!("$DEVICES/device/me -H @{form}"), 400, "bad_request");
            assert!(
                said.contains(&format!("device.client_certificate_form = \"{form}\"")),
                "{configured}: {said}"
            );
        }
        let said = refused(&shell, "$DEVICES/device/me -H @elsewhere", 401, "certificate_missing");
        assert!(said.contains("device.client_certificate_header = \"x-forwarded-client-cert\""), "{said}");
        let said = refused(&shell, "$DEVICES/device/me", 401, "certificate_missing");
        assert!(
            said.contains("has no x-cert header: either the client showed the proxy no certificate"),
            "{said}"
        );
    }
}

/// Behind a trusted proxy, the limits per address apply to each client, and no client can evade them with a header.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_limits_of_an_address_are_the_clients() {
    let (server, shell) =
        server("limits.transfers_per_address = 1\nserver.trusted_proxies = [\"127.0.0.1\"]");
    let binary = Workbench::new(server.api()).await.signable(&vec![7; 16 << 20]).await;
    shell.write(
        "limits.sh",
        r#"
            url=$(curl --silent -H "Authorization: Bearer $PERIDIO_API_KEY" -o answer -w '%{redirect_url}' $ADMIN/v1/binaries/$BINARY/download)
            asks() { curl --silent --range 0-0 -o answer -w '%{http_code}' "$@" "$url"; }
            # A download that goes on: it has begun when this returns, so it is never the one that is refused.
            begins() {
              rm -f slow
              curl --silent --fail --limit-rate 50k -o slow "$@" "$url" & slow=$!
              until test -s slow; do kill -0 $slow; sleep 0.1; done
            }
            # One download that goes on, and the next of the same client, which is refused.
            begins -H 'X-Forwarded-For: 203.0.113.9, 192.0.2.1'
            asks -H 'X-Forwarded-For: 203.0.113.9, 192.0.2.1'; echo
            asks -H 'X-Forwarded-For: 203.0.113.9, 192.0.2.2'; echo
            kill $slow; wait $slow || true
            # A stranger: whatever it claims, it is one address.
            begins --interface 127.0.0.3 -H 'X-Forwarded-For: 192.0.2.3'
            asks --interface 127.0.0.3 -H 'X-Forwarded-For: 192.0.2.4'; echo
            kill $slow; wait $slow || true
        "#,
    );
    let said = shell.run(&format!("BINARY={binary} . ./limits.sh")).succeeds();
    assert_eq!(said.split_whitespace().collect::<Vec<_>>(), ["429", "206", "429"], "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_url_of_this_machine_for_a_remote_caller_is_logged_once() {
    const SAID: &str = "a URL that leads to this machine only";
    for (public_url, expected) in [(None, 1), (Some("https://updates.example.com"), 0)] {
        let builder = Server::builder();
        let server = match public_url {
            Some(url) => builder.arg("--public-url").arg(url).start(),
            None => builder.start(),
        };
        let shell = server.shell().env("ADMIN", server.url());
        let binary = Workbench::new(server.api()).await.signable(b"content").await;
        let download = |more: &str| {
            let key = "-H \"Authorization: Bearer $PERIDIO_API_KEY\"";
            let status = format!("-o answer -w '%{{http_code}}' $ADMIN/v1/binaries/{binary}/download");
            assert_eq!(shell.run(&format!("curl --silent {key} {status} {more}")).succeeds(), "302");
        };
        download("");
        assert!(!server.log().contains(SAID), "a program on this machine can use it");
        for more in [
            "-H 'Host: updates.example.com'",
            "-H 'X-Forwarded-For: 192.0.2.1'",
            "-H 'Host: updates.example.com'",
        ] {
            download(more);
        }
        let log = server.log();
        assert_eq!(log.matches(SAID).count(), expected, "{log}");
        assert!(expected == 0 || log.contains("server.public_url"), "{log}");
    }
}
