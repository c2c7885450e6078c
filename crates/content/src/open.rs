//! Opening an object store: where it is, what opens it, and which networks it may be in.
//!
//! Nothing here may show a secret, and an endpoint that an organization named must never reach the server's own network.

pub(crate) mod settings;

use std::sync::Arc;

pub use olivine_egress::Network;

pub use self::settings::{Credentials, OpenError, Storage};

use crate::backend::Backend;
use crate::object_stores;

/// Opens an object store. Nothing is asked of it: [`Backend::check`] and [`Backend::probe`] do.
///
/// Errors: [`OpenError`], for what is wrong with `storage` itself.
pub async fn open(storage: &Storage) -> Result<Arc<dyn Backend>, OpenError> {
    let storage = storage.clone();
    // Builders read key files and certificates.
    let opened = tokio::task::spawn_blocking(move || object_stores::open(&storage)).await;
    opened.map_err(|error| OpenError::Configuration(error.to_string()))?
}
