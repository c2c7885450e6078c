//! Events of refusals. Unknown callers decide how often and with which certificates they come, so the events are bounded: one per
//! credential and minute, ten per reason, organization and minute, and one that counts the others. Texts of a certificate are cut.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use olivine_domain::Timestamp;
use olivine_domain::certificates::CertificateFacts;
use olivine_domain::device_credentials::{CredentialKey, DeviceCredential};
use olivine_domain::devices::Device;
use olivine_domain::events::{Event, EventType, LONGEST_OF_STRANGERS, Subject, cut_text};
use olivine_domain::organizations::Organization;
use olivine_domain::permissions::{Actor, Origin};
use olivine_domain::prn::Id;
use olivine_domain::refusals::Refusal as _;
use olivine_records::organizations;

use super::certificates::CertificateRefusal;
use crate::event_budgets::Until;
use crate::events::{AuthenticationFailed, EventData, Fingerprint, Omissions, Omitted};
use crate::recently::Recently;
use crate::{Context, Error, events};

/// How long one credential's refusals for one reason are one event of this process, and for how long refusals are counted together.
const APART: Duration = Duration::from_mins(1);
/// How many events of one reason a process writes in one minute and organization. More are counted, and their number is written once the
/// minute is over: unknown callers with any number of certificates can't hide why a known device was refused.
const MOST_PER_MINUTE: u32 = 10;
/// How many credentials are remembered.
const MOST: usize = 10_000;

/// Refusals of late.
#[derive(Debug, Default)]
pub(super) struct Refusals(Mutex<Lately>);

