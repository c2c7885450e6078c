//! The growth of the server's resident memory while large contents are uploaded and downloaded.

use std::path::Path;

use super::sample::Sample;
use super::{downloads, uploads};
use crate::memory::{Peak, resident};
use crate::server::Server;
use crate::sizes;
use crate::table::{Goal, Table, say};

pub(super) async fn measure(
    server: &Server,
    folder: &Path,
    size: u64,
    table: &mut Table,
) -> anyhow::Result<()> {
    let sample = Sample::make(folder, "large.bin", size)?;
    let api = server.api()?;
    let version = api.create_version().await?;
    let binary = api.create_binary(&version, "any", &sample.hash, size).await?;
    let before = resident(server.pid())?;

    let peak = Peak::watch(server.pid());
    uploads::upload(server, &binary, &sample)?;
    let uploading = peak.bytes()?;
    let between = resident(server.pid())?;

    let url = api.download_url(&binary).await?;
    let peak = Peak::watch(server.pid());
    downloads::download(&url, downloads::MANY, size)?;
    let downloading = peak.bytes()?;

    let shown = sizes::mebibytes;
    say(format!(
        "  resident: {:.1} MiB before, {:.1} at most while uploading and verifying, {:.1} between, {:.1} at most while downloading, \
         {:.1} after",
        shown(before),
        shown(uploading),
        shown(between),
        shown(downloading),
        shown(resident(server.pid())?)
    ));
    table.absolute(
        &format!(
            "growth of resident memory: upload and verification of {}, {} downloads at once",
            sizes::shown(size),
            downloads::MANY
        ),
        shown(uploading.max(downloading).saturating_sub(before)),
        "MiB",
        Goal::AtMost(32.0),
    );
    Ok(())
}
