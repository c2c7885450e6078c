//! The organization at a glance.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::organizations::Stop;

/// A number of records that is counted only up to a limit.
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

/// The certificate of an authority (CA) that expires soon or has expired.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EndingCertificate {
    /// The PRN of the CA certificate.
    pub ca_certificate_prn: String,
    /// The subject of the CA certificate, its distinguished name.
    #[schema(example = "CN=Acme Device CA")]
    pub subject: String,
    /// When the certificate expires, in UTC (RFC 3339). This time may be in the past.
    pub not_after: String,
}

/// The organization at a glance: what needs attention, and the numbers of its fleet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Overview {
    /// All devices of the organization that the caller reaches. Null: the caller lacks `device.read`.
    pub devices: Option<Number>,
    /// Those of these devices that are quarantined. Null: the caller lacks `device.read`.
    pub quarantined_devices: Option<Number>,
    /// Those of these devices whose last update failed. Null: the caller lacks `device.read`.
    pub failed_devices: Option<Number>,
    /// Binaries that are neither signed nor destroyed, by state, in the order in which a binary passes through the states.
    pub binaries: Vec<BinariesInState>,
    /// How many bytes of content are stored, or declared for uploads.
    pub storage_used: u64,
    /// How many bytes of content the organization may store. Null: no limit.
    pub storage_quota: Option<u64>,
    /// Jobs that were given up: `GET /v1/jobs?state=given_up` lists them.
    pub jobs_given_up: Number,
    /// CA certificates that expire within 30 days, or have expired. Of many, only the 100 that were registered first are looked at. Null:
    /// the caller lacks `ca_certificate.read`.
    pub ending_ca_certificates: Option<Vec<EndingCertificate>>,
    /// The emergency stops that are on now, oldest first.
    pub stops: Vec<Stop>,
}

/// The overview, under the key `overview`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OverviewEnvelope {
    /// The organization of the request at a glance.
    pub overview: Overview,
}
