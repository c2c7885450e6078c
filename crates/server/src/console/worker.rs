//! The script of the worker that uploads files. It has a policy of its own, because it may do what pages may not: run WebAssembly, which
//! hashes the files, and send parts to the storages of the person's organizations.

use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use http::header::{CONTENT_SECURITY_POLICY, VARY};
use http::request::Parts;
use olivine_domain::permissions::Origin;
use olivine_operations::people::{self, storage_origins};

use super::files::{build, find};
use crate::app::App;
use crate::http::error;

/// The file's name in `/assets/<build>/`.
pub(super) const NAME: &str = "upload_worker.js";

/// The script, with the policy for the caller. Browsers request it again each time, because storages are added and removed. The answer is
/// never 304, because a browser would then keep the old policy.
pub(super) async fn script(
    State(app): State<App>,
    Path(named_build): Path<String>,
    request: Request,
) -> Response {
    let (parts, _) = request.into_parts();
    let Some(file) = find(&format!("assets/{NAME}")).filter(|_| named_build == build()) else {
        return error::no_such_path(parts.uri).await.into_response();
    };
    let mut response = super::in_full(file, &parts.headers, "no-cache");
    let headers = response.headers_mut();
    headers.insert(VARY, HeaderValue::from_static("accept-encoding, cookie"));
    headers.insert(CONTENT_SECURITY_POLICY, policy(&origins(&app, &parts).await));
    response
}

/// The storages of the person whose session it is. Without a session, and where they can't be found out, there are none.
async fn origins(app: &App, parts: &Parts) -> Vec<String> {
    let Some(session) = app.site.cookies(parts).session else { return Vec::new() };
    let origin = parts.extensions.get::<Origin>().cloned().unwrap_or_default();
    let Ok(person) = people::authenticate(&app.ctx, &session, origin).await else { return Vec::new() };
    let found = storage_origins::list(&app.ctx, &person).await.unwrap_or_default();
    found.into_iter().collect()
}

fn policy(origins: &[String]) -> HeaderValue {
    let own = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'";
    let with_storages = [&[own.to_owned()], origins].concat().join(" ");
    HeaderValue::from_str(&with_storages).unwrap_or_else(|_| HeaderValue::from_static(own))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_names_the_storages() {
        let none = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'";
        assert_eq!(policy(&[]), none);
        let two = ["https://a.example".to_owned(), "https://b.example:9000".to_owned()];
        assert_eq!(policy(&two), format!("{none} https://a.example https://b.example:9000").as_str());
    }
}
