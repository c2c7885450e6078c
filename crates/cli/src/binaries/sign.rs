//! Signing a verified binary with a local private key.

use std::path::PathBuf;

use clap::Args;
use olivine_api::binaries::Binary;
use olivine_client::files::hash_whole_and_parts;
use olivine_domain::prn::Prn;
use olivine_domain::signing_keys::{KeyId, SigningKey};

use super::one::One;
use crate::failure::Failure;
use crate::session::Session;
use crate::signing::Signer;

/// A binary to sign.
#[derive(Debug, Args)]
pub(crate) struct Sign {
    #[command(flatten)]
    one: One,
    #[arg(
        help = "The private key: a PEM file. Its passphrase is read from PERIDIO_SIGNING_KEY_PASSPHRASE, or asked for",
        long,
        value_name = "KEY"
    )]
    signing_key: PathBuf,
    /// Fail unless the private key belongs to this registered signing key
    #[arg(long, value_name = "PRN")]
    signing_key_prn: Option<Prn<SigningKey>>,
    /// Fail unless the private key has this key id
    #[arg(long)]
    keyid: Option<KeyId>,
    /// Fail unless the content of the binary is this file
    #[arg(long, value_name = "FILE")]
    content_path: Option<PathBuf>,
}

impl Sign {
    pub(super) async fn run(self, session: &Session) -> Result<(), Failure> {
        let signer = Signer::open(&session.client, self.signing_key).await?;
        let registered = signer.registered();
        let other_prn = self.signing_key_prn.is_some_and(|prn| prn.to_string() != registered.prn);
        let other_id = self.keyid.is_some_and(|keyid| keyid.to_string() != registered.keyid);
        if other_prn || other_id {
            return Err(Failure::new(format!(
                "the private key belongs to '{}' ({}, keyid {}), not to the key that was named",
                registered.name, registered.prn, registered.keyid
            )));
        }
        let binary: Binary = session.client.get(&self.one.prn).await?;
        if let Some(path) = &self.content_path {
            // With a single part as large as the file, only the hash of the whole file is calculated.
            let hashes = hash_whole_and_parts(path, u64::MAX, &session.progress.observer()).await;
            session.progress.clear();
            if binary.hash.parse() != Ok(hashes?.whole) {
                let path = path.display();
                return Err(Failure::new(format!(
                    "{path} is not the content of this binary ({}); nothing was signed",
                    binary.hash
                )));
            }
        }
        let binary = signer.sign(&session.client, binary).await?;
        session.show(&binary).await
    }
}
