//! Keys and certificates that are the same each time. Their private keys are 32 equal bytes: everybody knows them.

use olivine_tests::{SigningPair, named};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};

/// An Ed25519 private key in PKCS#8.
fn pkcs8(byte: u8) -> Vec<u8> {
    let mut der = hex::decode("302e020100300506032b657004220420").unwrap();
    der.extend([byte; 32]);
    der
}

pub(super) fn pair(byte: u8) -> KeyPair {
    KeyPair::try_from(pkcs8(byte).as_slice()).unwrap()
}

pub(super) fn signing_pair() -> SigningPair {
    SigningPair::from_pkcs8(&pkcs8(1))
}

pub(super) fn spare_pair() -> SigningPair {
    SigningPair::from_pkcs8(&pkcs8(5))
}

/// The authority that signs the certificates of devices.
pub(super) fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = of_ten_years("Acme Device CA");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    CertifiedIssuer::self_signed(params, pair(2)).unwrap()
}

/// A certificate that proves that the authority's key is at hand, in PEM.
pub(super) fn proof(authority: &CertifiedIssuer<'static, KeyPair>, code: &str) -> String {
    of_ten_years(code).signed_by(&pair(3), authority).unwrap().pem()
}

/// A device's certificate and private key, in PEM. Each device has another byte.
pub(super) fn device(
    authority: &CertifiedIssuer<'static, KeyPair>,
    identifier: &str,
    byte: u8,
) -> (String, String) {
    let mut params = of_ten_years(identifier);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let key = pair(byte);
    (params.signed_by(&key, authority).unwrap().pem(), key.serialize_pem())
}

fn of_ten_years(common_name: &str) -> CertificateParams {
    let mut params = named(common_name);
    params.not_before = date_time_ymd(2026, 1, 1);
    params.not_after = date_time_ymd(2036, 1, 1);
    params
}
