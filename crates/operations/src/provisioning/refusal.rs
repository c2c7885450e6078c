//! Why no device is created from a certificate, in words for the device's owner.

use olivine_domain::archiving::Archived;
use olivine_domain::ca_certificates::CannotProvision;
use olivine_domain::ca_certificates::renewals::RenewalRefusal;
use olivine_domain::certificates::{NoIdentifier, Unfit};
use olivine_domain::devices::Identifier;
use olivine_domain::text::InvalidText;
use olivine_domain::time::Timestamp;

/// Why no device is made of a certificate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProvisioningRefusal {
    /// None of the authorities that signed it can provision it now.
    #[error(
        "the CA certificate {}: register its successor with jitp settings, or register the device's certificate",
        in_words(.0)
    )]
    NoAuthority(Vec<(String, CannotProvision)>),
    /// The device would be of an archived product, or in an archived cohort.
    #[error("no device is made of it: {0}")]
    Archived(Archived),
    /// The certificate is over.
    #[error("the certificate has expired on {0}: give the device a new one")]
    Expired(Timestamp),
    /// The certificate has not begun.
    #[error("the certificate is valid from {0} on: check the clock of who made it")]
    NotYetValid(Timestamp),
    /// The certificate is not fit for a device.
    #[error("the certificate can't be a device's: {0}")]
    Unfit(#[from] Unfit),
    /// It names no device.
    #[error("{0}")]
    NoName(#[from] NoIdentifier),
    /// What it names can't be an identifier.
    #[error("the certificate's name can't be an identifier: {0}")]
    BadName(#[from] InvalidText),
    /// There is such a device, and it is not known by this certificate.
    #[error(
        "there is a device with the identifier '{0}' already: register this certificate for it if it is that device's, or let the CA \
         certificate take renewals (ca_certificates, with renewals)"
    )]
    DeviceExists(Identifier),
    /// There is such a device, and the certificate does not renew what it is known by.
    #[error(
        "there is a device with the identifier '{0}' already, and this certificate does not renew its current one: {1}. Register this \
         certificate for it if it is that device's"
    )]
    NotRenewed(Identifier, RenewalRefusal),
    /// The certificate, another form of it, or another one of its key was removed.
    #[error(
        "this certificate, or another one of the same key, was registered before and removed: register it anew if the device is to come \
         back"
    )]
    Removed,
}

fn in_words(lacking: &[(String, CannotProvision)]) -> String {
    let words: Vec<_> = lacking.iter().map(|(prn, lack)| format!("{prn} {lack}")).collect();
    words.join(", the CA certificate ")
}
