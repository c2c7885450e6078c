//! Names where the API takes PRNs: `--product gateway`, `--cohort gateway/daily`, `peridio devices get SN-000042`.
//!
//! No command knows about names. The command line is parsed twice: first to find the names in it, and again when the server has returned
//! their PRNs. Every argument that takes a PRN (its value is called `PRN`) also takes a name. Its flag loses the `-prn`, which is kept as
//! an alias. A command about one record also takes that record as its first argument, without a flag. An artifact version can also be given
//! as `--artifact` and `--version`. This module must never choose between two records: a name that several records have is refused with a
//! list of them.

mod kinds;
mod labels;
mod lookup;
mod values;

use std::ffi::OsString;

use clap::builder::Resettable;
use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command, CommandFactory, FromArgMatches};

pub(crate) use self::kinds::Kind;
pub(crate) use self::labels::{labels, name_prns, prns_in};
use self::values::Names;
use crate::failure::Failure;
use crate::globals::Globals;
use crate::session::Session;

/// The value name that marks the arguments that take a PRN.
const MARK: &str = "PRN";
/// The argument without a flag: the record that the command is about.
const SUBJECT: &str = "subject";
/// The artifact, if an artifact version is given in two parts.
const ARTIFACT: &str = "artifact_of_version";
/// The version, if an artifact version is given in two parts.
const VERSION: &str = "version_of_artifact";

/// The complete grammar, as users see it.
pub(crate) fn grammar<C: CommandFactory>() -> Command {
    with_names(C::command(), &Names::default())
}

/// Parses the command line and looks up its names. Ends the process if the command line is wrong.
pub(crate) async fn read<C: CommandFactory + FromArgMatches>(line: Vec<OsString>) -> Result<C, Failure> {
    let first = FirstReading::of::<C>(line).unwrap_or_else(|error| error.exit());
    let wanted = first.names.wanted();
    if !wanted.is_empty() {
        let globals = Globals::from_arg_matches(&first.matches).unwrap_or_else(|error| error.exit());
        let session = Session::open(&globals)?;
        for (kind, name) in wanted {
            let prn = lookup::prn(&session.client, kind, &name).await?;
            first.names.learn(kind, name, prn);
        }
    }
    Ok(first.again().unwrap_or_else(|error| error.exit()))
}

/// A correct command line whose names are not looked up yet.
struct FirstReading {
    line: Vec<OsString>,
    matches: ArgMatches,
    names: Names,
    stand_in: Option<StandIn>,
}

impl FirstReading {
    fn of<C: CommandFactory>(line: Vec<OsString>) -> Result<Self, clap::Error> {
        let names = Names::default();
        let mut command = with_names(C::command(), &names);
        let matches = command.try_get_matches_from_mut(&line)?;
        let stand_in = StandIn::of(&matches, &command)
            .map_err(|problem| command.error(ErrorKind::ArgumentConflict, problem))?;
        if let Some(StandIn { kind, name, .. }) = &stand_in {
            names.want(*kind, name);
        }
        Ok(Self { line, matches, names, stand_in })
    }

    /// Parses the command line again, with the PRNs of its names.
    fn again<C: CommandFactory + FromArgMatches>(self) -> Result<C, clap::Error> {
        let Self { line, matches, names, stand_in } = self;
        if stand_in.is_none() && names.are_none() {
            return C::from_arg_matches(&matches);
        }
        let command = with_names(C::command(), &names);
        let command = match stand_in {
            Some(stand_in) => stand_in.give(command, &names),
            None => command,
        };
        C::from_arg_matches(&command.try_get_matches_from(&line)?)
    }
}

/// Makes every argument that takes a PRN accept a name as well.
fn with_names(command: Command, names: &Names) -> Command {
    let global: Vec<String> = command.get_arguments().flat_map(longs).collect();
    command.mut_subcommands(|group| {
        let about = group.clone();
        let group = with_arguments(group, &about, &global, names);
        group.mut_subcommands(|command| {
            let command = with_arguments(command, &about, &global, names);
            command.mut_subcommands(|inner| with_arguments(inner, &about, &global, names))
        })
    })
}

