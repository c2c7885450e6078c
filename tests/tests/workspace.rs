//! Checks the structure of the workspace: the dependencies between crates, the length of files, the names of modules.
//!
//! The table below is the crate table of ARCHITECTURE.md. It must never be extended just to make a build pass: a new dependency between
//! crates is a decision, whose reason is written here and in that table.
#![expect(clippy::unwrap_used, reason = "a test, also outside of its test functions")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// A package, the packages of this workspace that it may depend on, and why no others.
const CRATES: &[(&str, &[&str], &str)] = &[
    ("olivine-domain", &[], "the rules are pure: they know no wire, no database, no storage"),
    ("olivine-api", &[], "wire types say what the domain knows, and nothing of how it is kept"),
    ("olivine-records", &["olivine-domain"], "records hold no policy and know no wire types"),
    ("olivine-egress", &[], "a request that leaves the house is guarded whatever it is for"),
    ("olivine-content", &["olivine-domain", "olivine-egress"], "content knows nothing of records"),
    (
        "olivine-operations",
        &["olivine-domain", "olivine-records", "olivine-content"],
        "use cases are the only place where records and content meet, and know no HTTP",
    ),
    (
        "olivine-server",
        &["olivine-domain", "olivine-api", "olivine-operations", "olivine-records", "olivine-content"],
        "routers parse into the domain's values, call one operation, and map its result",
    ),
    (
        "olivine-client",
        &["olivine-domain", "olivine-api"],
        "a client knows what is said and the pure rules (hashes, part sizes, signatures), not how the server decides",
    ),
    (
        "peridio",
        &["olivine-domain", "olivine-client", "olivine-api"],
        "the command line talks to the Admin API only",
    ),
    (
        "olivine-agent",
        &["olivine-domain", "olivine-api", "olivine-client"],
        "a device shares the verifier and the download engine, nothing else",
    ),
    (
        "olivine-testkit",
        &["olivine-domain", "olivine-operations", "olivine-server", "olivine-tests"],
        "a server in a test's own process is the real one, asked as end-to-end tests ask theirs",
    ),
    ("xtask", &[], "developer commands must build while everything else is broken"),
    (
        "bench",
        &["olivine-domain", "olivine-records"],
        "a benchmark fills databases, and measures from outside",
    ),
    (
        "olivine-tests",
        &["olivine-domain", "olivine-content"],
        "end-to-end tests prove things from outside; storage backends keep their promises to stores that run here",
    ),
];

/// External crates that only some packages may use.
const CONFINED: &[(&[&str], &[&str], &str)] = &[
    (
        &["axum", "axum-extra", "axum-server"],
        &["olivine-server", "olivine-testkit"],
        "only the server is reached over HTTP; tests call its router",
    ),
    (&["sea-orm", "sea-query-sqlx", "sqlx"], &["olivine-records"], "only records talk to a database"),
    (&["object_store"], &["olivine-content"], "only content talks to storage"),
    (
        &["reqwest"],
        &["olivine-client", "olivine-egress", "olivine-testkit", "olivine-tests", "bench", "xtask"],
        "only the client calls servers; what a server calls, it calls through the client that checks addresses",
    ),
];

/// Modules of a crate that use nothing of it except themselves and the listed modules, so that modules which use them can't be used by
/// them.
const INNER: &[(&str, &str, &[&str], &str)] = &[
    (
        "crates/server/src",
        "http",
        &[],
        "what both APIs need of HTTP knows no resource, no API, no configuration and not the server's state",
    ),
    ("crates/server/src", "wire", &[], "what both APIs show and read knows neither of them, and no request"),
    (
        "crates/server/src",
        "config",
        &["http", "device::client_certificates"],
        "settings are read before anything else is there",
    ),
    ("crates/cli/src", "globals", &["output"], "what every command takes must not name the commands"),
    ("crates/operations/src", "jobs::job", &["Context", "Error"], "what a job is knows no job"),
];

/// Modules of a crate that don't use the listed modules. The listed modules may use them.
const APART: &[(&str, &str, &[&str], &str)] = &[
    ("crates/server/src", "admin", &["device"], "each API works, and changes, without the other"),
    ("crates/server/src", "device", &["admin"], "each API works, and changes, without the other"),
    (
        "crates/server/src",
        "device",
        &["device::peridio"],
        "what every protocol for devices needs knows none of them: another one goes beside this one",
    ),
];

