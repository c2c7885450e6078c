//! `deploy/nginx.conf` with other addresses and folders, in front of two real servers with one database.
//!
//! A folder takes the place of the object store.
#![expect(clippy::unwrap_used, reason = "a test, also outside of its test functions")]

use std::fmt::Write as _;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use olivine_tests::{Database, Server, Shell};

const PATIENCE: Duration = Duration::from_secs(30);
const DELIVERED: &str = include_str!("../../deploy/nginx.conf");
const SECRET_KEY: &str = "the same secret key for all processes of it";

/// The addresses on which nginx listens: free ports of this machine.
struct Ports {
    https: u16,
    devices: u16,
    store: u16,
}

impl Ports {
    fn free() -> Self {
        let listeners: Vec<_> = (0..3).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
        let [https, devices, store] =
            [0, 1, 2].map(|number: usize| listeners[number].local_addr().unwrap().port());
        Self { https, devices, store }
    }
}

/// The configuration with every name replaced by its counterpart in the test. Each name must be in the file.
fn rendered(folder: &Path, ports: &Ports, servers: &[Server; 2]) -> String {
    let at = |path: &str| folder.join(path).display().to_string();
    let mut config = DELIVERED.to_owned();
    // Otherwise one failure of each server would leave nginx without a server.
    let upstreams = config.lines().filter(|line| line.trim_start().starts_with("server olivine-")).count();
    assert_eq!(config.matches("max_fails=0;").count(), upstreams, "each server is tried for each connection");
    let address = |url: &str| url.split_once("://").unwrap().1.to_owned();
    let mut replace = |what: &str, by: &str| {
        assert!(config.contains(what), "deploy/nginx.conf has no '{what}' any more");
        config = config.replace(what, by);
    };
    for (number, server) in servers.iter().enumerate() {
        replace(&format!("olivine-{}:8080", number + 1), &address(server.url()));
        replace(&format!("olivine-{}:8443", number + 1), &address(server.device_url()));
    }
    replace("listen 443 ssl;", &format!("listen 127.0.0.1:{} ssl;", ports.https));
    replace("listen 8443;", &format!("listen 127.0.0.1:{};", ports.devices));
    for store in ["garage:3900", "garage:3902"] {
        replace(store, &format!("127.0.0.1:{}", ports.store));
    }
    for (path, name) in [
        // This comes first, because the test's folder is also in /tmp.
        (" /tmp/", "temporary"),
        ("/etc/nginx/tls/fullchain.pem", "site.pem"),
        ("/etc/nginx/tls/privkey.pem", "site-key.pem"),
        ("/dev/stderr", "error.log"),
        ("/dev/stdout", "access.log"),
        ("/var/cache/nginx", "cache"),
    ] {
        let by = at(name);
        replace(path, &if path.starts_with(' ') { format!(" {by}/") } else { by });
    }
    replace("CDN_SECRET", "secret");
    replace("worker_processes auto;", &main_lines());
    let store = format!(
        "http {{\n    server {{\n        listen 127.0.0.1:{};\n        location / {{\n            alias {}/;\n        }}\n    }}\n",
        ports.store,
        at("store")
    );
    replace("http {\n", &store);
    config
}

/// Debian's nginx, unlike the delivered image, needs to load the module for TCP. If the tests run as root, so do the workers, because the
/// tests' folders are only accessible to root.
fn main_lines() -> String {
    let mut lines = "worker_processes 2;".to_owned();
    let module = "/usr/lib/nginx/modules/ngx_stream_module.so";
    if Path::new(module).exists() {
        write!(lines, "\nload_module {module};").unwrap();
    }
    if rustix::process::geteuid().is_root() {
        lines.push_str("\nuser root;");
    }
    lines
}

fn nginx(folder: &Path) -> Command {
    let path = format!("{}:/usr/sbin", std::env::var("PATH").unwrap_or_default());
    let mut command = Command::new("nginx");
    command.env("PATH", path).arg("-p").arg(folder).arg("-c").arg(folder.join("nginx.conf"));
    command.stdin(Stdio::null());
    command
}

/// A running nginx. Dropping it stops it.
struct Nginx(Child);

impl Nginx {
    fn start(folder: &Path, port: u16) -> Self {
        let checked = nginx(folder).arg("-t").output().expect("`cargo xtask test` installs nginx");
        assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
        let child = nginx(folder).args(["-g", "daemon off;"]).stderr(Stdio::null()).spawn().unwrap();
        let nginx = Self(child);
        let deadline = Instant::now() + PATIENCE;
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < deadline, "nginx does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        nginx
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // SIGTERM, so that the master also stops its workers.
        let pid = rustix::process::Pid::from_child(&self.0);
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        let _ = self.0.wait();
    }
}

