//! The first person of an installation, and links that work once.

use std::time::Duration;

use olivine_domain::invitations::{LinkPurpose, LinkToken, RESET_LASTS};
use olivine_domain::organizations::Revision;
use olivine_domain::passwords::Password;
use olivine_domain::permissions::installation::UserCreate;
use olivine_domain::permissions::{Authorized, Grants, Role};
use olivine_domain::refusals::{Meaning, Refusal};
use olivine_domain::text::Name;
use olivine_domain::users::{Email, User};
use olivine_records::users::Credentials;
use olivine_records::{organizations, sessions, user_links, users};

use super::guessing::forget_address;
use super::memberships::add;
use super::refusals::LinkRefused;
use super::sessions::Proof;
use super::sign_in::{Arrived, From, arrive};
use super::{note, oneself};
use crate::events::{EventData, Nothing, Whole};
use crate::{Context, Error};

/// The link to set an installation up works until it is used, because it is not known when the first person comes.
const SET_UP_LASTS: Duration = Duration::from_hours(24 * 365 * 10);

/// There are users already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this installation is set up: sign in, or ask one of its administrators to invite you")]
pub struct SetUpDone;

impl Refusal for SetUpDone {
    fn meaning(&self) -> Meaning {
        Meaning::Conflict
    }

    fn code(&self) -> &'static str {
        "setup_done"
    }
}

/// Refuses a password that can't be chosen.
pub(super) fn check_password(
    password: &Password,
    email: &Email,
    organizations: &[Name],
) -> Result<(), Error> {
    let checked = password.check_new(email, organizations);
    checked.map_err(|weak| Error::Invalid { field: "password", problem: weak.to_string() })
}

/// Makes the link to set the installation up, unless there is a user. With `only_first`, none is made where there is one already. `keep` puts
/// it where the operator finds it, before it can be used. Of two processes at once, one makes it.
pub async fn link(
    ctx: &Context,
    _: &Authorized<UserCreate>,
    only_first: OnlyFirst,
    keep: impl FnOnce(&LinkToken) -> std::io::Result<()> + Send,
) -> Result<Option<LinkToken>, Error> {
    let w = ctx.work().await?;
    let Some(first) = organizations::find_first(&*w).await? else { return Ok(None) };
    // Processes that start at once come one after another here.
    organizations::lock(&w, first).await?;
    if users::any(&*w).await? {
        return match only_first {
            OnlyFirst::Yes => Ok(None),
            OnlyFirst::No => Err(Error::refused(SetUpDone)),
        };
    }
    if only_first == OnlyFirst::Yes && user_links::has_set_up(&*w).await? {
        return Ok(None);
    }
    let token = LinkToken::from_random(ctx.random_bytes());
    user_links::insert(&w, &token.hash(), &LinkPurpose::SetUp, ctx.now().plus(SET_UP_LASTS)).await?;
    keep(&token).map_err(Error::internal)?;
    w.commit().await?;
    Ok(Some(token))
}

/// Whether a link is made in place of another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnlyFirst {
    /// Only if there is none: at a start.
    Yes,
    /// In place of the one that there may be.
    No,
}

/// Whether the installation has people.
pub async fn is_done(ctx: &Context) -> Result<bool, Error> {
    Ok(users::any(ctx.db()).await?)
}

/// Who the first person is.
#[derive(Clone, Debug)]
pub struct SetUp {
    /// What the link carries.
    pub token: LinkToken,
    /// What the person is called.
    pub name: Name,
    /// Their address.
    pub email: Email,
    /// Their password.
    pub password: Password,
}

