//! Signed URLs against a real nginx with `secure_link`: what opens a file, and what does not.
#![expect(clippy::unwrap_used, reason = "a test, also outside of its test functions")]

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use olivine_content::cdn::Secret;
use olivine_content::{Cdn, CdnSettings};
use olivine_domain::Timestamp;
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(20);
const SECRET: &str = "3fGk0:s3cret";
const NOW: &str = "2026-01-01T00:00:00Z";
const KEY: &str = "0190163d-8694-739b-aea5-966c26f8ad91/0190163d-8694-739b-aea5-966c26f8ad92/1";

/// nginx on a free port with one folder behind signed URLs; stopped when dropped.
struct Nginx {
    child: Child,
    port: u16,
    _folder: TempDir,
}

impl Nginx {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("files/firmware").join(KEY);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, "content").unwrap();
        // Another program may take a free port before nginx does.
        for _ in 0..5 {
            let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            let mut child = spawn(folder.path(), port);
            let deadline = Instant::now() + PATIENCE;
            while Instant::now() < deadline && child.try_wait().unwrap().is_none() {
                if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                    return Self { child, port, _folder: folder };
                }
                std::thread::sleep(Duration::from_millis(10));
            }
            let _ = child.kill();
            let _ = child.wait();
        }
        panic!("nginx does not start: {:?}", fs::read_to_string(folder.path().join("error.log")));
    }

    /// The status and body of a GET.
    fn get(&self, url: &str) -> (u16, String) {
        let target = url.strip_prefix(&format!("http://127.0.0.1:{}", self.port)).unwrap();
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        write!(stream, "GET {target} HTTP/1.0\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
    }

    fn cdn(&self, folder: &str, secret: &str, arguments: Option<(&str, &str)>) -> Cdn {
        let (md5, expires) = arguments.unzip();
        let settings = CdnSettings::SecureLink {
            url: format!("http://127.0.0.1:{}/{folder}", self.port),
            secret: Secret::new(secret),
            md5_argument: md5.map(str::to_owned),
            expires_argument: expires.map(str::to_owned),
        };
        settings.try_into().unwrap()
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // SIGTERM, so that the master takes its workers along.
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}

fn spawn(folder: &Path, port: u16) -> Child {
    let config = folder.join("nginx.conf");
    fs::write(&config, configuration(folder, port)).unwrap();
    let path = format!("{}:/usr/sbin", std::env::var("PATH").unwrap_or_default());
    let mut command = Command::new("nginx");
    command.env("PATH", path).arg("-p").arg(folder).arg("-c").arg(&config).args(["-g", "daemon off;"]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().expect("nginx starts: `cargo xtask test` installs it (Debian: nginx-light)")
}

/// The documentation's example, without the client's address in the expression.
fn configuration(folder: &Path, port: u16) -> String {
    let folder = folder.display();
    let root = rustix::process::geteuid().is_root();
    let user = if root { "user root;" } else { "" };
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("{kind}_temp_path {folder}/{kind};"))
        .concat();
    let checks = format!(
        "secure_link_md5 \"$secure_link_expires$uri {SECRET}\";\n\
         if ($secure_link = \"\") {{ return 403; }}\n if ($secure_link = \"0\") {{ return 410; }}"
    );
    format!(
        "{user}\npid {folder}/nginx.pid;\nerror_log {folder}/error.log;\nevents {{}}\nhttp {{\naccess_log off;\n{temporary}\n\
         server {{\nlisten 127.0.0.1:{port};\nroot {folder}/files;\n\
         location /firmware/ {{ secure_link $arg_md5,$arg_expires; {checks} }}\n\
         location /named/ {{ alias {folder}/files/; secure_link $arg_st,$arg_e; {checks} }}\n}}\n}}\n"
    )
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn nginx_takes_what_was_signed_and_nothing_else() {
    let nginx = Nginx::start();
    let cdn = nginx.cdn("firmware/", SECRET, None);
    let ends = at("2100-01-01T00:00:00Z");
    let url = cdn.sign(KEY, ends, at(NOW)).unwrap().url;
    assert_eq!(nginx.get(&url), (200, "content".to_owned()));

    let expired = cdn.sign(KEY, at("2001-01-01T00:00:00Z"), at("2000-01-01T00:00:00Z")).unwrap().url;
    assert_eq!(nginx.get(&expired).0, 410);

    let (path, query) = url.split_once('?').unwrap();
    let md5 = query.strip_prefix("md5=").unwrap().split_once('&').unwrap().0;
    let first = if md5.starts_with('A') { "B" } else { "A" };
    let tampered_md5 = format!("{path}?md5={first}{}&expires={}", &md5[1..], ends.as_seconds());
    let later = format!("{path}?md5={md5}&expires={}", ends.as_seconds() + 1);
    let other_path = format!("{}?{query}", path.replace("ad92", "ad93"));
    let unsigned = path.to_owned();
    let never_ends = format!("{path}?md5={md5}");
    for wrong in [tampered_md5, later, other_path, unsigned, never_ends] {
        assert_eq!(nginx.get(&wrong).0, 403, "{wrong}");
    }
    let foreign = nginx.cdn("firmware", "another", None).sign(KEY, ends, at(NOW)).unwrap().url;
    assert_eq!(nginx.get(&foreign).0, 403);
}

#[test]
fn nginx_may_call_the_arguments_otherwise() {
    let nginx = Nginx::start();
    let ends = at("2100-01-01T00:00:00Z");
    let arguments = Some(("st", "e"));
    let url = nginx.cdn("named/firmware", SECRET, arguments).sign(KEY, ends, at(NOW)).unwrap().url;
    assert_eq!(nginx.get(&url), (200, "content".to_owned()));
    let elsewhere = nginx.cdn("firmware", SECRET, arguments).sign(KEY, ends, at(NOW)).unwrap().url;
    assert_eq!(nginx.get(&elsewhere).0, 403);
}
