//! nginx with its own defaults, serving one folder on a free port; stopped when dropped.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

use crate::{programs, server};

/// More than one, because another program may take a free port before nginx does.
const ATTEMPTS: usize = 5;
const READY_WITHIN: Duration = Duration::from_secs(10);

/// A running nginx.
#[derive(Debug)]
pub(crate) struct Nginx {
    child: Child,
    /// Where it answers.
    pub(crate) url: String,
}

impl Nginx {
    /// Serves the files in `root`; `folder` is for what nginx itself writes.
    pub(crate) fn serve(root: &Path, folder: &Path) -> anyhow::Result<Self> {
        fs::create_dir_all(folder)?;
        for _ in 0..ATTEMPTS {
            let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
            let config = folder.join("nginx.conf");
            fs::write(&config, configuration(root, folder, port))?;
            let mut command = Command::new(programs::installed("nginx")?);
            command.arg("-p").arg(folder).arg("-c").arg(&config).args(["-g", "daemon off;"]);
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            let child = command.spawn().context("starting nginx")?;
            let mut nginx = Self { child, url: format!("http://127.0.0.1:{port}") };
            if nginx.is_up(port)? {
                return Ok(nginx);
            }
        }
        let log = fs::read_to_string(folder.join("error.log")).unwrap_or_default();
        bail!("nginx does not start: {log}")
    }

    fn is_up(&mut self, port: u16) -> anyhow::Result<bool> {
        let began = Instant::now();
        while began.elapsed() < READY_WITHIN && self.child.try_wait()?.is_none() {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Ok(true);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(false)
    }
}

/// Nothing but what it takes to keep out of the machine's own folders; all that concerns speed is nginx's default.
fn configuration(root: &Path, folder: &Path, port: u16) -> String {
    let (root, folder) = (root.display(), folder.display());
    let user = if rustix::process::geteuid().is_root() { "user root;" } else { "" };
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("    {kind}_temp_path {folder}/{kind};\n"))
        .concat();
    format!(
        "{user}\npid {folder}/nginx.pid;\nerror_log {folder}/error.log;\nevents {{}}\nhttp {{\n    access_log {folder}/access.log;\n\
         {temporary}    server {{\n        listen 127.0.0.1:{port};\n        root {root};\n    }}\n}}\n"
    )
}

impl Drop for Nginx {
    fn drop(&mut self) {
        server::terminate(&mut self.child, Duration::from_secs(10));
    }
}
