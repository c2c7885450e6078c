//! People: how they sign in, and as which actors they then act.
//!
//! A [`Person`] is a user with a session; in an organization they act as an [`Actor`] with what their membership grants, as an API key
//! does. So permissions are checked in only one way. What people do to accounts takes a [`Fresh`] person: one who proved a moment ago who
//! they are.

pub mod authenticators;
mod guessing;
pub mod installation;
pub mod invitations;
pub mod memberships;
pub mod passwords;
pub mod refusals;
pub mod sessions;
pub mod set_up;
pub mod sign_in;
pub mod storage_origins;
pub mod users;

use olivine_domain::accounts::AccountActor;
use olivine_domain::events::Subject;
use olivine_domain::memberships::{Member, Membership, Place};
use olivine_domain::organizations::Organization;
use olivine_domain::permissions::{Actor, Grants, Identity, Origin};
use olivine_domain::prn::{Id, Prn};
use olivine_domain::refusals::{Meaning, Refusal};
use olivine_domain::sessions::{SessionToken, UserSession};
use olivine_domain::users::User;
use olivine_records::callers::{self, SessionCaller};
use olivine_records::{Reader, memberships as records, organizations, sessions as session_records};

use crate::events::EventData;
use crate::work::Work;
use crate::{Context, Error};

/// A user who is signed in, not yet in any organization.
#[derive(Clone, Debug)]
pub struct Person {
    /// Who it is.
    pub user: User,
    /// The browser.
    pub session: UserSession,
    /// Where they are a member.
    pub places: Vec<Place>,
    /// Where the request comes from.
    pub origin: Origin,
}

/// A person who proved a moment ago who they are.
#[derive(Clone, Copy, Debug)]
pub struct Fresh<'a>(&'a Person);

impl std::ops::Deref for Fresh<'_> {
    type Target = Person;

    fn deref(&self) -> &Person {
        self.0
    }
}

/// There is no such session any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("you are not signed in any more: the session ended, or was ended. Sign in again")]
pub struct SessionEnded;

impl Refusal for SessionEnded {
    fn meaning(&self) -> Meaning {
        Meaning::Unauthenticated
    }

    fn code(&self) -> &'static str {
        "session_ended"
    }
}

/// What is asked for takes a person who signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this takes a person who signed in: no API key does it")]
pub struct PersonRequired;

impl Refusal for PersonRequired {
    fn meaning(&self) -> Meaning {
        Meaning::Forbidden
    }

    fn code(&self) -> &'static str {
        "person_required"
    }
}

/// The person has to prove anew who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "you signed in more than 15 minutes ago: prove again who you are (POST /v1/reauthenticate), then repeat this"
)]
pub struct NotFresh;

impl Refusal for NotFresh {
    fn meaning(&self) -> Meaning {
        Meaning::Forbidden
    }

    fn code(&self) -> &'static str {
        "reauthentication_required"
    }
}

impl Person {
    /// The proof that the person proved a moment ago who they are.
    pub fn fresh(&self, ctx: &Context) -> Result<Fresh<'_>, Error> {
        if self.session.is_fresh(ctx.now()) { Ok(Fresh(self)) } else { Err(Error::refused(NotFresh)) }
    }

    /// As whom they act by a membership of theirs.
    fn acts_by(&self, ctx: &Context, place: &Place) -> Result<Actor, Error> {
        let grants = place.grants_of(&self.user).map_err(Error::refused)?;
        Ok(Actor {
            identity: Identity::User(self.user.id),
            person: Some(self.user.id),
            organization: place.membership.organization,
            grants: grants.clone(),
            owner_grants: None,
            is_fresh: self.session.is_fresh(ctx.now()),
            origin: self.origin.clone(),
        })
    }
}

/// Finds out whose session has this token, and whether it can still be used.
pub async fn authenticate(ctx: &Context, token: &SessionToken, origin: Origin) -> Result<Person, Error> {
    let (now, limits) = (ctx.now(), ctx.settings().sessions);
    let found = callers::find_by_session(ctx.db(), &token.hash()).await?;
    let found = found.filter(|found| found.session.is_usable(now, &limits));
    let found = found.filter(|found| found.person.user.disabled_at.is_none());
    let SessionCaller { mut session, person: Member { user, places } } =
        found.ok_or_else(|| Error::refused(SessionEnded))?;
    if session.is_seen_anew(now) {
        let w = ctx.work().await?;
        session_records::touch(&w, session.id, now).await?;
        w.commit().await?;
        session.last_seen_at = now;
    }
    Ok(Person { user, session, places, origin })
}

/// Which of their organizations a person means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Chosen {
    /// The only one.
    Only,
    /// The one of this name or PRN.
    Named(String),
}

