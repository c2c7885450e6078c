//! nginx as the load balancer in front of servers under test. It must never be configured beyond what the user guide says.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use crate::process::{Process, until};

/// More than one, because another program may take a free port before nginx does.
const ATTEMPTS: usize = 5;
const READY_WITHIN: Duration = Duration::from_secs(10);

/// A running nginx that spreads requests over servers; stopped when dropped.
#[derive(Debug)]
pub struct Nginx {
    process: Process,
    folder: TempDir,
    port: u16,
}

impl Nginx {
    /// In front of these addresses. `http` and `location` are added to its configuration.
    pub fn in_front_of(servers: &[&str], http: &str, location: &str) -> Self {
        let folder = tempfile::Builder::new().prefix("olivine-nginx-").tempdir().expect("a temporary folder");
        for _ in 0..ATTEMPTS {
            let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
            let port = listener.local_addr().expect("a listener has an address").port();
            drop(listener);
            let text = configuration(&folder.path().display().to_string(), port, servers, http, location);
            let file = folder.path().join("nginx.conf");
            fs::write(&file, text).expect("a file");
            let mut command = Command::new(program());
            command.arg("-p").arg(folder.path()).arg("-c").arg(&file).args(["-g", "daemon off;"]);
            let mut process = Process::start(command, folder.path(), "nginx");
            let is_up = until(READY_WITHIN, || match process.status() {
                Some(_) => Some(false),
                None => TcpStream::connect(("127.0.0.1", port)).is_ok().then_some(true),
            });
            if is_up == Some(true) {
                return Self { process, folder, port };
            }
        }
        panic!(
            "nginx does not start: {}",
            fs::read_to_string(folder.path().join("error.log")).unwrap_or_default()
        );
    }

    /// Where it answers.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What it had to complain about.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("error.log")).unwrap_or_default()
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // Its workers would outlive a master that is killed.
        self.process.terminate();
        self.process.wait(READY_WITHIN);
    }
}

/// Debian keeps daemons out of the path of ordinary users.
fn program() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into()]);
    let mut programs = folders.map(|folder| folder.join("nginx"));
    programs.find(|program| program.is_file()).expect("nginx is installed; run `cargo xtask test`")
}

fn configuration(folder: &str, port: u16, servers: &[&str], http: &str, location: &str) -> String {
    let user = if rustix::process::geteuid().is_root() { "user root;" } else { "" };
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("    {kind}_temp_path {folder}/{kind};\n"))
        .concat();
    let servers: Vec<_> =
        servers.iter().map(|server| format!("        server {server} max_fails=0;\n")).collect();
    let servers = servers.concat();
    format!(
        "{user}\npid {folder}/nginx.pid;\nerror_log {folder}/error.log;\nevents {{}}\nhttp {{\n    access_log off;\n{temporary}    {http}\n\
         \x20   upstream olivine {{\n{servers}        keepalive 16;\n    }}\n\
         \x20   server {{\n        listen 127.0.0.1:{port};\n        location / {{\n            proxy_pass http://olivine;\n\
         \x20           proxy_http_version 1.1;\n            proxy_set_header Connection \"\";\n            {location}\n        }}\n    }}\n}}\n"
    )
}
