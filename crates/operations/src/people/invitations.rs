//! Invitations: a link for one address, with what the person will be allowed to do.

use olivine_domain::events::Subject;
use olivine_domain::invitations::{INVITATION_LASTS, Invitation, LinkToken};
use olivine_domain::organizations::{Organization, Revision};
use olivine_domain::pages::Page;
use olivine_domain::passwords::Password;
use olivine_domain::permissions::installation::UserCreate;
use olivine_domain::permissions::{Actor, Authorized, Grants, Identity, RecordedIdentity, scope};
use olivine_domain::prn::Id;
use olivine_domain::refusals::{Meaning, Refusal};
use olivine_domain::text::Name;
use olivine_domain::users::{Email, User};
use olivine_records::users::Credentials;
use olivine_records::{Constraint, invitations, memberships, organizations, sessions, users};

use super::memberships::{add, check_form};
use super::refusals::LinkRefused;
use super::sessions::Proof;
use super::set_up::{check_password, new_user};
use super::sign_in::{Arrived, From, arrive};
use super::{Fresh, oneself};
use crate::error::Taken;
use crate::events::{self, EventData, Whole};
use crate::handing_out::{Handed, check_places, check_within};
use crate::lists::{ListQuery, NewId};
use crate::work::Work;
use crate::{Context, Error};

/// The account that an invitation is for exists: its owner has to sign in first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("you have an account here already: sign in as the person who was invited, then accept")]
pub struct SignInFirst;

impl Refusal for SignInFirst {
    fn meaning(&self) -> Meaning {
        Meaning::Conflict
    }

    fn code(&self) -> &'static str {
        "email_taken"
    }
}

/// The signed-in person is not the invited one, or is a member already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotForYou {
    /// Somebody else.
    #[error("this invitation is for another address: sign in as the person who was invited")]
    OtherAddress,
    /// A member.
    #[error("you are a member of this organization already")]
    Member,
}

impl Refusal for NotForYou {
    fn meaning(&self) -> Meaning {
        Meaning::Conflict
    }

    fn code(&self) -> &'static str {
        "conflict"
    }
}

/// A new invitation.
#[derive(Clone, Debug)]
pub struct Create {
    /// Its key as a record.
    pub id: NewId,
    /// Whom.
    pub email: Email,
    /// What the person may do.
    pub grants: Grants,
}

/// An invitation that was just made, with what its link carries; without it if this is the answer to a repeated request.
#[derive(Debug)]
pub struct Created {
    /// The record.
    pub invitation: Invitation,
    /// What the link carries, to be shown once; `None` in the answer to a repeated request, whose first answer had it.
    pub token: Option<LinkToken>,
}

/// Invites somebody. The answer is the same whether or not they have an account.
pub async fn create(
    ctx: &Context,
    by: &Authorized<scope::InvitationCreate>,
    new: Create,
) -> Result<Created, Error> {
    check_form(&new.grants)?;
    check_within(by, &new.grants, Handed::Membership)?;
    check_places(ctx.db(), by, &new.grants).await?;
    let mut w = super::memberships::begin(ctx, by).await?;
    let (id, is_replayable) = (new.id.take(ctx), new.id.is_replayable());
    match insert(ctx, &mut w, by, Create { id: NewId::Chosen(id.uuid()), ..new }).await {
        Err(Error::Taken { what: Taken::Id, .. }) if is_replayable => {
            drop(w);
            let invitation =
                invitations::get(ctx.db(), by.organization, id).await.map_err(Error::missing(id))?;
            Ok(Created { invitation, token: None })
        }
        created => {
            let created = created?;
            w.commit().await?;
            Ok(created)
        }
    }
}

/// Invites somebody, for the server's operator.
pub async fn create_for_operator(
    ctx: &Context,
    by: &Authorized<UserCreate>,
    organization: Id<Organization>,
    new: Create,
) -> Result<Created, Error> {
    check_form(&new.grants)?;
    let mut w = ctx.work().await?;
    let created = insert(ctx, &mut w, &by.within(organization), new).await?;
    w.commit().await?;
    Ok(created)
}

