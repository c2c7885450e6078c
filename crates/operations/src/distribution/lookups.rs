//! Devices that this process does not remember, looked up many at a time: when a server starts, its whole fleet asks within minutes, and a
//! statement for a hundred devices costs little more than a statement for one. Must never make a device wait until another device asks.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use olivine_domain::device_credentials::{CredentialKey, DeviceCredential};
use olivine_domain::devices::Device;
use olivine_domain::hash::Sha256Digest;
use olivine_domain::organizations::Organization;
use olivine_domain::prn::Id;
use olivine_domain::releases::Release;
use olivine_records::devices::{self, Recognized};
use olivine_records::release_claims;
use tokio::sync::oneshot;

use super::facts::{CredentialFacts, DeviceFacts, Standing};
use crate::watchdog::watched;
use crate::{Context, Error};

/// After how long without progress another lookup begins beside those under way: one connection to the database may hang. Otherwise there
/// is one at a time, since a second one would only make each smaller.
const PATIENCE: Duration = Duration::from_millis(500);
/// After how long a lookup is given up, with its connection.
const LOOKUP_WITHIN: Duration = Duration::from_secs(5);
/// How many lookups there are at most.
const MOST_LOOKUPS: usize = 4;
/// How many credentials one lookup is for at most.
const MOST: usize = 256;

/// Those who wait to be recognized.
#[derive(Debug, Default)]
pub(super) struct LookupBatch {
    queue: Mutex<Queue>,
}

#[derive(Debug, Default)]
struct Queue {
    waiting: Vec<Waiter>,
    lookups: usize,
    /// When one of them last went on.
    went_on: Option<Instant>,
}

#[derive(Debug)]
struct Waiter {
    credential: DeviceCredential,
    answer: oneshot::Sender<Found>,
}

type Found = Result<Option<CredentialFacts>, Arc<Error>>;

impl LookupBatch {
    fn queue(&self) -> std::sync::MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Who is known by this credential. What is found of the device is remembered with it.
    pub(super) async fn credential(
        &self,
        ctx: &Context,
        credential: &DeviceCredential,
    ) -> Result<Option<CredentialFacts>, Error> {
        let (answer, found) = oneshot::channel();
        if self.enqueue(Waiter { credential: *credential, answer }) {
            // A task of its own: a device that goes away must not take the others' lookup with it.
            tokio::spawn(look_up_all(ctx.clone()));
        }
        match found.await {
            Ok(Ok(found)) => Ok(found),
            Ok(Err(error)) => Err(same(error)),
            Err(_) => Err(Error::internal("a lookup of devices ended without a result")),
        }
    }

    /// Returns whether the caller is to begin a lookup. A caller that finds one under way is answered by its next round.
    fn enqueue(&self, waiter: Waiter) -> bool {
        let mut queue = self.queue();
        queue.waiting.push(waiter);
        let hangs = || queue.went_on.is_none_or(|moment| moment.elapsed() > PATIENCE);
        let begins = queue.lookups == 0 || queue.lookups < MOST_LOOKUPS && hangs();
        if begins {
            queue.lookups += 1;
            queue.went_on = Some(Instant::now());
        }
        begins
    }

    /// The next credentials; `None` if nothing waits, which ends the caller's lookups.
    fn next(&self, lookup: &mut Lookup<'_>) -> Option<Vec<Waiter>> {
        let mut queue = self.queue();
        if queue.waiting.is_empty() {
            queue.lookups -= 1;
            lookup.is_over = true;
            return None;
        }
        queue.went_on = Some(Instant::now());
        let many = queue.waiting.len().min(MOST);
        Some(queue.waiting.drain(..many).collect())
    }
}

/// One of the lookups under way; also a panic ends it.
struct Lookup<'a> {
    lookups: &'a LookupBatch,
    is_over: bool,
}

impl Drop for Lookup<'_> {
    fn drop(&mut self) {
        if !self.is_over {
            self.lookups.queue().lookups -= 1;
        }
    }
}

