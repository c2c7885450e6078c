//! Which of a certificate's names is the identifier of the device that is made of it.

use std::fmt;
use std::str::FromStr;

use x509_parser::extensions::GeneralName;

use super::certificate::Certificate;
use super::names::{self, UnreadableText};
use super::unfit::Unfit;

/// Which name of a certificate becomes its device's identifier. An authority has one such setting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IdentifierSource {
    /// The common name of the subject.
    #[default]
    CommonName,
    /// The serial number of the subject: the device's, as IEEE 802.1AR has it, not that of the certificate.
    SerialNumber,
    /// The DNS name among the alternative names. There must be exactly one.
    DnsName,
}

/// The text is not the name of a source of identifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an identifier is taken from 'common_name', 'serial_number' or 'dns_name'")]
pub struct InvalidIdentifierSource;

/// Why a certificate names no device.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoIdentifier {
    /// There is no such name.
    #[error("the certificate has no {}, which would be the device's identifier", .0.in_words())]
    Missing(IdentifierSource),
    /// There are several.
    #[error("the certificate has {0} DNS names, and just one would be the device's identifier")]
    Several(usize),
    /// The name is not text.
    #[error("the certificate can't name a device: {0}")]
    Unreadable(#[from] UnreadableText),
    /// The certificate can't be read well enough.
    #[error("the certificate can't be used: {0}")]
    Unfit(#[from] Unfit),
}

impl IdentifierSource {
    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CommonName => "common_name",
            Self::SerialNumber => "serial_number",
            Self::DnsName => "dns_name",
        }
    }

    const fn in_words(self) -> &'static str {
        match self {
            Self::CommonName => "common name",
            Self::SerialNumber => "serial number in its subject",
            Self::DnsName => "DNS name",
        }
    }
}

impl fmt::Display for IdentifierSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for IdentifierSource {
    type Err = InvalidIdentifierSource;

    fn from_str(text: &str) -> Result<Self, InvalidIdentifierSource> {
        let all = [Self::CommonName, Self::SerialNumber, Self::DnsName];
        all.into_iter().find(|source| source.as_str() == text).ok_or(InvalidIdentifierSource)
    }
}

impl Certificate {
    /// The name that is to be the device's identifier.
    pub fn identifier(&self, source: IdentifierSource) -> Result<String, NoIdentifier> {
        let found = match source {
            IdentifierSource::CommonName => self.facts.common_name.clone()?,
            IdentifierSource::SerialNumber => names::serial_number(self.parsed()?.subject())?,
            IdentifierSource::DnsName => self.dns_name()?,
        };
        found.ok_or(NoIdentifier::Missing(source))
    }

    fn dns_name(&self) -> Result<Option<String>, NoIdentifier> {
        let parsed = self.parsed()?;
        let broken = |_| Unfit::Broken("subjectAltName".to_owned());
        let Some(extension) = parsed.subject_alternative_name().map_err(broken)? else { return Ok(None) };
        let names = extension.value.general_names.iter();
        let names: Vec<_> = names
            .filter_map(|name| if let GeneralName::DNSName(name) = name { Some(*name) } else { None })
            .collect();
        match names.as_slice() {
            [] => Ok(None),
            [name] => Ok(Some((*name).to_owned())),
            several => Err(NoIdentifier::Several(several.len())),
        }
    }
}
