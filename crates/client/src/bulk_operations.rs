//! Bulk operations: one change for many devices.

use olivine_api::bulk_operations::{
    BulkOperation, BulkOperationCreate, BulkOperationEnvelope, BulkOperationList, BulkOperationPlan,
    BulkOperationPlanEnvelope, BulkOperationUpdate,
};
use olivine_domain::bulk_operations::BulkOperation as Named;
use reqwest::Method;

use crate::requests::Request;
use crate::resource::resource;
use crate::{Client, Error};

resource!(
    BulkOperation,
    "bulk_operations",
    Named,
    BulkOperationEnvelope { bulk_operation },
    BulkOperationList
);

impl crate::Create for BulkOperation {
    type New = BulkOperationCreate;
}
impl crate::Update for BulkOperation {
    type Change = BulkOperationUpdate;
}

impl Client {
    /// How many devices a bulk operation would be about.
    pub async fn plan_bulk_operation(&self, new: &BulkOperationCreate) -> Result<BulkOperationPlan, Error> {
        let new = BulkOperationCreate { dry_run: true, ..new.clone() };
        let request = Request::new(Method::POST, self.url("bulk_operations")).json(&new);
        self.send(&request).await.map(|envelope: BulkOperationPlanEnvelope| envelope.plan)
    }
}
