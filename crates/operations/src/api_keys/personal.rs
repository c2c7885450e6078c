//! Personal keys: API keys that belong to a person. At each request, such a key may do what it was given, as far as its owner still may do
//! it. It ends with the owner's membership, and it can't grant rights to others.

use olivine_domain::api_keys::ApiKey;
use olivine_domain::organizations::Organization;
use olivine_domain::permissions::Actor;
use olivine_domain::prn::Id;
use olivine_domain::refusals::{Meaning, Refusal};
use olivine_domain::users::User;
use olivine_records::api_keys;

use super::{Create, Created, begin, write, write_revoked};
use crate::handing_out::{Handed, check_places, exceeded};
use crate::people::{Fresh, PersonRequired};
use crate::work::Work;
use crate::{Context, Error};

/// The largest number of working personal keys of one person in one organization.
pub const MOST_PERSONAL_KEYS: usize = 20;

/// The person has the largest possible number of personal keys.
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
    let owner = person(by)?;
    // How far it reaches is not compared: at each request its owner has to reach the same.
    if let Some(scope) = new.grants.scopes().find(|scope| !by.may(*scope)) {
        return Err(exceeded(by, scope, Handed::Key));
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
    Ok(api_keys::list_of_user(ctx.db(), by.organization, person(by)?).await?)
}

/// Revokes a personal key of the caller. Revoking it again changes nothing.
pub async fn revoke_personal(ctx: &Context, by: &Actor, id: Id<ApiKey>) -> Result<(), Error> {
    let mut w = ctx.work().await?;
    olivine_records::organizations::lock(&w, by.organization).await?;
    let old = api_keys::get(&*w, by.organization, id).await.map_err(Error::missing(id))?;
    if old.owner.is_none() || old.owner != by.person {
        return Err(Error::not_found(id));
    }
    let Some(new) = old.revoked(ctx.now()) else { return Ok(()) };
    write_revoked(&mut w, by, &old, &new).await?;
    w.commit().await
}

/// Revokes the personal keys of a user in one organization, in the transaction of what ends them.
pub(crate) async fn revoke_keys_in(
    ctx: &Context,
    w: &mut Work,
    by: &Actor,
    organization: Id<Organization>,
    user: Id<User>,
) -> Result<(), Error> {
    for old in api_keys::list_of_user(&**w, organization, user).await? {
        if let Some(new) = old.revoked(ctx.now()) {
            write_revoked(w, by, &old, &new).await?;
        }
    }
    Ok(())
}

/// The person who asks for keys of their own.
fn person(by: &Actor) -> Result<Id<User>, Error> {
    by.person.ok_or_else(|| Error::refused(PersonRequired))
}
