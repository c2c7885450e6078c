//! Binary signatures: attach, read, delete; and counting whether they make a binary `signed`.

use futures_util::TryStreamExt;
use olivine_domain::binaries::{Action, Binary, BinaryState, Effect, decide};
use olivine_domain::binary_signatures::{
    BinarySignature, ContentVerifier, Scheme, SignatureBytes, Verdict, verify,
};
use olivine_domain::events::Subject;
use olivine_domain::pages::Page;
use olivine_domain::permissions::{Actor, Authorized, scope};
use olivine_domain::prn::Id;
use olivine_domain::refusals::{Meaning, Refusal};
use olivine_domain::signing_keys::{KeyId, SigningKey};
use olivine_records::{Constraint, binaries, binary_signatures, bundles, organizations, signing_keys};

use crate::binaries::store::store;
use crate::events::{Because, EventData, SignatureCount, SignatureFacts};
use crate::lists::{ListQuery, NewId};
use crate::work::Work;
use crate::{Context, Error, events};

pub use olivine_records::binary_signatures::SignatureWithKey;

/// It is not a signature by this key over this content, in words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SignatureInvalid(pub String);

impl Refusal for SignatureInvalid {
    fn meaning(&self) -> Meaning {
        Meaning::Invalid
    }

    fn code(&self) -> &'static str {
        "signature_invalid"
    }
}

/// How a caller names a signing key.
#[derive(Clone, Debug)]
pub enum KeyName {
    /// By its record.
    Id(Id<SigningKey>),
    /// By the hash of the key itself.
    KeyId(KeyId),
}

/// A signature to attach.
#[derive(Clone, Debug)]
pub struct Create {
    /// Its key as a record.
    pub id: NewId,
    /// The binary that was signed.
    pub binary: Id<Binary>,
    /// The key that signed.
    pub key: KeyName,
    /// Base64 or hexadecimal digits.
    pub signature: String,
}

/// A signature that is attached, with its key.
#[derive(Clone, Debug)]
pub struct Attached {
    /// The signature.
    pub signature: BinarySignature,
    /// The key that made it.
    pub key: SigningKey,
    /// Whether it is new; false where the key had signed the binary before.
    pub created: bool,
}

/// Verifies a signature and attaches it, unless it is attached already. If the key has signed the binary before, another signature by it is
/// verified in the same way, but the first one is kept. The binary becomes `signed` when the organization's policy is met.
pub async fn create(
    ctx: &Context,
    by: &Authorized<scope::BinarySign>,
    new: Create,
) -> Result<Attached, Error> {
    let id = new.binary;
    let binary = binaries::get(ctx.db(), by.organization, id).await.map_err(Error::missing(id))?;
    let key = find_key(ctx, by, &new.key).await?;
    decide(binary.state, binary.ever_signed, Action::AttachSignature)?;
    if let Some(signature) = binary_signatures::find(ctx.db(), by.organization, id, key.id).await?
        && SignatureBytes::decode(&new.signature, key.algorithm())
            .is_ok_and(|given| given == signature.signature)
    {
        return Ok(Attached { signature, key, created: false });
    }
    let verified = match key.check_may_sign(ctx.now()) {
        Ok(()) => verified(ctx, &binary, &key, &new.signature).await,
        Err(refusal) => Err(refusal.into()),
    };
    match verified {
        Ok((signature, scheme)) => attach(ctx, by, &binary, key, new.id, signature, scheme).await,
        Err(error @ Error::Refused(_)) => {
            note_refusal(ctx, by, &binary, &key, &error).await?;
            Err(error)
        }
        Err(error) => Err(error),
    }
}

async fn find_key(ctx: &Context, by: &Actor, name: &KeyName) -> Result<SigningKey, Error> {
    match name {
        KeyName::Id(id) => {
            signing_keys::get(ctx.db(), by.organization, *id).await.map_err(Error::missing(*id))
        }
        KeyName::KeyId(keyid) => {
            let found = signing_keys::find_by_keyid(ctx.db(), by.organization, *keyid).await?;
            found.ok_or_else(|| Error::NotFound { what: "signing key", named: keyid.to_string() })
        }
    }
}

