//! Between the domain's values and those on the wire: the records and values that both APIs show and read, and pieces that several
//! records have.
//!
//! Nothing here knows an API or a request. A record that only one API shows is mapped beside that API's handlers.

pub mod bundle_overrides;
pub mod bundles;
pub mod cohorts;
pub mod devices;
pub mod manifests;
pub mod plans;
pub mod releases;
pub mod reports;

use std::fmt::Display;

use olivine_api::json::{Raw, RawValue};
use olivine_domain::Timestamp;
use olivine_domain::metadata::CustomMetadata;
use olivine_domain::organizations::Organization;
use olivine_domain::pages::Page;
use olivine_domain::prn::{Id, Resource};
use olivine_domain::storage_backends::StorageBackend;

/// An organization's PRN.
pub fn organization(id: Id<Organization>) -> String {
    id.prn(id).to_string()
}

/// The name of a record of the installation.
pub fn of_installation<R: Resource>(id: Id<R>) -> String {
    id.prn(Id::new(uuid::Uuid::nil())).to_string()
}

/// The PRN of a storage backend; none for the server's own.
pub fn storage(id: Id<StorageBackend>, organization: Id<Organization>) -> Option<String> {
    (!StorageBackend::is_of_server(id)).then(|| id.prn(organization).to_string())
}

/// A moment without the fraction of its second, as Peridio's documents write it.
pub fn to_the_second(moment: Timestamp) -> String {
    let text = moment.to_string();
    text.split_once('.').map_or_else(|| text.clone(), |(seconds, _)| format!("{seconds}Z"))
}

/// A value that may be absent.
pub fn text(value: Option<impl Display>) -> Option<String> {
    value.map(|value| value.to_string())
}

/// Metadata, byte for byte as it was given.
pub fn metadata(metadata: Option<CustomMetadata>) -> Option<Raw> {
    metadata.and_then(|metadata| json(metadata.as_json()))
}

/// A text that is known to be JSON.
pub fn json(text: &str) -> Option<Raw> {
    RawValue::from_string(text.to_owned()).ok()
}

/// The `next_page` of a page.
pub fn cursor<T>(page: &Page<T>) -> Option<String> {
    page.next.as_ref().map(ToString::to_string)
}
