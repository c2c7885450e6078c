//! `peridio` as people use it: names in place of PRNs, tables that fit into a terminal, and working examples in its help.

mod examples;
mod story;

use olivine_tests::{Database, Server, Shell, authority, on_both};
use serde_json::Value;

on_both!(
    everything_can_be_done_with_names_alone,
    tables_fit_a_terminal_and_have_names_in_them,
    space_is_freed_without_taking_anything_from_a_device,
    a_release_goes_on_to_another_cohort,
    unknown_and_ambiguous_names_are_refused_with_the_candidates,
);

/// Creates a fleet of one device without using a PRN.
const FLEET: &str = "
    openssl genpkey -algorithm ed25519 -out key.pem
    openssl pkey -in key.pem -pubout -out key.pub.pem
    peridio signing-keys create --name production --public-key-file key.pub.pem
    printf content > fw.bin
    peridio products create --name gateway --target arm
    peridio cohorts create --product gateway --name daily
    peridio cohorts create --product gateway --name weekly
    peridio artifacts create --name main-firmware
    peridio artifact-versions create --artifact main-firmware --version 1.0.0
    peridio binaries create --artifact main-firmware --version 1.0.0 --target arm --content-path fw.bin
    peridio binaries sign main-firmware/1.0.0/arm --signing-key key.pem
    peridio bundles create --name spring --artifact-version main-firmware/1.0.0
    peridio releases create --cohort gateway/daily --bundle spring --name spring --version 1.0.0
    peridio devices create --identifier SN-000042 --product gateway --cohort gateway/daily
    peridio bundle-overrides create --name lab --bundle spring --device SN-000042
    peridio device-certificates create --device SN-000042 --certificate device.pem
    peridio api-keys create --name support --role reader";

fn prepared(database: Database) -> (Server, Shell) {
    let server = Server::start(database);
    let shell = server.shell();
    let authority = authority("factory");
    shell.write("device.pem", authority.pem());
    shell.run(FLEET).succeeds();
    (server, shell)
}

fn everything_can_be_done_with_names_alone(database: Database) {
    let (_server, shell) = prepared(database);
    // `get` with a name shows the same record as the list.
    for (group, name) in [
        ("products", "gateway"),
        ("cohorts", "gateway/daily"),
        ("artifacts", "main-firmware"),
        ("artifact-versions", "main-firmware/1.0.0"),
        ("artifact-versions", "--artifact main-firmware --version 1.0.0"),
        ("binaries", "main-firmware/1.0.0/arm"),
        ("binaries", "main-firmware/1.0.0"),
        ("binary-signatures", "main-firmware/1.0.0/arm/production"),
        ("signing-keys", "production"),
        ("bundles", "spring"),
        ("releases", "gateway/daily/spring"),
        ("releases", "spring"),
        ("devices", "SN-000042"),
        ("devices", "--device SN-000042"),
        ("devices", "--prn SN-000042"),
        ("device-certificates", "SN-000042"),
        ("bundle-overrides", "lab"),
        ("api-keys", "support"),
    ] {
        let shown = shell.run(&format!("peridio {group} get {name} --output prn")).succeeds();
        let listed = shell.run(&format!("peridio {group} list --order desc --output prn")).succeeds();
        assert!(listed.lines().any(|prn| prn == shown.trim()), "{group} {name}: {shown} {listed}");
        let by_prn = shell.run(&format!("peridio {group} get {} --output prn", shown.trim())).succeeds();
        assert_eq!(by_prn, shown, "{group}: the PRN without a flag");
    }
    // A list filtered by a name is the same as one filtered by a PRN.
    for (list, name) in [
        ("cohorts list --product", "gateway"),
        ("artifact-versions list --artifact", "main-firmware"),
        ("binaries list --artifact-version", "main-firmware/1.0.0"),
        ("binary-signatures list --binary", "main-firmware/1.0.0/arm"),
        ("binary-signatures list --signing-key", "production"),
        ("releases list --cohort", "gateway/daily"),
        ("releases list --bundle", "spring"),
        ("devices list --product", "gateway"),
        ("devices list --cohort", "daily"),
        ("bundle-overrides list --bundle", "spring"),
        ("device-certificates list --device", "SN-000042"),
        ("events list --resource", "device:SN-000042"),
    ] {
        let listed = shell.run(&format!("peridio {list} {name} --output prn")).succeeds();
        assert!(!listed.is_empty(), "{list} {name}");
        let group = list.split_once(" --").map_or(list, |(_, flag)| flag);
        let (group, name) = name.split_once(':').map_or((group, name), |(kind, name)| (kind, name));
        let prn = shell.run(&format!("peridio {group} get {name} --output prn")).succeeds();
        assert_eq!(
            shell.run(&format!("peridio {list} {} --output prn", prn.trim())).succeeds(),
            listed,
            "{list}"
        );
    }
    shell
        .run(
            "peridio devices update SN-000042 --cohort gateway/weekly
             peridio releases graph gateway/daily
             peridio releases adoption spring
             peridio binaries downloads main-firmware/1.0.0
             peridio binaries download main-firmware/1.0.0 -o again.bin && cmp fw.bin again.bin
             peridio devices quarantine SN-000042
             peridio signing-keys update production --state disabled
             peridio bundle-overrides delete lab
             peridio api-keys revoke support
             peridio releases delete gateway/daily/spring
             peridio devices delete SN-000042",
        )
        .succeeds();
}