/// Decodes and verifies a signature over a content whose hash the server has computed itself.
async fn verified(
    ctx: &Context,
    binary: &Binary,
    key: &SigningKey,
    text: &str,
) -> Result<(SignatureBytes, Scheme), Error> {
    let signature = SignatureBytes::decode(text, key.algorithm())
        .map_err(|malformed| Error::refused(SignatureInvalid(malformed.to_string())))?;
    let scheme = match verify(key.public_key(), &signature, &binary.hash) {
        Verdict::Valid(scheme) => Some(scheme),
        Verdict::NeedsContent(verifier) => verify_content(ctx, binary, *verifier).await?,
        Verdict::Invalid => None,
    };
    let scheme = scheme.ok_or_else(|| {
        Error::refused(SignatureInvalid(format!(
            "this is not a signature by key '{}' over this content: check that the file is the one with {}, and that the \
             private key belongs to this signing key",
            key.name, binary.hash
        )))
    })?;
    Ok((signature, scheme))
}

/// Reads the content once, for signatures that are over all of it.
async fn verify_content(
    ctx: &Context,
    binary: &Binary,
    mut verifier: ContentVerifier,
) -> Result<Option<Scheme>, Error> {
    let storage = ctx.storage(binary.storage).await?;
    let mut content = storage.backend.read(&binary.content_key(), None).await?;
    while let Some(chunk) = content.try_next().await? {
        verifier.update(&chunk);
        tokio::task::consume_budget().await;
    }
    Ok(verifier.finish().ok())
}

async fn attach(
    ctx: &Context,
    by: &Actor,
    seen: &Binary,
    key: SigningKey,
    id: NewId,
    bytes: SignatureBytes,
    scheme: Scheme,
) -> Result<Attached, Error> {
    let mut w = ctx.work().await?;
    // The key may have been revoked while its signature was verified; from here on it can't be.
    let key = signing_keys::lock(&w, by.organization, key.id).await.map_err(Error::missing(key.id))?;
    key.check_may_sign(ctx.now())?;
    let binary = binaries::lock(&w, by.organization, seen.id).await.map_err(Error::missing(seen.id))?;
    if binary.generation != seen.generation {
        return Err(Error::Conflict(
            "the binary was reset while its signature was verified: sign it when it is signable",
        ));
    }
    decide(binary.state, binary.ever_signed, Action::AttachSignature)?;
    let signature = BinarySignature {
        id: id.take(ctx),
        organization: by.organization,
        binary: binary.id,
        signing_key: key.id,
        scheme,
        signature: bytes,
        inserted_at: ctx.now(),
    };
    match binary_signatures::insert(&w, &signature).await {
        // The same key signed at the same moment: the first one stands.
        Err(olivine_records::Error::Duplicate(Constraint::BinarySignature | Constraint::PrimaryKey)) => {
            drop(w);
            let first = binary_signatures::find(ctx.db(), by.organization, binary.id, key.id).await?;
            let taken = olivine_records::Error::Duplicate(Constraint::PrimaryKey);
            return first
                .map_or(Err(taken.into()), |signature| Ok(Attached { signature, key, created: false }));
        }
        other => other?,
    }
    let data = EventData::BinarySignatureCreated(facts(&binary, &key, Some(scheme)));
    w.event(by, Subject::of(signature.id), data);
    recount(ctx, &mut w, by, binary.id).await?;
    w.commit().await?;
    Ok(Attached { signature, key, created: true })
}

fn facts(binary: &Binary, key: &SigningKey, scheme: Option<Scheme>) -> SignatureFacts {
    SignatureFacts {
        binary_prn: binary.id.prn(binary.organization),
        hash: binary.hash,
        signing_key_prn: key.id.prn(key.organization),
        keyid: key.keyid(),
        scheme,
    }
}

