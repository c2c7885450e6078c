//! Device certificates: by which devices are known.

use crate::ca_certificates::CaCertificate;
use crate::certificates::Certificate;
use crate::devices::Device;
use crate::organizations::Organization;
use crate::prn::Id;
use crate::search::{Field, FieldKind, FieldTable};
use crate::time::Timestamp;

/// What lists of device certificates can be searched by.
pub const SEARCH: FieldTable = &[
    Field { name: "prn", kind: FieldKind::Prn },
    Field { name: "device_prn", kind: FieldKind::Prn },
    Field { name: "fingerprint", kind: FieldKind::Text },
    Field { name: "not_after", kind: FieldKind::DateTime },
    Field { name: "inserted_at", kind: FieldKind::DateTime },
];

/// A certificate that one device is known by. Its fingerprint is unique on the server.
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
    /// The certificate.
    pub certificate: Certificate,
    /// When it was registered.
    pub inserted_at: Timestamp,
}
