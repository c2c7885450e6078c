//! Renewals: a device shows a new certificate, and the authority that signed its current one signed this one, too.
//!
//! Must never let in what was removed, and never give a device of one authority to another authority.

use std::fmt;
use std::str::FromStr;

use crate::certificates::{Certificate, IdentifierSource};
use crate::device_certificates::DeviceCertificate;
use crate::hash::Sha256Digest;
use crate::prn::Id;
use crate::time::Timestamp;

/// The most certificates that a device has at once as long as renewals add some. People may register more.
pub const MOST_CERTIFICATES: usize = 16;

/// Which new certificates an authority's devices may replace their own by, without anybody registering them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Renewals {
    /// None: each has to be registered.
    #[default]
    Refuse,
    /// Those with the public key of the device's current certificate.
    SameKey,
    /// Those with any key. Anybody for whom the authority signs a name can then take over the device of that name.
    AnyKey,
}

/// The text is not the name of a setting for renewals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("renewals are 'refuse', 'same_key' or 'any_key'")]
pub struct InvalidRenewals;

impl Renewals {
    /// All settings.
    pub const ALL: [Self; 3] = [Self::Refuse, Self::SameKey, Self::AnyKey];

    /// The names of all settings.
    pub const NAMES: [&'static str; 3] = ["refuse", "same_key", "any_key"];

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Refuse => "refuse",
            Self::SameKey => "same_key",
            Self::AnyKey => "any_key",
        }
    }
}

impl fmt::Display for Renewals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Renewals {
    type Err = InvalidRenewals;

    fn from_str(text: &str) -> Result<Self, InvalidRenewals> {
        Self::ALL.into_iter().find(|renewals| renewals.as_str() == text).ok_or(InvalidRenewals)
    }
}

/// A certificate that a device has, as far as renewing it depends on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Its key.
    pub id: Id<DeviceCertificate>,
    /// When it begins.
    pub not_before: Timestamp,
    /// When it ends.
    pub not_after: Timestamp,
    /// The mark of its public key.
    pub key: Sha256Digest,
    /// How the device came to it.
    pub origin: HeldBy,
}

/// How a device came to a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeldBy {
    /// An authority's signature was enough: by provisioning, or by a renewal.
    Authority,
    /// Somebody registered it, and only people remove it.
    Registration,
}

impl From<&DeviceCertificate> for Held {
    fn from(registered: &DeviceCertificate) -> Self {
        let facts = registered.certificate.facts();
        let by_authority = registered.ca_certificate.is_some();
        Self {
            id: registered.id,
            not_before: facts.not_before,
            not_after: facts.not_after,
            key: registered.certificate.marks().key,
            origin: if by_authority { HeldBy::Authority } else { HeldBy::Registration },
        }
    }
}

/// Whether updates reach a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confidence {
    /// They do.
    Trusted,
    /// Somebody put it in quarantine.
    Quarantined,
}

/// What a device is known by.
#[derive(Clone, Debug)]
pub struct Holdings {
    /// The certificates that it has: at most one more than [`MOST_CERTIFICATES`], the newest ones.
    pub held: Vec<Held>,
    /// When the newest of those that were removed begins.
    pub newest_removed: Option<Timestamp>,
    /// Whether it is in quarantine.
    pub confidence: Confidence,
}

/// A certificate that nobody registered and that names the device.
#[derive(Clone, Copy, Debug)]
pub struct Candidate {
    /// When it begins.
    pub not_before: Timestamp,
    /// The mark of its public key.
    pub key: Sha256Digest,
    /// What it has to do with the device's current certificate.
    pub kinship: Kinship,
}

/// What a new certificate has to do with the device's current one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kinship {
    /// The same authority signed both for the same name.
    Same,
    /// Another authority signed the current one.
    OtherAuthority,
    /// The current one names another device, or none.
    OtherName,
}

