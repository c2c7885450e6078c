//! `peridio signing-keys`: the public keys that may sign. A private key that is given by mistake must never leave the machine.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use olivine_api::signing_keys::{SigningKey, SigningKeyCreate, SigningKeyUpdate};
use olivine_client::Query;
use olivine_domain::prn::Prn;
use olivine_domain::signing_keys::{InvalidKey, KeyMaterial, KeyStatus, SigningKey as Named};

use crate::changes::checked;
use crate::failure::Failure;
use crate::lists::ListOptions;
use crate::output::record;
use crate::session::Session;

record!(SigningKey, "name", "algorithm", "state", "created:inserted_at");

/// The commands about signing keys.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Registers a public key, or the key of a certificate, for checking signatures
    #[command(after_help = "Example:\n  \
            openssl pkey -in private_key.pem -pubout -out public_key.pem\n  \
            peridio signing-keys create --name production --public-key-file public_key.pem")]
    Create(Create),
    /// Lists signing keys
    #[command(after_help = "Example:\n  peridio signing-keys list --state active")]
    List(List),
    /// Shows a signing key
    #[command(after_help = "Example:\n  peridio signing-keys get production")]
    Get(One),
    /// Renames a signing key, or changes its state
    #[command(after_help = "Example:\n  peridio signing-keys update production --name production-2026")]
    Update(Update),
    /// Disables a signing key: no new signatures by it are accepted, existing signatures stay valid
    #[command(after_help = "Example:\n  peridio signing-keys disable production")]
    Disable(One),
    /// Enables a disabled signing key again
    #[command(after_help = "Example:\n  peridio signing-keys enable production")]
    Enable(One),
    /// Revokes a signing key: all its signatures become invalid, and this cannot be undone
    #[command(after_help = "Example:\n  peridio signing-keys revoke production")]
    Revoke(One),
    /// Deletes a signing key that has made no signatures
    #[command(after_help = "Example:\n  peridio signing-keys delete production")]
    Delete(One),
}

/// A key to register.
#[derive(Debug, Args)]
pub(crate) struct Create {
    /// The name of the key, unique in the organization
    #[arg(long)]
    name: String,
    /// The file with the public key: a public key or a certificate in PEM form, or a raw Ed25519 key in base64
    #[arg(long, value_name = "FILE", required_unless_present = "value", conflicts_with = "value")]
    public_key_file: Option<PathBuf>,
    /// The public key itself, in the same forms as in a file
    #[arg(long, allow_hyphen_values = true)]
    value: Option<String>,
}

/// Which keys to list.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only the signing key with this name
    #[arg(long)]
    name: Option<String>,
    /// Only the signing key with this key id
    #[arg(long)]
    keyid: Option<String>,
    /// Only signing keys in this state: active, disabled or revoked
    #[arg(long)]
    state: Option<KeyStatus>,
    #[command(flatten)]
    options: ListOptions,
}

/// One key.
#[derive(Debug, Args)]
pub(crate) struct One {
    /// The signing key by its PRN or its name, instead of the first argument
    #[arg(long, visible_alias = "signing-key-prn", value_name = "PRN")]
    prn: Prn<Named>,
}

/// Changes to a key.
#[derive(Debug, Args)]
#[command(mut_arg("state", checked::<KeyStatus>))]
pub(crate) struct Update {
    #[command(flatten)]
    one: One,
    #[command(flatten)]
    change: SigningKeyUpdate,
}

impl Command {
    pub(crate) async fn run(self, session: &Session) -> Result<(), Failure> {
        match self {
            Self::Create(create) => session.create::<SigningKey>(&create.body()?).await,
            Self::List(list) => session.list::<SigningKey>(&list.options, list.query()).await,
            Self::Get(One { prn }) => session.get::<SigningKey>(&prn, &[]).await,
            Self::Update(Update { one, change }) => session.update::<SigningKey>(&one.prn, &change).await,
            Self::Disable(one) => change(session, &one, KeyStatus::Disabled).await,
            Self::Enable(one) => change(session, &one, KeyStatus::Active).await,
            Self::Revoke(one) => change(session, &one, KeyStatus::Revoked).await,
            Self::Delete(One { prn }) => session.delete::<SigningKey>(&prn).await,
        }
    }
}

async fn change(session: &Session, one: &One, state: KeyStatus) -> Result<(), Failure> {
    let change = SigningKeyUpdate { name: None, state: Some(state.to_string()) };
    session.update::<SigningKey>(&one.prn, &change).await
}

impl Create {
    fn body(self) -> Result<SigningKeyCreate, Failure> {
        let (bytes, place) = match (self.public_key_file, self.value) {
            (Some(path), _) => {
                let bytes = std::fs::read(&path)
                    .map_err(|error| Failure::with_source(format!("can't read {}", path.display()), error))?;
                (bytes, format!("{}: ", path.display()))
            }
            (None, value) => (value.unwrap_or_default().into_bytes(), String::new()),
        };
        match KeyMaterial::read(&bytes) {
            Err(InvalidKey::PrivateKey) => Err(Failure::new(
                "this is a private key; it was not sent. Register its public key, which \
                 'openssl pkey -in private_key.pem -pubout' prints",
            )),
            Err(problem) => Err(Failure::new(format!("{place}{problem}"))),
            Ok(material) => {
                let certificate = material.certificate().map(|certificate| certificate.pem().to_owned());
                let value = certificate.unwrap_or_else(|| material.public_key().public_value());
                Ok(SigningKeyCreate { name: self.name, value })
            }
        }
    }
}

impl List {
    fn query(&self) -> Query {
        let query = Query::default().with("name", self.name.as_ref()).with("keyid", self.keyid.as_ref());
        query.with("state", self.state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_private_key_is_refused_before_it_is_sent() {
        let value = Some("-----BEGIN PRIVATE KEY-----\nsecret\n-----END PRIVATE KEY-----".to_owned());
        let create = Create { name: "x".to_owned(), public_key_file: None, value };
        let Err(Failure::Local(text, None)) = create.body() else { panic!() };
        assert!(text.contains("was not sent") && !text.contains("secret"));
    }
}
