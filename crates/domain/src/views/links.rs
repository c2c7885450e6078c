//! The path and the query of a saved page. They become links in the browsers of other people, so what is refused here is everything that a
//! browser, or a router in the page, could take for another place: another scheme, another host, or a path that is not a page.

use std::fmt;
use std::str::FromStr;

use crate::text::{FromRecord, is_deceptive};

/// The most characters of a path.
const MOST_PATH: usize = 500;
/// The most characters of a query.
const MOST_QUERY: usize = 2_000;

/// First segments of paths of this server that are not pages of the console.
const NOT_PAGES: [&str; 9] =
    ["v1", "docs", "content", "d", "trust", "healthz", "readyz", "metrics", "assets"];

/// Whether a path of this server is one of the console's pages. Which pages there are is known to the console alone.
pub fn is_page(path: &str) -> bool {
    let first = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    !NOT_PAGES.contains(&first)
}

/// The path of a page of the console, as in the address bar: `/devices`, `/cohorts/gateway/beta`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PagePath(String);

/// What a page shows, as it stands behind the `?` of its address; empty for a page as it is without. It can hold anything that a query can:
/// the page reads it as the search of whoever opens it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PageQuery(String);

/// A path that is not that of a page.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "takes the path of a page of the console, such as /devices: 1 to {MOST_PATH} characters, beginning with one '/'; {0}"
)]
pub struct InvalidPagePath(PathProblem);

/// What is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum PathProblem {
    #[error("it does not begin with '/'")]
    NotAbsolute,
    #[error("it has {0}")]
    TooLong(usize),
    #[error("it has the character {0:?}, which a path has only as %XX")]
    Character(char),
    #[error("it has a '%' that is not followed by the two hexadecimal digits of a character of UTF-8")]
    Escape,
    #[error("it has control characters or invisible ones")]
    Deceptive,
    #[error("it has '//', which could be taken for another host")]
    OtherHost,
    #[error("it has the segment '.' or '..'")]
    Dots,
    #[error("that path belongs to the APIs of this server")]
    NotAPage,
}

/// A query that can't stand behind the `?` of an address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "takes what stands behind the '?' of a page's address, without the '?': up to {MOST_QUERY} characters; {0}"
)]
pub struct InvalidPageQuery(QueryProblem);

/// What is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum QueryProblem {
    #[error("it begins with '?'")]
    QuestionMark,
    #[error("it has {0}")]
    TooLong(usize),
    #[error("it has the character {0:?}, which a query has only as %XX")]
    Character(char),
}

impl PagePath {
    /// The path itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl PageQuery {
    /// The query itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PagePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for PageQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for PagePath {
    type Err = InvalidPagePath;

    fn from_str(text: &str) -> Result<Self, InvalidPagePath> {
        check_path(text).map_err(InvalidPagePath)?;
        if is_page(text) { Ok(Self(text.to_owned())) } else { Err(InvalidPagePath(PathProblem::NotAPage)) }
    }
}

/// A later version may have more paths that are not pages. That a record names one does no harm: what is at such a path is not changed by
/// opening it.
impl FromRecord for PagePath {
    fn from_record(text: &str) -> Option<Self> {
        check_path(text).ok().map(|()| Self(text.to_owned()))
    }
}

impl FromStr for PageQuery {
    type Err = InvalidPageQuery;

    fn from_str(text: &str) -> Result<Self, InvalidPageQuery> {
        check_query(text).map(|()| Self(text.to_owned())).map_err(InvalidPageQuery)
    }
}