/// Creates a CA, its certificates for nginx and for the device listeners of both servers, and a certificate for a device.
fn certificates(shell: &Shell) {
    shell.write("names", "subjectAltName=DNS:updates.example.com,DNS:cdn.example.com,DNS:s3.example.com");
    shell.write("device-names", "subjectAltName=DNS:devices.example.com");
    shell
        .run(
            "new='openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes'
             $new -x509 -keyout ca-key.pem -out ca.pem -subj '/CN=Test authority'
             for name in site device; do
               $new -keyout $name-key.pem -out $name.csr -subj /CN=$name
               names=names; test $name = device && names=device-names
               openssl x509 -req -in $name.csr -CA ca.pem -CAkey ca-key.pem -CAcreateserial -extfile $names -out $name.pem
             done
             $new -x509 -keyout sn-1-key.pem -out sn-1.pem -subj /CN=SN-1",
        )
        .succeeds();
}

fn two_servers(shell: &Shell) -> [Server; 2] {
    let file = |name: &str| shell.folder().join(name).display().to_string();
    let builder = || {
        Server::builder()
            .env("OLIVINE_SECRET_KEY", SECRET_KEY)
            .env("OLIVINE_DRAIN_SECONDS", "1")
            .env("OLIVINE_DEVICE_TLS_CERTIFICATE", file("device.pem"))
            .env("OLIVINE_DEVICE_TLS_KEY", file("device-key.pem"))
    };
    let first = builder().database(Database::Postgres).start();
    let database = first.postgres().unwrap().url();
    let second = builder().arg("--database-url").arg(database).storage_of(&first).start();
    [first, second]
}

/// The number of requests that a server has answered, from its metrics.
fn answered(server: &Server, path: &str) -> usize {
    server.log().lines().filter(|line| line.contains(path) && line.contains("status=200")).count()
}

/// A shell that reaches nginx by the host names in its configuration.
fn through_nginx(shell: Shell, ports: &Ports, key: String) -> Shell {
    let Ports { https, devices, .. } = ports;
    let names = ["updates", "cdn", "s3"]
        .map(|name| format!("--resolve {name}.example.com:{https}:127.0.0.1"))
        .join(" ");
    let curl = format!(
        "curl --silent --show-error --cacert ca.pem {names} --resolve devices.example.com:{devices}:127.0.0.1"
    );
    shell
        .env("CURL", curl)
        .env("KEY", key)
        .env("UPDATES", format!("https://updates.example.com:{https}"))
        .env("CDN", format!("https://cdn.example.com:{https}"))
        .env("S3", format!("https://s3.example.com:{https}"))
        .env("DEVICES", format!("https://devices.example.com:{devices}"))
}

/// A setting that was renamed or misspelt would be ignored silently.
#[test]
fn every_setting_in_the_files_exists() {
    let known = include_str!("../../docs/olivine.toml");
    let files = [
        ("Dockerfile", include_str!("../../deploy/Dockerfile")),
        ("compose.yaml", include_str!("../../deploy/compose.yaml")),
        ("olivine.service", include_str!("../../deploy/olivine.service")),
        ("kubernetes/olivine.yaml", include_str!("../../deploy/kubernetes/olivine.yaml")),
        ("kubernetes/secret.example.yaml", include_str!("../../deploy/kubernetes/secret.example.yaml")),
        ("docs/deployment.md", include_str!("../../docs/deployment.md")),
    ];
    for (file, text) in files {
        for (start, _) in text.match_indices("OLIVINE_") {
            let rest = &text[start..];
            let end = rest.find(|c: char| !c.is_ascii_uppercase() && c != '_').unwrap_or(rest.len());
            let name = &rest[..end];
            // The prefix `OLIVINE_`, and the variable with the path of the settings file, which is not a setting itself.
            let exempt = matches!(name, "OLIVINE_" | "OLIVINE_CONFIG");
            assert!(exempt || known.contains(&format!("`{name}`")), "{file}: {name} is no setting");
        }
    }
}

mod postgres {
    use super::*;

    #[test]
    fn the_delivered_nginx_serves_people_devices_and_downloads() {
        let shell = Shell::new();
        certificates(&shell);
        let mut servers = two_servers(&shell);
        let ports = Ports::free();
        let folder = shell.folder().to_owned();
        for name in ["temporary", "cache", "store/organization/binary"] {
            std::fs::create_dir_all(folder.join(name)).unwrap();
        }
        shell.write("nginx.conf", rendered(&folder, &ports, &servers));
        let _nginx = Nginx::start(&folder, ports.https);
        let shell = through_nginx(shell, &ports, servers[0].admin_key());
        people(&shell, &servers);
        devices(&shell, &servers);
        downloads(&shell);
        a_stop_is_not_noticed(&shell, &mut servers[0]);
        let log = String::from_utf8(shell.read("access.log")).unwrap();
        assert!(log.contains("/organization/binary/1") && !log.contains("md5="), "{log}");
    }
}

