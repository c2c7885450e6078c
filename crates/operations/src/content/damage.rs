//! Contents that were verified once and are missing or damaged now: what is remembered of them, and the event that says so.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use olivine_domain::bundles::Bundle;
use olivine_domain::contents::{Content, ContentKey, ContentKind};
use olivine_domain::prn::Id;
use olivine_domain::storage_backends::StorageBackend;
use olivine_domain::time::Timestamp;

use super::kinds::{self, Fact};
use crate::Context;
use crate::recently::Recently;

/// The contents of one bundle are looked for no more often than this, however many devices fail.
const LOOKS_APART: Duration = Duration::from_mins(10);
/// Most bundles and contents that are remembered.
const MOST: usize = 10_000;

/// What one process remembers.
#[derive(Debug)]
pub(crate) struct Damage {
    noticed: Mutex<BTreeSet<Id<Content>>>,
    looked: Mutex<Recently<Id<Bundle>>>,
}

impl Default for Damage {
    fn default() -> Self {
        Self { noticed: Mutex::default(), looked: Mutex::new(Recently::new(LOOKS_APART, MOST)) }
    }
}

impl Damage {
    /// Whether nothing was said yet of this content being damaged. Beyond [`MOST`] contents the log has the others.
    fn is_new(&self, content: Id<Content>) -> bool {
        let mut noticed = self.noticed.lock().unwrap_or_else(PoisonError::into_inner);
        noticed.len() < MOST && noticed.insert(content)
    }

    /// Whether it is time to look for a bundle's contents.
    pub(crate) fn is_look_due(&self, bundle: Id<Bundle>, now: Timestamp) -> bool {
        !self.looked.lock().unwrap_or_else(PoisonError::into_inner).has(&bundle, now)
    }

    /// Remembers that a look was ordered.
    pub(crate) fn look_was_ordered(&self, bundle: Id<Bundle>, now: Timestamp) {
        self.looked.lock().unwrap_or_else(PoisonError::into_inner).note(bundle, now);
    }
}

/// Records that a content that should be in a storage is missing or damaged there, once for each content and process. That the event can't
/// be written is only logged: nothing else depends on it.
pub(crate) async fn note(
    ctx: &Context,
    kind: ContentKind,
    key: ContentKey,
    storage: Id<StorageBackend>,
    noticed: &'static str,
) {
    if !ctx.damage().is_new(key.content) {
        return;
    }
    let written = async {
        let mut w = ctx.work().await?;
        kinds::note(&mut w, kind, key, storage, Fact::Missing(noticed));
        w.commit().await
    };
    if let Err(error) = written.await {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "the event of a damaged content can't be written"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_is_looked_for_once_in_ten_minutes_and_what_is_remembered_is_bounded() {
        let damage = Damage::default();
        let bundle = |number: usize| Id::new(uuid::Uuid::from_u128(number as u128));
        let start = Timestamp::from_micros(0).unwrap();
        assert!(damage.is_look_due(bundle(0), start));
        damage.look_was_ordered(bundle(0), start);
        assert!(!damage.is_look_due(bundle(0), start.plus(LOOKS_APART / 2)));
        assert!(damage.is_look_due(bundle(0), start.plus(LOOKS_APART)));
        for number in 0..2 * MOST {
            damage.look_was_ordered(bundle(number), start);
            assert!(damage.looked.lock().unwrap().len() <= MOST);
        }
        let contents = (0..2 * MOST as u128).map(|number| Id::new(uuid::Uuid::from_u128(number)));
        assert_eq!(contents.filter(|content| damage.is_new(*content)).count(), MOST);
    }
}
