//! `server.json` in the data folder, and the words to whoever started the server by hand.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use crate::config::Config;
use crate::device::tls::authority_file;
use crate::startup::{self, ADMIN_KEY_FILE};

/// The file that says that the server is ready, where it is reached, and by which process. Gone when it stops.
#[derive(Debug)]
pub struct Announcement {
    path: PathBuf,
}

impl Announcement {
    /// Announces a server that listens on these addresses.
    pub fn write(config: &Config, admin: SocketAddr, device: SocketAddr) -> anyhow::Result<Self> {
        let path = config.data_dir.join("server.json");
        let scheme = if config.server.tls_certificate.is_some() { "https" } else { "http" };
        let admin_url = format!("{scheme}://{}", local(admin));
        let device_url = config.device.url(local(device));
        let device_ca = authority_file(config).map(std::path::absolute).transpose()?;
        let json = serde_json::json!({
            "pid": std::process::id(),
            "admin_url": admin_url,
            "device_url": device_url,
            "device_ca": device_ca,
        });
        startup::write_private(&path, format!("{json}\n").as_bytes())?;
        tracing::info!(%admin, %device, "ready");
        greet(config, &admin_url, &device_url);
        Ok(Self { path })
    }
}

/// An address that reaches a listener on all addresses from this machine.
fn local(address: SocketAddr) -> SocketAddr {
    let ip: IpAddr = if address.ip().is_unspecified() { Ipv4Addr::LOCALHOST.into() } else { address.ip() };
    SocketAddr::new(ip, address.port())
}

/// To whoever started it by hand.
#[expect(clippy::print_stdout, reason = "for the person at the terminal; the log goes to standard error")]
fn greet(config: &Config, admin_url: &str, device_url: &str) {
    println!("Olivine is ready at {admin_url} (API documentation: {admin_url}/docs)");
    println!("The admin API key is in {}", config.data_dir.join(ADMIN_KEY_FILE).display());
    match authority_file(config) {
        Some(file) => println!("Devices are answered at {device_url}; they trust {}", file.display()),
        None => println!("Devices are answered at {device_url}"),
    }
}

impl Drop for Announcement {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_file(&self.path) {
            tracing::debug!(%error, "server.json was gone already");
        }
    }
}
