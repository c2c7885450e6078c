//! Slows down guessing: each try is counted in the database before it is checked, so that simultaneous tries on several processes don't get
//! more tries than sequential ones.

use olivine_domain::guessing::Failures;
use olivine_domain::hash::Sha256Digest;
use olivine_domain::prn::Id;
use olivine_domain::sessions::UserSession;
use olivine_domain::users::User;
use olivine_records::guessing;

use crate::work::Work;
use crate::{Context, Error};

/// Whose failures are counted.
pub(crate) enum Guesser<'a> {
    /// Tries for this address, in a browser in which the account was never signed in. Counted for addresses without an account too,
    /// because otherwise the wait would show which addresses have one.
    Address(&'a str),
    /// The account, in a browser that it knows.
    Known(Id<User>, &'a Sha256Digest),
    /// Second factors of the account.
    Factor(Id<User>),
    /// Tries to make this session fresh.
    Session(Id<UserSession>),
}

impl Guesser<'_> {
    fn subject(&self, ctx: &Context) -> String {
        let text = match self {
            Self::Address(email) => format!("address {email}"),
            Self::Known(user, browser) => format!("browser {user} {browser}"),
            Self::Factor(user) => format!("factor {user}"),
            Self::Session(session) => format!("session {session}"),
        };
        ctx.storages().seal.keyed_hash("failures", text.as_bytes())
    }
}

/// Ends the wait of an address, after its owner has used a link.
pub(crate) async fn forget_address(ctx: &Context, w: &Work, email: &str) -> Result<(), Error> {
    Ok(guessing::forget(w, &Guesser::Address(email).subject(ctx)).await?)
}

/// A try that was counted as a failure until it is known to be none.
pub(crate) struct Try {
    subject: String,
}

impl Try {
    /// Counts a try, or says how long to wait for the next one.
    pub(crate) async fn begin(ctx: &Context, who: &Guesser<'_>) -> Result<Self, Error> {
        let (subject, now) = (who.subject(ctx), ctx.now());
        let w = ctx.work().await?;
        let before = guessing::lock(&w, &subject, now).await?;
        if let Some(wait) =
            before.filter(|before| !before.is_forgotten(now)).and_then(|before| before.wait_left(now))
        {
            return Err(Error::TooMany {
                what: "that was wrong too often: wait until the time in Retry-After is over, then try again"
                    .to_owned(),
                wait,
            });
        }
        guessing::put(&w, &subject, Failures::and_one(before, now)).await?;
        w.commit().await?;
        Ok(Self { subject })
    }

    /// The try succeeded: the failures before it are deleted in the same transaction.
    pub(crate) async fn succeeded(&self, w: &Work) -> Result<(), Error> {
        Ok(guessing::forget(w, &self.subject).await?)
    }

    /// The same, where nothing else is written.
    pub(crate) async fn was_none(&self, ctx: &Context) -> Result<(), Error> {
        let w = ctx.work().await?;
        self.succeeded(&w).await?;
        w.commit().await
    }
}