fn with_arguments(command: Command, group: &Command, global: &[String], names: &Names) -> Command {
    let own = command.get_arguments().flat_map(longs);
    let taken: Vec<String> = own.chain(global.iter().cloned()).collect();
    let marked: Vec<Arg> = command.get_arguments().filter(|arg| is_marked(arg)).cloned().collect();
    marked.into_iter().fold(command, |command, before| {
        let id = before.get_id().to_string();
        let Some(kind) = Kind::of(&id, group) else {
            return command.mut_arg(&id, |arg| {
                shorter(values::accept_any(arg, usual(&id), names), &taken).value_name("KIND:NAME")
            });
        };
        let value_name = if id == "prn" { MARK } else { kind.form() };
        let command = command.mut_arg(&id, |arg| {
            let arg = if kind == Kind::Event { arg } else { about_the_record(arg) };
            shorter(kind.accept(arg, names), &taken).value_name(value_name)
        });
        let is_subject =
            is_subject(&before) && kind != Kind::Event && command.get_positionals().next().is_none();
        let in_parts = kind == Kind::ArtifactVersion
            && !taken.iter().any(|long| long == "artifact" || long == "version");
        let command = if in_parts { with_parts(command, &before) } else { command };
        if is_subject { with_subject(command, &before, kind, in_parts) } else { command }
    })
}

/// Makes a command accept its record without a flag.
fn with_subject(command: Command, before: &Arg, kind: Kind, in_parts: bool) -> Command {
    let id = before.get_id();
    let subject = Arg::new(SUBJECT).index(1).value_name(kind.form());
    let subject = subject.help(format!("The {}, by its name or its PRN", kind.name())).help_heading(None);
    let instead = [id.clone()].into_iter().chain(in_parts.then(|| ARTIFACT.into()));
    let subject =
        if before.is_required_set() { subject.required_unless_present_any(instead) } else { subject };
    command.mut_arg(id, |arg| arg.required(false)).arg(subject)
}

/// Makes a command accept an artifact version as an artifact and a version.
fn with_parts(command: Command, before: &Arg) -> Command {
    let id = before.get_id().to_string();
    let is_required = before.is_required_set() && !is_subject(before);
    let part = |id, long, other| Arg::new(id).long(long).requires(other).help_heading(None);
    let artifact = part(ARTIFACT, "artifact", VERSION).value_name("NAME");
    let version = part(VERSION, "version", ARTIFACT).value_name("VERSION");
    let command = command.mut_arg(&id, |arg| {
        let arg = arg.required(false);
        if is_required { arg.required_unless_present(ARTIFACT) } else { arg }
    });
    command
        .arg(artifact.help("The artifact of the version, by its name (together with --version)"))
        .arg(version.help("The version of this artifact, such as 1.0.0"))
}

/// Rewrites the help from "the PRN of the record" to "the record", because a name is accepted as well.
fn about_the_record(arg: Arg) -> Arg {
    let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let Some(record) = help.strip_prefix("The PRN of ") else { return arg };
    let (before, form) = record.split_once(": `prn:").unwrap_or((record, ""));
    let record = format!("{before}{}", form.split_once('`').map_or("", |(_, after)| after));
    let (first, rest) = record.split_at(record.chars().next().map_or(0, char::len_utf8));
    arg.help(format!("{}{rest}", first.to_uppercase()))
}

/// Whether an argument takes a PRN.
fn is_marked(arg: &Arg) -> bool {
    arg.get_value_names().is_some_and(|names| names.iter().any(|name| name == MARK))
}

/// Whether an argument names the record that its command is about.
fn is_subject(arg: &Arg) -> bool {
    longs(arg).iter().any(|long| long == "prn")
}

/// A flag's name and its aliases.
fn longs(arg: &Arg) -> Vec<String> {
    let aliases = arg.get_all_aliases().unwrap_or_default();
    arg.get_long().into_iter().chain(aliases).map(str::to_owned).collect()
}

