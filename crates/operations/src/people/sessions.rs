//! Sessions: begin, list, end, and authenticate again.

use olivine_domain::passwords::Password;
use olivine_domain::permissions::installation::UserUpdate;
use olivine_domain::permissions::{Authorized, Origin};
use olivine_domain::prn::Id;
use olivine_domain::sessions::{MOST_OF_A_USER, SessionToken, UserSession};
use olivine_domain::users::User;
use olivine_records::{sessions, users};

use super::guessing::{Guesser, Try};
use super::passwords::{Browser, Compared};
use super::refusals::{CodeMissing, SignInFailed};
use super::{Person, authenticators, note, oneself};
use crate::events::{EventData, Nothing, SignedIn};
use crate::work::Work;
use crate::{Context, Error};

/// The most characters that are kept of a browser's name for itself.
const LONGEST_CLIENT: usize = 200;

/// A session that was just begun, or has a new token.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// Who is signed in.
    pub user: User,
    /// The browser.
    pub session: UserSession,
    /// What the browser keeps.
    pub token: SessionToken,
}

/// How somebody proved who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Proof {
    /// By the password, or by a link.
    One,
    /// And by a second factor.
    Two,
}

/// Begins a session in the transaction of what allows it. The oldest goes where the user has too many.
pub(super) async fn begin(
    ctx: &Context,
    w: &mut Work,
    user: &User,
    proof: Proof,
    client: Option<&str>,
    origin: &Origin,
) -> Result<NewSession, Error> {
    let (now, token) = (ctx.now(), SessionToken::from_random(ctx.random_bytes()));
    let session = UserSession {
        id: ctx.new_id(),
        user: user.id,
        client: client
            .map(|client| client.chars().filter(|c| !c.is_control()).take(LONGEST_CLIENT).collect()),
        address: origin.address,
        has_second_factor: proof == Proof::Two,
        authenticated_at: now,
        last_seen_at: now,
        inserted_at: now,
    };
    sessions::delete_oldest(w, user.id, MOST_OF_A_USER - 1).await?;
    sessions::insert(w, &session, &token.hash()).await?;
    let session_prn = session.id.prn(Id::new(uuid::Uuid::nil())).to_string();
    note(w, user, oneself(user, origin), || {
        EventData::UserSignedIn(SignedIn {
            session_prn: session_prn.clone(),
            second_factor: proof == Proof::Two,
        })
    })
    .await?;
    Ok(NewSession { user: user.clone(), session, token })
}

/// Signs out: the session is over on all processes.
pub async fn end(ctx: &Context, person: &Person) -> Result<(), Error> {
    let mut w = ctx.work().await?;
    if sessions::delete(&w, person.user.id, person.session.id).await? {
        let by = oneself(&person.user, &person.origin);
        note(&mut w, &person.user, by, || EventData::UserSignedOut(Nothing {})).await?;
    }
    w.commit().await
}

/// The person's sessions that can still be used, the youngest first.
pub async fn list(ctx: &Context, person: &Person) -> Result<Vec<UserSession>, Error> {
    let (now, limits) = (ctx.now(), ctx.settings().sessions);
    let mut all = sessions::list_of_user(ctx.db(), person.user.id).await?;
    all.retain(|session| session.is_usable(now, &limits));
    Ok(all)
}

/// Ends another session of the person, or this one.
pub async fn revoke(ctx: &Context, person: &Person, id: Id<UserSession>) -> Result<(), Error> {
    let mut w = ctx.work().await?;
    if !sessions::delete(&w, person.user.id, id).await? {
        return Err(Error::not_found(id));
    }
    note_revoked(&mut w, person).await?;
    w.commit().await
}

/// Ends all other sessions of the person.
pub async fn revoke_others(ctx: &Context, person: &Person) -> Result<(), Error> {
    let mut w = ctx.work().await?;
    if sessions::delete_all(&w, person.user.id, Some(person.session.id)).await? > 0 {
        note_revoked(&mut w, person).await?;
    }
    w.commit().await
}

/// Ends all sessions and voids all links of everybody: after a restore, sessions and links that were ended since the backup must not work
/// again.
pub async fn end_everybodys(ctx: &Context, _: &Authorized<UserUpdate>) -> Result<(), Error> {
    let w = ctx.work().await?;
    sessions::delete_everybodys(&w).await?;
    olivine_records::user_links::delete_all(&w).await?;
    w.commit().await
}

async fn note_revoked(w: &mut Work, person: &Person) -> Result<(), Error> {
    let by = oneself(&person.user, &person.origin);
    note(w, &person.user, by, || EventData::UserSessionRevoked(Nothing {})).await
}

/// The password, and the code if needed, to authenticate again.
#[derive(Clone, Debug)]
pub struct Reauthentication {
    /// The password.
    pub password: Password,
    /// A code of the second factor, for who has one.
    pub code: Option<String>,
}

/// Proves anew who the person is: the session is fresh, and has a new token. A stolen session guesses no faster than anybody else.
pub async fn reauthenticate(
    ctx: &Context,
    person: &Person,
    shown: &Reauthentication,
) -> Result<NewSession, Error> {
    let attempt = Try::begin(ctx, &Guesser::Session(person.session.id)).await?;
    let credentials = users::credentials_of(ctx.db(), person.user.id).await?;
    let salt = ctx.random_bytes();
    let compared =
        ctx.passwords().compare(&shown.password, credentials.password_hash, Browser::Known, salt).await?;
    if compared == Compared::Different {
        return Err(Error::refused(SignInFailed));
    }
    let mut w = ctx.work().await?;
    let user = users::lock(&w, person.user.id).await?;
    if user.second_factor_since.is_some() {
        let code = shown.code.as_deref().ok_or_else(|| Error::refused(CodeMissing))?;
        authenticators::check(ctx, &mut w, &user, &person.origin, code).await?;
    }
    attempt.succeeded(&w).await?;
    let renewed = renew(ctx, &w, person, user).await?;
    w.commit().await?;
    Ok(renewed)
}

/// Gives the person's session a new token, and takes it for fresh.
pub(super) async fn renew(ctx: &Context, w: &Work, person: &Person, user: User) -> Result<NewSession, Error> {
    let (now, token) = (ctx.now(), SessionToken::from_random(ctx.random_bytes()));
    let session = UserSession {
        has_second_factor: user.second_factor_since.is_some(),
        authenticated_at: now,
        last_seen_at: now,
        ..person.session.clone()
    };
    sessions::renew(w, &session, &token.hash()).await.map_err(|error| match error {
        olivine_records::Error::Conflict => Error::refused(super::SessionEnded),
        other => other.into(),
    })?;
    Ok(NewSession { user, session, token })
}