impl FromRecord for PageQuery {
    fn from_record(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

/// A path must be harmless as it is written, as a browser reads it, and as a router reads it that decodes it first.
fn check_path(text: &str) -> Result<(), PathProblem> {
    let length = text.chars().count();
    if length > MOST_PATH {
        return Err(PathProblem::TooLong(length));
    }
    if !text.starts_with('/') {
        return Err(PathProblem::NotAbsolute);
    }
    if let Some(other) = text.chars().find(|c| !is_of_path(*c)) {
        return Err(PathProblem::Character(other));
    }
    let decoded = decoded(text).ok_or(PathProblem::Escape)?;
    if decoded.contains(is_deceptive) {
        return Err(PathProblem::Deceptive);
    }
    // Browsers read a backslash as a slash.
    if text.contains("//") || decoded.replace('\\', "/").starts_with("//") {
        return Err(PathProblem::OtherHost);
    }
    if decoded.split(['/', '\\']).any(|segment| matches!(segment, "." | "..")) {
        return Err(PathProblem::Dots);
    }
    Ok(())
}

/// The characters of a path (RFC 3986).
const fn is_of_path(c: char) -> bool {
    let is_mark = matches!(
        c,
        '-' | '.' | '_' | '~' | '!' | '$' | '&' | '\'' | '(' | ')' | '*' | '+' | ',' | ';' | '=' | ':' | '@'
    );
    c.is_ascii_alphanumeric() || is_mark || matches!(c, '/' | '%')
}

/// The text with each %XX as what it stands for.
fn decoded(text: &str) -> Option<String> {
    let mut pieces = text.split('%');
    let mut bytes = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        let (digits, rest) = piece.split_at_checked(2)?;
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        bytes.extend(rest.as_bytes());
    }
    String::from_utf8(bytes).ok()
}

/// A query has the characters that browsers leave as they are in one.
fn check_query(text: &str) -> Result<(), QueryProblem> {
    let length = text.chars().count();
    if length > MOST_QUERY {
        return Err(QueryProblem::TooLong(length));
    }
    if text.starts_with('?') {
        return Err(QueryProblem::QuestionMark);
    }
    let is_plain = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '#' | '<' | '>');
    text.chars().find(|c| !is_plain(*c)).map_or(Ok(()), |other| Err(QueryProblem::Character(other)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn paths_of_the_apis_are_no_pages() {
        for path in ["/v1", "/v1/devices", "/docs/", "/d/abc", "/content/x", "/healthz", "/assets/x/y.js"] {
            assert!(!is_page(path), "{path}");
            assert!(path.parse::<PagePath>().is_err(), "{path}");
        }
        for path in ["/", "/devices", "/devices/SN-1", "/v1-notes", "/setup", "/documents"] {
            assert!(is_page(path), "{path}");
            assert_eq!(path.parse::<PagePath>().unwrap().as_str(), path);
        }
    }

    #[test]
    fn a_path_leads_to_a_page_and_nowhere_else() {
        for path in [
            "/o/acme/devices",
            "/cohorts/gateway/beta%20two",
            "/devices/SN%2F1",
            "/devices/%C3%A4",
            "/prn/prn:1:0190163d-8694-739b-aea5-966c26f8ad91:artifact:0190163d-8694-739b-aea5-966c26f8ad92",
        ] {
            assert_eq!(path.parse::<PagePath>().unwrap().to_string(), path);
        }
        let long = format!("/{}", "x".repeat(MOST_PATH));
        for (path, problem) in [
            ("", "does not begin with '/'"),
            ("devices", "does not begin with '/'"),
            ("javascript:alert(1)", "does not begin with '/'"),
            ("https://evil.example/", "does not begin with '/'"),
            ("//evil.example", "'//'"),
            ("/devices//evil.example", "'//'"),
            ("/%2Fevil.example", "'//'"),
            ("/%5cevil.example", "'//'"),
            ("/\\evil.example", "the character '\\\\'"),
            ("/devices?tag=a", "the character '?'"),
            ("/devices#a", "the character '#'"),
            ("/devices\n", "the character '\\n'"),
            ("/devices/\u{202e}", "the character '\\u{202e}'"),
            ("/devices/%0a", "control characters"),
            ("/devices/%E2%80%AE", "control characters"),
            ("/devices/%", "is not followed"),
            ("/devices/%zz", "is not followed"),
            ("/devices/%+1", "is not followed"),
            ("/devices/%ff", "is not followed"),
            ("/devices/%ä", "the character 'ä'"),
            ("/devices/../v1", "'.' or '..'"),
            ("/devices/%2e%2E/v1", "'.' or '..'"),
            ("/./v1", "'.' or '..'"),
            ("/v1/devices", "belongs to the APIs"),
            (&long, "it has 501"),
        ] {
            let said = path.parse::<PagePath>().unwrap_err().to_string();
            assert!(said.contains(problem), "{path:?}: {said}");
        }
    }

    #[test]
    fn a_query_stays_behind_its_question_mark() {
        for query in
            ["", "q=tag:%27canary%27", "search=identifier~'SN-'%20and%20tag:'a'&cohort=a/b", "a={b|c}?d"]
        {
            assert_eq!(query.parse::<PageQuery>().unwrap().as_str(), query);
        }
        let long = "x".repeat(MOST_QUERY + 1);
        for (query, problem) in [
            ("?tag=a", "begins with '?'"),
            ("tag=a#b", "the character '#'"),
            ("tag=a b", "the character ' '"),
            ("tag=a\0", "the character '\\0'"),
            ("tag=<script>", "the character '<'"),
            ("tag=ä", "the character 'ä'"),
            (&long, "it has 2001"),
        ] {
            let said = query.parse::<PageQuery>().unwrap_err().to_string();
            assert!(said.contains(problem), "{query:?}: {said}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_taken_begins_with_one_slash(text in "[/%\\\\.a-f0-9:?#]{0,12}") {
            if let Ok(path) = text.parse::<PagePath>() {
                let path = path.as_str();
                prop_assert!(path.starts_with('/') && !path.contains("//") && !path.contains(['\\', '?', '#']));
                let decoded = decoded(path).unwrap();
                prop_assert!(!decoded.starts_with("//") && !decoded.starts_with("/\\"));
                prop_assert!(PagePath::from_record(path).is_some());
            }
        }
    }
}
