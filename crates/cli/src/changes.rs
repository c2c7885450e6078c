//! Flags that come from the API's request types: checking their values, and removing a value.

use std::any::TypeId;
use std::fmt;
use std::str::FromStr;

use clap::{Arg, Command};
use olivine_api::flags::Removable;

use crate::moments::Moment;

/// Makes a flag accept only texts that parse as a `T`, so that mistakes are found before anything is sent.
pub(crate) fn checked<T: FromStr<Err: fmt::Display> + fmt::Display + 'static>(arg: Arg) -> Arg {
    fn check<T: FromStr<Err: fmt::Display> + fmt::Display>(text: &str) -> Result<String, String> {
        text.parse().map(|value: T| value.to_string()).map_err(|problem| problem.to_string())
    }
    if is_removable(&arg) {
        arg.value_parser(|text: &str| -> Result<Removable<String>, String> {
            if text.is_empty() { Ok(None) } else { check::<T>(text).map(Some) }
        })
    } else {
        arg.value_parser(check::<T>)
    }
}

/// Lets flags for times (`DATE-TIME`) accept times as people write them. Other flags stay the same.
pub(crate) fn moments(arg: Arg) -> Arg {
    if !arg.get_value_names().is_some_and(|names| names.iter().any(|name| name == "DATE-TIME")) {
        return arg;
    }
    let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let forms = "such as 7d (from now), 2026-12-03 or 2026-12-03T08:00:00Z";
    checked::<Moment>(arg).help(help.replace("in RFC 3339", forms))
}

/// Adds to the help of each flag whose value can be removed how to remove it, unless the help already says so.
pub(crate) fn explain_removal(command: Command) -> Command {
    command.mut_args(explained).mut_subcommands(explain_removal)
}

fn explained(arg: Arg) -> Arg {
    let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
    if is_removable(&arg) && !help.contains("empty") {
        arg.help(format!("{help}; empty removes it"))
    } else {
        arg
    }
}

fn is_removable(arg: &Arg) -> bool {
    let of = arg.get_value_parser().type_id();
    of == TypeId::of::<Removable<String>>() || of == TypeId::of::<Removable<u32>>()
}

/// The complete new list of values. A single empty text means an empty list.
pub(crate) fn all(given: Option<Vec<String>>) -> Option<Vec<String>> {
    given.map(|texts| texts.into_iter().filter(|text| !text.is_empty()).collect())
}

/// PRNs as texts for the API, or `None` if there are none.
pub(crate) fn texts<T: fmt::Display>(given: &[T]) -> Option<Vec<String>> {
    (!given.is_empty()).then(|| given.iter().map(ToString::to_string).collect())
}

#[cfg(test)]
mod tests {
    use olivine_api::flags::removable;
    use olivine_domain::Target;

    use super::*;

    fn matches(arg: Arg, given: &str) -> Result<clap::ArgMatches, clap::Error> {
        Command::new("x").arg(arg.long("value")).try_get_matches_from(["x", "--value", given])
    }

    #[test]
    fn a_checked_text_is_parsed_and_an_empty_one_removes_a_removable_value() {
        let plain = || checked::<Target>(Arg::new("value"));
        assert_eq!(matches(plain(), "x").unwrap().get_one::<String>("value").unwrap(), "x");
        assert!(matches(plain(), "no target").is_err() && matches(plain(), "").is_err());

        let change = || checked::<Target>(Arg::new("value").value_parser(removable::<String>));
        let removed = matches(change(), "").unwrap();
        assert_eq!(removed.get_one::<Removable<String>>("value").unwrap(), &None);
        let given = matches(change(), "x").unwrap();
        assert_eq!(given.get_one::<Removable<String>>("value").unwrap().as_deref(), Some("x"));
        assert!(matches(change(), "no target").is_err());
    }

    #[test]
    fn help_says_how_a_value_is_removed() {
        let arg = |help: &'static str| Arg::new("value").value_parser(removable::<String>).help(help);
        let help = |arg| explained(arg).get_help().unwrap().to_string();
        assert_eq!(help(arg("Its target")), "Its target; empty removes it");
        assert_eq!(help(arg("Until when; empty for no end")), "Until when; empty for no end");
        assert_eq!(help(Arg::new("value").help("Its name")), "Its name");
    }

    #[test]
    fn a_single_empty_text_is_an_empty_list() {
        assert_eq!(all(None), None);
        assert_eq!(all(Some(vec![String::new()])), Some(Vec::new()));
    }
}
