//! A PostgreSQL server of a test's own, for what a shared one can't show: TLS, passwords, being restarted. It must never outlive its test.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// More than one, because another program may take a free port before PostgreSQL does.
const ATTEMPTS: usize = 5;

/// A running server with the superuser `app`; stopped and deleted when dropped.
#[derive(Debug)]
pub struct Cluster {
    folder: TempDir,
    programs: PathBuf,
    port: u16,
}

impl Cluster {
    /// Makes and starts one that is reached from this machine. `password` is asked for, `files` are put into its data folder, and
    /// `settings` are added to its configuration.
    pub fn start(password: &str, files: &[(&str, &[u8])], settings: &str) -> Self {
        let folder = tempfile::Builder::new().prefix("olivine-pg-").tempdir().expect("a temporary folder");
        let mut cluster = Self { folder, programs: programs(), port: 0 };
        let secret = cluster.folder.path().join("password");
        fs::write(&secret, format!("{password}\n")).expect("a file");
        cluster.hand_over(&[cluster.folder.path(), &secret]);
        let secret = format!("--pwfile={}", secret.display());
        cluster.run("initdb", &["-U", "app", "-A", "scram-sha-256", &secret, "-E", "UTF8", "--no-sync"]);
        for (name, content) in files {
            let path = cluster.data().join(name);
            fs::write(&path, content).expect("a file");
            cluster.run_here(Command::new("chmod").arg("600").arg(&path));
            cluster.hand_over(&[&path]);
        }
        let path = cluster.data().join("postgresql.conf");
        let text = fs::read_to_string(&path).expect("initdb made it");
        fs::write(&path, format!("{text}\nunix_socket_directories = ''\nfsync = off\n{settings}\n"))
            .expect("a file");
        for _ in 0..ATTEMPTS {
            let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
            cluster.port = listener.local_addr().expect("a listener has an address").port();
            drop(listener);
            if cluster.try_to_start() {
                return cluster;
            }
        }
        let log = fs::read_to_string(cluster.data().join("server.log")).unwrap_or_default();
        panic!("PostgreSQL does not start: {log}");
    }

    /// The port at 127.0.0.1 on which it answers.
    pub const fn port(&self) -> u16 {
        self.port
    }

    fn try_to_start(&self) -> bool {
        let log = self.data().join("server.log");
        let options = format!("-p {} -h 127.0.0.1", self.port);
        let mut start = self.command("pg_ctl");
        start.args(["-w", "-l"]).arg(log).args(["-o", &options, "start"]);
        start.output().expect("pg_ctl can be started").status.success()
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// PostgreSQL refuses to run as root, so there it gets a user of its own.
    fn command(&self, program: &str) -> Command {
        let program = self.programs.join(program);
        let mut command = if is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        command.arg("-D").arg(self.data()).current_dir(self.folder.path());
        command
    }

    fn run(&self, program: &str, args: &[&str]) {
        self.run_here(self.command(program).args(args));
    }

    fn run_here(&self, command: &mut Command) {
        let output = command.current_dir(self.folder.path()).output().expect("a program can be started");
        assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    fn hand_over(&self, paths: &[&Path]) {
        if is_root() {
            self.run_here(Command::new("chown").arg("postgres:").args(paths));
        }
    }
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// The folder of PostgreSQL's programs, the newest version first where Debian has several.
fn programs() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut debian: Vec<_> = versions.map(|entry| entry.path().join("bin")).collect();
    debian.sort_unstable_by(|one, other| other.cmp(one));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders = debian.into_iter().chain(std::env::split_paths(&path));
    folders
        .find(|folder| folder.join("initdb").is_file())
        .expect("PostgreSQL is installed; run `cargo xtask test`")
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // The folder goes in any case; a server without one ends by itself.
        let _ = self.command("pg_ctl").args(["-w", "-m", "immediate", "stop"]).output();
    }
}