async fn insert(ctx: &Context, w: &mut Work, by: &Actor, new: Create) -> Result<Created, Error> {
    let (now, token) = (ctx.now(), LinkToken::from_random(ctx.random_bytes()));
    let invitation = Invitation {
        id: new.id.take(ctx),
        organization: by.organization,
        email: new.email,
        grants: new.grants,
        invited_by: by.identity.into(),
        expires_at: now.plus(INVITATION_LASTS),
        accepted_at: None,
        revoked_at: None,
        revision: Revision::FIRST,
        inserted_at: now,
        updated_at: now,
    };
    invitations::insert(w, &invitation, &token.hash()).await?;
    w.event(by, Subject::of(invitation.id), EventData::InvitationCreated(Whole(&invitation)));
    Ok(Created { invitation, token: Some(token) })
}

/// Lists invitations, without their links.
pub async fn list(
    ctx: &Context,
    by: &Authorized<scope::InvitationRead>,
    query: &ListQuery,
) -> Result<Page<Invitation>, Error> {
    Ok(invitations::list(&ctx.reads_for(by), by.organization, query).await?)
}

/// Reads one invitation, without its link.
pub async fn get(
    ctx: &Context,
    by: &Authorized<scope::InvitationRead>,
    id: Id<Invitation>,
) -> Result<Invitation, Error> {
    invitations::get(ctx.db(), by.organization, id).await.map_err(Error::missing(id))
}

/// Revokes an invitation. Doing it again, or once it was accepted, changes nothing.
pub async fn revoke(
    ctx: &Context,
    by: &Authorized<scope::InvitationRevoke>,
    id: Id<Invitation>,
) -> Result<(), Error> {
    let mut w = super::memberships::begin(ctx, by).await?;
    let old = invitations::get(&*w, by.organization, id).await.map_err(Error::missing(id))?;
    if old.revoked_at.is_some() || old.accepted_at.is_some() {
        return Ok(());
    }
    let now = ctx.now();
    let new = Invitation { revoked_at: Some(now), ..changed(&old, now) };
    invitations::update(&w, &old, &new).await?;
    let data = EventData::InvitationRevoked(events::Change { from: &old, to: &new });
    w.event(by, Subject::of(id), data);
    w.commit().await
}

fn changed(old: &Invitation, now: olivine_domain::Timestamp) -> Invitation {
    Invitation { revision: old.revision.next(), updated_at: now, ..old.clone() }
}

/// What an invitation shows to the holder of its link.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The invitation.
    pub invitation: Invitation,
    /// The organization's name.
    pub organization: Name,
}

/// The open invitation of a link. Reading it does not use the link up.
pub async fn look(ctx: &Context, token: &LinkToken) -> Result<Shown, Error> {
    let invitation = open(ctx, token).await?;
    let organization = organizations::get(ctx.db(), invitation.organization).await?.name;
    Ok(Shown { invitation, organization })
}

async fn open(ctx: &Context, token: &LinkToken) -> Result<Invitation, Error> {
    let found = invitations::find_by_hash(ctx.db(), &token.hash()).await?;
    found.filter(|found| found.is_open(ctx.now())).ok_or_else(|| Error::refused(LinkRefused))
}

/// Who accepts an invitation and has no account yet.
#[derive(Clone, Debug)]
pub struct Newcomer {
    /// What the person is called.
    pub name: Name,
    /// Their password.
    pub password: Password,
}