/// The maximum number of files of a crate that use each other in a circle. A reader can begin with any file outside a circle.
const LONGEST_CIRCLE: usize = 3;

/// Names at the root of a crate that do not count as a use of the file that they come from.
const NO_ARROWS: &[(&str, &str, &str)] =
    &[("olivine-operations", "Context", "every operation is given it, and it holds what all of them share")];

/// Names that do not say what a module contains.
const EMPTY_NAMES: &[&str] =
    &["utils", "util", "helpers", "helper", "common", "manager", "handler", "handlers", "misc"];

/// Composed here, so that this file does not contain the forbidden texts.
const UNFINISHED: &[&str] = &[concat!("tod", "o!("), concat!("unimpl", "emented!("), concat!("#[ign", "ore")];

const LINES_PER_FILE: usize = 400;

#[test]
fn crates_depend_only_on_what_the_crate_table_allows() {
    let mut broken = String::new();
    for package in packages() {
        let Some((_, allowed, reason)) = CRATES.iter().find(|(name, ..)| *name == package.name) else {
            writeln!(
                broken,
                "{} is not in the crate table of this test and of ARCHITECTURE.md",
                package.name
            )
            .unwrap();
            continue;
        };
        for dependency in package.dependencies.iter().filter(|dependency| dependency.ours) {
            if !allowed.contains(&dependency.name.as_str()) {
                writeln!(broken, "{} → {}: {reason}", package.name, dependency.name).unwrap();
            }
        }
    }
    assert!(broken.is_empty(), "dependency edges that the crate table does not have:\n{broken}");
}

#[test]
fn confined_crates_stay_where_they_belong() {
    let mut broken = String::new();
    for package in packages() {
        for dependency in &package.dependencies {
            let rule = CONFINED.iter().find(|(crates, ..)| crates.contains(&dependency.name.as_str()));
            let Some((_, users, reason)) = rule else { continue };
            if !users.contains(&package.name.as_str()) {
                writeln!(broken, "{} → {}: {reason}", package.name, dependency.name).unwrap();
            }
        }
    }
    assert!(broken.is_empty(), "crates used where they must not be:\n{broken}");
}

/// Crates whose library has another name than the package.
const LIBRARIES: &[(&str, &str)] = &[("md-5", "md5")];

/// A dependency that only tests need belongs in `[dev-dependencies]`, so that other packages and the executables are not built with it.
#[test]
fn every_dependency_is_used() {
    let mut unused = Vec::new();
    for package in packages() {
        let (mut code, mut all) = (String::new(), String::new());
        for source in sources_of(&package) {
            all += &source.text;
            if source.inside.starts_with("src") && !source.is_in("tests") {
                code += source.text.split("\n#[cfg(test)]").next().unwrap_or_default();
                code.push('\n');
            }
        }
        for dependency in &package.dependencies {
            let text = if dependency.is_for_tests { &all } else { &code };
            if !is_used(text, &dependency.library()) {
                unused.push(format!("{}: {}", package.name, dependency.name));
            }
        }
    }
    assert!(unused.is_empty(), "dependencies that nothing uses, or only tests: {unused:#?}");
}

#[test]
fn every_dependency_of_the_workspace_has_a_package_that_takes_it() {
    let manifest = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml")).unwrap();
    let lines = manifest.lines().skip_while(|line| *line != "[workspace.dependencies]").skip(1);
    let named = lines.take_while(|line| !line.starts_with('[')).filter(|line| !line.starts_with('#'));
    let named: Vec<_> = named.filter_map(|line| line.split_once(" = ")).map(|(name, _)| name).collect();
    let taken: BTreeSet<_> =
        packages().into_iter().flat_map(|package| package.dependencies).map(|taken| taken.name).collect();
    let unused: Vec<_> = named.iter().filter(|name| !taken.contains(**name)).collect();
    assert!(
        named.len() > 50 && unused.is_empty(),
        "named in Cargo.toml, and taken by no package: {unused:?}"
    );
}

