//! `cargo xtask serve`: from a new clone to a running server, with directions for the next steps.

use std::path::{Path, PathBuf};

use anyhow::ensure;

use crate::build::{self, Profile};
use crate::olivine::Olivine;
use crate::{console, interrupt};

/// The URLs that `peridio` uses without `PERIDIO_BASE_URL`.
const DEFAULT_URLS: [&str; 2] = ["http://localhost:8080", "http://127.0.0.1:8080"];

/// Build `olivine`, `peridio` and `olivine-agent`, start the server, and say where to go next.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Build as for users: takes minutes, and runs much faster
    #[arg(long)]
    release: bool,
    /// The server's folder
    #[arg(long, default_value = "./olivine-data")]
    data_dir: PathBuf,
    /// Further arguments of `olivine serve`
    #[arg(last = true, value_name = "OLIVINE ARGUMENTS")]
    olivine: Vec<String>,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let executables = build::executables(Profile::from_flag(args.release))?;
    console::heading("olivine serve");
    let mut server = Olivine::start(&executables, &args.data_dir, &args.olivine, None)?;
    let trust = server.device_ca.as_deref();
    let devices = trust.map_or(String::new(), |file| format!("\n  devices trust {}", file.display()));
    let devices = format!("{}{devices}", server.device_url);
    let setup_link = std::fs::read_to_string(args.data_dir.join("setup-link")).ok();
    console::say(directions(
        &executables,
        &server.admin_url,
        &server.key_file(),
        &devices,
        setup_link.as_deref(),
    ));
    let status = server.wait()?;
    ensure!(interrupt::requested() || status.success(), "olivine ended: {status}");
    Ok(())
}

/// The address of the server, and the commands to type in another terminal.
fn directions(
    executables: &Path,
    admin_url: &str,
    key_file: &Path,
    devices: &str,
    setup_link: Option<&str>,
) -> String {
    let (executables, key_file) = (from_root(executables), key_file.display());
    let base_url = if DEFAULT_URLS.contains(&admin_url) {
        String::new()
    } else {
        format!("  export PERIDIO_BASE_URL={admin_url}\n")
    };
    // The setup link exists only until the first person has an account.
    let console = setup_link.map_or(admin_url, str::trim);
    format!(
        "
Olivine is ready. Ctrl-C stops it; its data stays.

  console       {console}
  Admin API     {admin_url}
  to browse     {admin_url}/docs
  admin key in  {key_file}
  Device API    {devices}

Next, in another terminal, in this folder:

  export PATH=\"{executables}:$PATH\"
  export PERIDIO_API_KEY=$(cat {key_file})
{base_url}  peridio artifacts create --name main-firmware

The README's tutorial goes on from there; `cargo xtask demo` shows the whole way at once.
"
    )
}

/// The path relative to the workspace's folder, if possible.
fn from_root(folder: &Path) -> String {
    match folder.strip_prefix(build::workspace_root()) {
        Ok(relative) => format!("$PWD/{}", relative.display()),
        Err(_) => folder.display().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_directions_can_be_pasted() {
        let executables = build::workspace_root().join("target/debug");
        let key_file = Path::new("./olivine-data/admin-api-key");
        let devices = "https://127.0.0.1:8443\n  devices trust ca.pem";
        let text = directions(
            &executables,
            "http://127.0.0.1:8080",
            key_file,
            devices,
            Some("http://127.0.0.1:8080/setup#token\n"),
        );
        assert!(text.contains("\n  console       http://127.0.0.1:8080/setup#token\n"), "{text}");
        assert!(
            text.contains("\n  Device API    https://127.0.0.1:8443\n  devices trust ca.pem\n"),
            "{text}"
        );
        assert!(text.contains("export PATH=\"$PWD/target/debug:$PATH\"\n"), "{text}");
        assert!(text.contains("export PERIDIO_API_KEY=$(cat ./olivine-data/admin-api-key)\n"), "{text}");
        assert!(!text.contains("PERIDIO_BASE_URL"), "{text}");
    }

    #[test]
    fn an_unusual_address_is_exported() {
        let text = directions(Path::new("/elsewhere"), "http://127.0.0.1:9", Path::new("key"), "", None);
        assert!(text.contains("\n  console       http://127.0.0.1:9\n"), "{text}");
        assert!(text.contains("  export PERIDIO_BASE_URL=http://127.0.0.1:9\n"), "{text}");
        assert!(text.contains("export PATH=\"/elsewhere:$PATH\"\n"), "{text}");
    }
}