/// Accepts an invitation with a new account, which is signed in then.
pub async fn accept_as_newcomer(
    ctx: &Context,
    token: &LinkToken,
    new: Newcomer,
    from: &From,
) -> Result<Arrived, Error> {
    let Shown { invitation, organization } = look(ctx, token).await?;
    if users::find_by_email(ctx.db(), &invitation.email).await?.is_some() {
        return Err(Error::refused(SignInFirst));
    }
    check_password(&new.password, &invitation.email, std::slice::from_ref(&organization))?;
    let hash = ctx.passwords().hash(&new.password, ctx.random_bytes()).await?;
    let user = new_user(ctx, invitation.email.clone(), new.name, false);
    let mut w = ctx.work().await?;
    let credentials = Credentials { password_hash: Some(hash), ..Credentials::default() };
    match users::insert(&w, &user, &credentials).await {
        Err(olivine_records::Error::Duplicate(Constraint::UserEmail)) => {
            return Err(Error::refused(SignInFirst));
        }
        other => other?,
    }
    let by = oneself(&user, &from.origin)(invitation.organization);
    w.event(&by, Subject::of(user.id), EventData::UserCreated(Whole(&user)));
    accept(ctx, &mut w, &by, &user, &invitation).await?;
    let arrived = arrive(ctx, &mut w, &user, Proof::One, from).await?;
    w.commit().await?;
    Ok(arrived)
}

/// Accepts an invitation as somebody who has an account, and who proved a moment ago that it is theirs. Their other sessions end.
pub async fn accept_as_user(ctx: &Context, token: &LinkToken, person: Fresh<'_>) -> Result<(), Error> {
    let invitation = open(ctx, token).await?;
    if person.user.email != invitation.email {
        return Err(Error::refused(NotForYou::OtherAddress));
    }
    let mut w = ctx.work().await?;
    let user = users::lock(&w, person.user.id).await?;
    if user.disabled_at.is_some() {
        return Err(Error::refused(super::SessionEnded));
    }
    let by = oneself(&user, &person.origin)(invitation.organization);
    accept(ctx, &mut w, &by, &user, &invitation).await?;
    sessions::delete_all(&w, user.id, Some(person.session.id)).await?;
    w.commit().await
}

/// Creates the membership. If the inviter may no longer grant all of it, the invitation is void.
async fn accept(
    ctx: &Context,
    w: &mut Work,
    by: &Actor,
    user: &User,
    invitation: &Invitation,
) -> Result<(), Error> {
    organizations::lock(w, invitation.organization).await?;
    // Somebody may have used or revoked it since it was read.
    let invitation = invitations::get(&**w, invitation.organization, invitation.id).await?;
    if !invitation.is_open(ctx.now()) || !may_still_give(ctx, w, &invitation).await? {
        return Err(Error::refused(LinkRefused));
    }
    if memberships::find_of(&**w, invitation.organization, user.id).await?.is_some() {
        return Err(Error::refused(NotForYou::Member));
    }
    let now = ctx.now();
    let accepted = Invitation { accepted_at: Some(now), ..changed(&invitation, now) };
    invitations::update(w, &invitation, &accepted).await.map_err(|error| match error {
        olivine_records::Error::Conflict => Error::refused(LinkRefused),
        other => other.into(),
    })?;
    let data = EventData::InvitationAccepted(events::Change { from: &invitation, to: &accepted });
    w.event(by, Subject::of(invitation.id), data);
    add(ctx, w, by, invitation.organization, user.id, invitation.grants.clone()).await?;
    Ok(())
}

/// Whether who made the invitation may still do all that it gives.
async fn may_still_give(ctx: &Context, w: &Work, invitation: &Invitation) -> Result<bool, Error> {
    let has = match invitation.invited_by {
        RecordedIdentity::Known(Identity::System) => return Ok(true),
        RecordedIdentity::Known(Identity::User(user)) => {
            super::grants_of(&**w, invitation.organization, user).await?
        }
        RecordedIdentity::Known(Identity::ApiKey(key)) => {
            let key = olivine_records::api_keys::find(&**w, invitation.organization, key).await?;
            let usable = key.filter(|key| key.owner.is_none() && key.check_usable(ctx.now()).is_ok());
            usable.map_or_else(Grants::none, |key| key.grants)
        }
        RecordedIdentity::Known(Identity::Device(_)) | RecordedIdentity::Other { .. } => Grants::none(),
    };
    Ok(has.first_exceeded_by(&invitation.grants).is_none())
}
