//! `peridio binaries upload`: a file becomes a binary's content.

use std::path::PathBuf;

use clap::Args;
use olivine_api::binaries::Binary;
use olivine_client::Query;
use olivine_client::files::FileHashes;
use olivine_domain::binaries::{Binary as Named, BinaryState};
use olivine_domain::prn::Prn;

use super::create::hash;
use crate::failure::{Failure, named};
use crate::messages;
use crate::session::Session;
use crate::uploads::UploadOptions;

/// A content to upload.
#[derive(Debug, Args)]
pub(crate) struct Upload {
    #[arg(
        help = "The binary by its PRN or its name, instead of the first argument [default: the binary that waits for this file, found by its hash]",
        long,
        visible_alias = "binary-prn",
        value_name = "PRN",
        num_args = 0..=1
    )]
    prn: Vec<Prn<Named>>,
    /// The file with the content of the binary
    #[arg(long, alias = "content-path", value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    options: UploadOptions,
}

impl Upload {
    pub(super) async fn run(self, session: &Session) -> Result<(), Failure> {
        let (prn, hashes) = if let Some(prn) = self.prn.first() {
            (*prn, None)
        } else {
            let hashes = hash(session, &self.file, &self.options).await?;
            (self.infer(session, &hashes).await?, Some(hashes))
        };
        let binary = self.options.upload(session, prn, self.file, hashes).await?;
        session.show(&binary).await
    }

    /// The one binary that promised this very content, as the documents' loop over targets needs it. A guess can't put bytes in the
    /// wrong place: the hash is the promise.
    async fn infer(&self, session: &Session, hashes: &FileHashes) -> Result<Prn<Named>, Failure> {
        let query =
            Query::default().with("hash", Some(hashes.whole)).with("state", Some(BinaryState::Uploadable));
        let mut awaiting = session.client.list::<Binary>(&query).all().await?;
        // One that was promised with another size can't be it, whatever its hash says.
        awaiting.retain(|binary| binary.size.is_none_or(|size| size == hashes.size));
        let [binary] = awaiting.as_slice() else {
            return Err(Failure::usage(format!(
                "--binary-prn is missing, and {} binaries await a content with the hash {} of {}: name the binary",
                if awaiting.is_empty() { "no".to_owned() } else { awaiting.len().to_string() },
                hashes.whole,
                self.file.display()
            )));
        };
        messages::note(&format!("{} is the content of {}, by its hash", self.file.display(), binary.prn));
        named(&binary.prn)
    }
}
