//! Devices with renewed certificates.

use rcgen::{CertificateParams, Issuer, KeyPair, date_time_ymd};
use serde_json::json;

use crate::factory::Factory;
use crate::{Device, ForDevices, named};

/// The parameters of a certificate with this common name that is valid from this year on.
pub fn of_year(name: &str, year: i32) -> CertificateParams {
    let mut params = named(name);
    params.not_before = date_time_ymd(year, 1, 1);
    params
}

/// A private key, in PEM.
pub fn new_key() -> String {
    KeyPair::generate().expect("a key can be made").serialize_pem()
}

/// A CA that signs new certificates for existing keys of devices.
#[derive(Debug)]
pub struct ProductionLine<'a, S> {
    /// The server that its devices connect to.
    pub server: &'a S,
    /// The CA.
    pub issuer: &'a Issuer<'static, KeyPair>,
}

impl<S: ForDevices> ProductionLine<'_, S> {
    /// A device with a new certificate for this key.
    pub fn device(&self, params: &CertificateParams, key: &str) -> Device {
        let key_pair = KeyPair::from_pem(key).expect("a private key");
        let certificate = params.signed_by(&key_pair, self.issuer).expect("an authority signs");
        Device::with(self.server, &certificate.pem(), key)
    }

    /// The device SN-1 with a certificate that is valid from this year on.
    pub fn of_year(&self, year: i32, key: &str) -> Device {
        self.device(&of_year("SN-1", year), key)
    }
}

/// Sets which renewed certificates of a CA are accepted.
pub async fn take(factory: &Factory, ca: &str, renewals: &str) {
    let changed = factory.change(ca, json!({"renewals": renewals})).await.json;
    assert_eq!(changed["ca_certificate"]["renewals"], renewals);
}
