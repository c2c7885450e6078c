//! Device certificates: by which devices are known.

use std::fmt;
use std::str::FromStr;

use crate::ca_certificates::CaCertificate;
use crate::certificates::Certificate;
use crate::devices::Device;
use crate::organizations::Organization;
use crate::prn::{Id, Resource};
use crate::search::{Field, FieldKind, FieldTable, Searchable};
use crate::time::Timestamp;

/// The fields by which lists of device certificates can be searched.
pub const SEARCH: FieldTable = &[
    Field { name: "prn", kind: FieldKind::Prn },
    Field { name: "device_prn", kind: FieldKind::Prn },
    Field { name: "fingerprint", kind: FieldKind::Text },
    Field { name: "not_after", kind: FieldKind::DateTime },
    Field { name: "inserted_at", kind: FieldKind::DateTime },
];

/// What shows that an organization may say which device a certificate is.
///
/// A certificate is public, so registering it shows nothing: it is a claim. It counts until an organization with a proof comes; among
/// claims without a proof, and among those with one, the first one counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// An authority that the organization had registered signed the certificate.
    Authority,
    /// Somebody in the organization had the certificate's key sign a verification code.
    Key,
}

/// The text is not the name of a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a proof is 'authority' or 'key'")]
pub struct InvalidProof;

impl Proof {
    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Authority => "authority",
            Self::Key => "key",
        }
    }
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Proof {
    type Err = InvalidProof;

    fn from_str(text: &str) -> Result<Self, InvalidProof> {
        match text {
            "authority" => Ok(Self::Authority),
            "key" => Ok(Self::Key),
            _ => Err(InvalidProof),
        }
    }
}

/// A certificate that one device is known by. An organization has it once; of several organizations that have it, one is right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceCertificate {
    /// Its key.
    pub id: Id<DeviceCertificate>,
    /// Its owner.
    pub organization: Id<Organization>,
    /// Who is known by it.
    pub device: Id<Device>,
    /// The authority by which it was provisioned; `None` where somebody registered it.
    pub ca_certificate: Option<Id<CaCertificate>>,
    /// What shows that the organization may say so; `None` for a claim without a proof.
    pub proof: Option<Proof>,
    /// The certificate.
    pub certificate: Certificate,
    /// When it was registered.
    pub inserted_at: Timestamp,
}

impl Resource for DeviceCertificate {
    const TYPE: Option<&'static str> = Some("device_certificate");
    const A_NAME: &'static str = "a device certificate";
}

impl Searchable for DeviceCertificate {
    const FIELDS: FieldTable = SEARCH;
}
