//! The routes of each listener for people and for programs of the operator.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use tower_http::catch_panic::CatchPanicLayer;

use crate::app::App;
use crate::http::{answers, error, room};
use crate::{admin, content, logs, openapi, probes};

/// All routes of the Admin API's listener.
pub fn for_people(app: App) -> Router {
    let (admin, document) = admin::router(&app);
    let limited = admin.merge(content::router()).layer(from_fn_with_state(app.room.clone(), room::make_room));
    let open = openapi::router(document).merge(probes::router());
    let open = open.layer(from_fn_with_state(app.answers.clone(), answers::hold_for_anybody));
    finished(limited.merge(open).fallback(error::no_such_path), app)
}

/// The routes of the same listener where the process does not serve the Admin API.
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