/// A refused signature leaves nothing but this.
async fn note_refusal(
    ctx: &Context,
    by: &Actor,
    binary: &Binary,
    key: &SigningKey,
    error: &Error,
) -> Result<(), Error> {
    let because = Because { reason: error.to_string() };
    let data = EventData::BinarySignatureRefused((facts(binary, key, None), because));
    let mut w = ctx.work().await?;
    w.event(by, Subject::of(binary.id), data);
    w.commit().await
}

/// Makes a binary `signed` or `signable` again, as its signatures and the organization's policy have it.
pub(crate) async fn recount(ctx: &Context, w: &mut Work, by: &Actor, id: Id<Binary>) -> Result<(), Error> {
    let binary = binaries::lock(w, by.organization, id).await.map_err(Error::missing(id))?;
    if decide(binary.state, binary.ever_signed, Action::DeleteSignature) != Ok(Effect::CountSignatures) {
        return Ok(());
    }
    let valid = binary_signatures::count_valid(w, by.organization, id).await?;
    let policy = organizations::get(w, by.organization).await?.signature_policy;
    let state = if policy.is_met_by(valid) { BinaryState::Signed } else { BinaryState::Signable };
    if state == binary.state {
        return Ok(());
    }
    let ever_signed = binary.ever_signed || state == BinaryState::Signed;
    let new = store(ctx, w, &binary, Binary { state, ever_signed, ..binary.clone() }).await?;
    let change = events::Change { from: &binary, to: &new };
    let count = SignatureCount { valid_signatures: valid, required_signatures: policy.required() };
    let data = if state == BinaryState::Signed {
        EventData::BinarySigned((change, count))
    } else {
        EventData::BinarySignatureLost((change, count))
    };
    w.event(by, Subject::of(id), data);
    Ok(())
}

/// Lists signatures.
pub async fn list(
    ctx: &Context,
    by: &Authorized<scope::BinaryRead>,
    query: &ListQuery,
) -> Result<Page<BinarySignature>, Error> {
    Ok(binary_signatures::list(&ctx.reads_for(by), by.organization, query).await?)
}

/// Reads one signature.
pub async fn get(
    ctx: &Context,
    by: &Authorized<scope::BinaryRead>,
    id: Id<BinarySignature>,
) -> Result<BinarySignature, Error> {
    binary_signatures::get(ctx.db(), by.organization, id).await.map_err(Error::missing(id))
}

/// The keys that made these signatures: one query, whatever their number. Who sees signatures may see by whom they are.
pub async fn keys_of(
    ctx: &Context,
    by: &Authorized<scope::BinaryRead>,
    signatures: &[BinarySignature],
) -> Result<Vec<SigningKey>, Error> {
    let mut ids: Vec<_> = signatures.iter().map(|signature| signature.signing_key).collect();
    ids.sort_unstable();
    ids.dedup();
    Ok(signing_keys::get_many(ctx.db(), by.organization, &ids).await?)
}

/// Deletes a signature of a binary that is in no bundle; if it then lacks one, it goes back to `signable`.
pub async fn delete(
    ctx: &Context,
    by: &Authorized<scope::BinarySign>,
    id: Id<BinarySignature>,
) -> Result<(), Error> {
    let mut w = ctx.work().await?;
    let signature = binary_signatures::get(&w, by.organization, id).await.map_err(Error::missing(id))?;
    let of = signature.binary;
    let binary = binaries::lock(&w, by.organization, of).await.map_err(Error::missing(of))?;
    decide(binary.state, binary.ever_signed, Action::DeleteSignature)?;
    if bundles::has_binary(&w, by.organization, of).await? {
        let message = "the binary is in a bundle, so its signatures must stay: to stop serving it, destroy the binary, \
                       or revoke the key if it can't be trusted any more";
        return Err(Error::InUse(message.to_owned()));
    }
    let key = signing_keys::get(&w, by.organization, signature.signing_key).await?;
    binary_signatures::delete(&w, by.organization, id).await.map_err(Error::missing(id))?;
    let data = EventData::BinarySignatureDeleted(facts(&binary, &key, Some(signature.scheme)));
    w.event(by, Subject::of(id), data);
    recount(ctx, &mut w, by, of).await?;
    w.commit().await
}
