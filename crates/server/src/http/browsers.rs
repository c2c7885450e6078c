//! Requests of browsers: their cookie, their transport, and whether a page of this server sent them.
//!
//! A cookie is sent along with requests that other sites make, so what came by one counts only where the browser says that a page of this
//! server made the request. And a cookie that anybody on the way could read is never given out: over plain HTTP only to browsers on the
//! server's own machine.

use std::net::SocketAddr;

use axum::extract::ConnectInfo;
use headers::{Cookie, HeaderMapExt as _};
use http::header::{HOST, HeaderName, HeaderValue, ORIGIN};
use http::request::Parts;
use http::{HeaderMap, Method, StatusCode};
use olivine_api::errors::{ErrorCode, ErrorItem};
use olivine_domain::sessions::{BrowserToken, SessionToken};

use crate::http::error::ApiError;
use crate::http::this_machine::is_from_here;

/// A header that no form can send: with it, a request is from a script, and a browser lets no script of another site send it.
const CONSOLE: HeaderName = HeaderName::from_static("olivine-console");
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
/// For how long a browser is known in which somebody signed in: a year.
const KNOWN_SECONDS: u64 = 365 * 24 * 3_600;

/// How browsers reach this server.
#[derive(Clone, Debug)]
pub struct Site {
    /// `server.public_url`, where it is set.
    public_url: Option<String>,
    /// Whether the listener speaks HTTPS itself.
    has_tls: bool,
    /// The listener's own address as a URL.
    own_url: String,
}

/// Over what a browser's request came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// HTTPS, to this server or to a proxy in front of it.
    Https,
    /// Plain HTTP on the server's own machine, to this port.
    ThisMachine(u16),
}

/// The cookies of a browser.
#[derive(Clone, Debug, Default)]
pub struct Cookies {
    /// Of who is signed in.
    pub session: Option<SessionToken>,
    /// Of who was signed in before.
    pub browser: Option<BrowserToken>,
}

impl Site {
    /// As configured.
    pub const fn new(public_url: Option<String>, has_tls: bool, own_url: String) -> Self {
        Self { public_url, has_tls, own_url }
    }

    /// Whether clients reach it over HTTPS.
    fn is_https(&self) -> bool {
        self.public_url.as_ref().map_or(self.has_tls, |url| url.starts_with("https://"))
    }

    /// The beginning of links to pages of this server. Never made of what a request from elsewhere says.
    pub fn url(&self, parts: &Parts) -> String {
        let from_here = || match self.transport(parts) {
            Ok(Transport::ThisMachine(_)) => self.own_origin(&parts.headers),
            _ => None,
        };
        let url = self.public_url.clone().or_else(from_here).unwrap_or_else(|| self.own_url.clone());
        url.trim_end_matches('/').to_owned()
    }

