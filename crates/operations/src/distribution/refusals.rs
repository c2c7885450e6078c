//! Noting who was turned away. A stranger decides how often it comes, so notes are bounded: one per certificate and minute, and some per
//! second altogether.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use olivine_domain::Timestamp;
use olivine_domain::certificates::CertificateFacts;
use olivine_domain::devices::Device;
use olivine_domain::events::{EventType, Subject};
use olivine_domain::hash::Sha256Digest;
use olivine_domain::organizations::Organization;
use olivine_domain::permissions::{Actor, Origin};
use olivine_domain::prn::Id;
use serde_json::json;

use super::identify::Refusal;
use crate::{Context, Error, events};

/// How long one certificate's refusals for one reason are one event of this process.
const APART: Duration = Duration::from_mins(1);
/// How many events of this kind a process writes in one second.
const MOST_PER_SECOND: u32 = 20;
/// How many certificates are remembered.
const MOST: usize = 10_000;

/// Who was turned away lately.
#[derive(Debug, Default)]
pub(super) struct Refusals(Mutex<Lately>);

#[derive(Debug, Default)]
struct Lately {
    noted: HashMap<(Sha256Digest, &'static str), Timestamp>,
    second: i64,
    in_this_second: u32,
}

impl Refusals {
    /// Whether this refusal is worth an event.
    fn is_news(&self, fingerprint: Sha256Digest, reason: &'static str, now: Timestamp) -> bool {
        let mut lately = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (fingerprint, reason);
        if lately.noted.get(&key).is_some_and(|last| now < last.plus(APART)) {
            return false;
        }
        if lately.second != now.as_seconds() {
            (lately.second, lately.in_this_second) = (now.as_seconds(), 0);
        }
        lately.in_this_second += 1;
        if lately.in_this_second > MOST_PER_SECOND {
            return false;
        }
        if lately.noted.len() >= MOST {
            lately.noted.retain(|_, last| now < last.plus(APART));
            if lately.noted.len() >= MOST {
                lately.noted.clear();
            }
        }
        lately.noted.insert(key, now);
        true
    }
}

/// Who it would have been, as far as it is known.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Suspect {
    pub(super) organization: Option<Id<Organization>>,
    pub(super) device: Option<Id<Device>>,
}

/// Writes the event of a refusal, unless the like was just written.
pub(super) async fn note(
    ctx: &Context,
    suspect: Suspect,
    facts: &CertificateFacts,
    refusal: &Refusal,
    origin: &Origin,
) -> Result<(), Error> {
    metrics::counter!("olivine_device_refusals_total", "reason" => refusal.reason()).increment(1);
    let Some(organization) = suspect.organization.or_else(|| ctx.memory().home.get().copied()) else {
        return Ok(());
    };
    if !ctx.memory().refusals.is_news(facts.fingerprint, refusal.reason(), ctx.now()) {
        return Ok(());
    }
    let actor = Actor { origin: origin.clone(), ..Actor::system(organization) };
    let subject = suspect.device.map_or_else(|| Subject::of(organization), Subject::of);
    let data = json!({
        "reason": refusal.reason(),
        "message": refusal.to_string(),
        "fingerprint": facts.fingerprint.to_string(),
        "subject": facts.subject,
        "issuer": facts.issuer,
        "serial": facts.serial,
        "not_after": facts.not_after.to_string(),
    });
    let w = ctx.db().write().await?;
    events::record(ctx, &w, &actor, EventType::DeviceAuthenticationFailed, subject, data).await?;
    Ok(w.commit().await?)
}
