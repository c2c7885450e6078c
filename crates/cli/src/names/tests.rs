//! Every argument that takes a PRN also takes a name, which stands for the record that the server returns.

use super::*;
use crate::grammar::Cli;

const O: &str = "0190163d-8694-739b-aea5-966c26f8ad91";

/// Parses a command line. Each name in it is replaced by a PRN that depends only on the kind of the record.
pub(crate) fn read(line: &str) -> Result<Cli, clap::Error> {
    let first = FirstReading::of::<Cli>(line.split_whitespace().map(OsString::from).collect())?;
    for (kind, name) in first.names.wanted() {
        first.names.learn(kind, name, format!("prn:1:{O}:{}:{O}", kind.word()));
    }
    first.again()
}

fn wanted(line: &str) -> Vec<(Kind, String)> {
    let first = FirstReading::of::<Cli>(line.split_whitespace().map(OsString::from).collect());
    first.unwrap_or_else(|error| panic!("{line}\n{error}")).names.wanted()
}

fn each_command(look: &mut dyn FnMut(&Command, &Command)) {
    let grammar = grammar::<Cli>();
    for group in grammar.get_subcommands() {
        look(group, group);
        group.get_subcommands().for_each(|command| look(group, command));
    }
}

#[test]
fn every_argument_that_takes_a_prn_takes_a_name() {
    grammar::<Cli>().debug_assert();
    let mut count = 0;
    each_command(&mut |_, command| {
        for arg in command.get_arguments().filter(|arg| arg.get_id().as_str().contains("prn")) {
            // A device may report anything, so these values are not looked up.
            if command.get_name() == "check-update" && arg.get_id() != "prn" {
                continue;
            }
            let alone = Arg::new("value").long("value").value_parser(arg.get_value_parser().clone());
            let parsed =
                Command::new("x").arg(alone).try_get_matches_from(["x", "--value", "product:a/b/c/d"]);
            // Records of these kinds have no names.
            let is_nameless = longs(arg).iter().any(|long| long == "event-prn" || long == "job-prn");
            assert_eq!(parsed.is_ok(), !is_nameless, "{} {}", command.get_name(), arg.get_id());
            count += 1;
        }
    });
    assert!(count > 90, "{count}");
}

#[test]
fn flags_have_short_names_and_keep_their_old_ones() {
    let cohort = (Kind::Cohort, "gateway/daily".to_owned());
    let device = (Kind::Device, "SN-1".to_owned());
    let version = (Kind::ArtifactVersion, "main/1.0.0".to_owned());
    for (line, expected) in [
        ("peridio releases list --cohort gateway/daily", vec![cohort.clone()]),
        ("peridio releases list --cohort-prn gateway/daily", vec![cohort.clone()]),
        ("peridio releases graph gateway/daily", vec![cohort.clone()]),
        ("peridio devices update SN-1 --cohort gateway/daily", vec![cohort, device.clone()]),
        ("peridio devices get SN-1", vec![device.clone()]),
        ("peridio devices get --device SN-1", vec![device.clone()]),
        ("peridio devices get --prn SN-1", vec![device.clone()]),
        ("peridio devices update SN-1 --cohort=", vec![device.clone()]),
        ("peridio binaries list --artifact main --version 1.0.0", vec![version.clone()]),
        (
            "peridio binaries create --artifact main --version 1.0.0 --target x --hash 0",
            vec![version.clone()],
        ),
        ("peridio artifact-versions get --artifact main --version 1.0.0", vec![version.clone()]),
        ("peridio bundles create --artifact-version main/1.0.0", vec![version]),
        (
            "peridio binaries sign main/1.0.0/x --signing-key key.pem",
            vec![(Kind::Binary, "main/1.0.0/x".to_owned())],
        ),
        (
            "peridio events list --resource device:SN-1 --actor ci",
            vec![(Kind::ApiKey, "ci".to_owned()), device],
        ),
    ] {
        let line = line.replace("--hash 0", &format!("--hash {}", "ab".repeat(32)));
        assert_eq!(wanted(&line), expected, "{line}");
        read(&line).unwrap_or_else(|error| panic!("{line}\n{error}"));
    }
}

#[test]
fn a_record_is_given_exactly_once() {
    for (line, said) in [
        ("peridio devices delete", "<IDENTIFIER>"),
        ("peridio devices delete --prn=", "it is empty"),
        ("peridio events list --resource device:", "KIND:NAME"),
        ("peridio devices delete SN-1 --prn SN-2", "give one of them"),
        ("peridio artifact-versions get", "<ARTIFACT/VERSION>"),
        ("peridio artifact-versions get a/1 --artifact a --version 1", "name what is given without a flag"),
        ("peridio binaries list --artifact main", "--version"),
        ("peridio binaries create --target x --hash 0", "--artifact"),
        ("peridio events list --resource SN-1", "KIND:NAME"),
        ("peridio cohorts get prn:1:x", "is not a PRN"),
    ] {
        let error =
            read(&line.replace("--hash 0", &format!("--hash {}", "ab".repeat(32)))).unwrap_err().to_string();
        assert!(error.contains(said), "{line}: {error}");
    }
}

/// A shell passes an empty text if a variable in quotes is not set.
#[test]
fn an_empty_name_means_no_record() {
    let line = ["peridio", "devices", "delete", ""].map(OsString::from).to_vec();
    let error = FirstReading::of::<Cli>(line).err().expect("no record is named").to_string();
    assert!(error.contains("the name is empty"), "{error}");
}