/// Answers until nobody waits.
async fn look_up_all(ctx: Context) {
    let lookups = &ctx.memory().lookups;
    let mut lookup = Lookup { lookups, is_over: false };
    while let Some(waiting) = lookups.next(&mut lookup) {
        let credentials: Vec<_> = waiting.iter().map(|waiter| waiter.credential).collect();
        let found = watched(&ctx, "lookups", LOOKUP_WITHIN, look_up(&ctx, &credentials)).await;
        let found = found.map_err(Arc::new);
        for Waiter { credential, answer } in waiting {
            let found = found.as_ref().map(|found| found.get(&credential.key()).copied());
            // Who went away meanwhile needs no answer.
            drop(answer.send(found.map_err(Arc::clone)));
        }
    }
}

/// Reads all that a check needs of these devices, and remembers it.
async fn look_up(
    ctx: &Context,
    credentials: &[DeviceCredential],
) -> Result<HashMap<CredentialKey, CredentialFacts>, Error> {
    let memory = ctx.memory();
    let before = memory.moment();
    let recognized = devices::recognize_of_any_organization(ctx.db(), &fingerprints(credentials)).await?;
    let mut claims = claims(ctx, &recognized).await?;
    let mut found = HashMap::with_capacity(recognized.len());
    for recognized in the_ones_that_count(recognized) {
        let standing = Standing::of(&recognized);
        let Recognized { certificate, device, .. } = recognized;
        let facts = CredentialFacts {
            standing,
            organization: certificate.organization,
            device: certificate.device.filter(|_| !certificate.is_removed),
        };
        let key = CredentialKey::from(&certificate.fingerprint);
        memory.keep_credential(&before, key, facts);
        found.insert(key, facts);
        if let Some(device) = device {
            let claims = claims.remove(&device.id).unwrap_or_default();
            memory.keep_device(&before, DeviceFacts::new(&memory.alike, device, claims));
        }
    }
    Ok(found)
}

/// The certificates among these credentials, each once.
fn fingerprints(credentials: &[DeviceCredential]) -> Vec<Sha256Digest> {
    let fingerprints = credentials.iter().map(|credential| match credential {
        DeviceCredential::Certificate { fingerprint, .. } => *fingerprint,
    });
    let mut fingerprints: Vec<_> = fingerprints.collect();
    fingerprints.sort_unstable();
    fingerprints.dedup();
    fingerprints
}

/// Of several organizations that have one certificate, the one that counts.
fn the_ones_that_count(mut recognized: Vec<Recognized>) -> Vec<Recognized> {
    recognized.sort_by_key(|one| (one.certificate.fingerprint, one.certificate.precedence()));
    recognized.dedup_by_key(|one| one.certificate.fingerprint);
    recognized
}

/// The claims of those that have any: few do, so most lookups go without this.
async fn claims(
    ctx: &Context,
    recognized: &[Recognized],
) -> Result<HashMap<Id<Device>, Vec<Id<Release>>>, Error> {
    let mut claimants: BTreeMap<Id<Organization>, Vec<Id<Device>>> = BTreeMap::new();
    for device in recognized.iter().filter(|one| one.has_claims).filter_map(|one| one.device.as_ref()) {
        claimants.entry(device.organization).or_default().push(device.id);
    }
    let mut claims: HashMap<_, Vec<_>> = HashMap::new();
    for (organization, devices) in claimants {
        for (device, release) in release_claims::list_for_devices(ctx.db(), organization, &devices).await? {
            claims.entry(device).or_default().push(release);
        }
    }
    Ok(claims)
}

/// An error that several met, for one of them.
fn same(error: Arc<Error>) -> Error {
    match *error {
        Error::Unavailable { what, .. } => Error::Unavailable { what, source: Box::new(error) },
        Error::Misconfigured { what, ref why, .. } => {
            Error::Misconfigured { what, why: why.clone(), source: Box::new(error) }
        }
        Error::StorageFull => Error::StorageFull,
        _ => Error::internal(error),
    }
}