fn tables_fit_a_terminal_and_have_names_in_them(database: Database) {
    let (_server, shell) = prepared(database);
    for (list, expected) in [
        ("products list", "gateway"),
        ("cohorts list", "gateway/daily"),
        ("artifacts list", "main-firmware"),
        ("artifact-versions list", "main-firmware/1.0.0"),
        ("binaries list", "main-firmware/1.0.0/arm"),
        ("binary-signatures list", "production"),
        ("binary-parts list --binary main-firmware/1.0.0", "INDEX"),
        ("signing-keys list", "production"),
        ("bundles list", "spring"),
        ("releases list", "gateway/daily/spring"),
        ("devices list", "gateway/daily"),
        ("device-certificates list", "SN-000042"),
        ("ca-certificates list", "DESCRIPTION"),
        ("bundle-overrides list", "lab"),
        ("storage-backends list", "NAME"),
        ("api-keys list", "support"),
        ("api-keys scopes", "binary.create"),
        ("events list --all", "gateway/daily"),
        ("binaries replicas main-firmware/1.0.0", "STORAGE"),
        ("binaries downloads main-firmware/1.0.0", "ISSUED"),
        ("binaries releases main-firmware/1.0.0", "gateway/daily/spring"),
        ("products get gateway", "prn:1:"),
        ("cohorts get gateway/daily --expand product", "gateway"),
        ("artifact-versions get main-firmware/1.0.0", "prn:1:"),
        ("binaries get main-firmware/1.0.0", "7 B"),
        ("bundles get spring", "spring"),
        ("releases get spring", "spring"),
        ("releases adoption spring", "claimed"),
        ("releases insights spring", "claimed it"),
        ("devices get SN-000042", "SN-000042"),
        ("device-certificates get SN-000042", "fingerprint"),
        ("signing-keys get production", "keyid"),
        ("bundle-overrides get lab", "lab"),
        ("api-keys get support", "reader"),
        ("users me", "admin"),
        ("organization get", "required_signatures"),
    ] {
        let table = shell.run(&format!("peridio {list} --output table")).succeeds();
        assert!(table.contains(expected), "{list}:\n{table}");
        for line in table.lines() {
            assert!(line.chars().count() <= 100, "{list}:\n{table}");
            let prns = line.matches("prn:").count();
            assert!(prns == 0 || line.starts_with("prn:1:"), "a PRN stands by itself: {list}:\n{table}");
        }
    }
    let why = shell.run("peridio devices why SN-000042 --output table").succeeds();
    for said in [
        "gateway/daily",
        "it reported none",
        "bundle_override",
        "→ update",
        "bundle: spring",
        "from bundle_override: lab",
    ] {
        assert!(why.contains(said), "{said}: {why}");
    }
    let why: Value =
        serde_json::from_str(&shell.run("peridio devices why SN-000042").succeeds()).expect("JSON");
    assert_eq!(why["device"]["identifier"], "SN-000042");
    let status = shell.run("peridio status --output table").succeeds();
    for said in ["server_version", "0.1.0", "admin", "storage_used", "7 (7 B)", "no limit"] {
        assert!(status.contains(said), "{said}: {status}");
    }
    let events = shell.run("peridio events list --resource device:SN-000042 --output table").succeeds();
    assert!(events.contains("device.created  admin") || events.contains("SN-000042"), "{events}");
}

