//! People: signing in, the caller's own account, members and invitations.

mod invitations;
mod me;
mod memberships;
mod my_keys;
mod organizations;
mod shapes;
mod sign_in;
mod users;

use utoipa_axum::router::OpenApiRouter;

use crate::app::App;

/// What takes a key or a session.
pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(me::routes())
        .merge(my_keys::routes())
        .merge(users::routes())
        .merge(memberships::routes())
        .merge(invitations::routes())
        .merge(organizations::routes())
}

/// Routes that begin a session or take a link's token: they need no authentication.
pub(super) fn open_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().merge(sign_in::routes()).merge(invitations::open_routes())
}
