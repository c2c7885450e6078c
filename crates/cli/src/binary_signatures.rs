//! `peridio binary-signatures`: signatures that were made elsewhere, such as by `openssl`.

use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use clap::{ArgGroup, Args, Subcommand};
use olivine_api::binary_signatures::{BinarySignature, BinarySignatureCreate};
use olivine_client::Query;
use olivine_domain::binaries::Binary;
use olivine_domain::binary_signatures::BinarySignature as Named;
use olivine_domain::prn::Prn;
use olivine_domain::signing_keys::{KeyId, SigningKey};
use olivine_domain::text::decode;

use crate::failure::Failure;
use crate::lists::{Expand, ListOptions};
use crate::output::record;
use crate::session::Session;

record!(BinarySignature, "signing_key:signing_key.name", "binary:binary_prn", "scheme", "created:inserted_at"; expand "signing_key");

/// The commands about signatures.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Attaches a signature that was made elsewhere to a binary
    #[command(after_help = "Example:\n  \
            openssl dgst -sha256 -sign private_key.pem -out firmware.sig firmware.bin\n  \
            peridio binary-signatures create --binary main-firmware/1.0.0 --signing-key production \\\n    \
            --signature $(base64 firmware.sig)")]
    Create(Create),
    /// Lists signatures of binaries
    #[command(after_help = "Example:\n  peridio binary-signatures list --binary main-firmware/1.0.0")]
    List(List),
    /// Shows a signature of a binary
    #[command(after_help = "Example:\n  \
            peridio binary-signatures get main-firmware/1.0.0/arm-linux-gnueabihf/production")]
    Get(Get),
    /// Deletes a signature; the binary must not be in a bundle
    #[command(after_help = "Example:\n  \
            peridio binary-signatures delete main-firmware/1.0.0/arm-linux-gnueabihf/production")]
    Delete(One),
}

/// A signature to attach.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("key").required(true)))]
pub(crate) struct Create {
    /// The binary that was signed
    #[arg(long, visible_alias = "prn", value_name = "PRN")]
    binary_prn: Prn<Binary>,
    /// The signing key that made the signature
    #[arg(long, value_name = "PRN", group = "key")]
    signing_key_prn: Option<Prn<SigningKey>>,
    /// The key id of the signing key, instead of --signing-key
    #[arg(long, group = "key")]
    keyid: Option<KeyId>,
    /// The signature, in base64 or in hexadecimal digits; spaces and line breaks are ignored
    #[arg(long, num_args = 1.., required_unless_present = "signature_file", conflicts_with = "signature_file")]
    signature: Vec<String>,
    /// The file with the signature, as openssl writes it
    #[arg(long, value_name = "FILE")]
    signature_file: Option<PathBuf>,
}

/// Which signatures to list.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only signatures of this binary
    #[arg(long, visible_alias = "prn", value_name = "PRN")]
    binary_prn: Option<Prn<Binary>>,
    /// Only signatures by this signing key
    #[arg(long, value_name = "PRN")]
    signing_key_prn: Option<Prn<SigningKey>>,
    #[command(flatten)]
    expand: Expand,
    #[command(flatten)]
    options: ListOptions,
}

/// One signature, with what to embed.
#[derive(Debug, Args)]
pub(crate) struct Get {
    #[command(flatten)]
    one: One,
    #[command(flatten)]
    expand: Expand,
}

/// One signature.
#[derive(Debug, Args)]
pub(crate) struct One {
    /// The signature by its PRN or its name, instead of the first argument
    #[arg(long, visible_alias = "binary-signature-prn", value_name = "PRN")]
    prn: Prn<Named>,
}

impl Command {
    pub(crate) async fn run(self, session: &Session) -> Result<(), Failure> {
        match self {
            Self::Create(create) => session.create::<BinarySignature>(&create.body()?).await,
            Self::List(list) => session.list::<BinarySignature>(&list.options, list.query()).await,
            Self::Get(Get { one, expand }) => session.get::<BinarySignature>(&one.prn, &expand.expand).await,
            Self::Delete(One { prn }) => session.delete::<BinarySignature>(&prn).await,
        }
    }
}

impl Create {
    fn body(self) -> Result<BinarySignatureCreate, Failure> {
        let signature = match &self.signature_file {
            Some(path) => read(path)?,
            None => self.signature.join(" "),
        };
        Ok(BinarySignatureCreate {
            binary_prn: self.binary_prn.to_string(),
            signing_key_prn: self.signing_key_prn.map(|prn| prn.to_string()),
            keyid: self.keyid.map(|keyid| keyid.to_string()),
            signature,
        })
    }
}

/// Reads a signature. `openssl` writes raw bytes. The output of `base64` is accepted as well, in any encoding in which a text file can be
/// saved.
fn read(path: &Path) -> Result<String, Failure> {
    let bytes = std::fs::read(path)
        .map_err(|error| Failure::with_source(format!("can't read {}", path.display()), error))?;
    let is_letter = |c: char| c.is_ascii_graphic() || c.is_ascii_whitespace();
    let text = decode(&bytes).ok().filter(|text| !text.is_empty() && text.chars().all(is_letter));
    Ok(text.unwrap_or_else(|| STANDARD.encode(bytes)))
}

impl List {
    fn query(&self) -> Query {
        let query = Query::default()
            .with("binary_prn", self.binary_prn)
            .with("signing_key_prn", self.signing_key_prn);
        query.expand(&self.expand.expand)
    }
}
