//! The routes of each listener: for people, for devices, and for programs of the operator.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::get;
use tower_http::catch_panic::CatchPanicLayer;

use crate::app::App;
use crate::config::{Console, Device};
use crate::device::app::DeviceApp;
use crate::device::{observe, peridio};
use crate::http::{answers, error, room};
use crate::{admin, console, content, logs, openapi, probes};

/// All routes of the Admin API's listener: the API, and the console for browsers.
pub fn for_people(app: App, console: &Console) -> Router {
    let (admin, document) = admin::router(&app);
    let limited = admin.merge(content::router()).layer(from_fn_with_state(app.room.clone(), room::make_room));
    let open = openapi::router(document, peridio::document()).merge(probes::router());
    let open = open.layer(from_fn_with_state(app.answers.clone(), answers::hold_for_anybody));
    let routes = limited.merge(open.layer(from_fn(console::for_api_browser)));
    // The console's answers are not counted: they are the same bytes for everybody, and take no memory of their own.
    let routes = if console.enabled {
        routes.merge(console::router()).fallback(console::page)
    } else {
        routes.fallback(error::no_such_path)
    };
    finished(routes, app)
}

/// All routes of the Device API's listener.
pub fn for_devices(app: App, config: &Device) -> Router {
    let app = DeviceApp::new(app, config, &peridio::ROUTES);
    Router::new()
        .route("/healthz", get(probes::alive))
        .merge(peridio::router())
        .fallback(peridio::no_such_path)
        .method_not_allowed_fallback(peridio::no_such_method)
        // The one body that there is has a limit of its own.
        .layer(DefaultBodyLimit::disable())
        .layer(from_fn_with_state(app.clone(), observe::observe))
        .with_state(app)
}

/// The routes of people's listener where the process does not serve the Admin API.
pub fn probes_only(app: App) -> Router {
    finished(probes::router().fallback(error::served_elsewhere), app)
}

/// The routes of the listener for the operator's own programs.
pub fn operations(app: App) -> Router {
    finished(probes::for_operations().fallback(error::no_such_path), app)
}

/// With what every listener for people and machines of the operator has.
fn finished(routes: Router<App>, app: App) -> Router {
    routes
        .method_not_allowed_fallback(error::no_such_method)
        // Bodies have limits of their own, where their kind is known.
        .layer(DefaultBodyLimit::disable())
        .layer(CatchPanicLayer::custom(error::panicked))
        .layer(from_fn_with_state(app.clone(), logs::observe))
        .with_state(app)
}
