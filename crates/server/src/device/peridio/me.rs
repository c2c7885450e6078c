//! `GET /device/me`: the device as the server knows it.

use axum::Json;
use axum::extract::State;
use olivine_api::device as api;
use olivine_operations::distribution;

use super::auth::Caller;
use super::error::PeridioError;
use crate::device::app::DeviceApp;
use crate::wire::devices::show_device;

/// The device's own record.
pub(super) async fn me(
    State(app): State<DeviceApp>,
    Caller(caller): Caller,
) -> Result<Json<api::Me>, PeridioError> {
    let device = distribution::me(app.ctx(), &caller.device).await?;
    Ok(Json(api::Me { device: show_device(device) }))
}
