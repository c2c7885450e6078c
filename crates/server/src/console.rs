//! The web console: the files of `console/dist`, which the executable brings along, for browsers.
//!
//! It is a client of the Admin API like any other. Only one answer here depends on the caller: the policy of the worker that uploads files
//! names the storages of the person's organizations (`worker.rs`).

mod files;
mod headers;
mod worker;

use ::headers::{ETag, HeaderMapExt as _};
use axum::Router;
use axum::body::Body;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::{
    ACCEPT, ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, HeaderName, VARY,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use olivine_domain::views::is_page;

use crate::app::App;
use crate::console::files::{ConsoleFile, build, find};
use crate::content::not_modified;
use crate::http::error;
use crate::http::words::RouteName;

pub use self::headers::for_api_browser;

/// What the route is called in metrics and in the log. Pages are many, and which ones there are is known to the browser only.
const PAGE: RouteName = RouteName("/{console page}");

/// The console's files. Its pages come from [`page`], the fallback.
pub fn router() -> Router<App> {
    Router::new()
        .route(&format!("/assets/{{build}}/{}", worker::NAME), get(worker::script))
        .route("/assets/{build}/{*file}", get(asset))
}

/// A file that never changes under its path.
async fn asset(Path((named_build, name)): Path<(String, String)>, headers: HeaderMap, uri: Uri) -> Response {
    let file = find(&format!("assets/{name}")).filter(|_| named_build == build());
    match file {
        Some(file) => answer(file, &headers, "public, max-age=31536000, immutable"),
        // A page of another version, or none: its files must not be mixed with these.
        None => error::no_such_path(uri).await.into_response(),
    }
}

/// The console's one page for browsers that ask for a page, and the answer to a wrong path for everybody else. The page itself finds out
/// whether there is anything at the path.
pub async fn page(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let is_page = matches!(method, Method::GET | Method::HEAD) && is_page(uri.path()) && takes_html(&headers);
    match find("index.html").filter(|_| is_page) {
        Some(file) => {
            let mut response = answer(file, &headers, "no-cache");
            response.extensions_mut().insert(PAGE);
            response
        }
        None => error::no_such_path(uri).await.into_response(),
    }
}

/// A browser that opens a page asks for HTML explicitly. Programs that accept anything (`*/*`) get JSON.
fn takes_html(headers: &HeaderMap) -> bool {
    names(headers, &ACCEPT, "text/html")
}

fn takes_gzip(headers: &HeaderMap) -> bool {
    names(headers, &ACCEPT_ENCODING, "gzip")
}

/// Whether an `Accept…` header names this, and does not refuse it.
fn names(headers: &HeaderMap, header: &HeaderName, wanted: &str) -> bool {
    let accepted = headers.get_all(header).iter().filter_map(|value| value.to_str().ok());
    accepted.flat_map(|value| value.split(',')).any(|one| {
        let mut parts = one.split(';').map(str::trim);
        parts.next().is_some_and(|named| named.eq_ignore_ascii_case(wanted)) && !parts.any(is_refused)
    })
}

/// Whether a parameter of an entry in an `Accept…` header says that this entry is not wanted.
fn is_refused(parameter: &str) -> bool {
    parameter
        .strip_prefix("q=")
        .is_some_and(|quality| quality.trim().parse::<f32>().is_ok_and(|quality| quality == 0.0))
}

/// The file, unless the browser has it already. All files of a build have one tag, for each is only compared with itself.
fn answer(file: &'static ConsoleFile, asked: &HeaderMap, caching: &'static str) -> Response {
    let Ok(tag) = format!("\"{}\"", build()).parse::<ETag>() else { return in_full(file, asked, caching) };
    let response = if not_modified(asked, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        with_content(file, asked)
    };
    let mut response = with_headers(response, caching);
    response.headers_mut().typed_insert(tag);
    response
}

/// The file, also where the browser has it already.
fn in_full(file: &'static ConsoleFile, asked: &HeaderMap, caching: &'static str) -> Response {
    with_headers(with_content(file, asked), caching)
}

fn with_headers(mut response: Response, caching: &'static str) -> Response {
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(caching));
    // `Accept` decides whether a path answers with a page at all.
    headers.insert(VARY, HeaderValue::from_static("accept, accept-encoding"));
    headers::add(headers);
    response
}

fn with_content(file: &'static ConsoleFile, asked: &HeaderMap) -> Response {
    let compressed = if takes_gzip(asked) { file.compressed() } else { None };
    let mut response = Response::new(Body::from(compressed.clone().unwrap_or_else(|| file.bytes.clone())));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(file.content_type()));
    if compressed.is_some() {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_names_html_gets_a_page() {
        let asks = |name: HeaderName, value: &'static str| {
            HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
        };
        for value in
            ["text/html,application/xhtml+xml,*/*;q=0.8", "text/html", "application/json, Text/HTML;q=0.5"]
        {
            assert!(takes_html(&asks(ACCEPT, value)), "{value}");
        }
        for value in ["*/*", "application/json", "text/html;q=0", ""] {
            assert!(!takes_html(&asks(ACCEPT, value)), "{value}");
        }
        assert!(!takes_html(&HeaderMap::new()));
        assert!(takes_gzip(&asks(ACCEPT_ENCODING, "gzip, deflate, br")));
        assert!(!takes_gzip(&asks(ACCEPT_ENCODING, "br, gzip;q=0")));
    }
}
