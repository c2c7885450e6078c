//! `peridio binaries upload` until the binary is `signable`, and the verification as a part of it.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use olivine_domain::time::Timestamp;

use super::sample::Sample;
use crate::api::Api;
use crate::server::Server;
use crate::table::{Goal, Speed, Table, Times, say};
use crate::{programs, sizes};

/// Measures uploads and verification, each round together with its references.
pub(super) async fn measure(
    server: &Server,
    folder: &Path,
    size: u64,
    rounds: u32,
    table: &mut Table,
) -> anyhow::Result<()> {
    let sample = Sample::make(folder, "uploaded.bin", size)?;
    let api = server.api()?;
    let version = api.create_version().await?;
    let (mut uploads, mut references) = (Times::default(), Times::default());
    let (mut verifications, mut digests) = (Times::default(), Times::default());
    for round in 1..=rounds {
        let (reference, digested) = copy(&sample, &folder.join("copied.bin"))?;
        let binary = api.create_binary(&version, &format!("round-{round}"), &sample.hash, size).await?;
        let uploaded = upload(server, &binary, &sample)?;
        let verified = verification(&api, &binary).await?;
        say(format!(
            "  round {round}: upload {uploaded:.2?}, reference {reference:.2?}; verification {verified:.2?}, openssl {digested:.2?}"
        ));
        uploads.push(uploaded);
        references.push(reference);
        verifications.push(verified);
        digests.push(digested);
        api.ask_state(&binary, "destroyed").await?;
    }
    let shown = sizes::shown(size);
    table.ratio(
        &format!("verification of {shown} (speed against `openssl dgst -sha256`)"),
        Speed(&verifications, size),
        Speed(&digests, size),
        digests.best() / verifications.best(),
        Goal::AtLeast(0.85),
    );
    table.ratio(
        &format!(
            "`peridio binaries upload` of {shown}, up to `signable` (time against openssl, cp, openssl)"
        ),
        &uploads,
        &references,
        uploads.best() / references.best(),
        Goal::AtMost(1.5),
    );
    Ok(())
}

/// `openssl dgst -sha256 f && cp f g && openssl dgst -sha256 g`. Returns the time of all three, and the shorter of the two hashing times.
fn copy(sample: &Sample, to: &Path) -> anyhow::Result<(Duration, Duration)> {
    let (_, first) = programs::openssl_digest(&sample.path)?;
    let copied = programs::timed(Command::new("cp").arg(&sample.path).arg(to))?;
    let (hash, second) = programs::openssl_digest(to)?;
    ensure!(hash == sample.hash, "the copy is another file");
    // Removed before the system writes it to disk, because that would disturb the next measurement.
    std::fs::remove_file(to)?;
    Ok((first + copied + second, first.min(second)))
}

/// Uploads like a user in a terminal.
pub(super) fn upload(server: &Server, binary: &str, sample: &Sample) -> anyhow::Result<Duration> {
    let mut command = Command::new(programs::built("peridio")?);
    command.args(["binaries", "upload", "--binary-prn", binary, "--file"]).arg(&sample.path);
    command.env("PERIDIO_BASE_URL", &server.url).env("PERIDIO_API_KEY", server.key()?);
    programs::timed(&mut command)
}

/// The time between the event that the verification started and the event that it succeeded.
pub(crate) async fn verification(api: &Api, binary: &str) -> anyhow::Result<Duration> {
    let events = api.get(&format!("/events?order=desc&limit=10&resource_prn={binary}")).await?;
    let moment = |kind: &str| {
        let events = events["events"].as_array()?;
        let event = events.iter().find(|event| event["type"] == kind)?;
        event["inserted_at"].as_str()?.parse::<Timestamp>().ok()
    };
    let began = moment("binary.verification_started").context("no event of the verification's start")?;
    let ended = moment("binary.verified").context("no event of the verification's end")?;
    Ok(Duration::from_micros(u64::try_from(ended.as_micros() - began.as_micros())?))
}
