//! API keys: create, read, change, revoke, and finding out who a caller is.
//!
//! A key can't change a key that has more scopes than itself, can't give a key a later expiry than its own, and can't remove the last
//! administrator's key. Changes of an organization's keys are serialized, so these rules hold for simultaneous requests, too.

mod personal;

pub(crate) use personal::revoke_keys_in;
pub use personal::{MOST_PERSONAL_KEYS, TooManyKeys, create_personal, list_personal, revoke_personal};

use olivine_domain::api_keys::{ApiKey, ApiKeySecret};
use olivine_domain::events::Subject;
use olivine_domain::organizations::{Organization, Revision};
use olivine_domain::pages::{Limit, Page};
use olivine_domain::permissions::{Actor, Authorized, Grants, Identity, Origin, installation, scope};
use olivine_domain::prn::Id;
use olivine_domain::text::Name;
use olivine_domain::time::Timestamp;
use olivine_domain::users::User;
use olivine_records::callers::{self, KeyCaller};
use olivine_records::{Write, api_keys};

use crate::error::{Error, Taken, Unauthenticated};
use crate::events::{EventData, Whole};
use crate::handing_out::{Handed, check_places, check_within};
use crate::lists::{Expected, ListQuery, NewId, check_expected};
use crate::work::Work;
use crate::{Context, events, organizations, people};

/// A new API key.
#[derive(Clone, Debug)]
pub struct Create {
    /// Its key as a record.
    pub id: NewId,
    /// What it is for.
    pub name: Name,
    /// What it may do.
    pub grants: Grants,
    /// When it stops working.
    pub expires_at: Option<Timestamp>,
    /// The user whose key it is; `None` for a key of the organization.
    pub owner: Option<Id<User>>,
}

/// Changes: what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct Update {
    /// What it is for.
    pub name: Option<Name>,
    /// When it stops working.
    pub expires_at: Option<Option<Timestamp>>,
}

/// A key that was just created, with its secret; without it if this is the answer to a repeated request.
#[derive(Debug)]
pub struct Created {
    /// The key's record.
    pub api_key: ApiKey,
    /// The secret, which is not kept.
    pub secret: Option<ApiKeySecret>,
}

/// Finds the caller that `token` belongs to, and checks that the key still works.
pub async fn authenticate(ctx: &Context, token: &str, origin: Origin) -> Result<Actor, Error> {
    let secret = ApiKeySecret::parse(token).ok_or(Unauthenticated::Unknown)?;
    let found = callers::find_by_key(ctx.db(), &secret.hash()).await?.ok_or(Unauthenticated::Unknown)?;
    found.key.check_usable(ctx.now()).map_err(Unauthenticated::from)?;
    check_second_factor(&found)?;
    let owner_grants = found.owner_grants();
    let key = found.key;
    Ok(Actor {
        identity: Identity::ApiKey(key.id),
        person: key.owner,
        organization: key.organization,
        grants: key.grants,
        owner_grants,
        is_fresh: true,
        origin,
    })
}

/// If the owner lacks the second factor that the organization requires, the error says so, instead of only that the key may do nothing.
fn check_second_factor(found: &KeyCaller) -> Result<(), Error> {
    let Some(owner) = &found.owner else { return Ok(()) };
    let Some(place) = owner.place(found.key.organization) else { return Ok(()) };
    place.grants_of(&owner.user).map(drop).map_err(Error::refused)
}

/// What the caller is and may: its key and its organization. Every caller may know this about itself.
pub async fn me(ctx: &Context, actor: &Actor) -> Result<(ApiKey, Organization), Error> {
    let id = match actor.identity {
        Identity::ApiKey(id) => id,
        Identity::User(_) | Identity::Device(_) | Identity::System => {
            return Err(Unauthenticated::Missing.into());
        }
    };
    let key = api_keys::get(ctx.db(), actor.organization, id).await.map_err(Error::missing(id))?;
    Ok((key, organizations::read(ctx, actor.organization).await?))
}

/// Creates an API key that can do no more than its creator.
pub async fn create(
    ctx: &Context,
    by: &Authorized<scope::ApiKeyCreate>,
    new: Create,
) -> Result<Created, Error> {
    check_within(by, &new.grants, Handed::Key)?;
    check_places(ctx.db(), by, &new.grants).await?;
    insert(ctx, by, new).await
}

