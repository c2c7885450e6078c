//! Three devices, each a folder with a certificate and an agent. They start with the factory's version, and get an update: first one
//! device, then all.

use anyhow::ensure;

use crate::console;

use super::Terminal;

/// The configuration of each agent. The shell's variables have the same values for all of them.
const CONFIGURATION: &str = r#"cat > agent.toml <<END
server = "$DEVICE_URL"
ca_certificate = "../olivine-data/device-ca.pem"
certificate = "device.pem"
private_key = "device.key"
trusted_keys = ["../public_key.pem"]
state_dir = "state"
allow_http_downloads = true  # this server has no TLS for contents; they are checked in any case

[running]  # what the factory installs
release_prn = "$FIRST_RELEASE_PRN"
version = "1.0.0"

[[installers]]
copy = "firmware.bin"
END"#;

const RUN_AGENTS: &str = "for i in 1 2 3; do olivine-agent --config device-$i/agent.toml once; done";

/// Creates a CA and three devices with its certificates, and lets them connect for the first time.
pub(super) fn leave_the_factory(terminal: &mut Terminal) -> anyhow::Result<()> {
    console::heading("The factory's authority: a certificate for a code proves that its key is ours");
    terminal.run(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj /CN=factory \
         -keyout ca.key -out ca.pem",
    )?;
    terminal.set("CODE", "peridio ca-certificates create-verification-code --output prn")?;
    terminal.run(
        "openssl req -x509 -CA ca.pem -CAkey ca.key -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
         -subj /CN=$CODE -keyout verification.key -out verification.pem",
    )?;
    terminal.run(
        "peridio ca-certificates create --certificate ca.pem --verification-certificate verification.pem \
         --jitp-product-prn $PRODUCT_PRN --jitp-cohort-prn $COHORT_PRN --jitp-tag factory --output prn",
    )?;

    console::heading("The factory makes three devices: a certificate, version 1.0.0, an agent");
    terminal.run(
        "for i in 1 2 3; do\n  mkdir device-$i\n  \
         openssl req -x509 -CA ca.pem -CAkey ca.key -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 \\\n    \
         -subj /CN=SN-$i -addext basicConstraints=critical,CA:FALSE \\\n    \
         -keyout device-$i/device.key -out device-$i/device.pem\ndone",
    )?;
    terminal.run(CONFIGURATION)?;
    terminal.run(
        "for i in 1 2 3; do cp agent.toml device-$i; cp firmware-1.0.0.bin device-$i/firmware.bin; done",
    )?;

    console::heading("They appear, and say what they run; there is nothing newer");
    terminal.run(RUN_AGENTS)?;
    picture(terminal)
}

/// Releases the file to one device of three.
pub(super) fn one_of_three(terminal: &mut Terminal) -> anyhow::Result<()> {
    console::heading("A bundle of the file, released to a third of the devices");
    terminal.set(
        "BUNDLE_PRN",
        "peridio bundles create --name main-1.1.0 --binary-prn $BINARY_PRN --output prn",
    )?;
    terminal.set(
        "RELEASE_PRN",
        "peridio releases create --cohort-prn $COHORT_PRN --bundle-prn $BUNDLE_PRN --name 1.1.0 --version 1.1.0 \
         --phase-value 0.34 --output prn",
    )?;

    console::heading("All of them ask; one gets it, and says so when it asks again");
    terminal.run(RUN_AGENTS)?;
    terminal.run(RUN_AGENTS)?;
    let updated = terminal.set("UPDATED", "sha256sum device-*/firmware.bin | grep -c $HASH")?;
    ensure!(updated == "1", "{updated} devices were updated, not one of three");
    picture(terminal)?;

    console::heading("Why does another one not update?");
    terminal
        .set("WAITING_PRN", "peridio devices list --release-prn $FIRST_RELEASE_PRN --limit 1 --output prn")?;
    terminal.run(
        "peridio devices check-update --prn $WAITING_PRN --release-prn $FIRST_RELEASE_PRN --explain --output table",
    )
}

/// Releases the file to all devices, and checks that all have it.
pub(super) fn all(terminal: &mut Terminal) -> anyhow::Result<()> {
    console::heading("It works there: now for all of them");
    terminal.run("peridio releases update --prn $RELEASE_PRN --phase-value 1 --output prn")?;
    terminal.run(RUN_AGENTS)?;
    terminal.run(RUN_AGENTS)?;
    picture(terminal)?;

    console::heading("Each device has the file");
    terminal.run("for i in 1 2 3; do echo \"$HASH  device-$i/firmware.bin\"; done | sha256sum --check")?;

    console::heading("How it went, in numbers and in events");
    terminal.run("peridio releases adoption --prn $RELEASE_PRN --output table")?;
    terminal.run("peridio events list --order desc --limit 20 --output table")
}

/// Shows the releases with the number of devices on each, and what each device runs.
fn picture(terminal: &mut Terminal) -> anyhow::Result<()> {
    terminal.run("peridio releases graph --cohort-prn $COHORT_PRN --devices")?;
    terminal.run("peridio devices list --output table")
}
