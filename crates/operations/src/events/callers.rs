//! Whether those who follow a feed still may. A stream is one request that goes on for hours, so that its caller is asked for again every few
//! seconds: a key that was revoked, a session that ended, a membership or grants that were changed end it.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use olivine_domain::api_keys::ApiKey;
use olivine_domain::organizations::Organization;
use olivine_domain::permissions::{Actor, Grants, Identity};
use olivine_domain::prn::Id;
use olivine_domain::sessions::UserSession;
use olivine_records::{api_keys, sessions};
use tokio_util::sync::CancellationToken;

use crate::watchdog::watched;
use crate::{Context, Error, people};

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

#[derive(Debug, Default)]
struct Registered {
    streams: HashMap<u64, (StreamCaller, CancellationToken)>,
    next: u64,
    is_checking: bool,
}

impl Callers {
    fn all(&self) -> MutexGuard<'_, Registered> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
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
        all.streams.insert(number, (caller, refused.clone()));
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
        let streams: Vec<_> = {
            let mut all = ctx.feeds().callers.all();
            if all.streams.is_empty() {
                all.is_checking = false;
                return;
            }
            all.streams.values().cloned().collect()
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

async fn refuse_changed(ctx: &Context, streams: &[(StreamCaller, CancellationToken)]) -> Result<(), Error> {
    let callers = streams.iter().map(|(caller, _)| caller);
    let now = Standing::read(ctx, callers).await?;
    for (caller, refused) in streams {
        if !now.is_unchanged(ctx, caller) {
            refused.cancel();
        }
    }
    Ok(())
}

/// What callers may do now.
struct Standing {
    keys: HashMap<Id<ApiKey>, ApiKey>,
    sessions: HashMap<Id<UserSession>, UserSession>,
    people: HashMap<(Id<Organization>, uuid::Uuid), Grants>,
}

impl Standing {
    /// All keys at once, all sessions at once, and each person once.
    async fn read(ctx: &Context, callers: impl Iterator<Item = &StreamCaller> + Send) -> Result<Self, Error> {
        let (mut keys, mut of_sessions, mut of_people) = (HashSet::new(), HashSet::new(), BTreeSet::new());
        for caller in callers {
            if let Identity::ApiKey(key) = caller.actor.identity {
                keys.insert(key);
            }
            of_sessions.extend(caller.session);
            of_people.extend(caller.actor.person.map(|person| (caller.actor.organization, person.uuid())));
        }
        let keys = api_keys::list_of_ids(ctx.db(), keys.into_iter().collect()).await?;
        let sessions = sessions::list_of_ids(ctx.db(), of_sessions.into_iter().collect()).await?;
        let mut people = HashMap::new();
        for (organization, person) in of_people {
            let grants = people::grants_of(ctx.db(), organization, Id::new(person)).await?;
            people.insert((organization, person), grants);
        }
        Ok(Self {
            keys: keys.into_iter().map(|key| (key.id, key)).collect(),
            sessions: sessions.into_iter().map(|session| (session.id, session)).collect(),
            people,
        })
    }

    fn is_unchanged(&self, ctx: &Context, caller: &StreamCaller) -> bool {
        let actor = &caller.actor;
        let of_person = || {
            let person = actor.person.map(Id::uuid)?;
            self.people.get(&(actor.organization, person))
        };
        match actor.identity {
            Identity::ApiKey(id) => self.keys.get(&id).is_some_and(|key| {
                let of_owner = key.owner.and_then(|_| of_person());
                key.check_usable(ctx.now()).is_ok()
                    && key.grants == actor.grants
                    && of_owner == actor.owner_grants.as_ref()
            }),
            Identity::User(_) => {
                let session = caller.session.and_then(|id| self.sessions.get(&id));
                let is_usable =
                    |session: &UserSession| session.is_usable(ctx.now(), &ctx.settings().sessions);
                session.is_some_and(is_usable) && of_person() == Some(&actor.grants)
            }
            Identity::Device(_) | Identity::System => false,
        }
    }
}

/// Whether a caller may do now what it might when it was let in.
pub async fn is_unchanged(ctx: &Context, caller: &StreamCaller) -> Result<bool, Error> {
    Ok(Standing::read(ctx, std::iter::once(caller)).await?.is_unchanged(ctx, caller))
}
