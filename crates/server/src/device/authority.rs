//! The certificate authority that a server makes for its own Device API, so that it starts without any preparation: devices trust its
//! `device-ca.pem`. It signs only the server's certificate; people register which devices may connect. There is a second CA with
//! RSA keys, for clients of TLS 1.2 that support only RSA: they trust its `device-ca-rsa.pem`.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};
use olivine_domain::certificates::{Certificate, SignatureCheck};
use olivine_domain::time::Timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, PKCS_RSA_SHA256, RsaKeySize,
};
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

use crate::startup::write_private;

/// The keys of an authority and of the server's certificate that it signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// ECDSA on P-256.
    P256,
    /// RSA with 2048 bits.
    Rsa,
}

impl Kind {
    /// The authority's certificate: what devices trust.
    pub(super) const fn ca_file(self) -> &'static str {
        match self {
            Self::P256 => "device-ca.pem",
            Self::Rsa => "device-ca-rsa.pem",
        }
    }

    const fn ca_key_file(self) -> &'static str {
        match self {
            Self::P256 => "device-ca-key.pem",
            Self::Rsa => "device-ca-rsa-key.pem",
        }
    }

    /// The server's certificate and its key in one file, so that they are always those of each other.
    const fn server_file(self) -> &'static str {
        match self {
            Self::P256 => "device-tls.pem",
            Self::Rsa => "device-tls-rsa.pem",
        }
    }

    fn new_key(self) -> Result<KeyPair, rcgen::Error> {
        match self {
            Self::P256 => KeyPair::generate(),
            Self::Rsa => KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048),
        }
    }
}

const DAY: Duration = Duration::from_hours(24);
/// Devices live long, and changing what they trust is work on each of them.
const CA_LIFETIME: Duration = DAY.saturating_mul(30 * 365);
const SERVER_LIFETIME: Duration = DAY.saturating_mul(825);
/// With so little left, the server's certificate is made anew.
const SERVER_RENEWAL: Duration = DAY.saturating_mul(275);

/// The file with the server's certificate and key, made anew where it is missing, nearly over, or made out to other names.
pub(super) fn server_certificate(
    dir: &Path,
    kind: Kind,
    names: &BTreeSet<String>,
    now: Timestamp,
) -> anyhow::Result<PathBuf> {
    let authority = Authority::open_or_make(dir, kind, now)?;
    let path = dir.join(kind.server_file());
    let current = read(&path)?.and_then(|pem| Certificate::from_text(first_section(&pem)).ok());
    if !current.is_some_and(|current| authority.stands_behind(&current, names, now)) {
        let made = authority.issue(names, now).context("making the Device API's certificate")?;
        write_private(&path, made.as_bytes())?;
        tracing::info!(?kind, ?names, "made a new certificate for the Device API");
    }
    Ok(path)
}

struct Authority {
    kind: Kind,
    certificate: Certificate,
    key: KeyPair,
}

impl Authority {
    fn open_or_make(dir: &Path, kind: Kind, now: Timestamp) -> anyhow::Result<Self> {
        let (path, key_path) = (dir.join(kind.ca_file()), dir.join(kind.ca_key_file()));
        let Some(pem) = read(&path)? else {
            let (pem, key) = make(kind, now).context("making the Device API's certificate authority")?;
            // The key first: where there is a certificate, its key is there too.
            write_private(&key_path, key.as_bytes())?;
            write_private(&path, pem.as_bytes())?;
            return Self::from_pem(kind, &pem, &key);
        };
        let Some(key) = read(&key_path)? else {
            bail!(
                "{} is missing: restore it from a backup; or remove {} too, which makes a new authority that all devices \
                 have to be told to trust",
                key_path.display(),
                path.display()
            );
        };
        Self::from_pem(kind, &pem, &key).with_context(|| format!("reading {} and its key", path.display()))
    }

    fn from_pem(kind: Kind, certificate: &str, key: &str) -> anyhow::Result<Self> {
        Ok(Self { kind, certificate: Certificate::from_text(certificate)?, key: KeyPair::from_pem(key)? })
    }

    /// Whether the server's certificate will do for some more time.
    fn stands_behind(&self, current: &Certificate, names: &BTreeSet<String>, now: Timestamp) -> bool {
        let facts = current.facts();
        let is_fresh = facts.not_before <= now && now.plus(SERVER_RENEWAL) <= facts.not_after;
        let is_own = current.signature_by(&self.certificate) == SignatureCheck::Signed;
        is_fresh && is_own && names_of(current) == *names
    }

    /// A new certificate for the server, and its key.
    fn issue(&self, names: &BTreeSet<String>, now: Timestamp) -> anyhow::Result<String> {
        let key = self.kind.new_key()?;
        let mut params = CertificateParams::new(names.iter().cloned().collect::<Vec<_>>())?;
        params.distinguished_name = called("Olivine Device API");
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        set_validity(&mut params, now, SERVER_LIFETIME);
        let issuer = Issuer::from_ca_cert_der(&self.certificate.der().into(), &self.key)?;
        let certificate = params.signed_by(&key, &issuer)?;
        Ok(certificate.pem() + &key.serialize_pem())
    }
}

/// A new authority: its certificate and its key.
fn make(kind: Kind, now: Timestamp) -> Result<(String, String), rcgen::Error> {
    let key = kind.new_key()?;
    let mut params = CertificateParams::default();
    let of_rsa = if kind == Kind::Rsa { " (RSA)" } else { "" };
    params.distinguished_name = called(&format!("Olivine Device API CA{of_rsa} of {}", now.day()));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    set_validity(&mut params, now, CA_LIFETIME);
    Ok((params.self_signed(&key)?.pem(), key.serialize_pem()))
}

