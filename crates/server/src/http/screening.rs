//! What is looked at first in each request, on every listener: its method, its host, and how long its header section is. A request that
//! fails here is refused before anything else is done for it.

use axum::extract::Request;
use http::header::HOST;
use http::uri::Authority;
use http::{HeaderMap, HeaderValue, StatusCode, Version};
use olivine_api::errors::{ErrorCode, ErrorItem};

use crate::http::error::ApiError;
use crate::http::words::method_name;

/// Refuses requests that no handler needs to see.
pub fn screen(request: &Request, header_bytes: usize) -> Result<(), ApiError> {
    if method_name(request.method()) == "other" {
        let message = "this server knows the methods GET, HEAD, POST, PUT, PATCH, DELETE and OPTIONS only";
        let item = ErrorItem::new(ErrorCode::MethodNotAllowed, message);
        return Err(ApiError::new(StatusCode::METHOD_NOT_ALLOWED, item));
    }
    check_host(request.headers(), request.version())?;
    let size = section_size(request);
    if size > header_bytes {
        let message = format!(
            "the request's header section may have at most {header_bytes} bytes; this one has {size}"
        );
        let item = ErrorItem::new(ErrorCode::HeadersTooLarge, message).with("limit", header_bytes);
        return Err(ApiError::new(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, item));
    }
    Ok(())
}

/// RFC 9112, 3.2: one `Host` in HTTP/1.1, and never more than one. A proxy in front may have chosen by another than we would.
fn check_host(headers: &HeaderMap, version: Version) -> Result<(), ApiError> {
    let mut hosts = headers.get_all(HOST).iter();
    let (first, second) = (hosts.next(), hosts.next());
    match first {
        None if version < Version::HTTP_11 => Ok(()),
        None => Err(ApiError::bad_request("the request has no Host header")),
        Some(_) if second.is_some() => {
            Err(ApiError::bad_request("the request has more than one Host header"))
        }
        Some(host) if is_host(host) => Ok(()),
        Some(_) => {
            Err(ApiError::bad_request("the request's Host header is not a host name with or without a port"))
        }
    }
}

fn is_host(value: &HeaderValue) -> bool {
    value.is_empty() || value.to_str().is_ok_and(|text| text.parse::<Authority>().is_ok())
}

/// The bytes of the request line and of all headers, as HTTP/1.1 writes them.
fn section_size(request: &Request) -> usize {
    let target = request.uri().path_and_query().map_or(1, |target| target.as_str().len());
    let line = request.method().as_str().len() + target + " HTTP/1.1\r\n".len() + 1;
    let header = |(name, value): (&http::HeaderName, &HeaderValue)| name.as_str().len() + value.len() + 4;
    line + request.headers().iter().map(header).sum::<usize>() + 2
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn screened(request: http::request::Builder) -> Result<(), u16> {
        use axum::response::IntoResponse as _;
        let request = request.body(Body::empty()).unwrap();
        screen(&request, 1000).map_err(|error| error.into_response().status().as_u16())
    }

    fn get() -> http::request::Builder {
        Request::builder().uri("/v1/users/me")
    }

    #[test]
    fn made_up_methods_are_refused_and_have_no_name() {
        for method in ["GETS", "get", "TRACE", "CONNECT", "PROPFIND", &"X".repeat(500)] {
            assert_eq!(screened(get().method(method).header(HOST, "a")), Err(405), "{method}");
            assert_eq!(method_name(&method.parse().unwrap()), "other");
        }
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
            assert_eq!(screened(get().method(method).header(HOST, "a")), Ok(()), "{method}");
            assert_eq!(method_name(&method.parse().unwrap()), method);
        }
    }

    #[test]
    fn a_request_has_one_host() {
        for host in ["a", "example.com:8080", "[::1]:80", "127.0.0.1", ""] {
            assert_eq!(screened(get().header(HOST, host)), Ok(()), "{host}");
        }
        for host in ["a b", "a/b", "caf\u{e9}"] {
            assert_eq!(screened(get().header(HOST, host)), Err(400), "{host}");
        }
        assert_eq!(screened(get()), Err(400));
        assert_eq!(screened(get().version(Version::HTTP_10)), Ok(()));
        for version in [Version::HTTP_10, Version::HTTP_11] {
            assert_eq!(screened(get().version(version).header(HOST, "a").header(HOST, "a")), Err(400));
        }
    }

    #[test]
    fn the_header_section_has_a_bound() {
        // "GET /v1/users/me HTTP/1.1", "host: a", "x: …" and the empty line.
        let rest = 27 + 9 + 5 + 2;
        for (length, expected) in [(1000 - rest, Ok(())), (1001 - rest, Err(431))] {
            assert_eq!(screened(get().header(HOST, "a").header("x", "x".repeat(length))), expected);
        }
        assert_eq!(screened(get().header(HOST, "a").uri("/".repeat(1000))), Err(431));
    }
}
