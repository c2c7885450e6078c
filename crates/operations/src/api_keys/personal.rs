//! Personal keys: API keys that belong to a person. Such a key may do what it was given and its owner still may, at each request, and ends with
//! the owner's membership. It hands out no rights.

use olivine_domain::api_keys::ApiKey;
use olivine_domain::events::Subject;
use olivine_domain::permissions::{Actor, MissingScope};
use olivine_domain::prn::Id;
use olivine_domain::refusals::{Meaning, Refusal};
use olivine_records::api_keys;

use super::{Create, Created, begin, write};
use crate::events::EventData;
use crate::handing_out::{GrantExceeded, Handed, check_places};
use crate::people::Fresh;
use crate::{Context, Error, events};

/// The most personal keys that work, of one person in one organization.
pub const MOST_PERSONAL_KEYS: usize = 20;

/// Somebody has as many personal keys as there can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "you have {MOST_PERSONAL_KEYS} personal keys here, the most there can be: revoke one that you no longer need"
)]
pub struct TooManyKeys;

impl Refusal for TooManyKeys {
    fn meaning(&self) -> Meaning {
        Meaning::Conflict
    }

    fn code(&self) -> &'static str {
        "too_many_keys"
    }
}

/// Creates a personal key of the caller, in the organization that they act in. Its owner is the caller, whatever `new` says.
pub async fn create_personal(ctx: &Context, _: Fresh<'_>, by: &Actor, new: Create) -> Result<Created, Error> {
    let owner = by.person.ok_or_else(|| Error::refused(crate::people::PersonRequired))?;
    // How far it reaches is not compared: at each request its owner has to reach the same.
    if let Some(scope) = new.grants.scopes().find(|scope| !by.may(*scope)) {
        return Err(Error::refused(GrantExceeded(
            MissingScope { identity: by.identity, scope },
            Handed::Key,
        )));
    }
    check_places(ctx.db(), by, &new.grants).await?;
    let (mut w, _) = begin(ctx, by).await?;
    let own = api_keys::list_of_user(&*w, by.organization, owner).await?;
    if own.iter().filter(|key| key.check_usable(ctx.now()).is_ok()).count() >= MOST_PERSONAL_KEYS {
        return Err(Error::refused(TooManyKeys));
    }
    let (api_key, secret) = write(ctx, &mut w, by, Create { owner: Some(owner), ..new }).await?;
    w.commit().await?;
    Ok(Created { api_key, secret: Some(secret) })
}

/// The caller's personal keys in the organization that they act in, also revoked ones, the oldest first.
pub async fn list_personal(ctx: &Context, by: &Actor) -> Result<Vec<ApiKey>, Error> {
    let owner = by.person.ok_or_else(|| Error::refused(crate::people::PersonRequired))?;
    Ok(api_keys::list_of_user(ctx.db(), by.organization, owner).await?)
}

/// Revokes a personal key of the caller. Revoking it again changes nothing.
pub async fn revoke_personal(ctx: &Context, by: &Actor, id: Id<ApiKey>) -> Result<(), Error> {
    let mut w = ctx.work().await?;
    olivine_records::organizations::lock(&w, by.organization).await?;
    let old = api_keys::get(&*w, by.organization, id).await.map_err(Error::missing(id))?;
    if old.owner.is_none() || old.owner != by.person {
        return Err(Error::not_found(id));
    }
    if old.revoked_at.is_some() {
        return Ok(());
    }
    let now = ctx.now();
    let new = ApiKey { revoked_at: Some(now), revision: old.revision.next(), updated_at: now, ..old.clone() };
    api_keys::update(&w, &old, &new).await?;
    w.event(by, Subject::of(id), EventData::ApiKeyRevoked(events::Change { from: &old, to: &new }));
    w.commit().await
}