fn called(common_name: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common_name);
    name
}

/// From yesterday on, because devices' clocks may be slow.
fn set_validity(params: &mut CertificateParams, now: Timestamp, lifetime: Duration) {
    let now = Duration::from_secs(u64::try_from(now.as_seconds()).unwrap_or_default());
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    params.not_before = epoch + now.saturating_sub(DAY);
    params.not_after = epoch + now + lifetime;
}

/// The names and addresses that a certificate is made out to.
fn names_of(certificate: &Certificate) -> BTreeSet<String> {
    let Ok((_, parsed)) = X509Certificate::from_der(certificate.der()) else { return BTreeSet::new() };
    let names = parsed.subject_alternative_name().ok().flatten();
    let names = names.into_iter().flat_map(|names| &names.value.general_names);
    names.filter_map(name_text).collect()
}

fn name_text(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => {
            let v4 = <[u8; 4]>::try_from(*bytes).map(IpAddr::from);
            let address = v4.or_else(|_| <[u8; 16]>::try_from(*bytes).map(IpAddr::from));
            address.ok().map(|address| address.to_string())
        }
        _ => None,
    }
}

/// The certificate of a file that has its key too.
fn first_section(pem: &str) -> &str {
    const END: &str = "-----END CERTIFICATE-----";
    pem.find(END).map_or(pem, |end| &pem[..end + END.len()])
}

/// The file's text; `None` where there is no such file.
fn read(path: &Path) -> anyhow::Result<Option<String>> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("reading {}", path.display())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn at_day(day: u64) -> Timestamp {
        Timestamp::from_micros(0)
            .unwrap()
            .plus(DAY.saturating_mul(20_000).saturating_add(DAY * u32::try_from(day).unwrap()))
    }

    #[test]
    fn a_certificate_is_kept_until_something_speaks_against_it() {
        let dir = tempfile::tempdir().unwrap();
        let made = |names: &BTreeSet<String>, day| {
            let path = server_certificate(dir.path(), Kind::P256, names, at_day(day)).unwrap();
            std::fs::read_to_string(path).unwrap()
        };
        let few = names(&["localhost", "127.0.0.1", "::1"]);
        let first = made(&few, 0);
        let authority = std::fs::read_to_string(dir.path().join(Kind::P256.ca_file())).unwrap();
        assert_eq!(made(&few, 549), first);
        let renewed = made(&few, 551);
        assert_ne!(renewed, first, "nearly over");
        let more = names(&["localhost", "127.0.0.1", "::1", "updates.example.com"]);
        let other = made(&more, 551);
        assert_ne!(other, renewed, "another name");
        let certificate = Certificate::from_text(first_section(&other)).unwrap();
        assert_eq!(names_of(&certificate), more);
        let issuer = Certificate::from_text(&authority).unwrap();
        assert_eq!(certificate.signature_by(&issuer), SignatureCheck::Signed);
        assert_eq!(std::fs::read_to_string(dir.path().join(Kind::P256.ca_file())).unwrap(), authority);
    }

    #[test]
    fn the_rsa_authority_has_rsa_keys_throughout() {
        let dir = tempfile::tempdir().unwrap();
        let path = server_certificate(dir.path(), Kind::Rsa, &names(&["localhost"]), at_day(0)).unwrap();
        let again = server_certificate(dir.path(), Kind::Rsa, &names(&["localhost"]), at_day(1)).unwrap();
        assert_eq!(path, again);
        let certificate = std::fs::read_to_string(path).unwrap();
        let issuer = std::fs::read_to_string(dir.path().join(Kind::Rsa.ca_file())).unwrap();
        for pem in [&certificate, &issuer] {
            let certificate = Certificate::from_text(first_section(pem)).unwrap();
            let (_, parsed) = X509Certificate::from_der(certificate.der()).unwrap();
            assert!(matches!(parsed.public_key().parsed(), Ok(x509_parser::public_key::PublicKey::RSA(_))));
        }
        let certificate = Certificate::from_text(first_section(&certificate)).unwrap();
        assert_eq!(
            certificate.signature_by(&Certificate::from_text(&issuer).unwrap()),
            SignatureCheck::Signed
        );
        assert!(!dir.path().join(Kind::P256.ca_file()).exists());
    }

    #[test]
    fn a_lost_key_is_said_and_a_lost_authority_is_made_anew() {
        let dir = tempfile::tempdir().unwrap();
        let names = names(&["localhost"]);
        let path = server_certificate(dir.path(), Kind::P256, &names, at_day(0)).unwrap();
        let first = std::fs::read_to_string(&path).unwrap();
        std::fs::remove_file(dir.path().join(Kind::P256.ca_key_file())).unwrap();
        let said = server_certificate(dir.path(), Kind::P256, &names, at_day(0)).unwrap_err().to_string();
        assert!(said.contains("device-ca-key.pem is missing: restore it"), "{said}");
        std::fs::remove_file(dir.path().join(Kind::P256.ca_file())).unwrap();
        server_certificate(dir.path(), Kind::P256, &names, at_day(0)).unwrap();
        assert_ne!(std::fs::read_to_string(&path).unwrap(), first, "signed by the new authority");
    }
}
