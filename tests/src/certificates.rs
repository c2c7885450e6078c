//! Certificates as a factory makes them. They are made with rcgen, which is fast. Forms that only openssl can make are made with openssl.

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, IsCa, KeyPair};

/// The parameters of a certificate with this common name and nothing else.
pub fn named(common_name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, common_name);
    params
}

/// A certificate authority with this common name, which signs devices' certificates.
pub fn authority(common_name: &str) -> CertifiedIssuer<'static, KeyPair> {
    let mut params = named(common_name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("a certificate")
}
