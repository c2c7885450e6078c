//! What a client certificate must prove in the handshake: that the device holds its key. Nothing else.
//!
//! Whether the certificate is accepted is decided for each request, so that a refused device gets a reason. webpki, which rustls would
//! ask, refuses certificates of version 1 (what plain `openssl x509 -req` makes), so the key is read from the certificate here.

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::pki_types::{CertificateDer, SignatureVerificationAlgorithm, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, PeerMisbehaved, SignatureScheme,
};
use x509_parser::asn1_rs::Any;
use x509_parser::prelude::{FromDer, X509Certificate};

/// The schemes that clients may sign with, the preferred ones first.
pub(super) const SCHEMES: [SignatureScheme; 10] = [
    SignatureScheme::ECDSA_NISTP256_SHA256,
    SignatureScheme::ECDSA_NISTP384_SHA384,
    SignatureScheme::ECDSA_NISTP521_SHA512,
    SignatureScheme::ED25519,
    SignatureScheme::RSA_PSS_SHA256,
    SignatureScheme::RSA_PSS_SHA384,
    SignatureScheme::RSA_PSS_SHA512,
    SignatureScheme::RSA_PKCS1_SHA256,
    SignatureScheme::RSA_PKCS1_SHA384,
    SignatureScheme::RSA_PKCS1_SHA512,
];

/// RFC 8446, 4.2.3: not for handshakes of TLS 1.3.
const ONLY_BEFORE_TLS13: &[SignatureScheme] = SCHEMES.split_at(7).1;

/// Accepts any certificate, and clients without one, but no certificate without its key.
#[derive(Debug)]
pub(super) struct AnyCertificate {
    algorithms: WebPkiSupportedAlgorithms,
}

impl AnyCertificate {
    /// With the signature algorithms of a crypto provider.
    pub(super) const fn new(algorithms: WebPkiSupportedAlgorithms) -> Self {
        Self { algorithms }
    }

    /// The algorithms that a scheme may mean, the one of TLS 1.3 first.
    fn candidates(
        &self,
        scheme: SignatureScheme,
    ) -> Result<&'static [&'static dyn SignatureVerificationAlgorithm], Error> {
        let is_offered = SCHEMES.contains(&scheme);
        let known = self.algorithms.mapping.iter().find(|(known, _)| is_offered && *known == scheme);
        Ok(known.ok_or(PeerMisbehaved::SignedHandshakeWithUnadvertisedSigScheme)?.1)
    }
}

impl ClientCertVerifier for AnyCertificate {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    /// No hints: a client then sends whatever certificate it has.
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        parsed(end_entity).map(|_| ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify(self.candidates(dss.scheme)?, message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        if ONLY_BEFORE_TLS13.contains(&dss.scheme) {
            return Err(PeerMisbehaved::SignedHandshakeWithUnadvertisedSigScheme.into());
        }
        // Here a scheme means one algorithm, also as to the curve.
        verify(self.candidates(dss.scheme)?.split_at(1).0, message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        SCHEMES.to_vec()
    }
}

fn parsed<'a>(certificate: &'a CertificateDer<'_>) -> Result<X509Certificate<'a>, Error> {
    let is_outsized = certificate.len() > olivine_domain::certificates::MAX_BYTES;
    match X509Certificate::from_der(certificate) {
        Ok(([], parsed)) if !is_outsized => Ok(parsed),
        _ => Err(CertificateError::BadEncoding.into()),
    }
}

/// Whether the certificate's key made the signature, by the one of the algorithms that fits the key.
fn verify(
    candidates: &[&dyn SignatureVerificationAlgorithm],
    message: &[u8],
    certificate: &CertificateDer<'_>,
    signed: &DigitallySignedStruct,
) -> Result<HandshakeSignatureValid, Error> {
    let certificate = parsed(certificate)?;
    let key = certificate.public_key();
    let kind = algorithm_identifier(key.raw)?;
    let fitting = candidates.iter().find(|algorithm| algorithm.public_key_alg_id().as_ref() == kind);
    let fitting = fitting.ok_or(PeerMisbehaved::SignedHandshakeWithUnadvertisedSigScheme)?;
    fitting
        .verify_signature(&key.subject_public_key.data, message, signed.signature())
        .map(|()| HandshakeSignatureValid::assertion())
        .map_err(|_| CertificateError::BadSignature.into())
}

/// What is inside the first element of a `SubjectPublicKeyInfo`: the key's algorithm and its parameters, byte by byte.
fn algorithm_identifier(key_info: &[u8]) -> Result<&[u8], Error> {
    let element =
        |der| Any::from_der(der).map(|(_, element)| element.data).map_err(|_| CertificateError::BadEncoding);
    Ok(element(element(key_info)?)?)
}