/// Makes the first person: administrator of the installation and of its first organization, and signed in.
pub async fn complete(ctx: &Context, new: SetUp, from: &From) -> Result<Arrived, Error> {
    let SetUp { token, name, email, password } = new;
    if users::any(ctx.db()).await? {
        return Err(Error::refused(SetUpDone));
    }
    let now = ctx.now();
    if user_links::find(ctx.db(), &token.hash(), now).await? != Some(LinkPurpose::SetUp) {
        return Err(Error::refused(LinkRefused));
    }
    let first = organizations::find_first(ctx.db()).await?.ok_or_else(|| Error::refused(LinkRefused))?;
    let organization = organizations::get(ctx.db(), first).await?;
    check_password(&password, &email, std::slice::from_ref(&organization.name))?;
    let hash = ctx.passwords().hash(&password, ctx.random_bytes()).await?;
    let user = new_user(ctx, email, name, true);
    let mut w = ctx.work().await?;
    if !user_links::use_up(&w, &token.hash(), now).await? {
        return Err(Error::refused(LinkRefused));
    }
    users::insert(&w, &user, &Credentials { password_hash: Some(hash), ..Credentials::default() }).await?;
    let by = oneself(&user, &from.origin)(first);
    w.event(&by, olivine_domain::events::Subject::of(user.id), EventData::UserCreated(Whole(&user)));
    add(ctx, &mut w, &by, first, user.id, Grants::of_role(Role::Admin)).await?;
    let arrived = arrive(ctx, &mut w, &user, Proof::One, from).await?;
    w.commit().await?;
    Ok(arrived)
}

/// A user who was just made.
pub(super) fn new_user(ctx: &Context, email: Email, name: Name, is_administrator: bool) -> User {
    let now = ctx.now();
    User {
        id: ctx.new_id(),
        email,
        name,
        is_administrator,
        second_factor_since: None,
        disabled_at: None,
        revision: Revision::FIRST,
        inserted_at: now,
        updated_at: now,
    }
}

/// Makes a link to choose a new password, in the transaction of who may.
pub(super) async fn reset_link(
    ctx: &Context,
    w: &crate::work::Work,
    user: &User,
) -> Result<LinkToken, Error> {
    let token = LinkToken::from_random(ctx.random_bytes());
    let memberships = users::membership_changes(&**w, user.id).await?;
    let purpose = LinkPurpose::ResetPassword { user: user.id, memberships };
    user_links::insert(w, &token.hash(), &purpose, ctx.now().plus(RESET_LASTS)).await?;
    Ok(token)
}

/// Chooses a new password by a link: all sessions and personal keys end, and nobody is signed in. A second factor stays.
pub async fn reset_password(
    ctx: &Context,
    token: &LinkToken,
    password: &Password,
    from: &From,
) -> Result<(), Error> {
    let now = ctx.now();
    let link = user_links::find(ctx.db(), &token.hash(), now).await?;
    let Some(LinkPurpose::ResetPassword { user: id, memberships: expected }) = link else {
        return Err(Error::refused(LinkRefused));
    };
    let user = users::find(ctx.db(), id).await?.ok_or_else(|| Error::refused(LinkRefused))?;
    check_password(password, &user.email, &super::users::organization_names(ctx, id).await?)?;
    let hash = ctx.passwords().hash(password, ctx.random_bytes()).await?;
    let mut w = ctx.work().await?;
    let user = users::lock(&w, id).await?;
    // If a membership began or ended since, other people may decide about this account now.
    let is_void = users::membership_changes(&*w, id).await? != expected || user.disabled_at.is_some();
    if is_void || !user_links::use_up(&w, &token.hash(), now).await? {
        return Err(Error::refused(LinkRefused));
    }
    let credentials = users::credentials_of(&*w, id).await?;
    users::set_credentials(&w, id, &Credentials { password_hash: Some(hash), ..credentials }).await?;
    users::forget_browsers(&w, id).await?;
    sessions::delete_all(&w, id, None).await?;
    forget_address(ctx, &w, user.email.as_str()).await?;
    super::users::revoke_personal_keys(ctx, &mut w, &user, &from.origin).await?;
    note(&mut w, &user, oneself(&user, &from.origin), || EventData::UserPasswordReset(Nothing {})).await?;
    w.commit().await
}
