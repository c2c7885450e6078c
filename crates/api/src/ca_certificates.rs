//! CA certificates: certificate authorities whose devices may connect.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::json::present;

/// A certificate authority (CA) whose devices may connect. Registering one takes a proof that you have its key.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct CaCertificate {
    /// The resource name (PRN) of this CA certificate. Use it wherever the API asks for a CA certificate:
    /// `prn:1:<organization>:ca_certificate:<uuid>`.
    pub prn: String,
    /// The PRN of the organization that the CA certificate belongs to: `prn:1:<uuid>`.
    pub organization_prn: String,
    /// Notes about the CA certificate, for people. Null: there are none.
    pub description: Option<String>,
    /// The SHA-256 of the CA certificate in DER: 64 hexadecimal digits.
    pub fingerprint: String,
    /// The subject of the CA certificate, its distinguished name.
    #[schema(example = "CN=Acme Device CA")]
    pub subject: String,
    /// The serial number of the CA certificate, in hexadecimal digits.
    pub serial: String,
    /// When the CA certificate begins to be valid, in UTC (RFC 3339).
    pub not_before: String,
    /// When the CA certificate expires, in UTC (RFC 3339).
    pub not_after: String,
    /// The CA certificate itself, in PEM.
    pub certificate: String,
    /// Why a CA certificate like this one could not be registered today. If there is any warning, it may fail to provision devices.
    #[serde(default)]
    pub warnings: Vec<String>,
    /// Just-in-time provisioning: how to create a device when a certificate that this CA signed connects for the first time. Null: such
    /// devices are refused.
    pub jitp: Option<Jitp>,
    /// Which new certificates of a known device are registered automatically when it first connects with one. This CA must have signed
    /// its current certificate too. `refuse`: none; `same_key`: those with the same public key; `any_key`: also those with another key.
    #[serde(default)]
    #[schema(example = "same_key")]
    pub renewals: String,
    /// When the CA certificate was registered, in UTC (RFC 3339).
    pub inserted_at: String,
    /// When the CA certificate was last changed, in UTC (RFC 3339).
    pub updated_at: String,
}

crate::envelopes! {
    CaCertificate,
    CaCertificateEnvelope {
        /// The CA certificate that the request is about, as it is after the request.
        ca_certificate
    },
    CaCertificateList {
        /// The CA certificates of this page, in the order that was asked for.
        ca_certificates,
        /// The cursor of the next page of CA certificates: send it as the parameter `page`. Null: this is the last page.
        next_page
    }
}

/// Just-in-time provisioning: what a device is created with when it connects for the first time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Jitp {
    /// The PRN of the product that new devices get.
    pub product_prn: String,
    /// The PRN of the cohort that new devices join; it must belong to the product. Null: none, so releases don't reach them yet.
    #[serde(default)]
    pub cohort_prn: Option<String>,
    /// The tags that new devices get: up to 64.
    #[serde(default)]
    pub tags: Vec<String>,
    /// The description that new devices get: up to 2,000 characters.
    #[serde(default)]
    pub description: Option<String>,
    /// The target (hardware) of new devices. Null: the target of the product.
    #[serde(default)]
    pub target: Option<String>,
    /// The name in the certificate that becomes the device's identifier: `common_name` of its subject (default), `serial_number` of its
    /// subject (as in IEEE 802.1AR certificates), or `dns_name` (its only DNS name).
    #[serde(default)]
    #[schema(example = "serial_number")]
    pub identifier_from: Option<String>,
}

/// A CA certificate to register, with the proof that you have its key.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CaCertificateCreate {
    /// The CA certificate, in PEM, or base64 of PEM or DER.
    pub certificate: String,
    /// The proof: a certificate that the CA signed, whose common name is a verification code
    /// (`POST /v1/ca_certificates/verification_codes`). PEM, or base64 of PEM or DER.
    pub verification_certificate: String,
    /// Notes about the CA certificate, for people: up to 2,000 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// How to create devices when they first connect with a certificate of this CA. Default: they are refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jitp: Option<Jitp>,
    /// Which new certificates of a known device are registered automatically when it first connects with one: `refuse` (none, the
    /// default), `same_key` (those with the same public key) or `any_key` (also those with another key). This CA must have signed its
    /// current certificate too.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "same_key")]
    pub renewals: Option<String>,
}

/// Changes to a CA certificate. Fields that are absent stay as they are; null removes a value.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CaCertificateUpdate {
    /// New notes about the CA certificate, for people: up to 2,000 characters. Null removes them.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub description: Option<Option<String>>,
    /// How to create devices when they first connect. It replaces the old settings as a whole; null ends provisioning.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Jitp>)]
    pub jitp: Option<Option<Jitp>>,
    /// Which new certificates of known devices are registered automatically when they first connect: `refuse`, `same_key` or `any_key`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "same_key")]
    pub renewals: Option<String>,
}

/// A code with which you prove that you have the private key of a certificate. It works for one week and for one certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct VerificationCode {
    /// The code. Put it into the common name of a certificate, and sign that with the private key.
    pub verification_code: String,
    /// When the code stops working, in UTC (RFC 3339).
    pub expires_at: String,
}
