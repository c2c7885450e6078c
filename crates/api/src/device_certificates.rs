//! Device certificates: by which devices are known.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::devices::Device;

/// A certificate by which a device proves who it is when it connects over mutual TLS.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct DeviceCertificate {
    /// The resource name (PRN) of this device certificate. Use it wherever the API asks for a device certificate:
    /// `prn:1:<organization>:device_certificate:<uuid>`.
    pub prn: String,
    /// The PRN of the organization that the device certificate belongs to: `prn:1:<uuid>`.
    pub organization_prn: String,
    /// The PRN of the device that the certificate belongs to.
    pub device_prn: String,
    /// The PRN of the CA certificate that provisioned or renewed it. Null: somebody registered it.
    pub ca_certificate_prn: Option<String>,
    /// Why the organization may claim the certificate: `authority` (a CA certificate that the organization had registered signed it) or
    /// `key` (a verification certificate was given). Null: an unproven claim, which counts only as long as no other organization has a
    /// proof.
    #[serde(default)]
    #[schema(example = "authority")]
    pub proof: Option<String>,
    /// The SHA-256 of the device certificate in DER: 64 hexadecimal digits.
    pub fingerprint: String,
    /// The subject of the device certificate, its distinguished name.
    #[schema(example = "CN=SN-000042")]
    pub subject: String,
    /// The serial number of the device certificate, in hexadecimal digits.
    pub serial: String,
    /// When the device certificate begins to be valid, in UTC (RFC 3339).
    pub not_before: String,
    /// When the device certificate expires, in UTC (RFC 3339).
    pub not_after: String,
    /// The device certificate itself, in PEM.
    pub certificate: String,
    /// Weaknesses for which it could not be registered today. The device keeps working, but give it a new certificate.
    #[serde(default)]
    #[schema(example = json!(["it is signed with SHA-1, which is broken: sign with SHA-256"]))]
    pub warnings: Vec<String>,
    /// When the device certificate was registered, in UTC (RFC 3339).
    pub inserted_at: String,
    /// The whole device, if the request asked for it with `expand[]=device`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<Device>,
}

crate::envelopes! {
    DeviceCertificate,
    DeviceCertificateEnvelope {
        /// The device certificate that the request is about, as it is after the request.
        device_certificate
    },
    DeviceCertificateList {
        /// The device certificates of this page, in the order that was asked for.
        device_certificates,
        /// The cursor of the next page of device certificates: send it as the parameter `page`. Null: this is the last page.
        next_page
    }
}

/// A certificate to register for a device.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeviceCertificateCreate {
    /// The PRN of the device that has the certificate and its private key.
    pub device_prn: String,
    /// The device's certificate, in PEM, or base64 of PEM or DER. Never send the private key.
    pub certificate: String,
    /// A proof that you have the private key: a certificate signed by it, whose common name is a verification code
    /// (`POST /v1/ca_certificates/verification_codes`). PEM, or base64 of PEM or DER. It ends the claims of other organizations to this
    /// certificate. It can also be given later, with the same `device_prn` and `certificate`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verification_certificate: Option<String>,
}
