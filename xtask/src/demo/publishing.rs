//! From a file to a signed binary: once in a single command, and once step by step with ordinary tools, as in the tutorial.

use crate::console;

use super::Terminal;

/// Publishes a small first version with a single command: `push` also creates a bundle and a release.
pub(super) fn first_version(terminal: &mut Terminal) -> anyhow::Result<()> {
    console::heading("A signing key: the private half stays here, the server learns the public half");
    terminal.run("openssl genpkey -algorithm ed25519 -out private_key.pem")?;
    terminal.run("openssl pkey -in private_key.pem -pubout -out public_key.pem")?;
    terminal.set(
        "KEY_PRN",
        "peridio signing-keys create --name demo --public-key-file public_key.pem --output prn",
    )?;

    console::heading("What kind of devices, and a group of them");
    terminal.set(
        "PRODUCT_PRN",
        "peridio products create --name gateway --target x86_64-linux-gnu --output prn",
    )?;
    terminal
        .set("COHORT_PRN", "peridio cohorts create --product-prn $PRODUCT_PRN --name daily --output prn")?;

    console::heading("Version 1.0.0, a small file, in one command: upload, sign, bundle, release");
    terminal.run("head -c 1M /dev/urandom > firmware-1.0.0.bin")?;
    terminal.run(
        "peridio push firmware-1.0.0.bin --artifact main-firmware --version 1.0.0 --target x86_64-linux-gnu \
         --signing-key private_key.pem --bundle main-1.0.0 --cohort-prn $COHORT_PRN --release 1.0.0 \
         --release-version 1.0.0 --output prn",
    )?;
    terminal
        .set("FIRST_RELEASE_PRN", "peridio releases list --cohort-prn $COHORT_PRN --output prn")
        .map(|_| ())
}

/// Publishes the file step by step, as CI would.
pub(super) fn step_by_step(terminal: &mut Terminal) -> anyhow::Result<()> {
    console::heading("Version 1.1.0, the file, step by step: what it is, which version, for which device");
    terminal.set("ARTIFACT_PRN", "peridio artifacts list --search \"name:'main-firmware'\" --output prn")?;
    terminal.set(
        "VERSION_PRN",
        "peridio artifact-versions create --artifact-prn $ARTIFACT_PRN --version 1.1.0 --output prn",
    )?;
    terminal.set("HASH", "sha256sum firmware-1.1.0.bin | cut -d' ' -f1")?;
    terminal.set("SIZE", "stat -L -c%s firmware-1.1.0.bin")?;
    terminal.set(
        "BINARY_PRN",
        "peridio binaries create --artifact-version-prn $VERSION_PRN --target x86_64-linux-gnu \
         --hash sha256:$HASH --size $SIZE --output prn",
    )?;

    console::heading("The bytes; the server reads them back and verifies their hash");
    terminal.run("peridio binaries upload --binary-prn $BINARY_PRN --file firmware-1.1.0.bin")?;

    console::heading("The signature, by openssl alone");
    terminal.run("printf %s $HASH > hash.txt")?;
    terminal.run("openssl pkeyutl -sign -rawin -inkey private_key.pem -in hash.txt -out firmware.sig")?;
    terminal.run(
        "peridio binary-signatures create --binary-prn $BINARY_PRN --signing-key-prn $KEY_PRN \
         --signature $(base64 firmware.sig)",
    )?;
    terminal.run("peridio binaries list --artifact-version-prn $VERSION_PRN --output table")
}
