//! nginx on a free port. It serves a folder with its default settings, or gives a fixed answer over TLS. Dropping it stops it.

use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};

use crate::{programs, server};

/// Another program may take the free port before nginx does, so there are several attempts.
const ATTEMPTS: usize = 5;
const READY_WITHIN: Duration = Duration::from_secs(10);

/// The longest word that we write into the configuration. nginx accepts words of twice this length.
const LONGEST_WORD: usize = 2000;

/// The files with a certificate and its key.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tls<'a> {
    pub(crate) certificate: &'a Path,
    pub(crate) key: &'a Path,
}

/// A running nginx.
#[derive(Debug)]
pub(crate) struct Nginx {
    child: Child,
    /// The base URL.
    pub(crate) url: String,
    /// The address of the base URL.
    pub(crate) address: SocketAddr,
}

impl Nginx {
    /// Serves the files in `root`. nginx writes its own files into `folder`.
    pub(crate) fn serve(root: &Path, folder: &Path) -> anyhow::Result<Self> {
        Self::start(folder, |port| files(root, folder, port))
    }

    /// Gives every client the same JSON over TLS with client certificates. It has one worker per core.
    pub(crate) fn answer(body: &str, tls: &Tls<'_>, folder: &Path) -> anyhow::Result<Self> {
        ensure!(!body.contains(['\'', '\\', '$']), "nginx would take something in it for its own: {body}");
        Self::start(folder, |port| fixed_answer(body, tls, folder, port))
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    fn start(folder: &Path, configuration: impl Fn(u16) -> String) -> anyhow::Result<Self> {
        fs::create_dir_all(folder)?;
        for _ in 0..ATTEMPTS {
            let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
            let config = folder.join("nginx.conf");
            fs::write(&config, configuration(port))?;
            let mut command = Command::new(programs::installed("nginx")?);
            command.arg("-p").arg(folder).arg("-c").arg(&config).args(["-g", "daemon off;"]);
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            let child = command.spawn().context("starting nginx")?;
            let address = SocketAddr::from(([127, 0, 0, 1], port));
            let mut nginx = Self { child, url: format!("http://{address}"), address };
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

/// Sets only what keeps nginx out of the machine's own folders. Everything that affects speed is nginx's default.
fn files(root: &Path, folder: &Path, port: u16) -> String {
    let access_log = format!("access_log {}/access.log;", folder.display());
    let server = format!("listen 127.0.0.1:{port};\n        root {};", root.display());
    configuration(folder, "", &access_log, &server)
}

/// Sets everything that favours nginx: one worker per core with its own connections, no log, persistent connections. The server's
/// certificate and the single ticket per session are as in Olivine. Any client certificate is accepted, so that nginx need not verify its
/// issuer.
fn fixed_answer(body: &str, tls: &Tls<'_>, folder: &Path, port: u16) -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let pieces: Vec<String> = body
        .as_bytes()
        .chunks(LONGEST_WORD)
        .enumerate()
        .map(|(place, piece)| format!("        set $piece{place} '{}';\n", String::from_utf8_lossy(piece)))
        .collect();
    let names: Vec<String> = (0..pieces.len()).map(|place| format!("$piece{place}")).collect();
    let names = names.concat();
    let server = format!(
        "listen 127.0.0.1:{port} ssl reuseport;\n        ssl_certificate {};\n        ssl_certificate_key {};\n        \
         ssl_protocols TLSv1.3;\n        ssl_conf_command NumTickets 1;\n        ssl_verify_client optional_no_ca;\n        \
         default_type application/json;\n{}        return 200 '{names}';",
        tls.certificate.display(),
        tls.key.display(),
        pieces.concat()
    );
    let http = "access_log off;\n    keepalive_timeout 1h;\n    keepalive_requests 1000000000;";
    configuration(folder, &format!("worker_processes {cores};"), http, &server)
}

fn configuration(folder: &Path, main: &str, http: &str, server: &str) -> String {
    let folder = folder.display();
    let user = if rustix::process::geteuid().is_root() { "user root;" } else { "" };
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("    {kind}_temp_path {folder}/{kind};\n"))
        .concat();
    format!(
        "{user}\n{main}\npid {folder}/nginx.pid;\nerror_log {folder}/error.log;\nevents {{}}\nhttp {{\n    {http}\n\
         {temporary}    server {{\n        {server}\n    }}\n}}\n"
    )
}

impl Drop for Nginx {
    fn drop(&mut self) {
        server::terminate(&mut self.child, Duration::from_secs(10));
    }
}
