//! The organization at a glance.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::organizations::Stop;

/// How many there are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Number {
    /// The number. If `exact` is false, there are more.
    pub count: u64,
    /// Whether `count` is the number of all of them. Most numbers are exact up to 10,000.
    pub exact: bool,
}

/// Binaries in one state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BinariesInState {
    /// The state of these binaries.
    #[schema(example = "signable")]
    pub state: String,
    /// How many binaries are in this state. If `exact` is false, there are more.
    pub count: u64,
    /// Whether `count` is the number of all of them.
    pub exact: bool,
}

/// A certificate of an authority that ends soon.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EndingCertificate {
    /// The PRN of the CA certificate.
    pub ca_certificate_prn: String,
    /// The subject that the certificate names.
    pub subject: String,
    /// When the certificate ends, in UTC (RFC 3339). It may be over already.
    pub not_after: String,
}

/// The organization at a glance: what needs somebody, and the numbers of its fleet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Overview {
    /// All devices of the organization that the caller reaches. Null: the caller lacks `device.read`.
    pub devices: Option<Number>,
    /// Those of these devices that are quarantined. Null: the caller lacks `device.read`.
    pub quarantined_devices: Option<Number>,
    /// Those of these devices whose last update failed. Null: the caller lacks `device.read`.
    pub failed_devices: Option<Number>,
    /// Binaries that are neither signed nor destroyed, by state, in the order of their life.
    pub binaries: Vec<BinariesInState>,
    /// How many bytes of content are stored, or declared for uploads.
    pub storage_used: u64,
    /// How many bytes of content the organization may store. Null: no limit.
    pub storage_quota: Option<u64>,
    /// Jobs that were given up: `GET /v1/jobs?state=given_up` lists them.
    pub jobs_given_up: Number,
    /// CA certificates that end within 30 days, or have ended. Of many, only the 100 that were registered first are looked
    /// at. Null: the caller lacks `ca_certificate.read`.
    pub ending_ca_certificates: Option<Vec<EndingCertificate>>,
    /// The emergency stops that are on now, oldest first.
    pub stops: Vec<Stop>,
}

/// The overview, under the key `overview`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OverviewEnvelope {
    /// The organization of the API key at a glance.
    pub overview: Overview,
}
