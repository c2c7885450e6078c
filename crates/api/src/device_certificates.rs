//! Device certificates: by which devices are known.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::devices::Device;

/// A certificate that a device is known by.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct DeviceCertificate {
    /// Its name everywhere.
    pub prn: String,
    /// Its owner.
    pub organization_prn: String,
    /// Who is known by it.
    pub device_prn: String,
    /// The authority by which it was provisioned; null where somebody registered it.
    pub ca_certificate_prn: Option<String>,
    /// The SHA-256 of its DER: 64 hexadecimal digits.
    pub fingerprint: String,
    /// Its subject.
    pub subject: String,
    /// Its serial number in hexadecimal digits.
    pub serial: String,
    /// From when it is valid.
    pub not_before: String,
    /// Until when it is valid.
    pub not_after: String,
    /// PEM.
    pub certificate: String,
    /// When it was registered.
    pub inserted_at: String,
    /// The device itself, with `expand[]=device`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<Device>,
}

crate::envelopes!(
    DeviceCertificate,
    DeviceCertificateEnvelope { device_certificate },
    DeviceCertificateList { device_certificates }
);

/// A certificate for a device.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeviceCertificateCreate {
    /// The device.
    pub device_prn: String,
    /// PEM, or base64 of PEM.
    pub certificate: String,
}