#[derive(Debug)]
struct Lately {
    noted: Recently<(CredentialKey, &'static str)>,
    /// By the organization that is concerned; `None` for strangers.
    minutes: HashMap<(Option<Id<Organization>>, &'static str), Minute>,
    /// The organization that is told of strangers: it is the only one.
    home: Option<Id<Organization>>,
}

impl Default for Lately {
    fn default() -> Self {
        Self { noted: Recently::new(APART, MOST), minutes: HashMap::new(), home: None }
    }
}

/// The refusals of one organization for one reason.
#[derive(Debug)]
struct Minute {
    began: Timestamp,
    written: u32,
    omitted: u64,
}

impl Refusals {
    fn lately(&self) -> MutexGuard<'_, Lately> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether this refusal is an event of its own; otherwise it is counted.
    fn is_news(
        &self,
        organization: Option<Id<Organization>>,
        credential: CredentialKey,
        reason: &'static str,
        now: Timestamp,
    ) -> bool {
        let mut lately = self.lately();
        let key = (credential, reason);
        let is_repeated = lately.noted.has(&key, now);
        let minute = lately.minutes.entry((organization, reason));
        let minute = minute.or_insert(Minute { began: now, written: 0, omitted: 0 });
        if minute.omitted == 0 && now >= minute.began.plus(APART) {
            *minute = Minute { began: now, written: 0, omitted: 0 };
        }
        if is_repeated {
            return false;
        }
        if minute.written >= MOST_PER_MINUTE {
            minute.omitted += 1;
            return false;
        }
        minute.written += 1;
        lately.noted.note(key, now);
        true
    }

    /// One event for each organization whose refusals of a minute were not all written.
    pub(super) fn take(&self, ctx: &Context, until: Until) -> Vec<Event> {
        let over = self.over(ctx.now(), until);
        let home = self.lately().home;
        let told = over.into_iter().filter_map(|(organization, omitted)| {
            let Some(organization) = organization.or(home) else {
                tracing::info!(omitted = ?omitted.by_reason, "certificates that belong to no organization were refused");
                return None;
            };
            Some(omitted.event(ctx, organization))
        });
        told.collect()
    }

    fn over(&self, now: Timestamp, until: Until) -> BTreeMap<Option<Id<Organization>>, Counted> {
        let mut all: BTreeMap<_, Counted> = BTreeMap::new();
        self.lately().minutes.retain(|(organization, reason), minute| {
            let is_over = matches!(until, Until::Now) || now >= minute.began.plus(APART);
            if is_over && minute.omitted > 0 {
                let counted = all.entry(*organization).or_default();
                counted.since = Some(counted.since.map_or(minute.began, |since| since.min(minute.began)));
                counted.by_reason.insert(reason, minute.omitted);
            }
            !is_over
        });
        all
    }
}

/// Refusals that were not written one by one.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counted {
    since: Option<Timestamp>,
    by_reason: BTreeMap<&'static str, u64>,
}

impl Counted {
    fn event(self, ctx: &Context, organization: Id<Organization>) -> Event {
        let omissions = Omissions { counts: Omitted::ByReason(self.by_reason), since: self.since };
        let data = EventData::Omitted(EventType::DeviceAuthenticationFailed, omissions);
        events::build(ctx, &Actor::system(organization), Subject::of(organization), data)
    }
}

/// Who it would have been, as far as it is known.
#[derive(Clone, Debug, Default)]
pub(super) struct RefusedCertificate {
    pub(super) organization: Option<Id<Organization>>,
    pub(super) device: Option<Id<Device>>,
    /// What is said in the organization's event only.
    pub(super) notes: Vec<String>,
}

/// The organization that is to know of a refusal: the one whose authority's name the certificate bears. The refusal of an unknown
/// certificate belongs to no organization, unless there is only one.
async fn concerned(ctx: &Context, refused: &RefusedCertificate) -> Result<Option<Id<Organization>>, Error> {
    if refused.organization.is_some() {
        return Ok(refused.organization);
    }
    let home = ctx.memory().home.get().copied();
    let is_only_one = home.is_some() && organizations::is_only_one(ctx.db()).await?;
    Ok(home.filter(|_| is_only_one))
}

/// Writes the event of a refusal, unless the like was just written.
pub(super) async fn note(
    ctx: &Context,
    refused: RefusedCertificate,
    facts: &CertificateFacts,
    refusal: &CertificateRefusal,
    origin: &Origin,
) -> Result<(), Error> {
    metrics::counter!("olivine_device_refusals_total", "reason" => refusal.code()).increment(1);
    let owner = refused.organization;
    if !ctx.memory().refusals.is_news(owner, DeviceCredential::from(facts).key(), refusal.code(), ctx.now()) {
        return Ok(());
    }
    let concerned = concerned(ctx, &refused).await?;
    if refused.organization.is_none() {
        ctx.memory().refusals.lately().home = concerned;
    }
    let Some(organization) = concerned else {
        // It belongs to no organization: only the server's operator may read its certificate.
        let (fingerprint, reason) = (facts.fingerprint, refusal.code());
        tracing::info!(%fingerprint, reason, serial = facts.serial, "a certificate that belongs to no organization was refused");
        return Ok(());
    };
    let actor = Actor { origin: origin.clone(), ..Actor::system(organization) };
    let subject = refused.device.map_or_else(|| Subject::of(organization), Subject::of);
    let data = EventData::DeviceAuthenticationFailed(AuthenticationFailed {
        reason: refusal.code(),
        message: refusal.to_string(),
        fingerprint: Fingerprint(facts.fingerprint),
        subject: cut_text(&facts.subject, LONGEST_OF_STRANGERS).into_owned(),
        issuer: cut_text(&facts.issuer, LONGEST_OF_STRANGERS).into_owned(),
        serial: cut_text(&facts.serial, LONGEST_OF_STRANGERS).into_owned(),
        not_after: facts.not_after,
        notes: refused.notes,
    });
    let mut w = ctx.work().await?;
    w.recorded([events::build(ctx, &actor, subject, data)]);
    w.commit().await
}

#[cfg(test)]
mod tests {
    use olivine_domain::hash::Sha256Digest;
    use uuid::Uuid;

    use super::*;

    fn certificate(number: u32) -> CredentialKey {
        CredentialKey::from(&Sha256Digest::of(&number.to_be_bytes()))
    }

    #[test]
    fn strangers_hide_neither_other_refusals_nor_their_own_number() {
        let refusals = Refusals::default();
        let (home, other) = (None, Some(Id::new(Uuid::from_u128(2))));
        let now = Timestamp::EPOCH;
        let flood = (0..50_000)
            .filter(|number| refusals.is_news(home, certificate(*number), "certificate_unknown", now));
        assert_eq!(flood.count(), MOST_PER_MINUTE as usize);
        // A device whose certificate was removed, in the same organization and in another one.
        assert!(refusals.is_news(home, certificate(60_000), "certificate_removed", now));
        assert!(refusals.is_news(other, certificate(60_001), "certificate_unknown", now));
        assert!(!refusals.is_news(other, certificate(60_001), "certificate_unknown", now), "once a minute");
        assert!(refusals.over(now, Until::Hour(now)).is_empty(), "the minute is not over");
        let next = now.plus(APART);
        let over = refusals.over(next, Until::Hour(next));
        assert_eq!(over[&home].by_reason, BTreeMap::from([("certificate_unknown", 49_990)]));
        assert!(!over.contains_key(&other), "the same certificate again is nothing new");
        assert!(refusals.is_news(home, certificate(70_000), "certificate_unknown", next));
        assert!(refusals.lately().noted.len() <= MOST);
    }
}
