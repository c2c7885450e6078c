//! The credentials that a device presents, and the reasons to refuse them: the types that all code about client certificates shares.
//! Decides nothing.

use olivine_domain::certificates::{Certificate, Intermediates};
use olivine_domain::refusals::{Meaning, Refusal};
use olivine_domain::time::Timestamp;

use crate::provisioning::refusal::ProvisioningRefusal;

/// What a device shows: a certificate whose key it holds, and the intermediate ones above it.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    /// The device's own certificate.
    pub certificate: &'a Certificate,
    /// What it sent besides.
    pub intermediates: &'a Intermediates,
}

/// Why a client certificate is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateRefusal {
    /// Nobody knows it.
    #[error(
        "no device is known by this certificate, and no registered CA certificate with provisioning signed it: register the certificate \
         ('peridio device-certificates create'), or the CA that signed it with provisioning ('peridio ca-certificates create'){}{}", because(doubts), hint(*.version)
    )]
    Unknown {
        /// The version of X.509 that it is of.
        version: u32,
        /// What could not be found out about who signed it.
        doubts: Vec<String>,
    },
    /// An organization claims it without a proof, and another one's authority signed it.
    #[error(
        "this certificate was registered without a proof of its key, and a CA certificate that is registered elsewhere signed it, so the \
         registration does not count: register it with a verification certificate ('peridio device-certificates create'){}",
        because(doubts)
    )]
    Unproven {
        /// What could not be found out about who signed it.
        doubts: Vec<String>,
    },
    /// It was registered once.
    #[error(
        "this certificate was removed, or its device was deleted: to let it in again, register it ('peridio device-certificates create')"
    )]
    Removed,
    /// It is not valid now, and the organization is strict about it.
    #[error(
        "this certificate is valid from {not_before} to {not_after}, and this organization takes no other: renew it"
    )]
    NotValid {
        /// From when.
        not_before: Timestamp,
        /// Until when.
        not_after: Timestamp,
    },
    /// A CA that signed it provisions, but not this.
    #[error("{0}")]
    NotProvisioned(ProvisioningRefusal),
}

/// How many doubts a refusal names.
const MOST_DOUBTS: usize = 3;

fn because(doubts: &[String]) -> String {
    let named = doubts.iter().take(MOST_DOUBTS);
    named.flat_map(|doubt| ["; ", doubt.as_str()]).collect()
}

/// Version 1 is what plain `openssl x509 -req` makes.
const fn hint(version: u32) -> &'static str {
    if version < 3 {
        ". (It is an X.509 version 1 certificate; these work here, this is not what is wrong)"
    } else {
        ""
    }
}

impl Refusal for CertificateRefusal {
    fn meaning(&self) -> Meaning {
        match self {
            Self::NotProvisioned(_) => Meaning::Forbidden,
            Self::Unknown { .. } | Self::Unproven { .. } | Self::Removed | Self::NotValid { .. } => {
                Meaning::Unauthenticated
            }
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Unknown { .. } | Self::Unproven { .. } => "certificate_unknown",
            Self::Removed => "certificate_removed",
            Self::NotValid { .. } => "certificate_expired",
            Self::NotProvisioned(_) => "provisioning_refused",
        }
    }
}
