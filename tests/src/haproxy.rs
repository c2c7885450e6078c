//! `HAProxy` in front of a server under test. Its configuration must never differ from the one that the user guide describes.

use std::fs;
use std::net::TcpStream;
use std::process::Command;

use tempfile::TempDir;

use crate::nginx::{ATTEMPTS, READY_WITHIN, free_ports, program, replaced};
use crate::process::{Process, until};

/// A running `HAProxy`. Dropping it stops it.
#[derive(Debug)]
pub struct HaProxy {
    process: Process,
    // Contains its configuration and its log.
    folder: TempDir,
    ports: [u16; 2],
}

impl HaProxy {
    /// Starts it with a configuration from `deploy/`, in which these texts are replaced, for two free ports. Each text must be in the
    /// configuration.
    pub fn delivered(config: &str, replace: impl Fn([u16; 2]) -> Vec<(String, String)>) -> Self {
        let folder =
            tempfile::Builder::new().prefix("olivine-haproxy-").tempdir().expect("a temporary folder");
        let file = folder.path().join("haproxy.cfg");
        for _ in 0..ATTEMPTS {
            let ports = free_ports();
            fs::write(&file, replaced(config, replace(ports))).expect("a file");
            let mut command = Command::new(program("haproxy"));
            command.arg("-f").arg(&file).arg("-db");
            let mut process = Process::start(command, folder.path(), "haproxy");
            let is_up = until(READY_WITHIN, || match process.status() {
                Some(_) => Some(false),
                None => TcpStream::connect(("127.0.0.1", ports[0])).is_ok().then_some(true),
            });
            if is_up == Some(true) {
                return Self { process, folder, ports };
            }
        }
        panic!("HAProxy does not start: {}", said(&folder));
    }

    /// Its addresses, on the first and on the second port.
    pub fn addresses(&self) -> [String; 2] {
        self.ports.map(|port| format!("127.0.0.1:{port}"))
    }

    /// The content of its log.
    pub fn log(&self) -> String {
        said(&self.folder)
    }
}

fn said(folder: &TempDir) -> String {
    fs::read_to_string(folder.path().join("haproxy.stderr")).unwrap_or_default()
}

impl Drop for HaProxy {
    fn drop(&mut self) {
        self.process.terminate();
        self.process.wait(READY_WITHIN);
    }
}
