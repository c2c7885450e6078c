//! Looking records up by what somebody has of them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A record that the lookup found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Hit {
    /// The kind of the record, as in its PRN.
    #[serde(rename = "type")]
    #[schema(example = "cohort")]
    pub kind: String,
    /// The PRN of the record that was found.
    pub prn: String,
    /// The record's name, identifier, version, target, subject or fingerprint. Null: a bundle without a name.
    pub name: Option<String>,
    /// The PRN of the record that it belongs to: the product of a cohort or a device, the cohort of a release, the artifact of an artifact
    /// version, the artifact version of a binary, or the device of a device certificate. Null: it belongs to none.
    pub within_prn: Option<String>,
    /// Which of its values matched the query: `prn`, `hash`, `keyid`, `fingerprint`, `name`, `identifier` or `version`.
    #[schema(example = "name")]
    pub matched: String,
    /// Whether the record is archived. Lists leave such records out.
    pub archived: bool,
}

/// The records that were found, under the key `hits`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LookupResult {
    /// At most five records of each kind: the exact ones first, then by kind and name.
    pub hits: Vec<Hit>,
}
