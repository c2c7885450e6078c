//! The minimum that a device needs to get an answer.

use olivine_tests::{Api, Device, Server, prn};
use serde_json::json;

/// A device with a registered certificate, in a cohort without releases.
pub(crate) struct Member {
    pub(crate) device: Device,
    pub(crate) prn: String,
}

/// A product with a cohort for devices.
pub(crate) struct Fleet {
    api: Api,
    product: String,
    pub(crate) cohort: String,
}

impl Fleet {
    pub(crate) async fn new(api: Api) -> Self {
        Self::named(api, "gateway").await
    }

    /// Like `new`, with another name, for a second product in the same organization.
    pub(crate) async fn named(api: Api, name: &str) -> Self {
        let product = json!({"name": name, "target": "gateway"});
        let product = prn(&api.post("/v1/products", &product).await.expect(201).json["product"]);
        let cohort = json!({"name": "production", "product_prn": product});
        let cohort = prn(&api.post("/v1/cohorts", &cohort).await.expect(201).json["cohort"]);
        Self { api, product, cohort }
    }

    /// The PRN of the cohort.
    pub(crate) fn cohort(&self) -> &str {
        &self.cohort
    }

    pub(crate) async fn device(&self, server: &Server, name: &str) -> Member {
        let device = Device::new(server, name);
        let new = json!({"identifier": name, "product_prn": self.product, "cohort_prn": self.cohort});
        let prn = prn(&self.api.post("/v1/devices", &new).await.expect(201).json["device"]);
        device.register(&self.api, &prn).await;
        Member { device, prn }
    }
}