/// Whether the code, without comments, contains a path that begins with this crate, or imports it.
fn is_used(text: &str, library: &str) -> bool {
    let code =
        text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let begins_a_path = |before: &str| {
        let before = before.strip_suffix("::").unwrap_or(before);
        !before.ends_with(is_of_path) && !before.ends_with('>')
    };
    code.match_indices(library).any(|(place, _)| {
        let (before, rest) = (&code[..place], &code[place + library.len()..]);
        let is_imported = before.ends_with("use ") && (rest.starts_with(';') || rest.starts_with(" as "));
        (rest.starts_with("::") || is_imported) && begins_a_path(before)
    })
}

#[test]
fn inner_modules_do_not_use_their_users() {
    let mut bad = Vec::new();
    for source in sources() {
        let mut look = |root: &str, module: &str, reason: &str, is_bad: &dyn Fn(&str, &str) -> bool| {
            let Some(own) = source.module_in(root).filter(|own| is_or_is_in(own, module)) else { return };
            let named = named_in_own_crate(&source.text, &own).into_iter().filter(|name| is_bad(&own, name));
            bad.extend(named.map(|name| format!("{}: crate::{name}; {reason}", source.path.display())));
        };
        for (root, module, allowed, reason) in INNER {
            look(root, module, reason, &|_, name| {
                !is_or_is_in(name, module) && !allowed.iter().any(|allowed| is_or_is_in(name, allowed))
            });
        }
        for (root, module, others, reason) in APART {
            look(root, module, reason, &|own, name| {
                others.iter().any(|other| is_or_is_in(name, other) && !is_or_is_in(own, other))
            });
        }
    }
    assert!(bad.is_empty(), "{bad:#?}");
}

/// Texts that only the listed files may contain.
const ONLY_IN: &[(&str, &str, &[&str])] = &[
    // Otherwise a change could be made without its events, its jobs, or the invalidation of caches.
    ("crates/operations/src", "db().write()", &["work.rs"]),
    ("crates/operations/src", "changes::announce(", &["work.rs"]),
    ("crates/operations/src", "jobs::enqueue(", &["work.rs", "jobs/runner.rs"]),
    ("crates/operations/src", "::insert_many(&self.write, &self.events)", &["work.rs"]),
    ("crates/operations/src", "release_days::add(", &["devices/moves.rs"]),
    ("crates/operations/src", "announcements::add(", &["distribution/changes.rs"]),
    // The proof that the caller may change any organization is made only in code that serves nobody from the network.
    (
        "crates/server/src",
        "ServerOperator::",
        &[
            "commands.rs",
            "commands/backup.rs",
            "commands/content.rs",
            "commands/events.rs",
            "commands/organizations.rs",
            "commands/users.rs",
            "startup.rs",
        ],
    ),
    ("crates/operations/src", "ServerOperator::", &[]),
    // An operation on behalf of a caller must look up records within the caller's tenancy. The listed files answer devices, or complete the
    // work on a record that was found that way.
    (
        "crates/operations/src",
        "Tenancy::of_server(",
        &[
            "archiving.rs",
            "binaries/confirmation.rs",
            "bundle_overrides/planned.rs",
            "bundles.rs",
            "device_import/plan.rs",
            "distribution.rs",
            "distribution/check.rs",
            "distribution/claims.rs",
            "distribution/expansions.rs",
            "distribution/memory.rs",
            "distribution/offers.rs",
            "distribution/reports.rs",
            "events/belonging.rs",
            "provisioning.rs",
            "provisioning/renewals.rs",
            "releases/edits.rs",
            "releases/numbers.rs",
            "releases/rollback.rs",
            "releases/rollback/forced.rs",
            "releases/rollback/prepared.rs",
        ],
    ),
    ("crates/server/src", "Tenancy::of_server(", &[]),
    // Both are compiled into the library, so that tests and executables use the same one.
    ("crates/server/src", "records::testing", &[]),
    ("crates/server/src", "content::conformance", &[]),
];

