//! The security headers of the console's pages: what they may load, run and connect to.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::header::{CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, HeaderName, HeaderValue};

/// Nothing but files of this server, and no script from text. The two hashes are of the two constant styles that React Aria adds to pages:
/// `touch-action` of what can be pressed and, on iOS, `overscroll-behavior` below a dialog. `console/tests` finds out when they change.
const PAGE: &str = "default-src 'none'; script-src 'self'; \
    style-src 'self' 'sha256-38RhXrc7EdReTKsOm23ZPOCUgniTUUcjky8QOOrQx6o=' 'sha256-gYiS/BvZvRcK27JIXTuwhZ3hs2+VJ1X+2gUlE+farlg='; \
    img-src 'self' data:; font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; \
    form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types olivine default";

/// Swagger UI, which writes styles into its page.
const API_BROWSER: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; \
    connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// No page of ours uses any of these.
const NO_PERMISSIONS: &str =
    "camera=(), display-capture=(), geolocation=(), microphone=(), midi=(), payment=(), usb=()";

/// What a page may do, and what others may do with it.
pub(super) fn add(headers: &mut HeaderMap) {
    set(headers, PAGE);
    let mut set =
        |name, value| headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    set("cross-origin-opener-policy", "same-origin");
    set("cross-origin-resource-policy", "same-origin");
    set("permissions-policy", NO_PERMISSIONS);
}

fn set(headers: &mut HeaderMap, policy: &'static str) {
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
}

/// The same for the page at `/docs`, which shares the console's origin and so must not load anything from elsewhere either.
pub async fn for_api_browser(request: Request, next: Next) -> Response {
    let is_page = request.uri().path().starts_with("/docs");
    let mut response = next.run(request).await;
    if is_page {
        set(response.headers_mut(), API_BROWSER);
    }
    response
}