fn space_is_freed_without_taking_anything_from_a_device(database: Database) {
    let (_server, shell) = prepared(database);
    shell
        .run(
            "for version in 1.1.0 1.2.0 1.3.0 1.4.0; do
               printf $version > fw.bin
               peridio push fw.bin --artifact main-firmware --version $version --target arm --signing-key key.pem --bundle $version
             done
             peridio releases create --cohort gateway/weekly --bundle 1.2.0 --name off --version 1.2.0 --disabled
             peridio bundle-overrides delete lab
             peridio bundle-overrides create --name later --bundle 1.3.0 --tag lab --starts-at 7d
             printf promised > on-its-way.bin
             peridio artifact-versions create --artifact main-firmware --version 1.5.0",
        )
        .succeeds();
    let prune = "peridio binaries prune --artifact main-firmware --keep 2";
    let dry = shell.run(&format!("{prune} --dry-run --output table 2>&1")).succeeds();
    for said in [
        "1.0.0/arm",
        "1.1.0/arm",
        "1.2.0/arm",
        "1.3.0/arm",
        "can be removed: 1 binary, 5 B; to be kept: 3 binaries",
    ] {
        assert!(dry.contains(said), "{said}: {dry}");
    }
    assert!(!dry.contains("1.4.0"), "{dry}");
    assert!(shell.run(prune).fails(1).contains("--yes"), "nobody can answer");
    let states = "for version in 1.0.0 1.1.0 1.2.0 1.3.0 1.4.0; do
                    peridio binaries list --artifact main-firmware --version $version --output jsonl | grep -o '\"state\":\"[a-z]*'
                  done | cut -d'\"' -f4 | tr '\\n' ' '";
    assert_eq!(shell.run(states).succeeds().trim(), "signed signed signed signed signed");
    shell.run(&format!("{prune} --yes")).succeeds();
    assert_eq!(shell.run(states).succeeds().trim(), "signed destroyed signed signed signed");
    let again = shell.run(&format!("{prune} --yes 2>&1")).succeeds();
    assert!(again.contains("0 binaries"), "{again}");
}

fn a_release_goes_on_to_another_cohort(database: Database) {
    let (_server, shell) = prepared(database);
    shell.run("peridio releases update spring --version-requirement '>= 0.9.0' --required true").succeeds();
    let promote =
        "peridio releases promote gateway/daily/spring --to-cohort gateway/weekly --phase-value 10%";
    let made: Value = serde_json::from_str(&shell.run(promote).succeeds()).expect("JSON");
    let shown = ["name", "version", "version_requirement", "required", "phase_value"]
        .map(|field| made[field].clone());
    assert_eq!(Value::from(shown.to_vec()), serde_json::json!(["spring", "1.0.0", ">= 0.9.0", true, 0.1]));
    let again = shell.run(&format!("{promote} 2>&1")).succeeds();
    assert!(again.contains("there already"), "{again}");
    shell.run("peridio bundles create --name other --artifact-version main-firmware/1.0.0").succeeds();
    shell.run("peridio releases update gateway/daily/spring --bundle other").succeeds();
    shell.run("peridio releases update gateway/weekly/spring --phase-value 100%").succeeds();
    assert!(shell.run(promote).fails(1).contains("name_taken"), "another bundle under that name");
}

fn unknown_and_ambiguous_names_are_refused_with_the_candidates(database: Database) {
    let (_server, shell) = prepared(database);
    shell
        .run("peridio products create --name sensor; peridio cohorts create --product sensor --name daily")
        .succeeds();
    for (command, said) in [
        ("cohorts get gateway/dayly", vec!["there is no cohort 'gateway/dayly'", "there are: daily, weekly"]),
        ("cohorts get gatway/daily", vec!["there is no product 'gatway'", "there are: gateway, sensor"]),
        ("releases list --cohort daily", vec!["several records", "gateway/daily", "sensor/daily", "prn:1:"]),
        ("devices get SN-43", vec!["there is no device 'SN-43'", "there are: SN-000042"]),
        ("binaries get main-firmware/1.0.0/x86", vec!["there is no binary", "there are: arm"]),
    ] {
        let told = shell.run(&format!("peridio {command}")).fails(1);
        assert!(said.iter().all(|said| told.contains(said)), "{command}: {told}");
    }
    // A destructive command is refused before anything is sent.
    shell.run("peridio cohorts delete daily").fails(1);
    shell.run("peridio cohorts get gateway/daily && peridio cohorts get sensor/daily").succeeds();
    let told = shell.run("peridio binaries get main-firmware").fails(2);
    assert!(told.contains("ARTIFACT/VERSION/TARGET"), "{told}");
}
