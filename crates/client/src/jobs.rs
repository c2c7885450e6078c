//! Jobs: the server's own work for an organization.

use olivine_api::jobs::{Job, JobEnvelope, JobList};
use olivine_domain::jobs::Job as Named;
use olivine_domain::prn::Prn;
use reqwest::Method;

use crate::requests::Request;
use crate::resource::resource;
use crate::{Client, Error};

resource!(Job, "jobs", Named, JobEnvelope { job }, JobList);

impl Client {
    /// Lets a job that was given up or waits begin now.
    pub async fn retry_job(&self, prn: &Prn<Named>) -> Result<Job, Error> {
        let url = self.url(&format!("jobs/{prn}/retry"));
        self.send(&Request::new(Method::POST, url)).await.map(|envelope: JobEnvelope| envelope.job)
    }
}