/// Whether the public key stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RenewedKey {
    /// It is that of the current certificate.
    Kept,
    /// It is another one.
    Changed,
}

impl RenewedKey {
    /// Whether it is another one.
    pub const fn is_changed(self) -> bool {
        matches!(self, Self::Changed)
    }
}

/// A renewal that is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Renewal {
    /// The certificate that is renewed. It stays, until it is removed.
    pub of: Id<DeviceCertificate>,
    /// Whether the public key stays.
    pub key: RenewedKey,
    /// The expired certificate that makes room, where there would be too many.
    pub makes_room: Option<Id<DeviceCertificate>>,
}

/// Why a certificate does not renew a device's current one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenewalRefusal {
    /// The authority takes none.
    #[error("the CA certificate takes no renewals (renewals: refuse)")]
    Off,
    /// The device is known by nothing.
    #[error("the device has no certificate any more that could be renewed")]
    NothingLeft,
    /// The device is another authority's.
    #[error("another authority signed the device's current certificate")]
    OtherAuthority,
    /// The device's certificate names something else.
    #[error("the device's current certificate names another device")]
    OtherName,
    /// Somebody doubts the device.
    #[error("the device is in quarantine")]
    Quarantined,
    /// It is from before.
    #[error(
        "it begins on {begins}, which is before the newest certificate that the device has had ({newest})"
    )]
    Older {
        /// When it begins.
        begins: Timestamp,
        /// When the newest one that is known begins.
        newest: Timestamp,
    },
    /// The authority takes none with another key.
    #[error(
        "it has another key than the device's current certificate, and the CA certificate takes renewals with the same key only \
         (renewals: same_key)"
    )]
    OtherKey,
    /// There are too many.
    #[error(
        "the device has {MOST_CERTIFICATES} certificates or more, and none that came by its authority has expired: remove some of them"
    )]
    TooMany,
}

impl Holdings {
    /// The certificate that a new one would renew: the newest.
    pub fn current(&self) -> Option<&Held> {
        self.held.iter().max_by_key(|held| (held.not_before, held.not_after, held.id))
    }

    /// Whether a certificate renews the device's current one.
    pub fn renew(
        &self,
        renewals: Renewals,
        new: &Candidate,
        now: Timestamp,
    ) -> Result<Renewal, RenewalRefusal> {
        if renewals == Renewals::Refuse {
            return Err(RenewalRefusal::Off);
        }
        let current = self.current().ok_or(RenewalRefusal::NothingLeft)?;
        match new.kinship {
            Kinship::Same => {}
            Kinship::OtherAuthority => return Err(RenewalRefusal::OtherAuthority),
            Kinship::OtherName => return Err(RenewalRefusal::OtherName),
        }
        if self.confidence == Confidence::Quarantined {
            return Err(RenewalRefusal::Quarantined);
        }
        // Also older than one that was removed: what the device had before that one must not come back by its removal.
        let newest =
            self.newest_removed.map_or(current.not_before, |removed| removed.max(current.not_before));
        if new.not_before < newest {
            return Err(RenewalRefusal::Older { begins: new.not_before, newest });
        }
        let key = if new.key == current.key { RenewedKey::Kept } else { RenewedKey::Changed };
        if (renewals, key) == (Renewals::SameKey, RenewedKey::Changed) {
            return Err(RenewalRefusal::OtherKey);
        }
        Ok(Renewal { of: current.id, key, makes_room: self.make_room(current, now)? })
    }

    /// Which certificate goes so that there are not too many: of those that have expired and that nobody registered, the oldest.
    fn make_room(
        &self,
        current: &Held,
        now: Timestamp,
    ) -> Result<Option<Id<DeviceCertificate>>, RenewalRefusal> {
        if self.held.len() < MOST_CERTIFICATES {
            return Ok(None);
        }
        let may_go =
            |held: &&Held| held.origin == HeldBy::Authority && held.not_after < now && held.id != current.id;
        let oldest = self.held.iter().filter(may_go).min_by_key(|held| (held.not_after, held.id));
        match oldest {
            Some(oldest) if self.held.len() == MOST_CERTIFICATES => Ok(Some(oldest.id)),
            _ => Err(RenewalRefusal::TooMany),
        }
    }
}

