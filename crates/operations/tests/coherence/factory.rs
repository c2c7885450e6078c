//! Certificates that devices of one history may show, and the authorities that sign some of them.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use olivine_domain::Timestamp;
use olivine_domain::certificates::Certificate;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, IsCa, KeyPair,
    date_time_ymd,
};

/// How many certificates are signed by nobody else.
const OWN: u8 = 6;
/// How long the first of them is good.
const SHORT: Duration = Duration::from_hours(3);
/// How many names there are for devices: few, so that they meet again.
pub(crate) const NAMES: u8 = 8;
/// How many authorities there are.
const AUTHORITIES: u8 = 2;

/// Where certificates come from.
pub(crate) struct Factory {
    key: KeyPair,
    own: Vec<Certificate>,
    authorities: Vec<Authority>,
    /// Those that were signed by an authority, by its number and the device's.
    signed: Mutex<BTreeMap<(u8, u8), Certificate>>,
}

/// One that signs devices' certificates.
pub(crate) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    pub(crate) certificate: Certificate,
}

/// The name of a device.
pub(crate) fn name(pick: u8) -> String {
    format!("SN-{}", pick % NAMES)
}

impl Factory {
    pub(crate) fn new(now: Timestamp) -> Self {
        let key = KeyPair::generate().expect("random numbers");
        let own = |number| {
            let mut params = named(&name(number));
            if number == 0 {
                let until = now.plus(SHORT).as_seconds();
                let until = Duration::from_secs(until.try_into().expect("after 1970"));
                params.not_after = date_time_ymd(1970, 1, 1) + until;
            }
            read(&params.self_signed(&key).expect("a certificate"))
        };
        let own = (0..OWN).map(own).collect();
        let authorities = (0..AUTHORITIES).map(Authority::new).collect();
        Self { key, own, authorities, signed: Mutex::default() }
    }

    pub(crate) fn authority(&self, pick: u8) -> &Authority {
        &self.authorities[usize::from(pick) % self.authorities.len()]
    }

    /// One of those that no authority signed.
    pub(crate) fn own(&self, pick: u8) -> Certificate {
        self.own[usize::from(pick) % self.own.len()].clone()
    }

    /// The certificate that an authority signed for a device; the same each time.
    pub(crate) fn signed(&self, authority: u8, device: u8) -> Certificate {
        let (authority, device) = (authority % AUTHORITIES, device % NAMES);
        let mut signed = self.signed.lock().expect("no panics here");
        let make = || self.authority(authority).sign(&name(device), &self.key);
        signed.entry((authority, device)).or_insert_with(make).clone()
    }

    /// All that anybody has.
    pub(crate) fn all(&self) -> Vec<Certificate> {
        let signed = self.signed.lock().expect("no panics here");
        self.own.iter().chain(signed.values()).cloned().collect()
    }

    /// What proves that somebody holds an authority's key.
    pub(crate) fn proof(&self, authority: u8, code: &str) -> Certificate {
        self.authority(authority).sign(code, &self.key)
    }
}

impl Authority {
    fn new(number: u8) -> Self {
        let mut params = named(&format!("authority {number}"));
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("random numbers");
        let issuer = CertifiedIssuer::self_signed(params, key).expect("a certificate");
        let certificate = Certificate::from_der(issuer.der()).expect("a certificate");
        Self { issuer, certificate }
    }

    fn sign(&self, name: &str, key: &KeyPair) -> Certificate {
        read(&named(name).signed_by(key, &self.issuer).expect("a certificate"))
    }
}

fn named(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

fn read(made: &rcgen::Certificate) -> Certificate {
    Certificate::from_der(made.der()).expect("a certificate")
}
