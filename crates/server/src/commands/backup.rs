//! `olivine backup` and `olivine restore`: the data folder of the embedded default, while it is used. A backup that is not whole has no
//! `backup.json`, and without that nothing is restored.

mod manifest;
mod partial;
mod restore;

use std::fs;
use std::path::Path;

use anyhow::{Context as _, bail, ensure};
use olivine_content::BackedUp;
use olivine_content::local::{self, Recorded};
use olivine_domain::contents::{Content, ContentState};
use olivine_domain::permissions::installation::ServerOperator;
use olivine_domain::storage_backends::StorageBackend;
use olivine_operations::Context;
use olivine_operations::backup::{self, Hold, RENEW_EVERY};
use olivine_operations::storages::identity;
use olivine_records::Database;
use olivine_records::contents;

use self::manifest::{Contents, DATABASE, KeptFile, Manifest};
use self::partial::Partial;
pub(super) use self::restore::restore;
use crate::config::Config;
use crate::startup;

/// What belongs to an installation besides records and contents, if it is there.
const FILES: [&str; 8] = [
    "secret-key",
    "admin-api-key",
    "device-ca.pem",
    "device-ca-key.pem",
    "device-tls.pem",
    "device-ca-rsa.pem",
    "device-ca-rsa-key.pem",
    "device-tls-rsa.pem",
];
/// How many contents are looked up at once.
const BATCH: u64 = 500;

/// Makes a backup of a server's data, also while it serves; returns what there is to say.
pub(super) async fn back_up(config: &Config, to: &Path) -> anyhow::Result<String> {
    if !config.is_embedded() || config.storage.url()?.is_some() {
        bail!(
            "this is for SQLite with a local folder; how PostgreSQL and object storage are backed up is in docs/operations.md, \"Backup\""
        );
    }
    ensure!(!to.exists(), "{} is there already: name a folder that does not exist", to.display());
    let ctx = startup::records_only(config).await?;
    // It ends with the process, so its holder knows that no other backup is running.
    let busy = "another backup is being made of this data folder: wait until it is done";
    let _lock = startup::lock(&config.data_dir.join("backup.lock"), busy)?;
    // A copy of a damaged database looks sound: its indexes are made anew.
    startup::refuse_damage(config, ctx.db()).await?;
    identity::check_now(&ctx, StorageBackend::DATA_FOLDER).await?;
    let partial = Partial::beside(to)?;
    let hold = backup::hold(&ctx, &ServerOperator::on_this_machine().authorize()).await?;
    let made = tokio::select! {
        made = make(&ctx, config, partial.path()) => made,
        error = keep_renewing(&ctx, hold) => Err(error),
    };
    // The hold is also ended after a failure. If it did not last to the end, contents of the backup may be missing.
    let released = backup::release(&ctx, hold).await;
    let manifest = made?;
    released?;
    manifest.write(partial.path())?;
    partial.finish()?;
    let secret = if config.secret_key.is_some() {
        "The secret key is configured, so it is not in the backup: keep it elsewhere.\n"
    } else {
        ""
    };
    Ok(format!(
        "{}: {manifest}\n{secret}Contents may share their bytes on disk with the data folder: copy the backup to another machine.\n",
        to.display()
    ))
}

/// Returns only when the hold is lost.
async fn keep_renewing(ctx: &Context, hold: Hold) -> anyhow::Error {
    loop {
        tokio::time::sleep(RENEW_EVERY).await;
        if let Err(error) = backup::renew(ctx, hold).await {
            return error.into();
        }
    }
}

/// Records first: each content that they name is there, as long as nothing is deleted.
async fn make(ctx: &Context, config: &Config, partial: &Path) -> anyhow::Result<Manifest> {
    let database = partial.join(DATABASE);
    Database::snapshot(&config.database_path(), &database, backup::HOLD)
        .await
        .context("copying the records")?;
    let snapshot = Database::open_snapshot(&database).await.context("reading the copied records")?;
    let contents = copy_contents(config, &snapshot, partial).await?;
    snapshot.close().await;
    let mut files = vec![KeptFile::of(partial, DATABASE)?];
    for name in FILES {
        let from = config.data_dir.join(name);
        if from.exists() {
            startup::write_private(
                &partial.join(name),
                &fs::read(&from).with_context(|| from.display().to_string())?,
            )?;
            files.push(KeptFile::of(partial, name)?);
        }
    }
    Ok(Manifest::new(ctx.now(), contents, files))
}

async fn copy_contents(config: &Config, snapshot: &Database, partial: &Path) -> anyhow::Result<Contents> {
    let (from, to) = (config.data_dir.join("content"), partial.join("content"));
    let identity = local::back_up_identity(&from, &to).context("copying the storage's identity")?;
    let mut contents = Contents { files: identity.files, bytes: identity.bytes, ..Contents::default() };
    let mut after = None;
    loop {
        let batch = contents::list_begun_of_all_organizations(snapshot, after, BATCH).await?;
        let Some(last) = batch.last() else { return Ok(contents) };
        after = Some(last.id);
        let (from, to) = (from.clone(), to.clone());
        // On a thread where it may wait, so that the hold is renewed meanwhile.
        let copied = tokio::task::spawn_blocking(move || copy_batch(&from, &to, &batch)).await?;
        contents.add(copied?);
    }
}

fn copy_batch(from: &Path, to: &Path, batch: &[Content]) -> anyhow::Result<Contents> {
    let mut contents = Contents::default();
    for content in batch {
        if content.storage != StorageBackend::DATA_FOLDER {
            contents.elsewhere += 1;
            continue;
        }
        let key = content.key();
        if content.state == ContentState::Uploading && content.bytes_uploaded == 0 {
            // What has arrived since is on no record.
            local::back_up_empty(to, &key)?;
            contents.binaries += 1;
            continue;
        }
        let recorded = match content.state {
            ContentState::Uploading => Recorded::Upload,
            _ => Recorded::Content,
        };
        let done =
            local::back_up(from, to, &key, recorded).with_context(|| format!("copying the content {key}"))?;
        check(content, done).with_context(|| format!("the content {key}"))?;
        contents.add(Contents { binaries: 1, files: done.files, bytes: done.bytes, elsewhere: 0 });
    }
    Ok(contents)
}

/// Uploads that are under way are taken as they are; what is uploaded must be there.
fn check(content: &Content, done: BackedUp) -> anyhow::Result<()> {
    let found = done.content_bytes;
    let is_right = match content.state {
        ContentState::Verified => {
            ensure!(
                done.is_complete,
                "is damaged: one of its parts, or the list of them, is missing or has another size. `olivine content audit` lists all \
                 such contents, and with --repair brings back those that have a copy elsewhere; destroy the others, then back up again"
            );
            found == content.bytes_uploaded
        }
        ContentState::Unverified => found >= content.bytes_uploaded,
        ContentState::Uploading | ContentState::Destroyed => true,
    };
    ensure!(is_right, "has {found} bytes where its record says {}", content.bytes_uploaded);
    Ok(())
}
