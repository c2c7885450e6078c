//! Every command line in the documentation is accepted. Wrong ones are refused with the name of the flag.

use clap::CommandFactory;
use clap::error::ErrorKind;

use super::Cli;

const O: &str = "0190163d-8694-739b-aea5-966c26f8ad91";

/// Parses a line as a shell would split it, with the documentation's variables filled in.
fn parse(line: &str) -> Result<Cli, clap::Error> {
    let prn = |kind: &str| format!("prn:1:{O}:{kind}:{O}");
    let line = line
        .replace("$VERSION_PRN", &prn("artifact_version"))
        .replace("$ARTIFACT_PRN", &prn("artifact"))
        .replace("$BINARY_PRN", &prn("binary"))
        .replace("$KEY_PRN", &prn("signing_key"))
        .replace("$PRODUCT_PRN", &prn("product"))
        .replace("$COHORT_PRN", &prn("cohort"))
        .replace("$DEVICE_PRN", &prn("device"))
        .replace("$DEVICE_CERTIFICATE_PRN", &prn("device_certificate"))
        .replace("$CA_CERTIFICATE_PRN", &prn("ca_certificate"))
        .replace("$BUNDLE_PRN", &prn("bundle"))
        .replace("$OVERRIDE_PRN", &prn("bundle_override"))
        .replace("$RELEASE_PRN", &prn("release"))
        .replace("$STORAGE_BACKEND_PRN", &prn("storage_backend"))
        .replace("$HASH", &"ab".repeat(32));
    crate::names::tests::read(&line)
}

#[test]
fn clap_accepts_the_grammar() {
    crate::names::grammar::<Cli>().debug_assert();
}

#[test]
fn the_lines_of_the_documentation_are_accepted() {
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
fn push_and_other_commands_are_accepted() {
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
        "peridio api-keys create --name ci --role reader --key-file ci.key --output prn",
        "peridio api-keys scopes --role writer",
        "peridio users me",
        "peridio organization update --storage-quota 500G",
        "peridio organization update --storage-backend-prn $STORAGE_BACKEND_PRN --download-url-seconds 600",
        "peridio organization update --archive-storage-backend-prn $STORAGE_BACKEND_PRN",
        "peridio organization update --archive-storage-backend-prn= --storage-backend-prn= --download-url-style short --download-url-seconds=",
        "peridio storage-backends create --name a --url s3://bucket/x --endpoint http://x --credentials-file c --replicates",
        "peridio storage-backend update --prn $STORAGE_BACKEND_PRN --near-tag eu,fr --replicates false --no-cdn",
        "peridio binaries replicas --prn $BINARY_PRN",
        "peridio config profiles create work --base-url http://x",
        "peridio config profiles use work",
        "peridio completions zsh",
    ] {
        parse(line).unwrap_or_else(|error| panic!("{line}\n{error}"));
    }
}

#[test]
fn distribution_commands_are_accepted() {
    for line in [
        "peridio products create --name gateway-v2 --target x --description y",
        "peridio products update --product-prn $PRODUCT_PRN --target=",
        "peridio cohorts create --product-prn $PRODUCT_PRN --name daily",
        "peridio cohorts list --product-prn $PRODUCT_PRN --all --expand product",
        "peridio devices get --device-prn $DEVICE_PRN --expand product,cohort",
        "peridio device-certificates get --prn $DEVICE_CERTIFICATE_PRN --expand device",
        "peridio devices create --identifier SN-1 --product-prn $PRODUCT_PRN --cohort-prn $COHORT_PRN --tag a --tag b,c",
        "peridio devices create --identifier SN-1 --product-prn $PRODUCT_PRN --quarantined --target x",
        "peridio devices list --cohort-prn $COHORT_PRN --tag beta --quarantined false --release-prn $RELEASE_PRN",
        "peridio devices update --device-prn $DEVICE_PRN --cohort-prn= --tag= --quarantined false",
        "peridio devices import --file devices.csv --dry-run --product-prn $PRODUCT_PRN --cohort-prn $COHORT_PRN",
        "peridio devices check-update --prn $DEVICE_PRN --explain",
        "peridio devices check-update --device-prn $DEVICE_PRN --release-prn garbage --release-version 1 --write",
        "peridio devices quarantine --prn $DEVICE_PRN",
        "peridio devices release-from-quarantine --device-prn $DEVICE_PRN",
        "peridio device-certificates create --device-prn $DEVICE_PRN --certificate -",
        "peridio device-certificates delete --device-certificate-prn $DEVICE_CERTIFICATE_PRN",
        "peridio ca-certificates create-verification-code --output prn",
        "peridio ca-certificates create --certificate ca.pem --verification-certificate - --jitp-product-prn $PRODUCT_PRN \
         --jitp-cohort-prn $COHORT_PRN --jitp-tag a --jitp-tag b --jitp-target x --jitp-description y",
        "peridio ca-certificates update --ca-certificate-prn $CA_CERTIFICATE_PRN --no-jitp",
        "peridio bundles create --name spring --artifact-version-prn $VERSION_PRN $VERSION_PRN",
        "peridio bundles create --binary-prn $BINARY_PRN --binary-prn $BINARY_PRN",
        "peridio bundles update --bundle-prn $BUNDLE_PRN --name summer",
        "peridio bundles list --expand binaries",
        "peridio releases create --cohort-prn $COHORT_PRN --bundle-prn $BUNDLE_PRN --name spring --version 2.0.0 \
         --required --phase-value 0.2 --schedule-date 2026-12-01T00:00:00Z --previous-release-prn $RELEASE_PRN",
        "peridio releases create --cohort-prn $COHORT_PRN --bundle-prn $BUNDLE_PRN --name x --phase-tag a --phase-tag b",
        "peridio releases update --release-prn $RELEASE_PRN --disabled --required false --schedule-date=",
        "peridio releases adoption --prn $RELEASE_PRN",
        "peridio releases archive --release-prn $RELEASE_PRN",
        "peridio releases unarchive --prn $RELEASE_PRN --next-release-prn $RELEASE_PRN --previous-release-prn $RELEASE_PRN",
        "peridio releases list --archived any",
        "peridio bundles archive --bundle-prn $BUNDLE_PRN",
        "peridio artifact-versions unarchive --artifact-version-prn $VERSION_PRN",
        "peridio artifacts list --archived true",
        "peridio cohorts archive --cohort-prn $COHORT_PRN",
        "peridio products unarchive --product-prn $PRODUCT_PRN",
        "peridio releases graph --cohort-prn $COHORT_PRN --format mermaid --devices",
        "peridio bundle-overrides create --name x --bundle-prn $BUNDLE_PRN --device-prn $DEVICE_PRN $DEVICE_PRN",
        "peridio bundle-overrides update --bundle-override-prn $OVERRIDE_PRN --ends-at=",
        "peridio binaries releases --binary-prn $BINARY_PRN --all",
        "peridio binaries destroy --prn $BINARY_PRN --confirm $BINARY_PRN",
        "peridio push f --artifact main --version 1.2.3 --target x --bundle main-1.2.3 --cohort-prn $COHORT_PRN \
         --release spring --release-version 1.2.3",
    ] {
        parse(line).unwrap_or_else(|error| panic!("{line}\n{error}"));
    }
}