#[test]
fn restricted_texts_are_only_in_the_listed_files() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut seen = BTreeSet::new();
    let mut wrong = Vec::new();
    for source in sources() {
        for (folder, text, allowed) in ONLY_IN {
            let Ok(file) = source.path.strip_prefix(root.join(folder)) else { continue };
            if !source.text.contains(text) {
                continue;
            }
            if allowed.iter().any(|allowed| file == Path::new(allowed)) {
                seen.insert((folder, text, file.to_owned()));
            } else {
                wrong.push(format!("{} has {text}, which only {allowed:?} may", source.path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let expected: usize = ONLY_IN.iter().map(|(_, _, allowed)| allowed.len()).sum();
    assert_eq!(seen.len(), expected, "a rule looks for something that is not there any more: {seen:?}");
}

#[test]
fn files_that_use_each_other_in_a_circle_are_few() {
    let (all, mut bad, mut looked_at) = (sources().collect::<Vec<_>>(), Vec::new(), 0);
    for package in packages() {
        let uses = uses_in(&all, &package);
        looked_at += uses.len();
        let long = circles(&uses).into_iter().filter(|circle| circle.len() > LONGEST_CIRCLE);
        bad.extend(long.map(|circle| format!("{}: {circle:?}", package.name)));
    }
    assert!(looked_at > 500, "{looked_at}");
    assert!(bad.is_empty(), "files that can only be understood together: {bad:#?}");
}

/// The modules of a package, and the modules that each of them uses.
fn uses_in(all: &[Source], package: &Package) -> BTreeMap<String, BTreeSet<String>> {
    let root = package.folder.join("src");
    let root = root.to_str().unwrap();
    let modules: BTreeMap<_, _> =
        all.iter().filter_map(|source| Some((source.module_in(root)?, source.text.as_str()))).collect();
    let is_root = |module: &str| matches!(module, "lib" | "main");
    let at_root: BTreeMap<_, _> =
        modules.iter().filter(|(own, _)| is_root(own)).flat_map(|(_, text)| used(text)).collect();
    let is_arrow =
        |name: &str| !NO_ARROWS.iter().any(|(of, no_arrow, _)| *of == package.name && *no_arrow == name);
    let module_of = |path: &str| {
        let first = path.split("::").next().unwrap_or_default();
        let from = at_root.get(first).filter(|_| !modules.contains_key(first) && is_arrow(first));
        let mut path = from.map_or(path, String::as_str);
        while !modules.contains_key(path) {
            path = parent(path);
            if path.is_empty() {
                return None;
            }
        }
        Some(path.to_owned())
    };
    let uses = |(own, text): (&String, &&str)| {
        let named = named_in_own_crate(text, own);
        let others = named.iter().filter_map(|path| module_of(path)).filter(|other| other != own);
        (own.clone(), others.collect())
    };
    modules.iter().filter(|(own, _)| !is_root(own)).map(uses).collect()
}

/// The names that the root of a crate re-exports from its modules, each with its module.
fn used(root: &str) -> Vec<(String, String)> {
    let mut named = Vec::new();
    for rest in after(root, "use ") {
        add_paths("", rest, &mut named);
    }
    let inside = named.iter().map(|path| path.strip_prefix("crate::").unwrap_or(path));
    inside.filter_map(|path| Some((path.rsplit_once("::")?.1.to_owned(), path.to_owned()))).collect()
}

/// The sets of modules in which each module leads to all others of its set.
fn circles(uses: &BTreeMap<String, BTreeSet<String>>) -> BTreeSet<BTreeSet<String>> {
    let reached = |from: &String| {
        let (mut reached, mut next) = (BTreeSet::new(), vec![from.clone()]);
        while let Some(module) = next.pop() {
            let further = uses.get(&module).into_iter().flatten();
            next.extend(further.filter(|&other| reached.insert(other.clone())).cloned());
        }
        reached
    };
    let reached: BTreeMap<_, _> = uses.keys().map(|module| (module, reached(module))).collect();
    let leads = |from: &String, to: &String| reached.get(from).is_some_and(|all| all.contains(to));
    let own = |module: &String| {
        let own = reached[module].iter().filter(|other| leads(other, module));
        own.cloned().collect::<BTreeSet<_>>()
    };
    uses.keys().map(own).filter(|circle| circle.len() > 1).collect()
}

#[test]
fn every_package_takes_the_workspace_lints() {
    let without = packages().into_iter().filter(|package| {
        let manifest = std::fs::read_to_string(package.folder.join("Cargo.toml")).unwrap();
        !manifest.contains("[lints]\nworkspace = true")
    });
    let names: Vec<_> = without.map(|package| package.name).collect();
    assert!(names.is_empty(), "add `[lints] workspace = true` to: {names:?}");
}

#[test]
fn files_are_short() {
    let long: Vec<_> = sources()
        .filter(|source| !source.is_in("tests") && !source.is_in("migrations"))
        .filter_map(|source| {
            let lines = lines_before_tests(&source.text);
            (lines > LINES_PER_FILE).then(|| format!("{}: {lines} lines", source.path.display()))
        })
        .collect();
    assert!(long.is_empty(), "more than {LINES_PER_FILE} lines before the tests; split at a seam: {long:#?}");
}

#[test]
fn modules_have_names_that_say_something() {
    let empty: Vec<_> = sources()
        .filter(|source| {
            EMPTY_NAMES.iter().any(|name| source.is_in(name) || declares_module(&source.text, name))
        })
        .map(|source| source.path)
        .collect();
    assert!(empty.is_empty(), "a name such as {EMPTY_NAMES:?} hides what is inside: {empty:#?}");
}

#[test]
fn nothing_is_left_unfinished() {
    let unfinished: Vec<_> = sources()
        .filter_map(|source| {
            let found = UNFINISHED.iter().find(|what| source.text.contains(**what))?;
            Some(format!("{}: {found}", source.path.display()))
        })
        .collect();
    assert!(unfinished.is_empty(), "unfinished code or tests that never run: {unfinished:#?}");
}

#[test]
fn the_bounds_of_security_md_have_tests() {
    let document =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/security.md")).unwrap();
    let bounds = document.lines().skip_while(|line| !line.starts_with("| | bound |")).skip(2);
    let tests: BTreeSet<_> =
        bounds.filter_map(|row| row.rsplit('|').nth(1)).flat_map(quoted).map(str::to_owned).collect();
    assert!(tests.len() > 20, "{tests:?}");
    let code: Vec<_> = sources().map(|source| source.text).collect();
    let missing: Vec<_> =
        tests.iter().filter(|test| !code.iter().any(|text| text.contains(&format!("fn {test}(")))).collect();
    assert!(missing.is_empty(), "docs/security.md names tests that do not exist: {missing:#?}");
}

/// A refusal has its code as text, so no list in the code must name it. The list in the documentation must.
#[test]
fn each_code_of_a_refusal_is_in_the_list_of_codes() {
    let list = concat!(env!("CARGO_MANIFEST_DIR"), "/../crates/api/src/errors.rs");
    let list = std::fs::read_to_string(list).unwrap();
    let in_crates = |source: &Source| source.path.components().any(|part| part.as_os_str() == "crates");
    let codes: BTreeSet<_> =
        sources().filter(in_crates).flat_map(|source| codes_of_refusals(&source.text)).collect();
    assert!(codes.len() > 20, "{codes:?}");
    let missing: Vec<_> = codes.iter().filter(|code| !list.contains(&format!(" = \"{code}\", \""))).collect();
    assert!(missing.is_empty(), "codes of refusals without a line in crates/api/src/errors.rs: {missing:#?}");
}

/// The possible values of `code` in the refusals of a file.
fn codes_of_refusals(text: &str) -> Vec<String> {
    let functions = text.split("Refusal for ").skip(1).filter_map(|rest| rest.split_once("fn code(&self)"));
    let bodies = functions.map(|(_, rest)| rest.split_once("\n    }\n").map_or(rest, |(body, _)| body));
    bodies.flat_map(|body| body.split('"').skip(1).step_by(2)).map(str::to_owned).collect()
}

/// The texts between backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

struct Package {
    name: String,
    folder: PathBuf,
    dependencies: Vec<Dependency>,
}

struct Dependency {
    name: String,
    ours: bool,
    is_for_tests: bool,
}

impl Dependency {
    /// The name of its library in code.
    fn library(&self) -> String {
        let other = LIBRARIES.iter().find(|(package, _)| *package == self.name);
        other.map_or_else(|| self.name.replace('-', "_"), |(_, library)| (*library).to_owned())
    }
}

/// The packages of the workspace with their dependencies of every kind, from their manifests.
fn packages() -> Vec<Package> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    metadata["packages"].as_array().unwrap().iter().map(package).collect()
}

fn package(package: &Value) -> Package {
    let manifest = Path::new(package["manifest_path"].as_str().unwrap());
    let dependencies = package["dependencies"].as_array().unwrap().iter().map(|dependency| Dependency {
        name: dependency["name"].as_str().unwrap().to_owned(),
        ours: dependency["path"].is_string(),
        is_for_tests: dependency["kind"] == "dev",
    });
    Package {
        name: package["name"].as_str().unwrap().to_owned(),
        folder: manifest.parent().unwrap().to_owned(),
        dependencies: dependencies.collect(),
    }
}

struct Source {
    /// The path inside its package.
    inside: PathBuf,
    path: PathBuf,
    text: String,
}

impl Source {
    /// Whether the file, or a folder of its path inside the package, has this name.
    fn is_in(&self, name: &str) -> bool {
        self.inside.with_extension("").components().any(|part| part.as_os_str() == name)
    }

    /// The path of the file's module in its crate, if the sources of the crate are in `root`.
    fn module_in(&self, root: &str) -> Option<String> {
        let (_, inside) = self.path.to_str()?.split_once(&format!("{root}/"))?;
        Some(inside.trim_end_matches(".rs").replace('/', "::"))
    }
}

/// Every Rust file of the workspace.
fn sources() -> impl Iterator<Item = Source> {
    packages().into_iter().flat_map(|package| sources_of(&package))
}

/// Every Rust file of a package.
fn sources_of(package: &Package) -> impl Iterator<Item = Source> + use<> {
    let mut files = BTreeSet::new();
    collect_rust_files(&package.folder, &mut files);
    let folder = package.folder.clone();
    files.into_iter().map(move |path| Source {
        inside: path.strip_prefix(&folder).unwrap().to_owned(),
        text: std::fs::read_to_string(&path).unwrap(),
        path,
    })
}

/// Whether a path is `of`, or is below it.
fn is_or_is_in(path: &str, of: &str) -> bool {
    path.strip_prefix(of).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// The paths in its own crate that the module `own` uses before its tests, starting at the root of the crate: after `crate::`, `super::`
/// and `self::`, and those into the modules that it declares. `{a, b}` counts as two paths.
fn named_in_own_crate(text: &str, own: &str) -> Vec<String> {
    let code = text.lines().take(lines_before_tests(text)).filter(|line| !line.trim().starts_with("//"));
    let code = code.collect::<Vec<_>>().join("\n");
    let mut named = Vec::new();
    for rest in after(&code, "crate::") {
        add_paths("", rest, &mut named);
    }
    for mut rest in after(&code, "super::") {
        let mut base = parent(own);
        while let Some(further) = rest.strip_prefix("super::") {
            (base, rest) = (parent(base), further);
        }
        add_paths(base, rest, &mut named);
    }
    for rest in after(&code, "self::") {
        add_paths(own, rest, &mut named);
    }
    for module in declared_modules(&code) {
        for rest in after(&code, &format!("{module}::")) {
            add_paths(&format!("{own}::{module}"), rest, &mut named);
        }
    }
    named
}

/// The texts after each `start` of a path.
fn after<'a>(code: &'a str, start: &'a str) -> impl Iterator<Item = &'a str> {
    code.match_indices(start)
        .filter(|(place, _)| !code[..*place].ends_with(is_of_path))
        .map(|(place, _)| &code[place + start.len()..])
}

fn is_of_path(character: char) -> bool {
    character.is_alphanumeric() || "_:".contains(character)
}

fn parent(module: &str) -> &str {
    module.rsplit_once("::").map_or("", |(parent, _)| parent)
}

/// The declared modules that have their own files.
fn declared_modules(code: &str) -> impl Iterator<Item = &str> {
    let declared = code.lines().filter_map(|line| line.trim().strip_suffix(';')?.rsplit_once("mod "));
    declared.filter(|(before, _)| before.is_empty() || before.starts_with("pub")).map(|(_, name)| name)
}

/// Adds the paths that `text` begins with, below `base`.
fn add_paths(base: &str, text: &str, named: &mut Vec<String>) {
    let text = text.trim_start();
    let (path, rest) = text.split_at(text.find(|character| !is_of_path(character)).unwrap_or(text.len()));
    let parts = base.split("::").chain(path.split("::")).filter(|part| !part.is_empty() && *part != "self");
    let path = parts.collect::<Vec<_>>().join("::");
    match rest.strip_prefix('{') {
        Some(list) => elements(list).into_iter().for_each(|element| add_paths(&path, element, named)),
        None => named.push(path),
    }
}

/// The elements of a list, up to its closing brace.
fn elements(list: &str) -> Vec<&str> {
    let (mut elements, mut begin, mut depth) = (Vec::new(), 0, 0);
    for (place, character) in list.char_indices() {
        match character {
            '{' => depth += 1,
            ',' | '}' if depth == 0 => {
                elements.push(&list[begin..place]);
                begin = place + 1;
                if character == '}' {
                    break;
                }
            }
            '}' => depth -= 1,
            _ => {}
        }
    }
    elements.retain(|element| !element.trim().is_empty());
    elements
}

fn collect_rust_files(folder: &Path, files: &mut BTreeSet<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("target") {
            collect_rust_files(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.insert(path);
        }
    }
}

fn lines_before_tests(text: &str) -> usize {
    text.lines().take_while(|line| line.trim() != "#[cfg(test)]").count()
}

fn declares_module(text: &str, name: &str) -> bool {
    text.lines().any(|line| {
        let mut words = line.split_whitespace().skip_while(|word| word.starts_with("pub"));
        words.next() == Some("mod")
            && words.next().is_some_and(|module| module.trim_end_matches([';', '{']) == name)
    })
}

#[test]
fn the_checks_see_what_they_look_for() {
    let code = "mod file;\nuse crate::http::error::ApiError;\nuse crate::{admin, app::{App, x::{self}}};\n// crate::elsewhere\n\
                use super::auth::Caller;\nuse super::super::tls;\nuse self::error::E;\nfn f() { file::g() }\n\
                #[cfg(test)]\nuse crate::tests;";
    assert_eq!(
        named_in_own_crate(code, "device::me"),
        [
            "http::error::ApiError",
            "admin",
            "app::App",
            "app::x",
            "device::auth::Caller",
            "tls",
            "device::me::error::E",
            "device::me::file::g"
        ]
    );
    assert_eq!(
        used("mod a;\npub use a::{B, c::D};\nuse crate::e::F;"),
        [("B", "a::B"), ("D", "a::c::D"), ("F", "e::F")]
            .map(|(name, path)| (name.to_owned(), path.to_owned()))
    );
    let uses = [("a", "b"), ("b", "c"), ("c", "a"), ("c", "d"), ("e", "a")];
    let uses = uses.map(|(from, to)| (from.to_owned(), BTreeSet::from([to.to_owned()])));
    let uses = uses.into_iter().fold(BTreeMap::<_, BTreeSet<_>>::new(), |mut all, (from, to)| {
        all.entry(from).or_default().extend(to);
        all
    });
    assert_eq!(circles(&uses), BTreeSet::from([BTreeSet::from(["a", "b", "c"].map(str::to_owned))]));
    assert!(is_or_is_in("http::error", "http") && !is_or_is_in("https", "http"));
    assert_eq!(lines_before_tests("a\nb\n    #[cfg(test)]\nc\n"), 2);
    for line in ["mod utils;", "pub mod utils;", "pub(crate) mod utils {", "    mod utils { fn f() {} }"] {
        assert!(declares_module(line, "utils"), "{line}");
    }
    assert!(!declares_module("mod utilities; // mod utils;", "utils"));
    for code in ["use md5;", "use md5 as other;", "    ::md5::f()", "#[md5::main]", "a(md5::f())"] {
        assert!(is_used(code, "md5"), "{code}");
    }
    for code in ["// md5::f()", "a::md5::f()", "other_md5::f()", "let md5 = 1;", "md5s::f()", "use a::md5;"] {
        assert!(!is_used(code, "md5"), "{code}");
    }
    let refusal = "impl Refusal for A {\n    fn code(&self) -> &'static str {\n        match self {\n            \
                   Self::B => \"b\",\n            Self::C => \"c\",\n        }\n    }\n\n    fn facts() { \"d\" }\n}\n";
    assert_eq!(codes_of_refusals(refusal), ["b", "c"]);
    let names: Vec<_> = packages().into_iter().map(|package| package.name).collect();
    assert!(names.iter().any(|name| name == "olivine-domain"), "{names:?}");
    assert!(sources().any(|source| source.is_in("workspace")), "this very file");
}