/// Removes `-prn` from the name of a flag, and keeps the long name as an alias. If another flag has the shorter name, nothing changes.
fn shorter(arg: Arg, taken: &[String]) -> Arg {
    let free = |long: &str| {
        let short = long.strip_suffix("-prn").or_else(|| long.strip_suffix("-prns"))?;
        (!taken.iter().any(|other| other == short)).then(|| short.to_owned())
    };
    let all = longs(&arg);
    let Some(long) = arg.get_long().map(str::to_owned) else { return arg };
    let arg = match free(&long) {
        Some(short) => arg.long(short).visible_alias(long.clone()),
        None => arg,
    };
    let more: Vec<String> =
        all.iter().filter(|other| **other != long).filter_map(|other| free(other)).collect();
    more.into_iter().fold(arg, |arg, short| if longs(&arg).contains(&short) { arg } else { arg.alias(short) })
}

/// The kind of record that a name without a kind means, for arguments that accept any kind.
fn usual(id: &str) -> Option<Kind> {
    (id == "actor_prn").then_some(Kind::ApiKey)
}

/// A record that was given by other arguments than the one that the command reads.
struct StandIn {
    path: Vec<String>,
    id: String,
    kind: Kind,
    name: String,
}

impl StandIn {
    fn of(matches: &ArgMatches, grammar: &Command) -> Result<Option<Self>, String> {
        let mut path = Vec::new();
        let mut leaf = matches;
        while let Some((name, inner)) = leaf.subcommand() {
            path.push(name.to_owned());
            leaf = inner;
        }
        let given = |id: &str| leaf.try_get_one::<String>(id).ok().flatten();
        let name = match (given(SUBJECT), given(ARTIFACT), given(VERSION)) {
            (Some(name), None, _) if name.is_empty() => {
                return Err("the name is empty: is a variable not set?".to_owned());
            }
            (Some(name), None, _) => name.clone(),
            (None, Some(artifact), Some(version)) => format!("{artifact}/{version}"),
            (Some(_), Some(_), _) => {
                return Err("--artifact and --version name what is given without a flag already".to_owned());
            }
            _ => return Ok(None),
        };
        let Some((id, kind)) = replaced(grammar, &path, given(SUBJECT).is_some()) else { return Ok(None) };
        if leaf.value_source(&id) == Some(ValueSource::CommandLine) {
            let flag =
                if id == "prn" { "prn".to_owned() } else { id.trim_end_matches("_prn").replace('_', "-") };
            return Err(format!("--{flag} names what '{name}' names already: give one of them"));
        }
        Ok(Some(Self { path, id, kind, name }))
    }

    /// Passes the record to the argument that the command reads.
    fn give(self, command: Command, names: &Names) -> Command {
        let Some(prn) = names.prn(self.kind, &self.name) else { return command };
        at(command, &self.path, &|command| {
            command.mut_arg(&self.id, |arg| {
                arg.required(false).env(Resettable::<clap::builder::OsStr>::Reset).default_value(prn.clone())
            })
        })
    }
}

/// The argument that the command reads, if the record was given without a flag or as artifact and version.
fn replaced(grammar: &Command, path: &[String], subject: bool) -> Option<(String, Kind)> {
    let group = grammar.find_subcommand(path.first()?)?;
    let command = path[1..].iter().try_fold(group, |command, name| command.find_subcommand(name))?;
    command.get_arguments().find_map(|arg| {
        let kind = Kind::of(arg.get_id().as_str(), group)?;
        let is_it = if subject { is_subject(arg) } else { kind == Kind::ArtifactVersion };
        is_it.then(|| (arg.get_id().to_string(), kind))
    })
}

fn at(command: Command, path: &[String], change: &dyn Fn(Command) -> Command) -> Command {
    match path.split_first() {
        None => change(command),
        Some((name, rest)) => command.mut_subcommand(name, |inner| at(inner, rest, change)),
    }
}

#[cfg(test)]
pub(crate) mod tests;
