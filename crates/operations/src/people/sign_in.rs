//! Signing in: with a password, and with a second factor where there is one.
//!
//! An unknown address, a wrong password, an account without one and one that is disabled get the same answer, after the same work.

use std::time::Duration;

use olivine_domain::invitations::{LinkPurpose, LinkToken};
use olivine_domain::passwords::Password;
use olivine_domain::permissions::{Actor, Origin};
use olivine_domain::sessions::BrowserToken;
use olivine_domain::users::{Email, User};
use olivine_records::{user_links, users};

use super::guessing::{Guesser, Try};
use super::passwords::{Browser, Compared};
use super::refusals::{LinkRefused, SignInFailed};
use super::sessions::{self, NewSession, Proof};
use super::{authenticators, note};
use crate::events::{EventData, Nothing};
use crate::work::Work;
use crate::{Context, Error};

/// For how long a second factor can be shown after the password.
const SECOND_FACTOR_WITHIN: Duration = Duration::from_mins(5);
/// So many browsers are known of one account.
const MOST_BROWSERS: u64 = 50;

/// What somebody shows to sign in.
#[derive(Clone, Debug)]
pub struct SignIn {
    /// The address as it was typed.
    pub email: String,
    /// The password as it was typed.
    pub password: Password,
    /// Where it comes from.
    pub from: From,
}

/// The browser that somebody signs in with.
#[derive(Clone, Debug)]
pub struct From {
    /// What it kept of an earlier success.
    pub browser: Option<BrowserToken>,
    /// Its name for itself.
    pub client: Option<String>,
    /// The request.
    pub origin: Origin,
}

/// The browser is signed in, or the account has a second factor.
#[derive(Clone, Debug)]
pub enum SignedIn {
    /// It is signed in.
    Done(Box<Arrived>),
    /// A code has to be shown besides, with this token.
    SecondFactor(LinkToken),
}

/// A browser that is signed in.
#[derive(Clone, Debug)]
pub struct Arrived {
    /// The session.
    pub session: NewSession,
    /// By what it is known the next time.
    pub browser: BrowserToken,
}

/// Signs in with address and password.
pub async fn sign_in(ctx: &Context, shown: SignIn) -> Result<SignedIn, Error> {
    let SignIn { email, password, from } = shown;
    let typed = email.trim().to_ascii_lowercase();
    let found = match typed.parse::<Email>() {
        Ok(email) => users::find_by_email(ctx.db(), &email).await?,
        Err(_) => None,
    };
    let known = known_browser(ctx, found.as_ref().map(|(user, _)| user), &from).await?;
    let attempt = match (&found, &known) {
        (Some((user, _)), Some(browser)) => {
            Try::begin(ctx, &Guesser::Known(user.id, &browser.hash())).await?
        }
        _ => Try::begin(ctx, &Guesser::Address(&typed)).await?,
    };
    let browser = if known.is_some() { Browser::Known } else { Browser::Unknown };
    let usable = found.as_ref().filter(|(user, _)| user.disabled_at.is_none());
    let on_record = usable.and_then(|(_, credentials)| credentials.password_hash.clone());
    let compared = ctx.passwords().compare(&password, on_record.clone(), browser, ctx.random_bytes()).await;
    let compared = match compared {
        Ok(compared) => compared,
        Err(error) => {
            attempt.was_none(ctx).await?;
            return Err(error);
        }
    };
    let (Some((user, _)), Compared::Same { anew }) = (&found, compared) else {
        metrics::counter!("olivine_sign_ins_total", "outcome" => "failed").increment(1);
        if let Some((user, _)) = found {
            note_failure(ctx, user, from.origin);
        }
        return Err(Error::refused(SignInFailed));
    };
    let mut w = ctx.work().await?;
    let locked = users::lock(&w, user.id).await?;
    if let (Some(anew), Some(old)) = (anew, on_record) {
        users::rehash(&w, user.id, &old, &anew).await?;
    }
    attempt.succeeded(&w).await?;
    let signed_in = if locked.second_factor_since.is_some() {
        let token = LinkToken::from_random(ctx.random_bytes());
        let purpose = LinkPurpose::SecondFactor { user: user.id };
        user_links::insert(&w, &token.hash(), &purpose, ctx.now().plus(SECOND_FACTOR_WITHIN)).await?;
        SignedIn::SecondFactor(token)
    } else {
        SignedIn::Done(Box::new(arrive(ctx, &mut w, &locked, Proof::One, &from).await?))
    };
    w.commit().await?;
    Ok(signed_in)
}

/// Signs in with the code of a second factor, after the password.
pub async fn second_factor(
    ctx: &Context,
    token: &LinkToken,
    code: &str,
    from: &From,
) -> Result<Arrived, Error> {
    let now = ctx.now();
    let link = user_links::find(ctx.db(), &token.hash(), now).await?;
    let Some(LinkPurpose::SecondFactor { user }) = link else {
        return Err(Error::refused(LinkRefused));
    };
    let attempt = Try::begin(ctx, &Guesser::Factor(user)).await?;
    let mut w = ctx.work().await?;
    let user = users::lock(&w, user).await?;
    if user.disabled_at.is_some() || !user_links::use_up(&w, &token.hash(), now).await? {
        return Err(Error::refused(LinkRefused));
    }
    authenticators::check(ctx, &mut w, &user, &from.origin, code).await?;
    attempt.succeeded(&w).await?;
    let arrived = arrive(ctx, &mut w, &user, Proof::Two, from).await?;
    w.commit().await?;
    Ok(arrived)
}

/// Begins a session, and notes the browser.
pub(super) async fn arrive(
    ctx: &Context,
    w: &mut Work,
    user: &User,
    proof: Proof,
    from: &From,
) -> Result<Arrived, Error> {
    let session = sessions::begin(ctx, w, user, proof, from.client.as_deref(), &from.origin).await?;
    let browser = match &from.browser {
        Some(known) if users::knows_browser(&**w, user.id, &known.hash()).await? => known.clone(),
        _ => BrowserToken::from_random(ctx.random_bytes()),
    };
    users::note_browser(w, user.id, &browser.hash(), ctx.now(), MOST_BROWSERS).await?;
    metrics::counter!("olivine_sign_ins_total", "outcome" => "signed_in").increment(1);
    Ok(Arrived { session, browser })
}

async fn known_browser(
    ctx: &Context,
    user: Option<&User>,
    from: &From,
) -> Result<Option<BrowserToken>, Error> {
    let (Some(user), Some(browser)) = (user, &from.browser) else { return Ok(None) };
    let is_known = users::knows_browser(ctx.db(), user.id, &browser.hash()).await?;
    Ok(is_known.then(|| browser.clone()))
}

/// Writes an event that somebody failed to sign in as this user. It runs in parallel to the answer, because the answer's time must not
/// reveal that there is such a user. Beyond a budget such events are only counted.
fn note_failure(ctx: &Context, user: User, origin: Origin) {
    let ctx = ctx.clone();
    tokio::spawn(async move {
        let noted = async {
            let mut w = ctx.work().await?;
            let by = |organization| Actor { origin: origin.clone(), ..Actor::system(organization) };
            note(&mut w, &user, by, || EventData::UserSignInFailed(Nothing {})).await?;
            w.commit().await
        };
        if let Err(error) = noted.await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "a failed sign-in could not be put on record"
            );
        }
    });
}
