//! Signing keys: register, read, rename, disable, enable, revoke, delete.

use olivine_domain::events::Subject;
use olivine_domain::pages::Page;
use olivine_domain::permissions::{Actor, Authorized, scope};
use olivine_domain::prn::Id;
pub use olivine_domain::signing_keys::{Change, New};
use olivine_domain::signing_keys::{KeyStatus, SigningKey};
use olivine_records::{Constraint, binary_signatures, signing_keys};

use crate::error::{Error, Taken};
use crate::events::{EventData, Whole};
use crate::lists::{Expected, ListQuery, NewId, check_expected};
use crate::work::Work;
use crate::{Context, binary_signatures::recount, events};

/// Registers a key: from now on its signatures are accepted.
pub async fn create(
    ctx: &Context,
    by: &Authorized<scope::SigningKeyCreate>,
    id: NewId,
    new: New,
) -> Result<SigningKey, Error> {
    let key = new.record(id.take(ctx), by.organization, ctx.now());
    let mut w = ctx.work().await?;
    if let Err(error) = signing_keys::insert(&w, &key).await {
        drop(w);
        return already_there(ctx, &key, id, error).await;
    }
    w.event(by, Subject::of(key.id), EventData::SigningKeyCreated(Whole(&key)));
    w.commit().await?;
    Ok(key)
}

/// Tells a key that is registered already from the answer to a repeated request.
async fn already_there(
    ctx: &Context,
    new: &SigningKey,
    id: NewId,
    error: olivine_records::Error,
) -> Result<SigningKey, Error> {
    match error {
        olivine_records::Error::Duplicate(Constraint::PrimaryKey) if id.is_replayable() => {
            signing_keys::get(ctx.db(), new.organization, new.id).await.map_err(Error::missing(new.id))
        }
        olivine_records::Error::Duplicate(Constraint::SigningKeyId) => {
            let other = signing_keys::find_by_keyid(ctx.db(), new.organization, new.keyid()).await?;
            match other {
                Some(other) if id.is_replayable() && other.id == new.id => Ok(other),
                other => {
                    let named =
                        other.as_ref().map_or_else(String::new, |other| format!(" as '{}'", other.name));
                    Err(Error::Taken {
                        what: Taken::Key,
                        message: format!("this key is registered already{named}: use that record"),
                        by: other.map(|other| other.id.prn(other.organization).to_string()),
                    })
                }
            }
        }
        other => Err(other.into()),
    }
}

/// Lists signing keys.
pub async fn list(
    ctx: &Context,
    by: &Authorized<scope::SigningKeyRead>,
    query: &ListQuery,
) -> Result<Page<SigningKey>, Error> {
    Ok(signing_keys::list(&ctx.reads_for(by), by.organization, query).await?)
}

/// Reads one signing key.
pub async fn get(
    ctx: &Context,
    by: &Authorized<scope::SigningKeyRead>,
    id: Id<SigningKey>,
) -> Result<SigningKey, Error> {
    signing_keys::get(ctx.db(), by.organization, id).await.map_err(Error::missing(id))
}

/// Several signing keys, for `expand[]=signing_key`: one query, whatever their number.
pub async fn get_many(ctx: &Context, by: &Actor, ids: &[Id<SigningKey>]) -> Result<Vec<SigningKey>, Error> {
    by.authorize::<scope::SigningKeyRead>()?;
    Ok(signing_keys::get_many(ctx.db(), by.organization, ids).await?)
}

/// Renames, disables, enables or revokes a signing key. Revoking can't be undone; binaries that then lack signatures are no longer
/// `signed` from the same commit on.
pub async fn update(
    ctx: &Context,
    by: &Authorized<scope::SigningKeyUpdate>,
    id: Id<SigningKey>,
    expected: Expected,
    change: Change,
) -> Result<SigningKey, Error> {
    let mut w = ctx.work().await?;
    // Locked before the binaries that lose its signatures, as when it signs.
    let old = signing_keys::lock(&w, by.organization, id).await.map_err(Error::missing(id))?;
    check_expected(expected, old.revision)?;
    let Some(new) = change.apply(&old, ctx.now()) else { return Ok(old) };
    if old.status == KeyStatus::Revoked && new.status != KeyStatus::Revoked {
        let problem = "a revoked key stays revoked: register a new key".to_owned();
        return Err(Error::Invalid { field: "state", problem });
    }
    signing_keys::update(&w, &old, &new).await?;
    w.event(by, Subject::of(id), what_happened(&old, &new));
    if old.status != new.status && new.status == KeyStatus::Revoked {
        recount_all(ctx, &mut w, by, id).await?;
    }
    w.commit().await?;
    Ok(new)
}

fn what_happened<'a>(from: &'a SigningKey, to: &'a SigningKey) -> EventData<'a> {
    let change = events::Change { from, to };
    match to.status {
        _ if from.status == to.status => EventData::SigningKeyUpdated(change),
        KeyStatus::Active => EventData::SigningKeyEnabled(change),
        KeyStatus::Disabled => EventData::SigningKeyDisabled(change),
        KeyStatus::Revoked => EventData::SigningKeyRevoked(change),
    }
}

/// Takes back `signed` from the binaries that lack signatures without this key.
async fn recount_all(ctx: &Context, w: &mut Work, by: &Actor, key: Id<SigningKey>) -> Result<(), Error> {
    let mut after = None;
    loop {
        let page = binary_signatures::list_binaries_signed_by(w, by.organization, key, after).await?;
        for binary in page.items {
            recount(ctx, w, by, binary).await?;
        }
        after = page.next;
        if after.is_none() {
            return Ok(());
        }
    }
}

/// Deletes a signing key that signed nothing.
pub async fn delete(
    ctx: &Context,
    by: &Authorized<scope::SigningKeyDelete>,
    id: Id<SigningKey>,
) -> Result<(), Error> {
    let mut w = ctx.work().await?;
    let key = signing_keys::get(&w, by.organization, id).await.map_err(Error::missing(id))?;
    match signing_keys::delete(&w, by.organization, id).await {
        Err(olivine_records::Error::StillReferenced { .. }) => {
            let message = "this key has signed binaries, so it must stay: disable or revoke it instead";
            return Err(Error::InUse(message.to_owned()));
        }
        other => other?,
    }
    w.event(by, Subject::of(id), EventData::SigningKeyDeleted(Whole(&key)));
    w.commit().await
}