    /// The transport of a request; refused if others could read it.
    pub fn transport(&self, parts: &Parts) -> Result<Transport, ApiError> {
        let host = host(&parts.headers);
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0);
        if !self.has_tls && peer.is_some_and(|peer| is_from_here(peer, &parts.headers)) {
            let port = host.and_then(|host| host.rsplit_once(':')?.1.parse().ok()).unwrap_or(80);
            return Ok(Transport::ThisMachine(port));
        }
        if self.is_https() {
            return Ok(Transport::Https);
        }
        let message = "people sign in over HTTPS only, except on the server's own machine: give the server a certificate (server.tls_certificate), \
                       or put a proxy with one in front of it and set server.public_url to its https:// address";
        Err(ApiError::new(StatusCode::FORBIDDEN, ErrorItem::new(ErrorCode::InsecureTransport, message)))
    }

    /// The cookies that a request brings.
    pub fn cookies(&self, parts: &Parts) -> Cookies {
        let Ok(transport) = self.transport(parts) else { return Cookies::default() };
        let Some(cookies) = parts.headers.typed_get::<Cookie>() else { return Cookies::default() };
        let value = |name: String| cookies.get(&name).map(str::to_owned);
        Cookies {
            session: value(transport.session_cookie()).and_then(|text| SessionToken::parse(&text)),
            browser: value(transport.browser_cookie()).and_then(|text| BrowserToken::parse(&text)),
        }
    }

    /// Refuses a request that changes something and does not show that a page of this server made it.
    pub fn check_is_own(&self, parts: &Parts) -> Result<(), ApiError> {
        if matches!(parts.method, Method::GET | Method::HEAD) {
            return Ok(());
        }
        let refused = |message: String| {
            ApiError::new(StatusCode::FORBIDDEN, ErrorItem::new(ErrorCode::CsrfRefused, message))
        };
        if parts.headers.get(&CONSOLE).is_none_or(|value| value != "1") {
            let message =
                "a request that comes by a cookie, or makes a session, takes the header 'olivine-console: 1'";
            return Err(refused(message.to_owned()));
        }
        let own = self.own_origins(parts);
        match (parts.headers.get(&FETCH_SITE).map(HeaderValue::as_bytes), origin(&parts.headers)) {
            (Some(b"same-origin"), _) => Ok(()),
            (Some(site), _) => {
                let site = String::from_utf8_lossy(site);
                Err(refused(format!("this request was made by another site's page (Sec-Fetch-Site: {site})")))
            }
            (None, Some(origin)) if own.contains(&origin) => Ok(()),
            (None, origin) => Err(refused(format!(
                "this request was not made by a page of this server: its Origin is '{}', and this server's is '{}'",
                origin.unwrap_or_else(|| "missing".to_owned()),
                own.first().map_or("unknown", String::as_str)
            ))),
        }
    }

    /// The origins of this server's pages.
    fn own_origins(&self, parts: &Parts) -> Vec<String> {
        let is_here = matches!(self.transport(parts), Ok(Transport::ThisMachine(_)));
        let public = self.public_url.as_ref().and_then(|url| {
            let (scheme, rest) = url.split_once("://")?;
            Some(format!("{scheme}://{}", rest.split('/').next()?).to_ascii_lowercase())
        });
        let direct = self.own_origin(&parts.headers).filter(|_| public.is_none() || is_here);
        public.into_iter().chain(direct).collect()
    }

    /// What the listener itself is reached under, by the request.
    fn own_origin(&self, headers: &HeaderMap) -> Option<String> {
        let scheme = if self.has_tls { "https" } else { "http" };
        Some(format!("{scheme}://{}", host(headers)?.to_ascii_lowercase()))
    }
}

impl Transport {
    fn session_cookie(self) -> String {
        match self {
            Self::Https => "__Host-olivine".to_owned(),
            // Cookies know no ports, so several servers on one machine need different names.
            Self::ThisMachine(port) => format!("olivine-{port}"),
        }
    }

    fn browser_cookie(self) -> String {
        match self {
            Self::Https => "__Host-olivine-browser".to_owned(),
            Self::ThisMachine(port) => format!("olivine-browser-{port}"),
        }
    }

    const fn secure(self) -> &'static str {
        match self {
            Self::Https => "; Secure",
            Self::ThisMachine(_) => "",
        }
    }

    fn set(self, name: &str, value: &str, seconds: u64) -> HeaderValue {
        let text =
            format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}{}", self.secure());
        HeaderValue::from_str(&text).expect("names and tokens are plain")
    }

    /// Gives a browser its session.
    pub fn set_session(self, token: &SessionToken, seconds: u64) -> HeaderValue {
        self.set(&self.session_cookie(), token.reveal(), seconds)
    }

    /// Takes the session from a browser.
    pub fn clear_session(self) -> HeaderValue {
        self.set(&self.session_cookie(), "", 0)
    }

    /// Marks a browser as one in which somebody signed in.
    pub fn set_browser(self, token: &BrowserToken) -> HeaderValue {
        self.set(&self.browser_cookie(), token.reveal(), KNOWN_SECONDS)
    }
}

fn host(headers: &HeaderMap) -> Option<&str> {
    headers.get(HOST)?.to_str().ok()
}

