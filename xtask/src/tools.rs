//! The programs that tests need. Missing ones are installed.
//!
//! Only packages of Debian and its derivatives are installed. On other systems, the error says what is needed. Nothing is upgraded or
//! configured.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};

use crate::{build, run};

/// A program that xtask or a test starts.
pub(crate) struct Tool {
    program: &'static str,
    package: &'static str,
}

pub(crate) const POSTGRESQL: Tool = Tool { program: "initdb", package: "postgresql" };
pub(crate) const OPENSSL: Tool = Tool { program: "openssl", package: "openssl" };
pub(crate) const CURL: Tool = Tool { program: "curl", package: "curl" };
pub(crate) const PGBOUNCER: Tool = Tool { program: "pgbouncer", package: "pgbouncer" };
pub(crate) const FAKETIME: Tool = Tool { program: "faketime", package: "faketime" };
pub(crate) const NODE: Tool = Tool { program: "node", package: "nodejs" };
pub(crate) const NPM: Tool = Tool { program: "npm", package: "npm" };
pub(crate) const CHROMIUM: Tool =
    Tool { program: "chromium-headless-shell", package: "chromium-headless-shell" };
const PYTHON: Tool = Tool { program: "python3", package: "python3" };
/// This "program" is never found, so ask for it only if it is missing.
const PYTHON_VENV: Tool = Tool { program: "python3-venv", package: "python3-venv" };
pub(crate) const NGINX: Tool = Tool { program: "nginx", package: "nginx-light" };
pub(crate) const HAPROXY: Tool = Tool { program: "haproxy", package: "haproxy" };
/// Debian has nginx's TCP proxy in a separate package.
pub(crate) const NGINX_STREAM: Tool =
    Tool { program: "ngx_stream_module.so", package: "libnginx-mod-stream" };

impl Tool {
    /// The path of the program, if it is installed.
    pub(crate) fn find(&self) -> Option<PathBuf> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        // Debian does not put daemons into the `PATH` of ordinary users, and PostgreSQL's server into no `PATH` at all.
        let folders = std::env::split_paths(&path)
            .chain(["/usr/sbin".into(), "/usr/lib/nginx/modules".into()])
            .chain(postgresql_folders());
        folders.map(|folder| folder.join(self.program)).find(|program| program.is_file())
    }
}

/// Debian's folders with PostgreSQL servers, the newest version first.
fn postgresql_folders() -> Vec<PathBuf> {
    let Ok(versions) = std::fs::read_dir("/usr/lib/postgresql") else { return Vec::new() };
    let mut versions: Vec<u32> =
        versions.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    versions.sort_unstable_by_key(|version| std::cmp::Reverse(*version));
    versions
        .iter()
        .map(|version| Path::new("/usr/lib/postgresql").join(version.to_string()).join("bin"))
        .collect()
}