/// As whom the person acts in the organization that they chose.
pub fn act_in(ctx: &Context, person: &Person, chosen: &Chosen) -> Result<Actor, Error> {
    let place = match (chosen, person.places.as_slice()) {
        (Chosen::Only, []) => return Err(Error::refused(NoOrganization::None)),
        (Chosen::Only, [only]) => only,
        (Chosen::Only, several) => {
            let names = several.iter().map(|place| place.organization_name.to_string());
            return Err(Error::refused(NoOrganization::Several(names.collect())));
        }
        (Chosen::Named(name), places) => {
            let prn = name.parse::<Prn<Organization>>().ok();
            let is_named = |place: &&Place| match &prn {
                Some(prn) => place.membership.organization == prn.id,
                None => place.organization_name.as_str() == name,
            };
            // An organization that the person is not a member of is treated as if it did not exist.
            let found = places.iter().find(is_named);
            found.ok_or_else(|| Error::NotFound { what: "organization", named: name.clone() })?
        }
    };
    person.acts_by(ctx, place)
}

/// It is not clear in which organization the person wants to act.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoOrganization {
    /// They are in none.
    #[error("you are a member of no organization: ask one of its administrators to invite you")]
    None,
    /// They are in several.
    #[error("you are a member of several organizations: name one in the header olivine-organization ({})", .0.join(", "))]
    Several(Vec<String>),
}

impl Refusal for NoOrganization {
    fn meaning(&self) -> Meaning {
        Meaning::Forbidden
    }

    fn code(&self) -> &'static str {
        match self {
            Self::None => "unauthorized",
            Self::Several(_) => "organization_required",
        }
    }
}

/// What a user may do in an organization now: nothing, if the user is not a member, is disabled, or lacks a required second factor.
pub(crate) async fn grants_of(
    reader: &impl Reader,
    organization: Id<Organization>,
    user: Id<User>,
) -> Result<Grants, Error> {
    let member = callers::find_member(reader, user).await?;
    Ok(member.map_or_else(Grants::none, |member| member.grants_in(organization)))
}

/// Refuses to continue if the caller is no longer a member, or may do less than when the request began. Checked under the organization's
/// lock where a change grants rights.
pub(crate) async fn check_still_member(
    w: &Work,
    organization: Id<Organization>,
    user: Id<User>,
    had: &Grants,
) -> Result<(), Error> {
    let member = callers::find_member(&**w, user).await?.ok_or_else(|| Error::refused(SessionEnded))?;
    match member.grants_in(organization).first_exceeded_by(had) {
        None => Ok(()),
        Some(_) => Err(Error::Conflict("what you may do was changed at the same moment: try again")),
    }
}

/// The caller of a request that changes an account.
pub enum AccountCaller<'a> {
    /// A person, by what they may do in the organization that they act in, if they are in one.
    Person(Fresh<'a>, Option<&'a Actor>),
    /// The operator, on the server's machine.
    Operator,
}

impl AccountCaller<'_> {
    /// The actor in events, in one of the organizations.
    fn within(&self, organization: Id<Organization>) -> Actor {
        match self {
            Self::Operator => Actor::system(organization),
            Self::Person(person, _) => oneself(&person.user, &person.origin)(organization),
        }
    }

    /// Which permission the caller has for this; 404 if the caller may not know of the account at all.
    fn right(&self, account: &User, memberships: &[Membership]) -> Result<AccountActor<'_>, Error> {
        match self {
            Self::Operator => Ok(AccountActor::Installation),
            Self::Person(person, _) if person.user.is_administrator => Ok(AccountActor::Installation),
            Self::Person(_, Some(actor))
                if memberships.iter().any(|of| of.organization == actor.organization) =>
            {
                Ok(AccountActor::Organization(actor.organization, &actor.grants))
            }
            Self::Person(..) => Err(Error::not_found(account.id)),
        }
    }
}

impl std::fmt::Debug for AccountCaller<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Operator => f.write_str("Operator"),
            Self::Person(person, _) => f.debug_tuple("Person").field(&person.user.id).finish(),
        }
    }
}

/// The organizations in whose audit trails the events of a user are: those of which the user is a member, and also the first one if there
/// are none or if the user administers the installation.
pub(crate) async fn audit_trails(reader: &impl Reader, user: &User) -> Result<Vec<Id<Organization>>, Error> {
    let mut trails: Vec<_> = records::list_of_user(reader, user.id)
        .await?
        .into_iter()
        .map(|membership| membership.organization)
        .collect();
    if (trails.is_empty() || user.is_administrator)
        && let Some(first) = organizations::find_first(reader).await?
        && !trails.contains(&first)
    {
        trails.push(first);
    }
    Ok(trails)
}

/// Notes what happened to a user in all of their audit trails.
pub(crate) async fn note(
    w: &mut Work,
    user: &User,
    by: impl Fn(Id<Organization>) -> Actor,
    data: impl Fn() -> EventData<'static>,
) -> Result<(), Error> {
    for organization in audit_trails(&**w, user).await? {
        w.event(&by(organization), Subject::of(user.id), data());
    }
    Ok(())
}

/// A user as the actor of what they do to themselves.
pub(crate) fn oneself(user: &User, origin: &Origin) -> impl Fn(Id<Organization>) -> Actor + use<> {
    let (id, origin) = (user.id, origin.clone());
    move |organization| Actor {
        identity: Identity::User(id),
        person: Some(id),
        origin: origin.clone(),
        ..Actor::system(organization)
    }
}
