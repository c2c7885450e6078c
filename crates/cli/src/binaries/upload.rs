//! `peridio binaries upload`: uploads a file as the content of a binary.

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

    /// Finds the one binary that was created with the hash of this file. The documented loop over several targets relies on it. It can't
    /// upload to a wrong binary, because the server checks the hash.
    async fn infer(&self, session: &Session, hashes: &FileHashes) -> Result<Prn<Named>, Failure> {
        let query =
            Query::default().with("hash", Some(hashes.whole)).with("state", Some(BinaryState::Uploadable));
        let mut awaiting = session.client.list::<Binary>(&query).all().await?;
        // A binary that was created with another size is not the one.
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
