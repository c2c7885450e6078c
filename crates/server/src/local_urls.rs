//! Warns about URLs that lead to this machine only, for callers from other machines: the result of a missing `server.public_url`. The
//! warning is logged once, because a fleet would cause it all the time.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::extract::{ConnectInfo, FromRequestParts};
use http::Uri;
use http::request::Parts;
use olivine_domain::hosts::is_this_machine;

use crate::http::this_machine::is_from_here;

/// Whether such a URL was given out and the log says so.
#[derive(Debug, Default)]
pub struct LocalUrls {
    is_said: AtomicBool,
}

/// Whether a request comes from another machine, or by a name that is not of this machine only.
#[derive(Clone, Copy, Debug)]
pub struct FromElsewhere(bool);

impl<S: Sync> FromRequestParts<S> for FromElsewhere {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        Ok(Self(peer.is_some_and(|peer| !is_from_here(peer.0, &parts.headers))))
    }
}

impl LocalUrls {
    /// Looks at a URL that is given to a caller.
    pub fn look(&self, caller: FromElsewhere, url: Option<&str>) {
        if !caller.0 || self.is_said.load(Ordering::Relaxed) {
            return;
        }
        let Some(origin) = url.and_then(local_origin) else { return };
        if !self.is_said.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                url = origin,
                "a caller from elsewhere was given a URL that leads to this machine only: set server.public_url (--public-url, \
                 OLIVINE_PUBLIC_URL) to the URL under which clients reach this server, or, if the URL is the storage's, its endpoint to one \
                 that they reach"
            );
        }
    }
}

/// Scheme, host and port of a URL whose host is the caller's own machine. The rest of the URL is as good as a key.
fn local_origin(url: &str) -> Option<String> {
    let uri: Uri = url.parse().ok()?;
    is_this_machine(uri.host()?).then(|| {
        format!("{}://{}", uri.scheme_str().unwrap_or_default(), uri.authority().map_or("", |at| at.as_str()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_of_this_machine_are_known_without_what_opens_them() {
        for (url, origin) in [
            ("http://127.0.0.1:8080/content/token?x=1", Some("http://127.0.0.1:8080")),
            ("https://localhost/d/token", Some("https://localhost")),
            ("http://[::1]:8080/d/token", Some("http://[::1]:8080")),
            ("http://0.0.0.0:8080/d/token", Some("http://0.0.0.0:8080")),
            ("https://updates.example.com/d/token", None),
            ("http://10.0.0.7/d/token", None),
        ] {
            assert_eq!(local_origin(url).as_deref(), origin, "{url}");
        }
    }

    #[test]
    fn only_callers_from_elsewhere_count() {
        let (urls, local) = (LocalUrls::default(), Some("http://127.0.0.1:8080/d/token"));
        for (elsewhere, url) in [(false, local), (true, None), (true, Some("https://updates.example.com/d"))]
        {
            urls.look(FromElsewhere(elsewhere), url);
            assert!(!urls.is_said.load(Ordering::Relaxed), "{elsewhere} {url:?}");
        }
        urls.look(FromElsewhere(true), local);
        assert!(urls.is_said.load(Ordering::Relaxed));
    }
}
