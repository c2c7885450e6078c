//! Devices that this process does not remember, looked up many at a time: when a server starts, its whole fleet asks within minutes, and
//! a statement for a hundred devices costs little more than a statement for one. Must never make a device wait for another to come.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use olivine_domain::devices::Device;
use olivine_domain::hash::Sha256Digest;
use olivine_domain::organizations::Organization;
use olivine_domain::prn::Id;
use olivine_domain::releases::Release;
use olivine_records::device_certificates::KnownCertificate;
use olivine_records::{device_certificates, devices, release_claims};
use tokio::sync::oneshot;

use super::facts::{Credential, DeviceFacts};
use crate::{Context, Error};

/// How many lookups go on at once. A second one lets devices in while the first waits for the database; more would only make each smaller.
const LOOKUPS: usize = 2;
/// How many certificates one lookup is for at most.
const MOST: usize = 256;

/// Those who wait to be recognized.
#[derive(Debug, Default)]
pub(super) struct Newcomers {
    queue: Mutex<Queue>,
}

#[derive(Debug, Default)]
struct Queue {
    waiting: Vec<Waiter>,
    lookups: usize,
}

#[derive(Debug)]
struct Waiter {
    fingerprint: Sha256Digest,
    answer: oneshot::Sender<Found>,
}

type Found = Result<Option<Credential>, Arc<Error>>;

impl Newcomers {
    fn queue(&self) -> std::sync::MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Who is known by the certificate of this fingerprint. What is found of the device is remembered with it.
    pub(super) async fn credential(
        &self,
        ctx: &Context,
        fingerprint: &Sha256Digest,
    ) -> Result<Option<Credential>, Error> {
        let (answer, found) = oneshot::channel();
        if self.enqueue(Waiter { fingerprint: *fingerprint, answer }) {
            // A task of its own: a device that goes away must not take the others' lookup with it.
            tokio::spawn(look_up_all(ctx.clone()));
        }
        match found.await {
            Ok(Ok(credential)) => Ok(credential),
            Ok(Err(error)) => Err(same(error)),
            Err(_) => Err(Error::internal("a lookup of devices ended without a result")),
        }
    }

    /// Returns whether the caller is to begin a lookup. Whoever finds all lookups under way is taken along by the next round of one.
    fn enqueue(&self, waiter: Waiter) -> bool {
        let mut queue = self.queue();
        queue.waiting.push(waiter);
        let begins = queue.lookups < LOOKUPS;
        queue.lookups += usize::from(begins);
        begins
    }

    /// Those who are next; `None` where nobody waits, which ends the caller's lookups.
    fn next(&self, lookup: &mut Lookup<'_>) -> Option<Vec<Waiter>> {
        let mut queue = self.queue();
        if queue.waiting.is_empty() {
            queue.lookups -= 1;
            lookup.is_over = true;
            return None;
        }
        let many = queue.waiting.len().min(MOST);
        Some(queue.waiting.drain(..many).collect())
    }
}

/// One of the lookups under way; also a panic ends it.
struct Lookup<'a> {
    newcomers: &'a Newcomers,
    is_over: bool,
}

impl Drop for Lookup<'_> {
    fn drop(&mut self) {
        if !self.is_over {
            self.newcomers.queue().lookups -= 1;
        }
    }
}

/// Answers until nobody waits.
async fn look_up_all(ctx: Context) {
    let newcomers = &ctx.memory().newcomers;
    let mut lookup = Lookup { newcomers, is_over: false };
    while let Some(waiting) = newcomers.next(&mut lookup) {
        let mut fingerprints: Vec<_> = waiting.iter().map(|waiter| waiter.fingerprint).collect();
        fingerprints.sort_unstable();
        fingerprints.dedup();
        let found = look_up(&ctx, &fingerprints).await.map_err(Arc::new);
        for Waiter { fingerprint, answer } in waiting {
            let credential = found.as_ref().map(|found| found.get(&fingerprint).copied());
            // Who went away meanwhile needs no answer.
            drop(answer.send(credential.map_err(Arc::clone)));
        }
    }
}

/// Reads all that a check needs of these devices, and remembers it.
async fn look_up(
    ctx: &Context,
    fingerprints: &[Sha256Digest],
) -> Result<HashMap<Sha256Digest, Credential>, Error> {
    let memory = ctx.memory();
    let before = memory.moment();
    let known = device_certificates::find_known_of_any_organization(ctx.db(), fingerprints).await?;
    let credentials: HashMap<_, _> =
        known.into_iter().map(|known| (known.fingerprint, credential(&known))).collect();
    for (organization, ids) in strangers(ctx, credentials.values()) {
        let found = devices::get_many(ctx.db(), organization, &ids).await?;
        let mut claims = claims(ctx, organization, &ids).await?;
        for device in found {
            let claims = claims.remove(&device.id).unwrap_or_default();
            memory.keep_device(&before, DeviceFacts::new(device, claims));
        }
    }
    for (fingerprint, credential) in &credentials {
        memory.keep_credential(&before, fingerprint, *credential);
    }
    Ok(credentials)
}

fn credential(known: &KnownCertificate) -> Credential {
    Credential {
        organization: known.organization,
        device: known.device.filter(|_| !known.is_removed),
        not_after: known.not_after,
    }
}

/// Those of the devices that are not remembered, by their organizations.
fn strangers<'a>(
    ctx: &Context,
    credentials: impl Iterator<Item = &'a Credential>,
) -> BTreeMap<Id<Organization>, Vec<Id<Device>>> {
    let mut strangers: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for credential in credentials {
        if let Some(device) = credential.device.filter(|device| !ctx.memory().remembers(*device)) {
            strangers.entry(credential.organization).or_default().push(device);
        }
    }
    strangers
}

async fn claims(
    ctx: &Context,
    organization: Id<Organization>,
    devices: &[Id<Device>],
) -> Result<HashMap<Id<Device>, Vec<Id<Release>>>, Error> {
    let mut claims: HashMap<_, Vec<_>> = HashMap::new();
    for (device, release) in release_claims::list_for_devices(ctx.db(), organization, devices).await? {
        claims.entry(device).or_default().push(release);
    }
    Ok(claims)
}

/// An error that several met, for one of them.
fn same(error: Arc<Error>) -> Error {
    match *error {
        Error::Unavailable { what, .. } => Error::Unavailable { what, source: Box::new(error) },
        _ => Error::internal(error),
    }
}
