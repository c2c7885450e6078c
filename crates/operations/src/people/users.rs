//! Accounts: a person's own, and changes by administrators.

use olivine_domain::accounts::check_account;
use olivine_domain::events::Subject;
use olivine_domain::invitations::LinkToken;
use olivine_domain::organizations::Organization;
use olivine_domain::pages::Page;
use olivine_domain::passwords::Password;
use olivine_domain::permissions::{Authorized, Grants, Origin, installation, scope};
use olivine_domain::prn::Id;
use olivine_domain::refusals::{Meaning, Refusal};
use olivine_domain::text::Name;
use olivine_domain::users::{Email, User};
use olivine_records::users::Credentials;
use olivine_records::{memberships, organizations, sessions, user_links, users};

use super::sessions::{NewSession, renew};
use super::set_up::{check_password, reset_link};
use super::{AccountCaller, Fresh, Person, authenticators, note, oneself};
use crate::events::{self, EventData, Nothing, Whole};
use crate::lists::{Expected, ListQuery, check_expected};
use crate::work::Work;
use crate::{Context, Error};

/// The installation keeps somebody who administrates it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is the last administrator of the installation, who stays")]
pub struct LastAdministrator;

impl Refusal for LastAdministrator {
    fn meaning(&self) -> Meaning {
        Meaning::Conflict
    }

    fn code(&self) -> &'static str {
        "last_admin"
    }
}

/// In which organizations a person is, and what they may do there.
#[derive(Clone, Debug)]
pub struct Place {
    /// The organization.
    pub organization: Organization,
    /// What the person may do there.
    pub grants: Grants,
}

/// The organizations that a person is in.
pub async fn places(ctx: &Context, user: Id<User>) -> Result<Vec<Place>, Error> {
    let mut places = Vec::new();
    for membership in memberships::list_of_user(ctx.db(), user).await? {
        let organization = organizations::get(ctx.db(), membership.organization).await?;
        places.push(Place { organization, grants: membership.grants });
    }
    Ok(places)
}

/// The names of the organizations that a user is in: no password is one of them.
pub(super) async fn organization_names(ctx: &Context, user: Id<User>) -> Result<Vec<Name>, Error> {
    Ok(places(ctx, user).await?.into_iter().map(|place| place.organization.name).collect())
}

/// Changes what the person is called.
pub async fn rename(ctx: &Context, person: &Person, name: Name) -> Result<User, Error> {
    let mut w = ctx.work().await?;
    let old = users::lock(&w, person.user.id).await?;
    if old.name == name {
        return Ok(old);
    }
    let new = User { name, ..changed(ctx, &old) };
    users::update(&w, &old, &new).await?;
    let by = oneself(&new, &person.origin);
    for organization in super::audit_trails(&*w, &new).await? {
        let data = EventData::UserUpdated(events::Change { from: &old, to: &new });
        w.event(&by(organization), Subject::of(new.id), data);
    }
    w.commit().await?;
    Ok(new)
}

fn changed(ctx: &Context, old: &User) -> User {
    User { revision: old.revision.next(), updated_at: ctx.now(), ..old.clone() }
}

/// Chooses another password. All other sessions end; this one has a new token.
pub async fn change_password(
    ctx: &Context,
    person: Fresh<'_>,
    password: &Password,
) -> Result<NewSession, Error> {
    let id = person.user.id;
    check_password(password, &person.user.email, &organization_names(ctx, id).await?)?;
    let hash = ctx.passwords().hash(password, ctx.random_bytes()).await?;
    let mut w = ctx.work().await?;
    let user = users::lock(&w, id).await?;
    let credentials = users::credentials_of(&*w, id).await?;
    users::set_credentials(&w, id, &Credentials { password_hash: Some(hash), ..credentials }).await?;
    users::forget_browsers(&w, id).await?;
    user_links::delete_of_user(&w, id).await?;
    sessions::delete_all(&w, id, Some(person.session.id)).await?;
    let renewed = renew(ctx, &w, &person, user.clone()).await?;
    note(&mut w, &user, oneself(&user, &person.origin), || EventData::UserPasswordChanged(Nothing {}))
        .await?;
    w.commit().await?;
    Ok(renewed)
}

/// Lists the users that have a membership in the caller's organization.
pub async fn list(
    ctx: &Context,
    by: &Authorized<scope::UserRead>,
    query: &ListQuery,
) -> Result<Page<User>, Error> {
    Ok(users::list(ctx.db(), Some(by.organization), query).await?)
}

/// Reads a user that has a membership in the caller's organization.
pub async fn get(ctx: &Context, by: &Authorized<scope::UserRead>, id: Id<User>) -> Result<User, Error> {
    let is_member = memberships::find_of(ctx.db(), by.organization, id).await?.is_some();
    let user = if is_member { users::find(ctx.db(), id).await? } else { None };
    user.ok_or_else(|| Error::not_found(id))
}

/// Lists all users, for the server's operator.
pub async fn list_all(
    ctx: &Context,
    _: &Authorized<installation::UserRead>,
    query: &ListQuery,
) -> Result<Page<User>, Error> {
    Ok(users::list(ctx.db(), None, query).await?)
}

/// The user with this address, for the server's operator.
pub async fn find_by_email(
    ctx: &Context,
    _: &Authorized<installation::UserRead>,
    email: &Email,
) -> Result<User, Error> {
    let found = users::find_by_email(ctx.db(), email).await?;
    found.map(|(user, _)| user).ok_or_else(|| Error::NotFound { what: "user", named: email.to_string() })
}

