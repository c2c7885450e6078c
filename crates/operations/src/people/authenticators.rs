//! Second factors: an authenticator app, and recovery codes in case it is lost.

use olivine_domain::authenticators::{RECOVERY_CODES, RecoveryCode, TotpSecret};
use olivine_domain::permissions::Origin;
use olivine_domain::refusals::{Meaning, Refusal};
use olivine_domain::storage_backends::Sealed;
use olivine_domain::users::User;
use olivine_records::users::{self, Credentials};

use super::guessing::{Guesser, Try};
use super::refusals::SignInFailed;
use super::sessions::{NewSession, renew};
use super::{Fresh, note, oneself};
use crate::events::{CodesLeft, EventData, Nothing};
use crate::work::Work;
use crate::{Context, Error};

/// There is nothing to confirm, or nothing to take away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("you have no second factor that this could be about: begin with POST /v1/users/me/totp")]
pub struct SecondFactorMissing;

impl Refusal for SecondFactorMissing {
    fn meaning(&self) -> Meaning {
        Meaning::Conflict
    }

    fn code(&self) -> &'static str {
        "second_factor_missing"
    }
}

/// An authenticator app that is not confirmed yet.
#[derive(Clone, Debug)]
pub struct Begun {
    /// The secret, to be shown once.
    pub secret: TotpSecret,
}

fn context(user: &User) -> String {
    format!("totp {}", user.id)
}

fn seal(ctx: &Context, user: &User, secret: &TotpSecret) -> String {
    let sealed = ctx.storages().seal.seal(&context(user), secret.as_bytes());
    hex::encode(sealed.as_bytes())
}

fn open(ctx: &Context, user: &User, sealed: &str) -> Result<TotpSecret, Error> {
    let sealed = Sealed::new(hex::decode(sealed).map_err(Error::internal)?);
    let bytes = ctx.storages().seal.open(&context(user), &sealed).map_err(Error::internal)?;
    let bytes: [u8; 20] = bytes.try_into().map_err(|_| Error::internal("a secret of another length"))?;
    Ok(TotpSecret::from_bytes(bytes))
}

/// Begins to set up an authenticator app. Nothing changes until [`confirm`].
pub async fn begin(ctx: &Context, person: Fresh<'_>) -> Result<Begun, Error> {
    let secret = TotpSecret::from_bytes(ctx.random_bytes());
    let w = ctx.work().await?;
    let user = users::lock(&w, person.user.id).await?;
    let credentials = users::credentials_of(&*w, user.id).await?;
    let pending = Some(seal(ctx, &user, &secret));
    users::set_credentials(&w, user.id, &Credentials { totp_pending: pending, ..credentials }).await?;
    w.commit().await?;
    Ok(Begun { secret })
}

/// What somebody gets with a second factor.
#[derive(Clone, Debug)]
pub struct Confirmed {
    /// Codes to sign in with where the app is lost, each once.
    pub recovery_codes: Vec<RecoveryCode>,
    /// The session with a new token.
    pub session: NewSession,
}

/// Confirms the app by a code that it shows. All other sessions end.
pub async fn confirm(ctx: &Context, person: Fresh<'_>, code: &str) -> Result<Confirmed, Error> {
    let attempt = Try::begin(ctx, &Guesser::Factor(person.user.id)).await?;
    let now = ctx.now();
    let mut w = ctx.work().await?;
    let old = users::lock(&w, person.user.id).await?;
    let credentials = users::credentials_of(&*w, old.id).await?;
    let pending = credentials.totp_pending.as_deref().ok_or_else(|| Error::refused(SecondFactorMissing))?;
    let step = open(ctx, &old, pending)?.verify(code, now, None).ok_or_else(wrong_code)?;
    let codes = new_codes(ctx);
    let secret = credentials.totp_pending.clone();
    let changed =
        Credentials { totp_secret: secret, totp_pending: None, totp_last_step: Some(step), ..credentials };
    users::set_credentials(&w, old.id, &changed).await?;
    users::set_recovery_codes(&w, old.id, &codes).await?;
    let new = User {
        second_factor_since: Some(now),
        revision: old.revision.next(),
        updated_at: now,
        ..old.clone()
    };
    users::update(&w, &old, &new).await?;
    attempt.succeeded(&w).await?;
    olivine_records::sessions::delete_all(&w, new.id, Some(person.session.id)).await?;
    let session = renew(ctx, &w, &person, new.clone()).await?;
    note(&mut w, &new, oneself(&new, &person.origin), || EventData::UserSecondFactorAdded(Nothing {}))
        .await?;
    w.commit().await?;
    Ok(Confirmed { recovery_codes: codes, session })
}