/// Creates an API key for the server's operator, who may do everything.
pub async fn create_for_operator(
    ctx: &Context,
    by: &Authorized<installation::ApiKeyCreate>,
    organization: Id<Organization>,
    new: Create,
) -> Result<Created, Error> {
    insert(ctx, &by.within(organization), new).await
}

/// Creates an organization's first key, if it has none. `keep` stores the secret where its owner finds it, before the key can be used. So
/// even if the server dies, there is never a key whose secret is lost.
pub async fn create_first(
    ctx: &Context,
    by: &Authorized<installation::ApiKeyCreate>,
    organization: Id<Organization>,
    new: Create,
    keep: impl FnOnce(&ApiKeySecret) -> std::io::Result<()> + Send,
) -> Result<Option<ApiKey>, Error> {
    let one = ListQuery { limit: Limit::new(1).map_err(Error::internal)?, ..ListQuery::default() };
    let mut w = ctx.work().await?;
    // Two processes that start at once on a new database make one key.
    olivine_records::organizations::lock(&w, organization).await?;
    if !api_keys::list(&w, organization, &one).await?.items.is_empty() {
        return Ok(None);
    }
    let (api_key, secret) = write(ctx, &mut w, &by.within(organization), new).await?;
    keep(&secret).map_err(Error::internal)?;
    w.commit().await?;
    Ok(Some(api_key))
}

/// Begins a change of the organization's keys, alone. The caller's own key is read again: it may have been revoked since the request began.
/// There is no such key if the server itself is the caller.
async fn begin(ctx: &Context, by: &Actor) -> Result<(Work, Option<ApiKey>), Error> {
    let w = ctx.work().await?;
    olivine_records::organizations::lock(&w, by.organization).await?;
    let id = match by.identity {
        Identity::ApiKey(id) => id,
        Identity::System => return Ok((w, None)),
        Identity::User(user) => {
            people::check_still_member(&w, by.organization, user, &by.grants).await?;
            return Ok((w, None));
        }
        Identity::Device(_) => return Err(Unauthenticated::Missing.into()),
    };
    let caller = api_keys::get(&w, by.organization, id).await.map_err(Error::missing(id))?;
    caller.check_usable(ctx.now()).map_err(Unauthenticated::from)?;
    Ok((w, Some(caller)))
}

/// The refusal of an expiry that is later than the caller's own.
fn outlives(caller: &ApiKey) -> Error {
    let expiry = caller.expires_at.map(|at| at.to_string()).unwrap_or_default();
    let problem = format!(
        "this API key expires at {expiry}, and gives no key a longer life: name that time or an earlier one"
    );
    Error::Invalid { field: "expires_at", problem }
}

/// A key that ends before its time, revoked or by its expiry, must not be the last one that administrates.
async fn check_admin_stays(ctx: &Context, w: &Write, old: &ApiKey, new: &ApiKey) -> Result<(), Error> {
    let now = ctx.now();
    if !old.is_usable_admin(now)
        || !old.is_cut_short_by(new)
        || api_keys::has_another_admin(w, old, now).await?
    {
        return Ok(());
    }
    Err(Error::InUse(
        "this is the organization's only API key with the role 'admin' that works: create another one before this one is revoked \
         or expires earlier"
            .to_owned(),
    ))
}

async fn insert(ctx: &Context, by: &Actor, new: Create) -> Result<Created, Error> {
    let id = new.id;
    let (mut w, caller) = begin(ctx, by).await?;
    if let Some(caller) = caller.filter(|caller| caller.is_outlived_by(new.expires_at)) {
        return Err(outlives(&caller));
    }
    match write(ctx, &mut w, by, new).await {
        Err(Error::Taken { what: Taken::Id, .. }) if id.is_replayable() => {
            drop(w);
            let id = id.take(ctx);
            let first = api_keys::get(ctx.db(), by.organization, id).await.map_err(Error::missing(id))?;
            Ok(Created { api_key: first, secret: None })
        }
        other => {
            let (api_key, secret) = other?;
            w.commit().await?;
            Ok(Created { api_key, secret: Some(secret) })
        }
    }
}