/// Whether two certificates of devices name the same device.
pub fn name_the_same(source: IdentifierSource, new: &Certificate, current: &Certificate) -> bool {
    let names = (new.identifier(source), current.identifier(source));
    matches!(names, (Ok(new), Ok(current)) if new == current)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    const DAY: Duration = Duration::from_hours(24);

    /// Day by day since 1970.
    fn day(number: u32) -> Timestamp {
        Timestamp::EPOCH.plus(DAY * number)
    }

    fn key(number: u8) -> Sha256Digest {
        Sha256Digest::of(&[number])
    }

    fn id(number: u128) -> Id<DeviceCertificate> {
        Id::new(Uuid::from_u128(number))
    }

    /// A certificate for ten days that came by an authority.
    fn held(number: u128, from: u32, of: u8) -> Held {
        Held {
            id: id(number),
            not_before: day(from),
            not_after: day(from + 10),
            key: key(of),
            origin: HeldBy::Authority,
        }
    }

    fn holdings(held: &[Held]) -> Holdings {
        Holdings { held: held.to_vec(), newest_removed: None, confidence: Confidence::Trusted }
    }

    fn candidate(from: u32, of: u8) -> Candidate {
        Candidate { not_before: day(from), key: key(of), kinship: Kinship::Same }
    }

    #[test]
    fn each_setting_says_which_key_a_renewal_has() {
        let device = holdings(&[held(1, 10, 1), held(2, 20, 2)]);
        let renewal = |key| Ok(Renewal { of: id(2), key, makes_room: None });
        for (setting, same, changed) in [
            (Renewals::Refuse, Err(RenewalRefusal::Off), Err(RenewalRefusal::Off)),
            (Renewals::SameKey, renewal(RenewedKey::Kept), Err(RenewalRefusal::OtherKey)),
            (Renewals::AnyKey, renewal(RenewedKey::Kept), renewal(RenewedKey::Changed)),
        ] {
            assert_eq!(device.renew(setting, &candidate(25, 2), day(26)), same, "{setting}");
            assert_eq!(device.renew(setting, &candidate(25, 3), day(26)), changed, "{setting}");
            // The key of an older certificate is not that of the current one.
            assert_eq!(device.renew(setting, &candidate(25, 1), day(26)), changed, "{setting}");
        }
    }

    #[test]
    fn what_is_no_renewal_is_named() {
        use RenewalRefusal::{NothingLeft, Older, OtherAuthority, OtherName, Quarantined};
        let device = holdings(&[held(1, 10, 1)]);
        let renew = |device: &Holdings, new: Candidate| device.renew(Renewals::AnyKey, &new, day(26)).err();
        assert_eq!(renew(&holdings(&[]), candidate(25, 1)), Some(NothingLeft));
        let of = |kinship| Candidate { kinship, ..candidate(25, 1) };
        assert_eq!(renew(&device, of(Kinship::OtherAuthority)), Some(OtherAuthority));
        assert_eq!(renew(&device, of(Kinship::OtherName)), Some(OtherName));
        let doubted = Holdings { confidence: Confidence::Quarantined, ..device.clone() };
        assert_eq!(renew(&doubted, candidate(25, 1)), Some(Quarantined));
        assert_eq!(renew(&device, candidate(9, 1)), Some(Older { begins: day(9), newest: day(10) }));
        assert_eq!(renew(&device, candidate(10, 1)), None, "two of one moment");
        let removed = Holdings { newest_removed: Some(day(20)), ..device };
        assert_eq!(renew(&removed, candidate(19, 1)), Some(Older { begins: day(19), newest: day(20) }));
        assert_eq!(renew(&removed, candidate(21, 1)), None);
    }

    #[test]
    fn the_oldest_expired_certificate_makes_room() {
        let mut all: Vec<_> = (0..15).map(|number| held(u128::from(number), number, 1)).collect();
        let renew = |held: &[Held], now| holdings(held).renew(Renewals::SameKey, &candidate(99, 1), day(now));
        assert_eq!(renew(&all, 99).map(|renewal| renewal.makes_room), Ok(None));
        all.push(held(15, 15, 1));
        assert_eq!(renew(&all, 99).map(|renewal| renewal.makes_room), Ok(Some(id(0))));
        assert_eq!(renew(&all, 10), Err(RenewalRefusal::TooMany), "none has expired");
        all[0].origin = HeldBy::Registration;
        assert_eq!(
            renew(&all, 99).map(|renewal| renewal.makes_room),
            Ok(Some(id(1))),
            "people registered it"
        );
        all.push(held(16, 16, 1));
        assert_eq!(renew(&all, 99), Err(RenewalRefusal::TooMany), "people registered more");
    }

    fn any_held() -> impl Strategy<Value = Vec<Held>> {
        let one = (0..30_u32, 0..3_u8, any::<bool>());
        proptest::collection::vec(one, 0..18).prop_map(|all| {
            let mut held: Vec<_> =
                (0..).zip(&all).map(|(number, (from, of, _))| held(number, *from, *of)).collect();
            for (held, (.., registered)) in held.iter_mut().zip(&all) {
                held.origin = if *registered { HeldBy::Registration } else { HeldBy::Authority };
            }
            held
        })
    }

    proptest! {
        #[test]
        fn a_renewal_is_never_more_than_its_authority_allows(
            all in any_held(),
            newest_removed in proptest::option::of(0..30_u32),
            (from, of) in (0..40_u32, 0..3_u8),
            setting in prop::sample::select(Renewals::ALL.to_vec()),
            kinship in prop::sample::select(vec![Kinship::Same, Kinship::OtherAuthority, Kinship::OtherName]),
            confidence in prop::sample::select(vec![Confidence::Trusted, Confidence::Quarantined]),
            now in 0..60_u32,
        ) {
            let device = Holdings { held: all.clone(), newest_removed: newest_removed.map(day), confidence };
            let new = Candidate { kinship, ..candidate(from, of) };
            let Ok(renewal) = device.renew(setting, &new, day(now)) else { return Ok(()) };
            let current = device.current().unwrap();
            prop_assert_eq!((renewal.of, kinship, confidence), (current.id, Kinship::Same, Confidence::Trusted));
            prop_assert!(setting != Renewals::Refuse);
            prop_assert_eq!(renewal.key == RenewedKey::Kept, current.key == new.key);
            prop_assert!(setting == Renewals::AnyKey || renewal.key == RenewedKey::Kept);
            // It is none that the device had before another one that is known.
            prop_assert!(all.iter().all(|held| held.not_before <= new.not_before));
            prop_assert!(newest_removed.is_none_or(|removed| day(removed) <= new.not_before));
            let goes = |held: &&Held| Some(held.id) == renewal.makes_room;
            prop_assert!(all.len() + 1 - all.iter().filter(goes).count() <= MOST_CERTIFICATES);
            for gone in all.iter().filter(goes) {
                prop_assert!(gone.not_after < day(now) && gone.origin == HeldBy::Authority && gone.id != current.id);
            }
        }
    }

    #[test]
    fn settings_are_read_as_they_are_written() {
        assert_eq!(Renewals::ALL.map(Renewals::as_str), Renewals::NAMES);
        for setting in Renewals::ALL {
            assert_eq!(setting.to_string().parse(), Ok(setting));
        }
        assert_eq!("Same_Key".parse::<Renewals>(), Err(InvalidRenewals));
    }
}
