//! `cargo xtask console`: builds the web console, whose built files are committed, or serves and tests it. Only this needs Node, which is
//! installed if it is missing.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};

use crate::{build, console, run, test as suites, timings, tools};

/// Build the web console, or work on it.
#[derive(clap::Subcommand)]
pub(crate) enum Args {
    /// Build `console/dist`, which `olivine` serves; commit the changes
    Build,
    /// Serve the console from its sources while you change them; `cargo xtask serve` must run at the same time
    Dev,
    /// Run the tests of the console in a browser
    Test {
        /// Run only the tests whose names match this text
        #[arg(long, value_name = "NAME")]
        only: Option<String>,
    },
    /// Measure its pages with a large fleet, as on a slow phone, and compare the results with their limits
    Bench {
        /// The number of devices in the fleet
        #[arg(long, value_name = "NUMBER", default_value_t = 20_000)]
        devices: u32,
    },
}

pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    match args {
        Args::Build => build(&Node::find()?),
        Args::Dev => {
            let node = Node::find()?;
            install(&node)?;
            generate(&node)?;
            run::step(&mut node.npm(&["run", "dev"]))
        }
        Args::Test { only } => {
            // Includes the program that simulates S3.
            run::step(build::cargo().args(["build", "--workspace", "--bins"]))?;
            test(&Node::find()?, only.as_deref())
        }
        Args::Bench { devices } => {
            build::executables(build::Profile::Release)?;
            bench(&Node::find()?, *devices)
        }
    }
}

/// For `cargo xtask test`: checks that the committed files match their sources, and that they work in a browser.
pub(crate) fn check() -> anyhow::Result<()> {
    let node = Node::find()?;
    let committed = contents(&dist())?;
    build(&node)?;
    ensure!(
        contents(&dist())? == committed,
        "console/dist was not what console/ makes: it is now, look at the difference and commit it"
    );
    run::step(&mut node.npm(&["run", "lint"]))?;
    test(&node, None)
}

/// The version of Node that is installed if there is none, or one that is too old, as in Debian 12.
const NODE_VERSION: &str = "22.21.1";
/// The oldest version of Node on which Vite runs.
const OLDEST_NODE: (u32, u32) = (20, 19);

/// The folder with Node's programs.
struct Node {
    /// The folder of `node`, if it is not the system's.
    folder: Option<PathBuf>,
}

impl Node {
    /// The system's Node if it is new enough, otherwise npm's package `node` in the target folder.
    fn find() -> anyhow::Result<Self> {
        tools::install(&[tools::NODE, tools::NPM])?;
        let version = run::quietly(Command::new("node").arg("--version"))?;
        if is_new_enough(&version) {
            return Ok(Self { folder: None });
        }
        let folder = build::workspace_root().join("target/tools").join(format!("node-{NODE_VERSION}"));
        let programs = folder.join("node_modules/node/bin");
        if !programs.join("node").is_file() {
            std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
            let mut npm = Command::new("npm");
            npm.args(["install", "--no-audit", "--no-fund", "--prefix"]).arg(&folder);
            run::step(npm.arg(format!("node@{NODE_VERSION}")))?;
        }
        Ok(Self { folder: Some(programs) })
    }

    /// An npm command in the console's folder.
    fn npm(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("npm");
        command.args(arguments).current_dir(folder());
        if let Some(path) = self.folder.as_deref().and_then(|folder| tools::path_beginning_with(folder).ok())
        {
            command.env("PATH", path);
        }
        command
    }
}

/// Whether `v22.1.0` is at least what Vite needs.
fn is_new_enough(version: &str) -> bool {
    let mut numbers = version.trim_start_matches('v').split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    let (major, minor) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    (major, minor) >= OLDEST_NODE && major != 21
}

fn folder() -> PathBuf {
    build::workspace_root().join("console")
}

fn dist() -> PathBuf {
    folder().join("dist")
}

fn build(node: &Node) -> anyhow::Result<()> {
    install(node)?;
    generate(node)?;
    run::step(&mut node.npm(&["run", "types"]))?;
    run::step(&mut node.npm(&["run", "bundle"]))
}

/// Installs the packages of the lock files, unless they are installed already.
fn install(node: &Node) -> anyhow::Result<()> {
    for place in [".", "generate"] {
        let (lock, kept) =
            (folder().join(place).join("package-lock.json"), folder().join(place).join("node_modules/.lock"));
        let wanted = std::fs::read(&lock).with_context(|| format!("cannot read {}", lock.display()))?;
        if std::fs::read(&kept).is_ok_and(|installed| installed == wanted) {
            continue;
        }
        run::step(&mut node.npm(&["ci", "--no-audit", "--no-fund", "--prefix", place]))?;
        std::fs::write(&kept, wanted).with_context(|| format!("cannot write {}", kept.display()))?;
    }
    Ok(())
}

fn generate(node: &Node) -> anyhow::Result<()> {
    run::step(&mut node.npm(&["run", "generate"]))
}

/// The tests in a browser, with real servers that they start themselves.
fn test(node: &Node, only: Option<&str>) -> anyhow::Result<()> {
    tools::install(&[tools::CHROMIUM, tools::OPENSSL, tools::CURL, tools::POSTGRESQL, tools::NGINX])?;
    install(node)?;
    let executables = build::executables_folder(build::Profile::Dev)?;
    let pattern = only.map(|name| format!("--test-name-pattern={name}"));
    let mut arguments = vec!["run", "test"];
    arguments.extend(pattern.iter().flat_map(|pattern| ["--", pattern.as_str()]));
    let mut command = node.npm(&arguments);
    command.env("OLIVINE_EXECUTABLES", executables);
    if let Some(chromium) = tools::CHROMIUM.find() {
        command.env("CHROMIUM", chromium);
    }
    suites::with_postgres_at(|url| {
        timings::of("the console in a browser".to_owned(), || run::loudly(command.env(suites::POSTGRES, url)))
    })?;
    console::say(format!(
        "Pictures of its pages are in {}",
        build::workspace_root().join("target/console-shots").display()
    ));
    Ok(())
}

/// The measurements in a browser, with a release build.
fn bench(node: &Node, devices: u32) -> anyhow::Result<()> {
    tools::install(&[tools::CHROMIUM, tools::OPENSSL])?;
    install(node)?;
    let mut command = node.npm(&["run", "bench"]);
    command.env("OLIVINE_EXECUTABLES", build::executables_folder(build::Profile::Release)?);
    command.env("CONSOLE_FLEET", devices.to_string());
    if let Some(chromium) = tools::CHROMIUM.find() {
        command.env("CHROMIUM", chromium);
    }
    run::step(&mut command)
}

/// All files of a folder, sorted.
fn contents(folder: &Path) -> anyhow::Result<Vec<(PathBuf, Vec<u8>)>> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            all.extend(contents(&path)?);
        } else {
            let bytes = std::fs::read(&path)?;
            all.push((path, bytes));
        }
    }
    all.sort();
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vite_runs_on_these() {
        for (version, expected) in [
            ("v18.20.4", false),
            ("v20.18.1", false),
            ("v20.19.0", true),
            ("v21.7.3", false),
            ("v22.0.0", true),
        ] {
            assert_eq!(is_new_enough(version), expected, "{version}");
        }
    }
}
