//! nginx as the load balancer in front of servers under test. Its configuration must never differ from the one that the user guide
//! describes.

use std::fmt::Write as _;
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use crate::process::{Process, until};

/// Another program may take the free port before nginx does, so there are several attempts.
pub(crate) const ATTEMPTS: usize = 5;
pub(crate) const READY_WITHIN: Duration = Duration::from_mins(1);

/// A running nginx that distributes requests over servers. Dropping it stops it.
#[derive(Debug)]
pub struct Nginx {
    process: Process,
    folder: TempDir,
    ports: [u16; 2],
}

impl Nginx {
    /// Starts it in front of these addresses. `http` and `location` are added to its configuration.
    pub fn in_front_of(servers: &[&str], http: &str, location: &str) -> Self {
        Self::start(|folder, [port, _]| configuration(folder, port, servers, http, location))
    }

    /// Starts it with a configuration from `deploy/`, in which these texts are replaced, for a folder and two free ports, the first of
    /// which is used. Each text must be in the configuration.
    pub fn delivered(config: &str, replace: impl Fn(&str, [u16; 2]) -> Vec<(String, String)>) -> Self {
        Self::start(|folder, ports| {
            let http = format!("http {{\n{}", temporary_folders(folder));
            let own =
                [("worker_processes auto;\n".to_owned(), main_lines(folder)), ("http {\n".to_owned(), http)];
            replaced(config, replace(folder, ports).into_iter().chain(own))
        })
    }

    /// Starts it with this configuration for a folder and two free ports. The configuration must use the first port.
    pub(crate) fn start(configure: impl Fn(&str, [u16; 2]) -> String) -> Self {
        let folder = tempfile::Builder::new().prefix("olivine-nginx-").tempdir().expect("a temporary folder");
        let pid = folder.path().join("nginx.pid");
        for _ in 0..ATTEMPTS {
            let ports = free_ports();
            let file = folder.path().join("nginx.conf");
            fs::write(&file, configure(&folder.path().display().to_string(), ports)).expect("a file");
            let mut command = Command::new(program("nginx"));
            command.arg("-p").arg(folder.path()).arg("-c").arg(&file).args(["-g", "daemon off;"]);
            let mut process = Process::start(command, folder.path(), "nginx");
            let is_up = until(READY_WITHIN, || match process.status() {
                Some(_) => Some(false),
                // nginx writes this file when it has its ports. Before that, another program may be listening on them.
                None if !pid.exists() => None,
                None => TcpStream::connect(("127.0.0.1", ports[0])).is_ok().then_some(true),
            });
            if is_up == Some(true) {
                return Self { process, folder, ports };
            }
        }
        panic!(
            "nginx does not start: {}",
            fs::read_to_string(folder.path().join("error.log")).unwrap_or_default()
        );
    }

    /// Its base URL.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.ports[0])
    }

    /// Its second address, if the configuration uses it.
    pub fn second_address(&self) -> String {
        format!("127.0.0.1:{}", self.ports[1])
    }

    /// The content of its error log.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("error.log")).unwrap_or_default()
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // If the master were killed, its workers would survive.
        self.process.terminate();
        self.process.wait(READY_WITHIN);
    }
}

/// Two ports on which nobody listens.
pub(crate) fn free_ports() -> [u16; 2] {
    let listeners = [0; 2].map(|port| TcpListener::bind(("127.0.0.1", port)).expect("a free port"));
    listeners.map(|listener| listener.local_addr().expect("a listener has an address").port())
}

/// Replaces texts in a configuration. Each text must be in it.
pub(crate) fn replaced(config: &str, texts: impl IntoIterator<Item = (String, String)>) -> String {
    texts.into_iter().fold(config.to_owned(), |config, (what, by)| {
        assert!(config.contains(&what), "the delivered configuration has no '{what}' any more");
        config.replace(&what, &by)
    })
}

/// The path of a daemon. Debian does not put daemons into the `PATH` of ordinary users.
pub(crate) fn program(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into()]);
    let mut programs = folders.map(|folder| folder.join(name));
    let found = programs.find(|program| program.is_file());
    found.unwrap_or_else(|| panic!("{name} is not installed: run `cargo xtask test`"))
}

/// The beginning of every configuration.
pub(crate) fn main_lines(folder: &str) -> String {
    let mut lines = format!("pid {folder}/nginx.pid;\nerror_log {folder}/error.log;\n");
    // In Debian's nginx, the module for TCP is a separate file.
    let module = Path::new("/usr/lib/nginx/modules/ngx_stream_module.so");
    if module.exists() {
        writeln!(lines, "load_module {};", module.display()).expect("memory");
    }
    // Root's folders are only accessible to root.
    if rustix::process::geteuid().is_root() {
        lines.push_str("user root;\n");
    }
    lines
}

/// The settings of every `http` section that let it run as any user.
pub(crate) fn temporary_folders(folder: &str) -> String {
    ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("    {kind}_temp_path {folder}/{kind};\n"))
        .concat()
}

/// The content of an `upstream` section. A server that refuses a connection is tried again immediately, so that no test waits for it.
pub(crate) fn server_lines<'a>(addresses: impl Iterator<Item = &'a str>) -> String {
    addresses.fold(String::new(), |mut lines, address| {
        writeln!(lines, "        server {address} max_fails=0;").expect("memory");
        lines
    })
}

fn configuration(folder: &str, port: u16, servers: &[&str], http: &str, location: &str) -> String {
    let (start, temporary) = (main_lines(folder), temporary_folders(folder));
    let servers = server_lines(servers.iter().copied());
    format!(
        "{start}events {{ worker_connections 4096; }}\nhttp {{\n    access_log off;\n{temporary}    {http}\n\
         \x20   upstream olivine {{\n{servers}        keepalive 16;\n    }}\n\
         \x20   server {{\n        listen 127.0.0.1:{port};\n        location / {{\n            proxy_pass http://olivine;\n\
         \x20           proxy_http_version 1.1;\n            proxy_set_header Connection \"\";\n            {location}\n        }}\n    }}\n}}\n"
    )
}
