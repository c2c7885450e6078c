//! Every line of the documents is understood; what is not is refused with the flag's name.

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};

use super::Cli;

const O: &str = "0190163d-8694-739b-aea5-966c26f8ad91";

/// Parses a line as a shell would split it, with the documents' variables filled in.
fn parse(line: &str) -> Result<Cli, clap::Error> {
    let prn = |kind: &str| format!("prn:1:{O}:{kind}:{O}");
    let line = line
        .replace("$VERSION_PRN", &prn("artifact_version"))
        .replace("$ARTIFACT_PRN", &prn("artifact"))
        .replace("$BINARY_PRN", &prn("binary"))
        .replace("$KEY_PRN", &prn("signing_key"))
        .replace("$HASH", &"ab".repeat(32));
    Cli::try_parse_from(line.split_whitespace())
}

#[test]
fn the_grammar_is_sound() {
    Cli::command().debug_assert();
}

#[test]
fn the_documents_lines_are_understood() {
    for line in [
        "peridio binaries create --artifact-version-prn $VERSION_PRN --target arm-linux-gnueabihf --hash $HASH --size 104857600",
        "peridio binaries create --artifact-version-prn $VERSION_PRN --target x --hash sha256:$HASH --size 1 --output prn",
        "peridio binaries create --artifact-version-prn $VERSION_PRN --target x --hash $HASH",
        "peridio binaries upload --binary-prn $BINARY_PRN --file firmware.bin",
        "peridio binaries upload --binary-prn --file firmware.bin",
        "peridio binary-parts create --binary-prn $BINARY_PRN --part-number 3 --file part_ac",
        "peridio binary-parts create --binary-prn $BINARY_PRN --part-number --file part_aa",
        "peridio binary-parts create --binary-prn $BINARY_PRN --file part_aa",
        "peridio binaries update --prn $BINARY_PRN --state hashable",
        "peridio binaries update --prn $BINARY_PRN --state uploadable",
        "peridio binary-signatures create --binary-prn $BINARY_PRN --signing-key-prn $KEY_PRN --signature AAAA BBBB C+/==",
        "peridio binaries list --artifact-version-prn $VERSION_PRN",
        "peridio binaries list --artifact-version-prn $VERSION_PRN --target arm-linux-gnueabihf",
        "peridio binaries get --prn $BINARY_PRN",
        "peridio binaries destroy --prn $BINARY_PRN",
        "peridio signing-keys create --name production-2024 --public-key-file public_key.pem",
        "peridio signing-keys create --name production-2024 --value MCowBQYDK2Vw",
        "peridio artifact-versions create --artifact-prn $ARTIFACT_PRN --version 1.2.3",
    ] {
        parse(line).unwrap_or_else(|error| panic!("{line}\n{error}"));
    }
}

#[test]
fn the_short_way_and_the_rest_are_understood() {
    for line in [
        "peridio binaries create --artifact-version-prn $VERSION_PRN --target x --content-path f --signing-key k",
        "peridio push firmware.bin --artifact main --version 1.2.3 --target x --signing-key k",
        "peridio binaries sign --prn $BINARY_PRN --signing-key key.pem",
        "peridio binaries sign --binary-prn $BINARY_PRN --signing-key pkcs11:token=x",
        "peridio binaries download --prn $BINARY_PRN -o file --output prn",
        "peridio binaries downloads --prn $BINARY_PRN --output table",
        "peridio binaries destroy --prn $BINARY_PRN --yes",
        "peridio binaries upload --prn $BINARY_PRN --file f --no-wait --parallel 8 --part-size 64M",
        "peridio binaries get --binary-prn $BINARY_PRN --expand artifact_version.artifact",
        "peridio binary-parts get --prn $BINARY_PRN --part-number 1",
        "peridio events tail --type binary.signed -n 5",
        "peridio --output jsonl events list --all --order desc",
        "peridio api-keys create --name ci --scope binary.create --scope binary.upload",
        "peridio users me",
        "peridio organization update --storage-quota 500G",
        "peridio config profiles create work --base-url http://x",
        "peridio config profiles use work",
        "peridio completions zsh",
    ] {
        parse(line).unwrap_or_else(|error| panic!("{line}\n{error}"));
    }
}

#[test]
fn what_makes_no_sense_is_a_usage_error_that_names_the_flag() {
    for (line, kind, name) in [
        (
            "peridio binaries create --hash $HASH --size 1",
            ErrorKind::MissingRequiredArgument,
            "--artifact-version-prn",
        ),
        ("peridio binaries get --prn $KEY_PRN", ErrorKind::ValueValidation, "a binary is needed here"),
        ("peridio binaries get --prn nonsense", ErrorKind::ValueValidation, "--prn"),
        ("peridio binaries update --prn $BINARY_PRN --state done", ErrorKind::InvalidValue, "hashable"),
        (
            "peridio binary-parts create --binary-prn $BINARY_PRN --part-number 0 --file f",
            ErrorKind::ValueValidation,
            "1 to 10000",
        ),
        ("peridio binaries list --limit 5 --all", ErrorKind::ArgumentConflict, "--all"),
        (
            "peridio binary-signatures create --binary-prn $BINARY_PRN --signature A",
            ErrorKind::MissingRequiredArgument,
            "--signing-key-prn",
        ),
    ] {
        let error = parse(line).unwrap_err();
        assert_eq!(error.kind(), kind, "{line}\n{error}");
        assert_eq!(error.exit_code(), 2);
        assert!(error.to_string().contains(name), "{error}");
    }
}

#[test]
fn every_command_has_help_with_an_example() {
    fn check(command: &clap::Command, path: &str) {
        let path = format!("{path} {}", command.get_name());
        assert!(command.get_about().is_some(), "{path} has no help");
        if !command.has_subcommands() {
            let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(after.contains("peridio "), "{path} has no example");
        }
        command.get_subcommands().for_each(|command| check(command, &path));
    }
    Cli::command().get_subcommands().for_each(|command| check(command, "peridio"));
}