/// Begins to do something to an account: locks it, and asks whether the caller may.
async fn begin(ctx: &Context, by: &AccountCaller<'_>, id: Id<User>) -> Result<(Work, User), Error> {
    let w = ctx.work().await?;
    let user = users::lock(&w, id).await.map_err(Error::missing(id))?;
    let memberships = memberships::list_of_user(&*w, id).await?;
    if let AccountCaller::Person(person, Some(actor)) = by {
        // A caller whose membership ended since the request began may do nothing.
        if !person.user.is_administrator {
            super::check_still_member(&w, actor.organization, person.user.id, &actor.grants).await?;
        }
    }
    check_account(&by.right(&user, &memberships)?, &user, &memberships).map_err(Error::refused)?;
    Ok((w, user))
}

/// Notes what a caller did to an account.
async fn note_by(
    w: &mut Work,
    by: &AccountCaller<'_>,
    user: &User,
    data: impl Fn() -> EventData<'static>,
) -> Result<(), Error> {
    note(w, user, |organization| by.within(organization), data).await
}

/// Makes a link with which the user can choose a new password. It is asked again when the link is used.
pub async fn make_reset_link(
    ctx: &Context,
    by: &AccountCaller<'_>,
    id: Id<User>,
) -> Result<LinkToken, Error> {
    let (mut w, user) = begin(ctx, by, id).await?;
    let token = reset_link(ctx, &w, &user).await?;
    note_by(&mut w, by, &user, || EventData::UserPasswordResetRequested(Nothing {})).await?;
    w.commit().await?;
    Ok(token)
}

/// Removes the second factor of a person who lost it. The person's sessions end.
pub async fn remove_second_factor(ctx: &Context, by: &AccountCaller<'_>, id: Id<User>) -> Result<(), Error> {
    let (mut w, user) = begin(ctx, by, id).await?;
    if user.second_factor_since.is_none() {
        return Err(Error::refused(authenticators::SecondFactorMissing));
    }
    let user = authenticators::forget(ctx, &w, &user).await?;
    sessions::delete_all(&w, id, None).await?;
    note_by(&mut w, by, &user, || EventData::UserSecondFactorRemoved(Nothing {})).await?;
    w.commit().await
}

/// What changes about an account.
#[derive(Clone, Debug, Default)]
pub struct Update {
    /// What the person is called.
    pub name: Option<Name>,
    /// Whether nobody can sign in to it.
    pub disabled: Option<bool>,
}

/// Renames an account, disables it, or enables it again. Who is disabled is signed out everywhere.
pub async fn update(
    ctx: &Context,
    by: &AccountCaller<'_>,
    id: Id<User>,
    expected: Expected,
    change: Update,
) -> Result<User, Error> {
    let (mut w, old) = begin(ctx, by, id).await?;
    check_expected(expected, old.revision)?;
    let disabled_at = match change.disabled {
        Some(true) => old.disabled_at.or(Some(ctx.now())),
        Some(false) => None,
        None => old.disabled_at,
    };
    let name = change.name.unwrap_or_else(|| old.name.clone());
    if (name == old.name) && disabled_at == old.disabled_at {
        return Ok(old);
    }
    let new = User { name, disabled_at, ..changed(ctx, &old) };
    let is_disabled_now = new.disabled_at.is_some() && old.disabled_at.is_none();
    if is_disabled_now {
        check_nobody_is_last(&w, &old).await?;
        sessions::delete_all(&w, id, None).await?;
        user_links::delete_of_user(&w, id).await?;
    }
    users::update(&w, &old, &new).await?;
    let is_enabled_now = new.disabled_at.is_none() && old.disabled_at.is_some();
    for organization in super::audit_trails(&*w, &new).await? {
        let change = events::Change { from: &old, to: &new };
        let data = match (is_disabled_now, is_enabled_now) {
            (true, _) => EventData::UserDisabled(change),
            (_, true) => EventData::UserEnabled(change),
            _ => EventData::UserUpdated(change),
        };
        w.event(&by.within(organization), Subject::of(id), data);
    }
    w.commit().await?;
    Ok(new)
}

/// Deletes an account with its memberships. What the person did stays in the audit trail.
pub async fn delete(ctx: &Context, by: &AccountCaller<'_>, id: Id<User>) -> Result<(), Error> {
    let (mut w, user) = begin(ctx, by, id).await?;
    check_nobody_is_last(&w, &user).await?;
    let trails = super::audit_trails(&*w, &user).await?;
    for membership in memberships::list_of_user(&*w, id).await? {
        let actor = by.within(membership.organization);
        super::memberships::end(ctx, &mut w, &actor, &membership, &user).await?;
    }
    sessions::delete_all(&w, id, None).await?;
    user_links::delete_of_user(&w, id).await?;
    users::delete(&w, id).await?;
    for organization in trails {
        w.event(&by.within(organization), Subject::of(id), EventData::UserDeleted(Whole(&user)));
    }
    w.commit().await
}

/// Refuses to let the last administrator go, of the installation or of an organization.
async fn check_nobody_is_last(w: &Work, user: &User) -> Result<(), Error> {
    if user.is_administrator && users::other_administrators(w, user.id).await? == 0 {
        return Err(Error::refused(LastAdministrator));
    }
    for membership in memberships::list_of_user(&**w, user.id).await? {
        organizations::lock(w, membership.organization).await?;
        super::memberships::check_last(w, &membership, user, false).await?;
    }
    Ok(())
}

/// Revokes the keys of a user everywhere.
pub(super) async fn revoke_personal_keys(
    ctx: &Context,
    w: &mut Work,
    user: &User,
    origin: &Origin,
) -> Result<(), Error> {
    let by = oneself(user, origin);
    for membership in memberships::list_of_user(&**w, user.id).await? {
        let organization = membership.organization;
        crate::api_keys::revoke_keys_in(ctx, w, &by(organization), organization, user.id).await?;
    }
    Ok(())
}
