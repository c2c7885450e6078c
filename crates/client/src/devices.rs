//! Devices, importing many of them at once, and asking for an update on a device's behalf.

use std::path::Path;
use std::time::Duration;

use olivine_api::devices::{
    Device, DeviceCount, DeviceCreate, DeviceEnvelope, DeviceFacets, DeviceList, DeviceSummary, DeviceUpdate,
    ImportReport, UpdateAnswer, UpdateCheck,
};
use olivine_domain::cohorts::Cohort;
use olivine_domain::devices::Device as Named;
use olivine_domain::prn::Prn;
use olivine_domain::products::Product;
use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderValue};

use crate::requests::Request;
use crate::resource::resource;
use crate::{Client, Error, Notice, Query, Step, files};

resource!(Device, "devices", Named, DeviceEnvelope { device }, DeviceList);

impl crate::Create for Device {
    type New = DeviceCreate;
}
impl crate::Update for Device {
    type Change = DeviceUpdate;
}
impl crate::Delete for Device {}

/// How long the server may work on an import after it has all of it: it answers only when all lines are checked and written.
const IMPORT_PATIENCE: Duration = Duration::from_mins(15);

/// How to import devices.
#[derive(Clone, Debug, Default)]
pub struct Import {
    /// Only look what would come of it.
    pub dry_run: bool,
    /// The product of the lines that name none.
    pub product: Option<Prn<Product>>,
    /// The cohort of the lines that name none.
    pub cohort: Option<Prn<Cohort>>,
}

impl Client {
    /// How many devices a search finds.
    pub async fn count_devices(&self, query: &Query) -> Result<DeviceCount, Error> {
        self.send(&Request::new(Method::GET, query.apply(self.url("devices/count")))).await
    }

    /// What the devices that a search finds have alike.
    pub async fn device_facets(&self, query: &Query) -> Result<DeviceFacets, Error> {
        self.send(&Request::new(Method::GET, query.apply(self.url("devices/facets")))).await
    }

    /// Creates and changes devices as a CSV file says: all of its lines, or none. Importing twice is importing once.
    pub async fn import_devices(&self, file: &Path, import: &Import) -> Result<ImportReport, Error> {
        let range = 0..files::size(file)?;
        let query = Query::default().with("dry_run", import.dry_run.then_some(true));
        let query = query.with("product_prn", import.product).with("cohort_prn", import.cohort);
        let url = query.apply(self.url("devices/import"));
        let patience = self.settings().patience.max(IMPORT_PATIENCE);
        self.notify(Notice::Began(Step::Uploading, range.end));
        let bytes = self
            .retrying(|| {
                let request = self.api().post(url.clone());
                let request = request.header(CONTENT_TYPE, HeaderValue::from_static("text/csv"));
                self.send_file_for_answer(request, file, &range, patience)
            })
            .await?;
        self.read(&bytes)
    }

    /// How many devices run which version: all of them, or those that the query names by `product_prn` and `cohort_prn`.
    pub async fn device_summary(&self, query: &Query) -> Result<DeviceSummary, Error> {
        let url = query.apply(self.url("devices/summary"));
        self.send(&Request::new(Method::GET, url)).await
    }

    /// Asks for an update on a device's behalf. It is a real check, unless it is only to be explained.
    pub async fn check_update(&self, prn: &Prn<Named>, check: &UpdateCheck) -> Result<UpdateAnswer, Error> {
        let url = self.url(&format!("devices/{prn}/update"));
        // A device claims but once, so this may run twice; an Idempotency-Key would have the server keep an answer with signed URLs.
        self.send(&Request::new(Method::POST, url).json(check)).await
    }
}
