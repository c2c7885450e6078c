//! Uploads of parts with presigned URLs directly to an object store, and the verification that reads from it.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};

use super::args::Args;
use super::counted::Counted;
use super::store::Store;
use crate::api::Api;
use crate::content::sample::Sample;
use crate::content::uploads::verification;
use crate::server::Server;
use crate::table::{Goal, Speed, Table, Times, say};
use crate::{processor, programs, sizes};

const VERIFIED_WITHIN: Duration = Duration::from_mins(5);

/// Uploads files with `peridio`.
struct Uploader<'a> {
    server: &'a Server,
    api: Api,
    version: String,
    /// The connection of `peridio` to the server. Its connection to the object store does not go through it.
    way: Counted,
}

/// The result of one upload.
struct Uploaded {
    binary: String,
    took: Duration,
    /// The number of bytes between `peridio` and the server.
    passed: u64,
    /// The server's processor time during the upload.
    cost: Duration,
}

pub(super) async fn measure(args: &Args, folder: &Path, table: &mut Table) -> anyhow::Result<()> {
    let sample = Sample::make(folder, "uploaded.bin", args.size)?;
    let store = Store::start(&folder.join("store"))?;
    let server = Server::start_with(&folder.join("contents"), None, &store.settings()).await?;
    let api = server.api()?;
    let (version, way) = (api.create_version().await?, Counted::to(&server.url).await?);
    let uploader = Uploader { server: &server, api: api.clone(), version, way };
    let (mut uploads, mut of_aws) = (Times::default(), Times::default());
    let (mut verifications, mut digests) = (Times::default(), Times::default());
    let (mut passed, mut cost) = (0, Duration::MAX);
    for round in 1..=args.uploads {
        let by_aws = store.aws_upload(&sample.path)?;
        store.aws_remove()?;
        let upload = uploader.upload(&sample, args.size, round).await?;
        let verified = verified(&api, &upload.binary).await?;
        let digested = digest(&api.download_url(&upload.binary).await?, &sample.hash)?;
        say(format!(
            "  round {round}: upload {:.2?}, AWS CLI {by_aws:.2?}; verification {verified:.2?}, curl and openssl {digested:.2?}; \
             {} bytes to and from the server, which took {:.2?}",
            upload.took, upload.passed, upload.cost
        ));
        uploads.push(upload.took);
        of_aws.push(by_aws);
        verifications.push(verified);
        digests.push(digested);
        (passed, cost) = (passed.max(upload.passed), cost.min(upload.cost));
        api.ask_state(&upload.binary, "destroyed").await?;
    }
    tell(args.size, [&uploads, &of_aws, &verifications, &digests], table);
    table.absolute(
        "– most that passed between `peridio` and the server",
        sizes::mebibytes(passed),
        "MiB",
        Goal::None,
    );
    table.absolute("– the server's processor time meanwhile", cost.as_secs_f64(), "s", Goal::None);
    Ok(())
}

fn tell(size: u64, [uploads, of_aws, verifications, digests]: [&Times; 4], table: &mut Table) {
    let shown = sizes::shown(size);
    table.ratio(
        &format!(
            "verification of {shown} from the store (speed against `curl` piped into `openssl dgst -sha256`)"
        ),
        Speed(verifications, size),
        Speed(digests, size),
        digests.best() / verifications.best(),
        Goal::AtLeast(0.8),
    );
    table.ratio(
        &format!("`peridio binaries upload` of {shown} by presigned parts, up to `hashable` (speed against `aws s3 cp`)"),
        Speed(uploads, size),
        Speed(of_aws, size),
        of_aws.best() / uploads.best(),
        Goal::AtLeast(0.8),
    );
}

impl Uploader<'_> {
    /// Uploads like a user in a terminal. Like the reference, it does not wait until the content is verified.
    async fn upload(&self, sample: &Sample, size: u64, round: u32) -> anyhow::Result<Uploaded> {
        let target = format!("round-{round}");
        let binary = self.api.create_binary(&self.version, &target, &sample.hash, size).await?;
        let mut command = Command::new(programs::built("peridio")?);
        command
            .args(["binaries", "upload", "--no-wait", "--binary-prn", &binary, "--file"])
            .arg(&sample.path);
        command.env("PERIDIO_BASE_URL", &self.way.url).env("PERIDIO_API_KEY", self.server.key()?);
        let (passed, cost) = (self.way.bytes(), processor::taken_by(self.server.pid())?);
        let took = programs::timed(&mut command)?;
        let cost = processor::taken_by(self.server.pid())?.saturating_sub(cost);
        Ok(Uploaded { binary, took, passed: self.way.bytes().saturating_sub(passed), cost })
    }
}

/// Waits for the end of the verification, and returns how long that took.
async fn verified(api: &Api, binary: &str) -> anyhow::Result<Duration> {
    let began = Instant::now();
    loop {
        let state = &api.get(&format!("/binaries/{binary}")).await?["binary"]["state"];
        if state == "signable" {
            return verification(api, binary).await;
        }
        ensure!(began.elapsed() < VERIFIED_WITHIN, "a binary is still {state}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Runs `curl URL | openssl dgst -sha256`.
fn digest(url: &str, hash: &str) -> anyhow::Result<Duration> {
    let mut command = Command::new("sh");
    command.args(["-c", r#"curl --silent --show-error --fail "$0" | openssl dgst -sha256 -r"#, url]);
    let began = Instant::now();
    let text = programs::output(&mut command)?;
    let took = began.elapsed();
    let digest = text.split_whitespace().next().context("openssl prints a digest")?;
    ensure!(digest == hash, "the store has another content");
    Ok(took)
}
