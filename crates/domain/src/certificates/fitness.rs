//! What certificates may be used for: which ones are too loosely written for any use, and what devices and authorities need to say.

use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::{ExtendedKeyUsage, KeyUsage, ParsedExtension, X509Extension};
use x509_parser::prelude::SubjectPublicKeyInfo;

use super::certificate::Certificate;
use super::der;
use super::unfit::Unfit;
use super::weakness::key_weakness;

impl Certificate {
    /// Whether it may be registered, whatever for: it has one form, and is not weak.
    pub fn check_form(&self) -> Result<(), Unfit> {
        let parts = der::parts(&self.der)?;
        if parts.outer_algorithm != parts.inner_algorithm {
            return Err(Unfit::AlgorithmsDiffer);
        }
        self.weakness.map_or(Ok(()), |weakness| Err(Unfit::Weak(weakness)))
    }

    /// Whether a device may be made of it.
    pub fn check_device(&self) -> Result<(), Unfit> {
        self.check_form()?;
        let parsed = self.parsed()?;
        let extensions = Extensions::of(&parsed)?;
        if extensions.is_authority(&parsed) {
            return Err(Unfit::IsAuthority);
        }
        if extensions.key_usage.is_some_and(|usage| !usage.digital_signature()) {
            return Err(Unfit::KeyUsage("digitalSignature"));
        }
        extensions.check_purpose()
    }

    /// Whether it may sign the certificates of devices. `below` is the number of other CA certificates between it and a device.
    pub fn check_authority(&self, below: u32) -> Result<(), Unfit> {
        let parsed = self.parsed()?;
        if let Some(weakness) = key_weakness(parsed.public_key()) {
            return Err(Unfit::Weak(weakness));
        }
        let extensions = Extensions::of(&parsed)?;
        if !extensions.is_authority(&parsed) {
            return Err(Unfit::NotAnAuthority);
        }
        if extensions.key_usage.is_some_and(|usage| !usage.key_cert_sign()) {
            return Err(Unfit::KeyUsage("keyCertSign"));
        }
        match extensions.path_length {
            Some(allowed) if below > allowed => return Err(Unfit::PathLength { allowed, found: below }),
            _ => {}
        }
        extensions.check_purpose()
    }
}

/// The extensions that are understood here.
#[derive(Default)]
struct Extensions<'a> {
    /// CA:TRUE or CA:FALSE.
    authority: Option<bool>,
    path_length: Option<u32>,
    key_usage: Option<&'a KeyUsage>,
    extended_key_usage: Option<&'a ExtendedKeyUsage<'a>>,
}

impl<'a> Extensions<'a> {
    /// Reads all that matter. One that can't be read, or that is there twice, is not the same as one that is absent.
    fn of(parsed: &'a X509Certificate<'_>) -> Result<Self, Unfit> {
        let mut found = Self::default();
        for (place, extension) in parsed.extensions().iter().enumerate() {
            let others = parsed.extensions().split_at(place).0;
            if others.iter().any(|other| other.oid == extension.oid) {
                return Err(Unfit::Broken(called(extension)));
            }
            found.take(extension)?;
        }
        Ok(found)
    }

    fn take(&mut self, extension: &'a X509Extension<'_>) -> Result<(), Unfit> {
        match extension.parsed_extension() {
            ParsedExtension::BasicConstraints(constraints) => {
                self.authority = Some(constraints.ca);
                self.path_length = constraints.path_len_constraint;
            }
            ParsedExtension::KeyUsage(usage) => self.key_usage = Some(usage),
            ParsedExtension::ExtendedKeyUsage(usage) => self.extended_key_usage = Some(usage),
            ParsedExtension::NameConstraints(_) => return Err(Unfit::NameConstraints),
            // Names, which are looked at where they are needed, and policies, of which any is good.
            ParsedExtension::SubjectAlternativeName(_)
            | ParsedExtension::CertificatePolicies(_)
            | ParsedExtension::AuthorityKeyIdentifier(_)
            | ParsedExtension::SubjectKeyIdentifier(_) => {}
            ParsedExtension::ParseError { .. } if extension.critical || is_used(extension) => {
                return Err(Unfit::Broken(called(extension)));
            }
            _ if extension.critical => return Err(Unfit::UnknownCritical(called(extension))),
            _ => {}
        }
        Ok(())
    }

    /// Whether they are an authority's. Version 1 has no extensions: there, a certificate that names itself as its issuer is one.
    fn is_authority(&self, parsed: &X509Certificate<'_>) -> bool {
        let is_self_issued = parsed.subject().as_raw() == parsed.issuer().as_raw();
        self.authority.unwrap_or(parsed.version().0 == 0 && is_self_issued)
    }

    fn check_purpose(&self) -> Result<(), Unfit> {
        let fits = self.extended_key_usage.is_none_or(|usage| usage.client_auth || usage.any);
        if fits { Ok(()) } else { Err(Unfit::ExtendedKeyUsage) }
    }
}

/// Whether what it says is used here.
fn is_used(extension: &X509Extension<'_>) -> bool {
    // Key usage, alternative name, basic constraints, name constraints, extended key usage.
    let used = ["2.5.29.15", "2.5.29.17", "2.5.29.19", "2.5.29.30", "2.5.29.37"];
    used.contains(&extension.oid.to_id_string().as_str())
}

fn called(extension: &X509Extension<'_>) -> String {
    let oid = extension.oid.to_id_string();
    let name = match oid.as_str() {
        "2.5.29.15" => "keyUsage",
        "2.5.29.17" => "subjectAltName",
        "2.5.29.19" => "basicConstraints",
        "2.5.29.30" => "nameConstraints",
        "2.5.29.36" => "policyConstraints",
        "2.5.29.37" => "extendedKeyUsage",
        _ => return oid,
    };
    name.to_owned()
}

/// The curve that a key is on: its usual name, or its object identifier.
pub(super) fn curve(key: &SubjectPublicKeyInfo<'_>) -> Option<String> {
    if key.algorithm.algorithm.to_id_string() != "1.2.840.10045.2.1" {
        return None;
    }
    let Ok(curve) = key.algorithm.parameters.as_ref()?.as_oid() else {
        return Some("with parameters of its own".to_owned());
    };
    let curve = curve.to_id_string();
    Some(match curve.as_str() {
        "1.2.840.10045.3.1.7" => "P-256".to_owned(),
        "1.3.132.0.34" => "P-384".to_owned(),
        "1.3.132.0.35" => "P-521".to_owned(),
        _ => curve,
    })
}