fn people(shell: &Shell, servers: &[Server; 2]) {
    let created =
        "$CURL -H \"authorization: Bearer $KEY\" --json '{\"name\":\"main-firmware\"}' $UPDATES/v1/artifacts";
    assert!(shell.run(created).succeeds().contains("main-firmware"));
    // Both servers return what was written through either of them.
    let lists = "for i in 1 2 3 4 5 6 7 8; do $CURL -H \"authorization: Bearer $KEY\" $UPDATES/v1/artifacts; echo; done";
    let lists = shell.run(lists).succeeds();
    assert_eq!(lists.matches("\"name\":\"main-firmware\"").count(), 8, "{lists}");
    for server in servers {
        assert!(answered(server, "/v1/artifacts") > 0, "one server got nothing");
    }
    let metrics = shell.run("$CURL -o /dev/null -w '%{http_code}' $UPDATES/metrics").succeeds();
    assert_eq!(metrics, "404");
}

/// nginx only passes the TLS handshake on, so each server identifies the device by itself.
fn devices(shell: &Shell, servers: &[Server; 2]) {
    let asks =
        "for i in 1 2 3 4 5 6; do $CURL --cert sn-1.pem --key sn-1-key.pem $DEVICES/device/me; echo; done";
    let refused = shell.run(asks).succeeds();
    assert_eq!(refused.matches("certificate_unknown").count(), 6, "{refused}");
    let anonymous = shell.run("$CURL $DEVICES/device/me").succeeds();
    assert!(anonymous.contains("certificate_missing"), "{anonymous}");
    for server in servers {
        assert!(server.log().contains("/device/me"), "one server was never asked: {}", server.log());
    }
}

/// Downloads with URLs signed as in nginx's documentation.
fn downloads(shell: &Shell) {
    let content: Vec<u8> = (0..20_u32 << 20).map(|place| u8::try_from(place % 251).unwrap()).collect();
    shell.write("store/organization/binary/1", &content);
    shell.write(
        "sign",
        "printf '%s' \"$2$1 secret\" | openssl md5 -binary | openssl base64 | tr +/ -_ | tr -d =",
    );
    let signed = "path=/organization/binary/1; ends=4102444800; md5=$(sh sign $path $ends)
                  url=$CDN$path?md5=$md5\\&expires=$ends";
    shell.run(&format!("{signed}; eval $CURL --fail -o whole \"'$url'\"; cmp whole store$path")).succeeds();
    // Served from the cache, because the store's file is gone.
    shell.run("mv store/organization/binary/1 kept").succeeds();
    let range =
        format!("{signed}; $CURL --fail -r 8388600-8388700 -o piece \"$CDN$path?md5=$md5&expires=$ends\"");
    shell.run(&range).succeeds();
    assert_eq!(shell.read("piece"), content[8_388_600..=8_388_700]);
    let status = |url: &str, options: &str| {
        shell.run(&format!("{signed}; $CURL {options} -o /dev/null -w '%{{http_code}}' \"{url}\"")).succeeds()
    };
    assert_eq!(status("$CDN$path", ""), "403");
    assert_eq!(status("$CDN${path}0?md5=$md5&expires=$ends", ""), "403");
    assert_eq!(status("$CDN$path?md5=$md5&expires=4102444801", ""), "403");
    assert_eq!(status("$CDN$path?md5=$(sh sign $path 1)&expires=1", ""), "410");
    assert_eq!(status("$CDN$path?md5=$md5&expires=$ends", "-X DELETE"), "403");
    // The store's location accepts only signed requests. The store itself checks who signed them.
    assert_eq!(status("$S3/olivine/organization/binary/1", ""), "403");
    assert_eq!(status("$S3/organization/none?X-Amz-Signature=0", ""), "404");
    assert_eq!(status("$S3/organization/none?a=b&X-Amz-Signature=0", ""), "404");
    assert_eq!(status("$S3/organization/none", "-H 'authorization: AWS4-HMAC-SHA256 Credential=x'"), "404");
}

/// While a server stops, and afterwards, the other server answers all requests, including writes.
fn a_stop_is_not_noticed(shell: &Shell, server: &mut Server) {
    let ask = |number: u32| {
        let artifact = format!("{{\\\"name\\\":\\\"model-{number}\\\"}}");
        let created = format!(
            "$CURL -H \"authorization: Bearer $KEY\" --json \"{artifact}\" -o /dev/null -w '%{{http_code}} ' $UPDATES/v1/artifacts
             $CURL --cert sn-1.pem --key sn-1-key.pem -o /dev/null -w '%{{http_code}}' $DEVICES/device/me"
        );
        assert_eq!(shell.run(&created).succeeds(), "201 401", "request {number}");
    };
    (0..10).for_each(ask);
    std::thread::scope(|scope| {
        let stopping = scope.spawn(|| assert_eq!(server.stop().code(), Some(0)));
        let mut number = 10;
        while !stopping.is_finished() {
            ask(number);
            number += 1;
        }
        (number..number + 10).for_each(ask);
    });
}
