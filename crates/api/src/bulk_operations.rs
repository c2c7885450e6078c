//! Bulk operations: one change for many devices.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A bulk operation: it makes one change for many devices, in the background.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct BulkOperation {
    /// The resource name (PRN) of this bulk operation. Use it wherever the API asks for a bulk operation:
    /// `prn:1:<organization>:bulk_operation:<uuid>`.
    pub prn: String,
    /// The PRN of the organization whose devices are changed: `prn:1:<uuid>`.
    pub organization_prn: String,
    /// What is done to each device: `move`, `tag`, `untag`, `quarantine` or `lift`.
    #[schema(example = "move")]
    pub action: String,
    /// With `move`: the PRN of the cohort that the devices are moved to. Null with another action.
    pub cohort_prn: Option<String>,
    /// With `tag` and `untag`: the tags that the devices get or lose. Null with another action.
    pub tags: Option<Vec<String>>,
    /// The search that finds the devices; an empty text finds all. Null: they were named one by one.
    #[schema(example = "cohort_prn:'prn:1:…' and quarantined:false")]
    pub search: Option<String>,
    /// The PRNs of the devices. Null: a search finds them.
    pub device_prns: Option<Vec<String>>,
    /// Where it is: `running`, `finished`, `cancelled` or `stopped` (it could not go on).
    #[schema(example = "running")]
    pub state: String,
    /// Why it could not go on, in words for people. Null unless it is `stopped`.
    pub stopped_because: Option<String>,
    /// How many devices there were when it began.
    pub matched: u64,
    /// Whether `matched` is exact. False: there are more, because no more than 10,000 are counted.
    pub exact: bool,
    /// How many devices were looked at so far: the sum of the following three numbers.
    pub done: u64,
    /// How many devices were changed so far.
    pub changed: u64,
    /// How many devices were already as they should be.
    pub unchanged: u64,
    /// How many devices could not be changed.
    pub refused: u64,
    /// Why devices could not be changed: the first 100 of them.
    pub refusals: Vec<BulkRefusal>,
    /// Who asked for it: the PRN of a user or of an API key.
    pub started_by: String,
    /// When it was over, in UTC (RFC 3339). Null: it is running.
    pub finished_at: Option<String>,
    /// When it was asked for, in UTC (RFC 3339). Devices that were created later are not changed.
    pub inserted_at: String,
    /// When a batch of devices was last done, in UTC (RFC 3339).
    pub updated_at: String,
}

crate::envelopes! {
    BulkOperation,
    BulkOperationEnvelope {
        /// The bulk operation that the request is about, as it is after the request.
        bulk_operation
    },
    BulkOperationList {
        /// The bulk operations of this page, in the order that was asked for.
        bulk_operations,
        /// The cursor of the next page of bulk operations: send it as the parameter `page`. Null: this is the last page.
        next_page
    }
}

/// A device that a bulk operation could not change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BulkRefusal {
    /// The PRN of the device that was not changed.
    pub device_prn: String,
    /// The code of the error that changing this device alone would have given.
    #[schema(example = "invalid")]
    pub code: String,
    /// The reason in words, for people.
    pub message: String,
}

/// A new bulk operation. Give either `search` or `device_prns`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BulkOperationCreate {
    /// What to do to each device: `move` (to the cohort `cohort_prn`), `tag` and `untag` (with `tags`), `quarantine`, or `lift` (release from
    /// quarantine).
    #[schema(example = "move")]
    pub action: String,
    /// With `move`: the PRN of the cohort to move the devices to. It is one of the devices' own product.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cohort_prn: Option<String>,
    /// With `tag` and `untag`: the tags that the devices get or lose, 1 to 64.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<String>>,
    /// Which devices to change, in the search language of the list of devices. An empty text means all devices. Only devices that you may
    /// change are found.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "tag:'beta' and quarantined:false")]
    pub search: Option<String>,
    /// The PRNs of the devices to change: 1 to 1,000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_prns: Option<Vec<String>>,
    /// With true, nothing is changed: the answer says how many devices there are, or why nothing could be changed. Default: false.
    #[serde(default)]
    pub dry_run: bool,
    /// The number of devices that a dry run counted. If the number is different now, the answer is 409 `count_differs` with the new number,
    /// and nothing is changed. Default: any number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confirm_count: Option<u64>,
}

/// Ends a bulk operation.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BulkOperationUpdate {
    /// The only possible change: `cancelled`. Devices that were changed by then stay changed.
    #[schema(example = "cancelled")]
    pub state: String,
}

/// What a bulk operation would do. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BulkOperationPlan {
    /// Always true: this is a plan, and no device was changed.
    pub dry_run: bool,
    /// What would be done to each device.
    #[schema(example = "move")]
    pub action: String,
    /// How many devices the operation would apply to. Some may need no change, or may be refused individually.
    pub count: u64,
    /// Whether `count` is exact. False: there are more devices than this.
    pub exact: bool,
}

/// What a bulk operation would do, under the key `plan`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BulkOperationPlanEnvelope {
    /// The plan of the bulk operation.
    pub plan: BulkOperationPlan,
}
