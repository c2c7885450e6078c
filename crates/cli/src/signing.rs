//! Signing a binary with a local key: the verified digest comes from the server, and the signature is sent back.

use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use clap::Args;
use olivine_api::binaries::Binary;
use olivine_api::binary_signatures::{BinarySignature, BinarySignatureCreate};
use olivine_api::signing_keys::SigningKey;
use olivine_client::{Client, Query};
use olivine_domain::binaries::{Binary as NamedBinary, BinaryState};
use olivine_domain::prn::Prn;
use olivine_domain::signing_keys::{KeyId, KeyStatus, PublicKey};

use crate::failure::{Failure, named};
use crate::messages;
use crate::private_keys::PrivateKey;

/// The environment variable with the passphrase of an encrypted key.
pub(crate) const PASSPHRASE: &str = "PERIDIO_SIGNING_KEY_PASSPHRASE";

/// The key to sign with.
#[derive(Debug, Args)]
pub(crate) struct SigningKeyFile {
    #[arg(
        help = "Sign with this private key: a PEM file. Its passphrase is read from PERIDIO_SIGNING_KEY_PASSPHRASE, or asked for",
        long,
        value_name = "KEY"
    )]
    pub(crate) signing_key: Option<PathBuf>,
}

impl SigningKeyFile {
    /// Loads the key and finds it on the server, so that nothing is uploaded if that fails.
    pub(crate) async fn signer(&self, client: &Client) -> Result<Option<Signer>, Failure> {
        match &self.signing_key {
            Some(path) => {
                let signer = Signer::open(client, path.clone()).await?;
                signer.check_active()?;
                Ok(Some(signer))
            }
            None => Ok(None),
        }
    }
}

/// A private key whose public key is registered.
pub(crate) struct Signer {
    key: PrivateKey,
    public: PublicKey,
    registered: SigningKey,
}

impl Signer {
    /// Loads a key and finds its public key among the registered ones.
    pub(crate) async fn open(client: &Client, path: PathBuf) -> Result<Self, Failure> {
        let key = PrivateKey::read(&path, || passphrase(&path))?;
        let public = key.public_key()?;
        let registered = find(client, public.keyid()).await?;
        let Some(registered) = registered else {
            return Err(Failure::new(format!(
                "the public key of {0} (keyid {1}) is not registered; register it:\n  openssl pkey -in {0} -pubout -out public_key.pem\n  \
                 peridio signing-keys create --name NAME --public-key-file public_key.pem",
                path.display(),
                public.keyid()
            )));
        };
        Ok(Self { key, public, registered })
    }

    /// Checks that the registered key may sign.
    fn check_active(&self) -> Result<(), Failure> {
        if self.registered.state == KeyStatus::Active.as_str() {
            return Ok(());
        }
        Err(Failure::new(format!(
            "the signing key '{}' is {}, so the server takes no signature by it; nothing was changed. Sign with another key, or \
             enable it again if it is disabled",
            self.registered.name, self.registered.state
        )))
    }

    /// The registered key.
    pub(crate) const fn registered(&self) -> &SigningKey {
        &self.registered
    }

    /// Signs a verified binary, attaches the signature, and reports it. Signing twice has the same effect as signing once.
    pub(crate) async fn sign(&self, client: &Client, binary: Binary) -> Result<Binary, Failure> {
        let prn: Prn<NamedBinary> = named(&binary.prn)?;
        let keyid = self.public.keyid().to_string();
        if binary.signatures.iter().any(|signature| signature.keyid == keyid) {
            messages::note(&format!(
                "the binary for '{}' is signed by '{}' already",
                binary.target, self.registered.name
            ));
            return Ok(binary);
        }
        if ![BinaryState::Signable, BinaryState::Signed].iter().any(|state| state.as_str() == binary.state) {
            return Err(Failure::new(format!(
                "{prn} is '{}', so there is no verified content to sign: upload it first, or wait until it is 'signable'",
                binary.state
            )));
        }
        let digest = binary.hash.parse().map_err(|_| Failure::new("the server gave a malformed hash"))?;
        let signature = STANDARD.encode(self.key.sign(&digest)?);
        let new = BinarySignatureCreate {
            binary_prn: prn.to_string(),
            signing_key_prn: Some(self.registered.prn.clone()),
            keyid: None,
            signature,
        };
        client.create::<BinarySignature>(&new).await?;
        let binary = client.get::<Binary>(&prn).await?;
        messages::note(&format!(
            "signed the binary for '{}' by '{}'; it is '{}'",
            binary.target, self.registered.name, binary.state
        ));
        Ok(binary)
    }
}

/// The key with this id that may sign. A disabled or revoked one is returned only if there is no other, so that the server says why it
/// refuses.
async fn find(client: &Client, keyid: KeyId) -> Result<Option<SigningKey>, Failure> {
    let keys = client.list::<SigningKey>(&Query::default().with("keyid", Some(keyid))).all().await?;
    let active = keys.iter().find(|key| key.state == KeyStatus::Active.as_str());
    Ok(active.or(keys.first()).cloned())
}

fn passphrase(path: &std::path::Path) -> Result<String, Failure> {
    match std::env::var(PASSPHRASE) {
        Ok(passphrase) => Ok(passphrase),
        Err(_) if messages::can_ask() => {
            messages::ask_secret(&format!("Passphrase of {} (not shown):", path.display()))
                .map_err(|error| Failure::with_source("can't read the passphrase", error))
        }
        Err(_) => Err(Failure::usage(format!("{} is encrypted: set {PASSPHRASE}", path.display()))),
    }
}
