//! Peridio's protocol: its routes, headers, names, JSON and errors.

mod auth;
mod document;
mod error;
mod manifests;
mod me;
mod update;
mod update_status;

use axum::Router;
use axum::routing::{get, post};
use http::Method;

pub use self::document::document;
pub use self::error::{no_such_method, no_such_path};
use super::app::DeviceApp;

/// What devices ask for all the time.
pub const ROUTES: [(Method, &str); 3] = [(Method::GET, UPDATE), (Method::POST, STATUS), (Method::GET, ME)];

const ME: &str = "/device/me";
const UPDATE: &str = "/update";
const STATUS: &str = "/update/status";

/// The protocol's routes.
pub fn router() -> Router<DeviceApp> {
    Router::new()
        .route(ME, get(me::me))
        .route(UPDATE, get(update::check))
        .route(STATUS, post(update_status::report))
}
