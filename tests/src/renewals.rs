//! Devices whose certificates are renewed.

use rcgen::{CertificateParams, Issuer, KeyPair, date_time_ymd};
use serde_json::json;

use crate::factory::Factory;
use crate::{Device, ForDevices, named};

/// What a certificate of this name says that begins with this year.
pub fn of_year(name: &str, year: i32) -> CertificateParams {
    let mut params = named(name);
    params.not_before = date_time_ymd(year, 1, 1);
    params
}

/// A private key, in PEM.
pub fn new_key() -> String {
    KeyPair::generate().expect("a key can be made").serialize_pem()
}

/// A line of a factory: an authority that signs again for a key that a device has already.
#[derive(Debug)]
pub struct ProductionLine<'a, S> {
    /// Where its devices ask.
    pub server: &'a S,
    /// The authority.
    pub issuer: &'a Issuer<'static, KeyPair>,
}

impl<S: ForDevices> ProductionLine<'_, S> {
    /// A device with a new certificate for the key.
    pub fn device(&self, params: &CertificateParams, key: &str) -> Device {
        let key_pair = KeyPair::from_pem(key).expect("a private key");
        let certificate = params.signed_by(&key_pair, self.issuer).expect("an authority signs");
        Device::with(self.server, &certificate.pem(), key)
    }

    /// The device SN-1 with a certificate that begins with this year.
    pub fn of_year(&self, year: i32, key: &str) -> Device {
        self.device(&of_year("SN-1", year), key)
    }
}

/// Has a registered authority renew certificates in this way.
pub async fn take(factory: &Factory, ca: &str, renewals: &str) {
    let changed = factory.change(ca, json!({"renewals": renewals})).await.json;
    assert_eq!(changed["ca_certificate"]["renewals"], renewals);
}
