//! `GET /device/me`: the device as the server knows it.

use axum::Json;
use axum::extract::State;
use olivine_api::device as api;
use olivine_operations::distribution;

use super::auth::Caller;
use super::error::PeridioError;
use crate::device::app::DeviceApp;
use crate::wire::devices::show_device;

/// Get the device's own record
///
/// Answers with the device that the client certificate belongs to. A device of a registered CA is created by its first request.
#[utoipa::path(get, path = "/device/me", operation_id = "device_me", tag = "device", responses((status = 200, body = api::Me,
    description = "The device, as the server knows it")))]
pub(super) async fn me(
    State(app): State<DeviceApp>,
    Caller(caller): Caller,
) -> Result<Json<api::Me>, PeridioError> {
    let device = distribution::me(app.ctx(), &caller.device).await?;
    Ok(Json(api::Me { device: show_device(device) }))
}