async fn write(
    ctx: &Context,
    w: &mut Work,
    by: &Actor,
    new: Create,
) -> Result<(ApiKey, ApiKeySecret), Error> {
    let now = ctx.now();
    if new.expires_at.is_some_and(|expiry| expiry <= now) {
        let problem = "is in the past: the key could never be used".to_owned();
        return Err(Error::Invalid { field: "expires_at", problem });
    }
    let secret = ApiKeySecret::from_random(ctx.random_bytes());
    let api_key = ApiKey {
        id: new.id.take(ctx),
        organization: by.organization,
        name: new.name,
        hint: secret.hint(),
        grants: new.grants,
        expires_at: new.expires_at,
        revoked_at: None,
        revision: Revision::FIRST,
        inserted_at: now,
        updated_at: now,
        owner: new.owner,
        created_by: Some(by.identity.into()),
    };
    api_keys::insert(w, &api_key, &secret.hash()).await?;
    let data = EventData::ApiKeyCreated(Whole(&api_key));
    w.event(by, Subject::of(api_key.id), data);
    Ok((api_key, secret))
}

/// Lists API keys.
pub async fn list(
    ctx: &Context,
    by: &Authorized<scope::ApiKeyRead>,
    query: &ListQuery,
) -> Result<Page<ApiKey>, Error> {
    Ok(api_keys::list(&ctx.reads_for(by), by.organization, query).await?)
}

/// Reads one API key.
pub async fn get(ctx: &Context, by: &Authorized<scope::ApiKeyRead>, id: Id<ApiKey>) -> Result<ApiKey, Error> {
    api_keys::get(ctx.db(), by.organization, id).await.map_err(Error::missing(id))
}

/// Renames an API key or changes its expiry.
pub async fn update(
    ctx: &Context,
    by: &Authorized<scope::ApiKeyUpdate>,
    id: Id<ApiKey>,
    expected: Expected,
    change: Update,
) -> Result<ApiKey, Error> {
    let (mut w, caller) = begin(ctx, by).await?;
    let old = api_keys::get(&w, by.organization, id).await.map_err(Error::missing(id))?;
    check_expected(expected, old.revision)?;
    check_within(by, &old.grants, Handed::Key)?;
    let new = ApiKey {
        name: change.name.unwrap_or_else(|| old.name.clone()),
        expires_at: change.expires_at.unwrap_or(old.expires_at),
        ..old.clone()
    };
    if new == old {
        return Ok(old);
    }
    let is_longer = old.is_outlived_by(new.expires_at);
    if let Some(caller) = caller.filter(|caller| is_longer && caller.is_outlived_by(new.expires_at)) {
        return Err(outlives(&caller));
    }
    check_admin_stays(ctx, &w, &old, &new).await?;
    let new = ApiKey { revision: old.revision.next(), updated_at: ctx.now(), ..new };
    api_keys::update(&w, &old, &new).await?;
    let data = EventData::ApiKeyUpdated(events::Change { from: &old, to: &new });
    w.event(by, Subject::of(id), data);
    w.commit().await?;
    Ok(new)
}

/// Revokes an API key: from the commit on it is refused everywhere. Revoking it again changes nothing.
pub async fn revoke(
    ctx: &Context,
    by: &Authorized<scope::ApiKeyRevoke>,
    id: Id<ApiKey>,
) -> Result<(), Error> {
    let (mut w, _) = begin(ctx, by).await?;
    let old = api_keys::get(&w, by.organization, id).await.map_err(Error::missing(id))?;
    check_within(by, &old.grants, Handed::Key)?;
    let Some(new) = old.revoked(ctx.now()) else { return Ok(()) };
    check_admin_stays(ctx, &w, &old, &new).await?;
    write_revoked(&mut w, by, &old, &new).await?;
    w.commit().await
}

/// Records that a key was revoked.
async fn write_revoked(w: &mut Work, by: &Actor, old: &ApiKey, new: &ApiKey) -> Result<(), Error> {
    api_keys::update(w, old, new).await?;
    w.event(by, Subject::of(old.id), EventData::ApiKeyRevoked(events::Change { from: old, to: new }));
    Ok(())
}