/// The origin that a browser names, in lower case; `null`, which several things are, is none of this server's.
fn origin(headers: &HeaderMap) -> Option<String> {
    Some(headers.get(ORIGIN)?.to_str().unwrap_or("?").to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn parts(method: &str, peer: &str, headers: &[(&str, &str)]) -> Parts {
        let mut request = Request::builder().method(method).uri("/v1/sign_in");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        parts.extensions.insert(ConnectInfo(peer.parse::<SocketAddr>().unwrap()));
        parts
    }

    fn listener() -> String {
        "http://0.0.0.0:8080".to_owned()
    }

    fn plain() -> Site {
        Site::new(None, false, listener())
    }

    #[test]
    fn plain_http_is_only_for_this_machine() {
        let here = parts("POST", "127.0.0.1:9", &[("host", "localhost:8080")]);
        assert_eq!(plain().transport(&here).unwrap(), Transport::ThisMachine(8080));
        for (peer, headers) in [
            ("192.0.2.1:9", vec![("host", "localhost:8080")]),
            ("127.0.0.1:9", vec![("host", "olivine.example.com")]),
            // A proxy on this machine.
            ("127.0.0.1:9", vec![("host", "localhost:8080"), ("x-forwarded-for", "192.0.2.1")]),
        ] {
            assert!(plain().transport(&parts("POST", peer, &headers)).is_err(), "{peer} {headers:?}");
        }
        let behind = Site::new(Some("https://olivine.example.com".to_owned()), false, listener());
        let passed_on = parts(
            "POST",
            "127.0.0.1:9",
            &[("host", "olivine.example.com"), ("x-forwarded-for", "192.0.2.1")],
        );
        assert_eq!(behind.transport(&passed_on).unwrap(), Transport::Https);
        let tls = Site::new(None, true, listener());
        assert_eq!(tls.transport(&here).unwrap(), Transport::Https);
    }

    #[test]
    fn links_are_never_made_of_what_a_request_from_elsewhere_says() {
        let here = parts("POST", "127.0.0.1:9", &[("host", "localhost:9090")]);
        let elsewhere = parts("POST", "192.0.2.1:9", &[("host", "evil.example.com")]);
        assert_eq!(
            (plain().url(&here), plain().url(&elsewhere)),
            ("http://localhost:9090".to_owned(), listener())
        );
        let set = Site::new(Some("https://olivine.example.com/".to_owned()), false, listener());
        assert_eq!(set.url(&here), "https://olivine.example.com");
        assert_eq!(set.url(&elsewhere), "https://olivine.example.com");
    }

    #[test]
    fn only_pages_of_this_server_change_something() {
        let own = |site: &Site, headers: &[(&str, &str)]| {
            let all = [&[("host", "localhost:8080")], headers].concat();
            site.check_is_own(&parts("POST", "127.0.0.1:9", &all)).is_ok()
        };
        let console = ("olivine-console", "1");
        assert!(own(&plain(), &[console, ("sec-fetch-site", "same-origin")]));
        assert!(own(&plain(), &[console, ("origin", "http://localhost:8080")]));
        for wrong in [
            vec![("sec-fetch-site", "same-origin")],
            vec![console],
            vec![console, ("origin", "null")],
            vec![console, ("origin", "http://localhost:9090")],
            vec![console, ("sec-fetch-site", "cross-site")],
            vec![console, ("sec-fetch-site", "same-site"), ("origin", "http://localhost:8080")],
            vec![("olivine-console", "0"), ("origin", "http://localhost:8080")],
            vec![console, ("origin", "http://evil.example.com")],
        ] {
            assert!(!own(&plain(), &wrong), "{wrong:?}");
        }
        let behind = Site::new(Some("https://Olivine.example.com/".to_owned()), false, listener());
        assert!(own(&behind, &[console, ("origin", "https://olivine.example.com")]));
        // A client on this machine that goes past the proxy.
        assert!(own(&behind, &[console, ("origin", "http://localhost:8080")]));
        let elsewhere = [("host", "evil.example.com"), console, ("origin", "http://evil.example.com")];
        assert!(behind.check_is_own(&parts("POST", "192.0.2.1:9", &elsewhere)).is_err());
        assert!(plain().check_is_own(&parts("GET", "192.0.2.1:9", &[])).is_ok());
    }

    #[test]
    fn cookies_are_read_by_the_name_that_fits_the_transport() {
        let token = SessionToken::from_random([7; 32]);
        let cookie = format!("a=b; olivine-8080={}; __Host-olivine=forged", token.reveal());
        let here = parts("GET", "127.0.0.1:9", &[("host", "localhost:8080"), ("cookie", &cookie)]);
        assert_eq!(plain().cookies(&here).session, Some(token.clone()));
        let other_port = parts("GET", "127.0.0.1:9", &[("host", "localhost:9090"), ("cookie", &cookie)]);
        assert_eq!(plain().cookies(&other_port).session, None);
        let set = Transport::Https.set_session(&token, 60);
        let set = set.to_str().unwrap();
        assert!(
            set.starts_with("__Host-olivine=ols_")
                && set.ends_with("Path=/; HttpOnly; SameSite=Strict; Max-Age=60; Secure"),
            "{set}"
        );
    }
}