#[test]
fn wrong_arguments_are_usage_errors_that_name_the_flag() {
    for (line, kind, name) in [
        (
            "peridio binaries create --hash $HASH --size 1",
            ErrorKind::MissingRequiredArgument,
            "--artifact-version",
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
            "--signing-key",
        ),
        ("peridio bundles create --name spring", ErrorKind::MissingRequiredArgument, "--artifact-version"),
        (
            "peridio bundles create --binary-prn $BINARY_PRN --artifact-version-prn $VERSION_PRN",
            ErrorKind::ArgumentConflict,
            "--binary",
        ),
        (
            "peridio bundle-overrides create --name x --bundle-prn $BUNDLE_PRN",
            ErrorKind::MissingRequiredArgument,
            "--device",
        ),
        (
            "peridio bundle-overrides update --prn $OVERRIDE_PRN --tag a --cohort-prn $COHORT_PRN",
            ErrorKind::ArgumentConflict,
            "--tag",
        ),
        (
            "peridio ca-certificates update --prn $CA_CERTIFICATE_PRN --jitp-tag a",
            ErrorKind::MissingRequiredArgument,
            "--jitp-product",
        ),
        (
            "peridio devices check-update --prn $DEVICE_PRN --explain --write",
            ErrorKind::ArgumentConflict,
            "--write",
        ),
        (
            "peridio devices update --prn $DEVICE_PRN --cohort-prn $PRODUCT_PRN",
            ErrorKind::ValueValidation,
            "a cohort is needed here",
        ),
        (
            "peridio cohorts create --name x --product-prn $COHORT_PRN",
            ErrorKind::ValueValidation,
            "a product is needed here",
        ),
        (
            "peridio releases create --cohort-prn $COHORT_PRN --bundle-prn $BUNDLE_PRN --name x --phase-value 2 \
             --phase-tag a",
            ErrorKind::ArgumentConflict,
            "--phase-tag",
        ),
        (
            "peridio push f --artifact main --version 1 --target x --cohort-prn $COHORT_PRN",
            ErrorKind::MissingRequiredArgument,
            "--bundle",
        ),
    ] {
        let error = parse(line).unwrap_err();
        assert_eq!(error.kind(), kind, "{line}\n{error}");
        assert_eq!(error.exit_code(), 2);
        assert!(error.to_string().contains(name), "{error}");
    }
}

/// Every command with its path, from `peridio` on.
fn each_command(command: &clap::Command, before: &str, check: &impl Fn(&clap::Command, &str)) {
    let path = format!("{before}{}", command.get_name());
    check(command, &path);
    command.get_subcommands().for_each(|inner| each_command(inner, &format!("{path} "), check));
}

#[test]
fn every_command_has_help_with_an_example() {
    each_command(&Cli::command(), "", &|command, path| {
        assert!(command.get_about().is_some(), "{path} has no help");
        let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        assert!(command.has_subcommands() || after.contains("peridio "), "{path} has no example");
        let long = after.lines().find(|line| line.chars().count() > 100);
        assert_eq!(long, None, "{path}: help breaks lines of over 100 columns, and an example with them");
        assert!(!after.contains("_PRN"), "{path}: examples have names in them: {after}");
    });
}

#[test]
fn each_help_text_is_understandable_by_itself() {
    each_command(&crate::names::grammar::<Cli>(), "", &|command, path| {
        for arg in command.get_arguments() {
            let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
            let mut words = help.split_whitespace();
            let first = words.next().unwrap_or_default();
            let is_vague = ["It", "Its", "Their", "They", "Those", "What", "Who"].contains(&first)
                || help.starts_with("Only those")
                || help.starts_with("Only the one");
            assert!(!is_vague, "{path} {}: {help}", arg.get_id());
            assert!(words.count() >= 2, "{path} {} is too short: {help:?}", arg.get_id());
            assert!(!help.contains("RFC 3339"), "{path} takes times as people write them: {help}");
            let is_of_a_prn = help.contains("prn:1:") || help.starts_with("The PRN of ");
            assert!(!is_of_a_prn || path == "peridio events get", "{path} takes names: {help}");
        }
    });
}
