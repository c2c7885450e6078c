//! Jobs: the server's own work for an organization.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A job: work that the server does by itself after a change, such as verifying or copying a binary.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Job {
    /// The resource name (PRN) of this job. Use it wherever the API asks for a job: `prn:1:<organization>:job:<uuid>`.
    pub prn: String,
    /// The PRN of the organization that the job is for: `prn:1:<uuid>`.
    pub organization_prn: String,
    /// What the job does, such as `verify_binary`.
    #[schema(example = "verify_binary")]
    pub kind: String,
    /// The state: `waiting` (also between two attempts), `running`, `finished` or `given_up` (trying again would not help by itself).
    #[schema(example = "given_up")]
    pub state: String,
    /// The PRN of the binary whose content the job is about. Null: it is not about one binary.
    pub binary_prn: Option<String>,
    /// The PRN of the bundle that the job is about. Null: it is not about one bundle.
    pub bundle_prn: Option<String>,
    /// The PRN of the storage backend that the job works with. Null: none is named, or it is the server's own storage.
    pub storage_backend_prn: Option<String>,
    /// How many times the job was started, the run that is going on now included.
    pub attempts: u32,
    /// Why the last attempt failed, in words for people. Null: no attempt failed.
    pub last_error: Option<String>,
    /// When the job may begin, in UTC (RFC 3339). While it runs: the time by which its process must report that it is alive, or another
    /// process takes the job over.
    pub due_at: String,
    /// When the job was ordered, in UTC (RFC 3339).
    pub inserted_at: String,
    /// When the job last changed, in UTC (RFC 3339).
    pub updated_at: String,
}

crate::envelopes! {
    Job,
    JobEnvelope {
        /// The job that the request is about, as it is after the request.
        job
    },
    JobList {
        /// The jobs of this page, in the order that was asked for.
        jobs,
        /// The cursor of the next page of jobs: send it as the parameter `page`. Null: this is the last page.
        next_page
    }
}
