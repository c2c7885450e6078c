//! CA certificates: authorities whose devices are welcome.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::json::present;

/// An authority whose devices are welcome.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct CaCertificate {
    /// Its name everywhere.
    pub prn: String,
    /// Its owner.
    pub organization_prn: String,
    /// What people say of it.
    pub description: Option<String>,
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
    /// Why a CA certificate like this one could not be registered today. While there is any, it may be that it provisions no devices.
    #[serde(default)]
    pub warnings: Vec<String>,
    /// What devices become that it signed and nobody knows; null where such devices are refused.
    pub jitp: Option<Jitp>,
    /// Which new certificates of its devices are registered by themselves when they first appear, if this authority signed the device's
    /// current certificate, too: `refuse` (none), `same_key` (those with the same public key) or `any_key` (also those with
    /// another key).
    #[serde(default)]
    #[schema(example = "same_key")]
    pub renewals: String,
    /// When it was registered.
    pub inserted_at: String,
    /// When it was last changed.
    pub updated_at: String,
}

crate::envelopes!(
    CaCertificate,
    CaCertificateEnvelope { ca_certificate },
    CaCertificateList { ca_certificates }
);

/// Just-in-time provisioning: what a device is made with when it first appears.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Jitp {
    /// Its product.
    pub product_prn: String,
    /// Its cohort, one of the product's.
    #[serde(default)]
    pub cohort_prn: Option<String>,
    /// Its tags.
    #[serde(default)]
    pub tags: Vec<String>,
    /// What is said of it.
    #[serde(default)]
    pub description: Option<String>,
    /// Its target; its product's where it is null.
    #[serde(default)]
    pub target: Option<String>,
    /// Which of a certificate's names becomes the device's identifier: `common_name` (of its subject; this is meant where it is absent),
    /// `serial_number` (the attribute of its subject, as devices with IEEE 802.1AR certificates have it) or `dns_name` (the only DNS name
    /// among its alternative names).
    #[serde(default)]
    #[schema(example = "serial_number")]
    pub identifier_from: Option<String>,
}

/// An authority, with the proof that its key is yours.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CaCertificateCreate {
    /// PEM, or base64 of PEM or of DER.
    pub certificate: String,
    /// A certificate that it signed, whose common name is a verification code: PEM, or base64 of PEM or of DER.
    pub verification_certificate: String,
    /// Up to 2,000 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What devices become that it signed and nobody knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jitp: Option<Jitp>,
    /// Which new certificates of its devices are registered by themselves when they first appear, if this authority signed the device's
    /// current certificate, too: `refuse` (none; this is meant where it is absent), `same_key` (those with the same public key) or `any_key` (also those with
    /// another key).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "same_key")]
    pub renewals: Option<String>,
}

/// Changes to a CA certificate; what is absent stays, what is null is removed.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CaCertificateUpdate {
    /// Up to 2,000 characters.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub description: Option<Option<String>>,
    /// What devices become that it signed and nobody knows, as a whole.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Jitp>)]
    pub jitp: Option<Option<Jitp>>,
    /// Which new certificates of its devices are registered by themselves when they first appear: `refuse`, `same_key` or `any_key`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "same_key")]
    pub renewals: Option<String>,
}

/// A code to prove with that a CA's key is yours: good for one week and one CA certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct VerificationCode {
    /// The common name of a certificate that the CA is to sign.
    pub verification_code: String,
    /// Until when it is good.
    pub expires_at: String,
}
