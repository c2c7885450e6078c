//! `server.json` in the data folder, and the message to a person who started the server by hand.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use crate::config::{Config, Role};
use crate::device::tls::authority_file;
use crate::startup::{self, ADMIN_KEY_FILE};

/// The file that says that the server is ready, where it is reached, and by which process. Gone when it stops.
#[derive(Debug)]
pub struct Announcement {
    path: PathBuf,
}

impl Announcement {
    /// Announces a server that listens on these addresses.
    pub fn write(
        config: &Config,
        admin: SocketAddr,
        device: Option<SocketAddr>,
        operations: Option<SocketAddr>,
    ) -> anyhow::Result<Self> {
        let path = config.data_dir.join("server.json");
        let scheme = if config.server.tls_certificate.is_some() { "https" } else { "http" };
        let admin_url = format!("{scheme}://{}", local(admin));
        let device_url = device.map(|device| config.device.url(local(device)));
        let device_ca = device.and_then(|_| authority_file(config)).map(std::path::absolute).transpose()?;
        let operations_url = operations.map(|operations| format!("http://{}", local(operations)));
        let json = serde_json::json!({
            "pid": std::process::id(),
            "roles": config.server.roles,
            "admin_url": admin_url,
            "device_url": device_url,
            "operations_url": operations_url,
            "device_ca": device_ca,
        });
        match startup::write_private(&path, format!("{json}\n").as_bytes()) {
            // The file is not needed for serving, and a full disk must not prevent a server from serving contents.
            Err(error) if startup::is_full(&error) => {
                // One of a process before would be wrong.
                drop(std::fs::remove_file(&path));
                tracing::warn!(
                    "the disk is full: server.json, which says where this process is reached, can't be written"
                );
            }
            written => written?,
        }
        let roles = config.server.roles.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(",");
        let device = device.map(tracing::field::display);
        tracing::info!(%admin, device, roles, "ready");
        greet(config, &admin_url, device_url.as_deref());
        Ok(Self { path })
    }
}

/// An address that reaches a listener on all addresses from this machine.
fn local(address: SocketAddr) -> SocketAddr {
    let ip: IpAddr = if address.ip().is_unspecified() { Ipv4Addr::LOCALHOST.into() } else { address.ip() };
    SocketAddr::new(ip, address.port())
}

/// The message to a person who started the server by hand.
#[expect(clippy::print_stdout, reason = "for the person at the terminal; the log goes to standard error")]
fn greet(config: &Config, admin_url: &str, device_url: Option<&str>) {
    if config.has(Role::Api) {
        println!("Olivine is ready at {admin_url} (API documentation: {admin_url}/docs)");
        println!("The admin API key is in {}", config.data_dir.join(ADMIN_KEY_FILE).display());
    } else {
        println!(
            "Olivine is ready; {admin_url} answers only /healthz, /readyz and /metrics (roles without api)"
        );
    }
    match (device_url, authority_file(config)) {
        (Some(url), Some(file)) => println!("Devices are answered at {url}; they trust {}", file.display()),
        (Some(url), None) => println!("Devices are answered at {url}"),
        (None, _) => println!("Devices are not answered (roles without device)"),
    }
    if !config.has(Role::Jobs) {
        println!("Work in the background is left to other processes (roles without jobs)");
    }
}

impl Drop for Announcement {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_file(&self.path) {
            tracing::debug!(%error, "server.json was gone already");
        }
    }
}
