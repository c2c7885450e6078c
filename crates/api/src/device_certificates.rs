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
    /// What shows that the organization may say which device this certificate is: `authority` (a CA certificate that the organization had
    /// registered signed it) or `key` (a verification certificate was given). Null for a claim without a proof: it counts only as long as
    /// no other organization has a proof.
    #[serde(default)]
    #[schema(example = "authority")]
    pub proof: Option<String>,
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
    /// What is too weak about it to be registered today. The device keeps working; give it another certificate.
    #[serde(default)]
    #[schema(example = json!(["it is signed with SHA-1, which is broken: sign with SHA-256"]))]
    pub warnings: Vec<String>,
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
    /// PEM, or base64 of PEM or of DER.
    pub certificate: String,
    /// A proof that you have the certificate's key: a certificate that this key signed, whose common name is a verification code
    /// (`POST /v1/ca_certificates/verification_codes`). PEM, or base64 of PEM or of DER. With it, claims of other organizations to the certificate
    /// end. It can also be given later, with the same `device_prn` and `certificate`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verification_certificate: Option<String>,
}
