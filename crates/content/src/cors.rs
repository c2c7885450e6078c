//! Whether a storage lets pages of a server's console send parts to it: the rules of its bucket for requests from other origins (CORS).

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN, HeaderMap,
    HeaderName,
};
use http::{Method, StatusCode};

/// What a storage's rules lack, so that a browser sends no part to it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CorsMissing {
    /// It was not asked, or gave no answer.
    #[error("the storage gave no answer to the question of a browser: {0}")]
    NoAnswer(String),
    /// It refuses the question.
    #[error("the storage answers {0} to the question of a browser: it has no rule for this origin")]
    Refused(StatusCode),
    /// No rule is for the origin.
    #[error("no CORS rule of the storage allows this origin")]
    Origin,
    /// The rule for the origin has not the method.
    #[error("the CORS rule of the storage for this origin does not allow the method {0}")]
    Method(Method),
    /// The rule for the origin has not a header that uploads send.
    #[error("the CORS rule of the storage for this origin does not allow the header {0}")]
    Header(String),
}

/// What a browser concludes from the answer to a preflight request: whether a page of `origin` may send a request with that method and
/// these headers.
pub(crate) fn judge(
    (status, answer): (StatusCode, &HeaderMap),
    origin: &str,
    method: &Method,
    headers: &[String],
) -> Result<(), CorsMissing> {
    if !status.is_success() {
        return Err(CorsMissing::Refused(status));
    }
    if !names(answer, &ACCESS_CONTROL_ALLOW_ORIGIN).any(|name| name == origin || name == "*") {
        return Err(CorsMissing::Origin);
    }
    if !names(answer, &ACCESS_CONTROL_ALLOW_METHODS).any(|name| name == method.as_str() || name == "*") {
        return Err(CorsMissing::Method(method.clone()));
    }
    let is_allowed = |header: &&String| {
        names(answer, &ACCESS_CONTROL_ALLOW_HEADERS)
            .any(|name| name.eq_ignore_ascii_case(header) || name == "*")
    };
    match headers.iter().find(|header| !is_allowed(header)) {
        Some(header) => Err(CorsMissing::Header(header.clone())),
        None => Ok(()),
    }
}

/// The entries of a header that is a list.
fn names<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(status: u16, answer: &[(&str, &str)]) -> Result<(), CorsMissing> {
        let mut headers = HeaderMap::new();
        for (name, value) in answer {
            headers.append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
        }
        let status = StatusCode::from_u16(status).unwrap();
        let sends = ["x-amz-checksum-sha256".to_owned()];
        judge((status, &headers), "https://olivine.example.com", &Method::PUT, &sends)
    }

    #[test]
    fn a_browser_sends_what_the_rules_name() {
        let origin = ("access-control-allow-origin", "https://olivine.example.com");
        let methods = ("access-control-allow-methods", "GET, PUT");
        let headers = ("access-control-allow-headers", "X-Amz-Checksum-Sha256");
        let any = ("access-control-allow-origin", "*");
        assert_eq!(asked(200, &[origin, methods, headers]), Ok(()));
        assert_eq!(asked(204, &[any, methods, ("access-control-allow-headers", "*")]), Ok(()));
        assert_eq!(asked(403, &[]), Err(CorsMissing::Refused(StatusCode::FORBIDDEN)));
        assert_eq!(asked(200, &[methods, headers]), Err(CorsMissing::Origin));
        let other = ("access-control-allow-origin", "https://olivine.example.com.evil.example");
        assert_eq!(asked(200, &[other, methods, headers]), Err(CorsMissing::Origin));
        let reads = ("access-control-allow-methods", "GET");
        assert_eq!(asked(200, &[origin, reads, headers]), Err(CorsMissing::Method(Method::PUT)));
        let missing = CorsMissing::Header("x-amz-checksum-sha256".to_owned());
        assert_eq!(asked(200, &[origin, methods]), Err(missing));
    }
}
