//! Which content types a request's body may have, by how its caller has shown who it is.
//!
//! A web page can send a form, or a body without a type, to any server, and browsers add what they know of that server, such as its
//! cookies. So these are only for callers whose credentials no web page can add to a request.

use axum::extract::Request;
use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderValue};
use olivine_api::errors::{ErrorCode, ErrorItem};

use crate::http::error::ApiError;

/// How a caller has authenticated. Authentication attaches it to the request; a request without it is treated like the least trusted kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credentials {
    /// An API key in the header `Authorization`.
    BearerKey,
    /// The cookie of a session.
    SessionCookie,
}

impl Credentials {
    /// Whether a web page of somebody else could make a browser send them along. Exhaustive: this has to be decided of each new kind.
    const fn can_be_sent_by_web_pages(self) -> bool {
        match self {
            Self::BearerKey => false,
            Self::SessionCookie => true,
        }
    }
}

/// Something that a body can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    Json,
    Csv,
}

impl Content {
    const fn name(self) -> &'static str {
        match self {
            Self::Json => "JSON",
            Self::Csv => "CSV",
        }
    }

    const fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Csv => "text/csv",
        }
    }

    fn is_called(self, essence: &str) -> bool {
        essence == self.media_type() || (self == Self::Json && essence.ends_with("+json"))
    }

    /// Refuses a request whose body is called something else.
    pub(crate) fn check(self, request: &Request) -> Result<(), ApiError> {
        let credentials = request.extensions().get::<Credentials>().copied();
        self.check_type(credentials, request.headers().get(CONTENT_TYPE))
    }

    /// Besides its own name: no name, or the one that plain `curl -d` gives everything (as in the documents' own example).
    fn check_type(self, from: Option<Credentials>, given: Option<&HeaderValue>) -> Result<(), ApiError> {
        let text = given.map(|value| value.to_str().unwrap_or_default());
        let essence = text.map(|text| text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase());
        let is_from_curl = matches!(essence.as_deref(), None | Some("application/x-www-form-urlencoded"));
        let is_trusted = from.is_some_and(|credentials| !credentials.can_be_sent_by_web_pages());
        if essence.as_deref().is_some_and(|essence| self.is_called(essence)) || (is_from_curl && is_trusted) {
            return Ok(());
        }
        let (name, media_type) = (self.name(), self.media_type());
        let found = essence.map_or_else(|| "without a type".to_owned(), |essence| format!("'{essence}'"));
        let message = format!("the body must be {name} (Content-Type: {media_type}), not {found}");
        let item = ErrorItem::new(ErrorCode::UnsupportedMediaType, message);
        Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, item))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_taken(content: Content, from: Option<Credentials>, given: Option<&'static str>) -> bool {
        let given = given.map(HeaderValue::from_static);
        content.check_type(from, given.as_ref()).is_ok()
    }

    #[test]
    fn what_web_pages_can_send_is_only_for_callers_with_a_bearer_key() {
        let key = Some(Credentials::BearerKey);
        for content in [Content::Json, Content::Csv] {
            for form in [
                None,
                Some("application/x-www-form-urlencoded"),
                Some("Application/X-WWW-Form-Urlencoded; charset=utf-8"),
            ] {
                assert!(is_taken(content, key, form), "{content:?} as {form:?}");
                assert!(!is_taken(content, None, form), "{content:?} as {form:?}");
            }
            for other in ["text/plain", "multipart/form-data; boundary=x", "", "\u{7f}"] {
                let value = HeaderValue::from_bytes(other.as_bytes());
                let Ok(value) = value else { continue };
                assert!(content.check_type(key, Some(&value)).is_err(), "{content:?} as {other:?}");
                assert!(content.check_type(None, Some(&value)).is_err(), "{content:?} as {other:?}");
            }
        }
    }

    #[test]
    fn its_own_name_is_taken_from_everybody() {
        for from in [None, Some(Credentials::BearerKey)] {
            assert!(is_taken(Content::Json, from, Some("application/json; charset=utf-8")));
            assert!(is_taken(Content::Json, from, Some("application/merge-patch+json")));
            assert!(is_taken(Content::Csv, from, Some("text/csv")));
            assert!(!is_taken(Content::Csv, from, Some("application/json")));
            assert!(!is_taken(Content::Json, from, Some("text/csv")));
        }
    }
}
