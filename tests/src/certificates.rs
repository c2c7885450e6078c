//! Certificates as a factory makes them: with rcgen, which takes no time. What only openssl makes, a test makes with openssl.

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, IsCa, KeyPair};

/// What a certificate of this common name says, and nothing besides.
pub fn named(common_name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, common_name);
    params
}

/// An authority of this common name, which signs devices' certificates.
pub fn authority(common_name: &str) -> CertifiedIssuer<'static, KeyPair> {
    let mut params = named(common_name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("a certificate")
}