/// Takes the person's own second factor away.
pub async fn remove(ctx: &Context, person: Fresh<'_>) -> Result<(), Error> {
    let mut w = ctx.work().await?;
    let user = users::lock(&w, person.user.id).await?;
    if user.second_factor_since.is_none() {
        return Err(Error::refused(SecondFactorMissing));
    }
    let user = forget(ctx, &w, &user).await?;
    note(&mut w, &user, oneself(&user, &person.origin), || EventData::UserSecondFactorRemoved(Nothing {}))
        .await?;
    w.commit().await
}

/// Makes new recovery codes, in place of those that are left.
pub async fn new_recovery_codes(ctx: &Context, person: Fresh<'_>) -> Result<Vec<RecoveryCode>, Error> {
    let w = ctx.work().await?;
    let user = users::lock(&w, person.user.id).await?;
    if user.second_factor_since.is_none() {
        return Err(Error::refused(SecondFactorMissing));
    }
    let codes = new_codes(ctx);
    users::set_recovery_codes(&w, user.id, &codes).await?;
    w.commit().await?;
    Ok(codes)
}

/// Takes a user's second factor away, in the transaction of who may.
pub(super) async fn forget(ctx: &Context, w: &Work, old: &User) -> Result<User, Error> {
    let credentials = users::credentials_of(&**w, old.id).await?;
    let without = Credentials { totp_secret: None, totp_pending: None, totp_last_step: None, ..credentials };
    users::set_credentials(w, old.id, &without).await?;
    users::forget_recovery_codes(w, old.id).await?;
    let new = User {
        second_factor_since: None,
        revision: old.revision.next(),
        updated_at: ctx.now(),
        ..old.clone()
    };
    users::update(w, old, &new).await?;
    Ok(new)
}

/// Uses up a code of the app, or a recovery code, of a user whose row is locked.
pub(super) async fn check(
    ctx: &Context,
    w: &mut Work,
    user: &User,
    origin: &Origin,
    code: &str,
) -> Result<(), Error> {
    let credentials = users::credentials_of(&**w, user.id).await?;
    let secret = credentials.totp_secret.as_deref().map(|sealed| open(ctx, user, sealed)).transpose()?;
    let step = secret.and_then(|secret| secret.verify(code, ctx.now(), credentials.totp_last_step));
    if let Some(step) = step {
        return if users::use_totp_step(w, user.id, step).await? { Ok(()) } else { Err(wrong_code()) };
    }
    if !users::use_recovery_code(w, user.id, &RecoveryCode::typed(code)).await? {
        return Err(wrong_code());
    }
    let left = users::count_recovery_codes(&**w, user.id).await?;
    note(w, user, oneself(user, origin), || EventData::UserRecoveryCodeUsed(CodesLeft { codes_left: left }))
        .await
}

fn wrong_code() -> Error {
    Error::refused(SignInFailed)
}

fn new_codes(ctx: &Context) -> Vec<RecoveryCode> {
    std::iter::repeat_with(|| RecoveryCode::from_random(ctx.random_bytes())).take(RECOVERY_CODES).collect()
}