/// Installs the missing tools, or says what must be installed by hand.
pub(crate) fn install(tools: &[Tool]) -> anyhow::Result<()> {
    let missing: Vec<_> = tools.iter().filter(|tool| tool.find().is_none()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let packages: Vec<_> = missing.iter().map(|tool| tool.package).collect();
    let by_hand = || {
        let programs: Vec<_> = missing.iter().map(|tool| tool.program).collect();
        format!(
            "{} missing; install by hand (Debian, as root: apt-get install {})",
            programs.join(", "),
            packages.join(" ")
        )
    };
    let apt = Apt::find().with_context(by_hand)?;
    apt.run(&["update"]).with_context(by_hand)?;
    let install: Vec<_> =
        ["install", "--yes", "--no-install-recommends"].iter().chain(&packages).copied().collect();
    apt.run(&install).with_context(by_hand)
}

/// The version of Azurite that simulates Azure's storage in tests.
const AZURITE_VERSION: &str = "3.35.0";

/// Installs Azurite in the target folder if it is missing, and returns its program.
pub(crate) fn azurite() -> anyhow::Result<PathBuf> {
    let folder = build::workspace_root().join("target/tools").join(format!("azurite-{AZURITE_VERSION}"));
    let program = folder.join("node_modules/.bin/azurite-blob");
    if !program.is_file() {
        install(&[NODE, NPM])?;
        std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let mut npm = Command::new("npm");
        npm.args(["install", "--no-audit", "--no-fund", "--prefix"]).arg(&folder);
        run::step(npm.arg(format!("azurite@{AZURITE_VERSION}")))?;
    }
    Ok(program)
}

/// The version of the AWS CLI with which uploads are compared.
const AWS_CLI_VERSION: &str = "1.45.11";

/// Installs the AWS CLI in the target folder if it is missing, and returns its program.
pub(crate) fn aws_cli() -> anyhow::Result<PathBuf> {
    from_pypi("awscli", AWS_CLI_VERSION, "aws")
}

/// The version of Schemathesis, which generates requests from an OpenAPI document.
const SCHEMATHESIS_VERSION: &str = "4.32.0";

/// Installs Schemathesis in the target folder if it is missing, and returns its program.
pub(crate) fn schemathesis() -> anyhow::Result<PathBuf> {
    from_pypi("schemathesis", SCHEMATHESIS_VERSION, "st")
}

/// Installs a Python package in its own virtual environment, and returns one of its programs.
fn from_pypi(package: &str, version: &str, program: &str) -> anyhow::Result<PathBuf> {
    let folder = build::workspace_root().join("target/tools").join(format!("{package}-{version}"));
    let program = folder.join("bin").join(program);
    if !program.is_file() {
        install(&[PYTHON])?;
        // In Debian, virtual environments need a package that contains no program.
        if run::quietly(Command::new("python3").args(["-c", "import ensurepip"])).is_err() {
            install(&[PYTHON_VENV])?;
        }
        run::step(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
        let mut pip = Command::new(folder.join("bin/python"));
        run::step(pip.args(["-m", "pip", "install", "--quiet"]).arg(format!("{package}=={version}")))?;
    }
    Ok(program)
}

/// Debian's package installer, with or without `sudo`.
enum Apt {
    AsRoot,
    WithSudo,
}

impl Apt {
    fn find() -> anyhow::Result<Self> {
        let installed = |program| Tool { program, package: program }.find().is_some();
        if !installed("apt-get") {
            bail!("no apt-get on this machine");
        }
        match (is_root(), installed("sudo")) {
            (true, _) => Ok(Self::AsRoot),
            (false, true) => Ok(Self::WithSudo),
            (false, false) => bail!("apt-get needs root, and there is no sudo"),
        }
    }

    fn run(&self, args: &[&str]) -> anyhow::Result<()> {
        let mut command = match self {
            Self::AsRoot => Command::new("apt-get"),
            Self::WithSudo => Command::new("sudo"),
        };
        if matches!(self, Self::WithSudo) {
            command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get"]);
        }
        run::interactively(command.args(args).env("DEBIAN_FRONTEND", "noninteractive"))
    }
}

/// The folder of PostgreSQL's programs themselves. Debian's `psql` is a script that finds them, and it takes longer
/// than most statements.
pub(crate) fn postgresql_programs() -> anyhow::Result<PathBuf> {
    // The path may contain a symbolic link to the folder with the other programs.
    let initdb = POSTGRESQL.find().context("PostgreSQL's initdb is not installed")?.canonicalize()?;
    Ok(initdb.parent().context("initdb is in no folder")?.to_owned())
}

/// `PATH` with a folder before all others.
pub(crate) fn path_beginning_with(folder: &Path) -> anyhow::Result<String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(folder.to_owned()).chain(std::env::split_paths(&path));
    std::env::join_paths(folders)?.into_string().ok().context("PATH is not UTF-8")
}

/// Whether we run as root. Then PostgreSQL needs another user, and `apt-get` needs no `sudo`.
pub(crate) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}
