//! `cargo xtask demo`: one real file through the whole journey, by the commands that a user would type.
//!
//! Nothing here talks to the server but `peridio`; what it prints can be pasted into a terminal.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::Context;

use crate::build::{self, Profile};
use crate::olivine::Olivine;
use crate::{console, run, tools};

/// Take a file from disk to `signed` and back to disk, on a server of its own.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The file to publish; default: the `olivine` executable itself
    file: Option<PathBuf>,
    /// Build as for users: takes minutes, runs much faster
    #[arg(long)]
    release: bool,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    tools::install(&[tools::OPENSSL])?;
    let executables = build::executables(Profile::from_flag(args.release))?;
    let folder = tempfile::Builder::new().prefix("olivine-demo-").tempdir()?;
    let file = args.file.clone().unwrap_or_else(|| executables.join("olivine"));
    let file = file.canonicalize().with_context(|| format!("cannot find {}", file.display()))?;
    std::os::unix::fs::symlink(&file, folder.path().join("firmware.bin"))?;
    console::heading(format!("Publishing {} ({})", file.display(), size(file.metadata()?.len())));

    let log = folder.path().join("server.log");
    let server = start_server(&executables, folder.path(), &log).with_context(|| last_lines(&log))?;
    let mut terminal = Terminal::new(folder.path(), &executables, &server)?;
    journey(&mut terminal).with_context(|| last_lines(&log))?;
    console::heading(
        "Done: the file went from disk to signed and back. The server and its data are gone again.",
    );
    Ok(())
}

fn start_server(executables: &Path, folder: &Path, log: &Path) -> anyhow::Result<Olivine> {
    let anywhere = ["--listen", "127.0.0.1:0", "--device-listen", "127.0.0.1:0"].map(str::to_owned);
    Olivine::start(executables, &folder.join("olivine-data"), &anywhere, Some(File::create(log)?))
}

/// The tutorial's commands, in its order.
fn journey(terminal: &mut Terminal) -> anyhow::Result<()> {
    console::heading("A signing key: the private half stays here, the server learns the public half");
    terminal.run("openssl genpkey -algorithm ed25519 -out private_key.pem")?;
    terminal.run("openssl pkey -in private_key.pem -pubout -out public_key.pem")?;
    terminal.set(
        "KEY_PRN",
        "peridio signing-keys create --name demo --public-key-file public_key.pem --output prn",
    )?;

    console::heading("What it is, which version, for which device");
    terminal.set("ARTIFACT_PRN", "peridio artifacts create --name main-firmware --output prn")?;
    terminal.set(
        "VERSION_PRN",
        "peridio artifact-versions create --artifact-prn $ARTIFACT_PRN --version 1.0.0 --output prn",
    )?;
    terminal.set("HASH", "sha256sum firmware.bin | cut -d' ' -f1")?;
    terminal.set("SIZE", "stat -L -c%s firmware.bin")?;
    terminal.set(
        "BINARY_PRN",
        "peridio binaries create --artifact-version-prn $VERSION_PRN --target x86_64-linux-gnu \
         --hash sha256:$HASH --size $SIZE --output prn",
    )?;

    console::heading("The bytes; the server reads them back and verifies their hash");
    terminal.run("peridio binaries upload --binary-prn $BINARY_PRN --file firmware.bin")?;

    console::heading("The signature, by openssl alone");
    terminal.run("printf %s $HASH > hash.txt")?;
    terminal.run("openssl pkeyutl -sign -rawin -inkey private_key.pem -in hash.txt -out firmware.sig")?;
    terminal.run(
        "peridio binary-signatures create --binary-prn $BINARY_PRN --signing-key-prn $KEY_PRN \
         --signature $(base64 firmware.sig)",
    )?;

    console::heading("And back to disk");
    terminal.run("peridio binaries list --artifact-version-prn $VERSION_PRN --output table")?;
    terminal.run("peridio binaries download --prn $BINARY_PRN -o downloaded.bin")?;
    terminal.run("cmp firmware.bin downloaded.bin && sha256sum firmware.bin downloaded.bin")
}

/// A terminal in the demo's folder: prints each command, runs it, prints what came back, keeps variables.
struct Terminal {
    folder: PathBuf,
    variables: BTreeMap<&'static str, String>,
}

impl Terminal {
    fn new(folder: &Path, executables: &Path, server: &Olivine) -> anyhow::Result<Self> {
        let key_file = server.key_file();
        let key = std::fs::read_to_string(&key_file).with_context(|| format!("no {}", key_file.display()))?;
        let path = std::env::var("PATH").unwrap_or_default();
        let variables = BTreeMap::from([
            ("PATH", format!("{}:{path}", executables.display())),
            ("PERIDIO_API_KEY", key.trim().to_owned()),
            ("PERIDIO_BASE_URL", server.admin_url.clone()),
            // Nobody's own profile may change what is shown.
            ("XDG_CONFIG_HOME", folder.join("config").display().to_string()),
        ]);
        console::command(format!("export PERIDIO_BASE_URL={}", server.admin_url));
        console::command("export PERIDIO_API_KEY=$(cat olivine-data/admin-api-key)");
        Ok(Self { folder: folder.to_owned(), variables })
    }

    /// Runs a command line, and prints how long it took where one would wonder.
    fn run(&mut self, line: &str) -> anyhow::Result<()> {
        console::command(line);
        let start = Instant::now();
        run::loudly(&mut self.bash(line))?;
        let seconds = start.elapsed().as_secs_f64();
        if seconds >= 0.5 {
            console::say(format!("({seconds:.1} s)"));
        }
        Ok(())
    }

    /// Runs a command line and keeps what it prints as a variable.
    fn set(&mut self, name: &'static str, line: &str) -> anyhow::Result<()> {
        console::command(format!("{name}=$({line})"));
        let value = run::quietly(&mut self.bash(line))?;
        console::say(&value);
        self.variables.insert(name, value);
        Ok(())
    }

    fn bash(&self, line: &str) -> Command {
        let mut command = Command::new("bash");
        command.args(["-euo", "pipefail", "-c", line]).current_dir(&self.folder).envs(&self.variables);
        command
    }
}

/// The end of the server's log, for whoever has to find out why a step failed.
fn last_lines(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<_> = text.lines().collect();
    format!("the server's last lines were:\n{}", lines[lines.len().saturating_sub(20)..].join("\n"))
}

fn size(bytes: u64) -> String {
    format!("{}.{} MB", bytes / 1_000_000, bytes / 100_000 % 10)
}
