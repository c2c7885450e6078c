//! Checks whether the callers of streams may still read events. A stream is one request that lasts for hours, so its caller is checked
//! again every few seconds: the stream ends when the key is revoked, the session ends, or the membership or its grants change.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use olivine_domain::api_keys::ApiKey;
use olivine_domain::permissions::{Actor, Identity};
use olivine_domain::prn::Id;
use olivine_domain::sessions::UserSession;
use olivine_records::callers::{self, KeyCaller, SessionCaller};
use tokio_util::sync::CancellationToken;

use crate::watchdog::watched;
use crate::{Context, Error};

/// How often all callers of a process are asked for.
const CHECKED_EVERY: Duration = Duration::from_secs(5);
/// How long that may take.
const CHECKED_WITHIN: Duration = Duration::from_secs(4);
/// For how long streams go on without it.
const UNCHECKED_FOR: Duration = Duration::from_secs(10);

/// Who follows a feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamCaller {
    /// As it was let in.
    pub actor: Actor,
    /// The person's session, where it is a person in a browser.
    pub session: Option<Id<UserSession>>,
}

/// The callers of a process's streams.
#[derive(Debug, Default)]
pub(crate) struct Callers {
    all: Mutex<Registered>,
}

/// A stream's caller, and what ends the stream.
type RegisteredStream = (Arc<StreamCaller>, CancellationToken);

#[derive(Debug, Default)]
struct Registered {
    streams: HashMap<u64, RegisteredStream>,
    next: u64,
    is_checking: bool,
}

impl Callers {
    fn all(&self) -> MutexGuard<'_, Registered> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Registered {
    fn callers(&self) -> Vec<RegisteredStream> {
        self.streams.values().cloned().collect()
    }
}

/// A stream whose caller is asked for again until this is dropped.
#[derive(Debug)]
pub struct Registration {
    ctx: Context,
    number: u64,
    refused: CancellationToken,
}

impl Registration {
    /// Begins to ask for the caller.
    pub fn new(ctx: &Context, caller: StreamCaller) -> Self {
        let refused = CancellationToken::new();
        let mut all = ctx.feeds().callers.all();
        let number = all.next;
        all.next += 1;
        all.streams.insert(number, (Arc::new(caller), refused.clone()));
        if !std::mem::replace(&mut all.is_checking, true) {
            tokio::spawn(check_regularly(ctx.clone()));
        }
        Self { ctx: ctx.clone(), number, refused }
    }

    /// Waits until the caller may not follow the feed any more.
    pub async fn refused(&self) {
        self.refused.cancelled().await;
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.ctx.feeds().callers.all().streams.remove(&self.number);
    }
}

/// Asks for all callers, as long as there are any.
async fn check_regularly(ctx: Context) {
    let mut checked = Instant::now();
    loop {
        tokio::time::sleep(CHECKED_EVERY).await;
        let began = Instant::now();
        let streams = {
            let mut all = ctx.feeds().callers.all();
            if all.streams.is_empty() {
                all.is_checking = false;
                return;
            }
            all.callers()
        };
        match watched(&ctx, "stream_callers", CHECKED_WITHIN, refuse_changed(&ctx, &streams)).await {
            Ok(()) => checked = began,
            Err(error) => {
                tracing::debug!(
                    error = &error as &dyn std::error::Error,
                    "callers of streams can't be checked"
                );
                if checked.elapsed() > UNCHECKED_FOR {
                    for (_, refused) in &streams {
                        refused.cancel();
                    }
                }
            }
        }
    }
}

/// Asks for all callers of this process's streams at once, and ends the streams of those who may not any more.
pub async fn check(ctx: &Context) -> Result<(), Error> {
    let streams = ctx.feeds().callers.all().callers();
    refuse_changed(ctx, &streams).await
}

async fn refuse_changed(ctx: &Context, streams: &[RegisteredStream]) -> Result<(), Error> {
    let now = Standing::read(ctx, streams.iter().map(|(caller, _)| &**caller)).await?;
    for (caller, refused) in streams {
        if !now.is_unchanged(ctx, caller) {
            refused.cancel();
        }
    }
    Ok(())
}

/// What callers may do now.
struct Standing {
    keys: HashMap<Id<ApiKey>, KeyCaller>,
    sessions: HashMap<Id<UserSession>, SessionCaller>,
}

impl Standing {
    /// All of them by one query.
    async fn read(ctx: &Context, callers: impl Iterator<Item = &StreamCaller> + Send) -> Result<Self, Error> {
        let (mut keys, mut sessions) = (BTreeSet::new(), BTreeSet::new());
        for caller in callers {
            if let Identity::ApiKey(key) = caller.actor.identity {
                keys.insert(key);
            }
            sessions.extend(caller.session);
        }
        let (keys, sessions): (Vec<_>, Vec<_>) = (keys.into_iter().collect(), sessions.into_iter().collect());
        let (keys, sessions) = callers::list(ctx.db(), &keys, &sessions).await?;
        Ok(Self {
            keys: keys.into_iter().map(|found| (found.key.id, found)).collect(),
            sessions: sessions.into_iter().map(|found| (found.session.id, found)).collect(),
        })
    }

    fn is_unchanged(&self, ctx: &Context, caller: &StreamCaller) -> bool {
        let actor = &caller.actor;
        match actor.identity {
            Identity::ApiKey(id) => self.keys.get(&id).is_some_and(|found| {
                found.key.check_usable(ctx.now()).is_ok()
                    && found.key.grants == actor.grants
                    && found.owner_grants() == actor.owner_grants
            }),
            Identity::User(_) => {
                let found = caller.session.and_then(|id| self.sessions.get(&id));
                found.is_some_and(|SessionCaller { session, person }| {
                    session.is_usable(ctx.now(), &ctx.settings().sessions)
                        && person.grants_in(actor.organization) == actor.grants
                })
            }
            Identity::Device(_) | Identity::System => false,
        }
    }
}

/// Whether a caller may still do what it could when the stream began.
pub async fn is_unchanged(ctx: &Context, caller: &StreamCaller) -> Result<bool, Error> {
    Ok(Standing::read(ctx, std::iter::once(caller)).await?.is_unchanged(ctx, caller))
}
