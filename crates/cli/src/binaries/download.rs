//! Downloading a binary's content.

use std::path::{Path, PathBuf};

use clap::Args;
use olivine_client::downloads::{Downloaded, download};
use olivine_domain::signing_keys::{InvalidKey, KeyMaterial, PublicKey};

use super::one::One;
use crate::failure::Failure;
use crate::messages;
use crate::session::Session;

/// A content to download.
#[derive(Debug, Args)]
pub(crate) struct Download {
    #[command(flatten)]
    one: One,
    /// The file to write
    #[arg(long, short = 'o', alias = "content-path", value_name = "FILE")]
    file: PathBuf,
    /// Require a valid signature by this public key (a PEM file); can be repeated
    #[arg(long, value_name = "KEY")]
    signing_key: Vec<PathBuf>,
}

impl Download {
    pub(super) async fn run(self, session: &Session) -> Result<(), Failure> {
        let trusted = self.signing_key.iter().map(|path| public_key(path)).collect::<Result<Vec<_>, _>>()?;
        let result = download(&session.client, self.one.prn, self.file.clone(), &trusted).await;
        session.progress.clear();
        let Downloaded { binary, was_there, keyids } = result?;
        let done = if was_there { "is there already" } else { "is downloaded" };
        let signed = match keyids.len() {
            0 => "it has no signature".to_owned(),
            1 => "1 signature is valid".to_owned(),
            count => format!("{count} signatures are valid"),
        };
        messages::note(&format!("{} {done}; its hash is as recorded, {signed}", self.file.display()));
        session.show(&binary).await
    }
}

fn public_key(path: &Path) -> Result<PublicKey, Failure> {
    let bytes = std::fs::read(path)
        .map_err(|error| Failure::with_source(format!("can't read the key {}", path.display()), error))?;
    match KeyMaterial::read(&bytes) {
        Ok(material) => Ok(material.public_key().clone()),
        Err(InvalidKey::PrivateKey) => Err(Failure::new(format!(
            "{} is a private key; checking a signature takes the public one, which 'openssl pkey -in KEY -pubout' prints",
            path.display()
        ))),
        Err(problem) => Err(Failure::new(format!("{}: {problem}", path.display()))),
    }
}
