//! The meaning of a store's answer: callers match on what happened, and logs get the store's message without any URL.

use std::error::Error as StdError;

use olivine_egress::SendError;

use crate::error::{Error, Refusal};

/// What is kept of a message.
const MOST: usize = 400;

/// A store's own words: the status, its code and its message. Never a URL: its query may be a permission.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct StoreAnswer(pub(super) String);

/// What an error of `object_store` means.
pub(super) fn meaning(error: &object_store::Error) -> Error {
    let told = words(error);
    match error {
        object_store::Error::NotFound { .. } if !names_container(&told) => Error::NotFound,
        // Google Cloud Storage and Azure say in their own ways that what was to be completed is over.
        _ if told.contains("NoSuchUpload") || told.contains("InvalidBlockList") => Error::NotFound,
        _ => failure(told),
    }
}

/// What an error of `object_store` means where nothing can be missing but the bucket.
pub(super) fn trouble(error: &object_store::Error) -> Error {
    failure(words(error))
}

/// What a failure with these words means, other than that something is not there.
pub(super) fn failure(told: String) -> Error {
    let full = [
        "507 ",
        "QuotaExceeded",
        "StorageFull",
        "InsufficientStorage",
        "InsufficientCapacity",
        "no space left",
    ];
    if full.iter().any(|sign| told.contains(sign)) {
        Error::StorageFull { source: std::sync::Arc::new(StoreAnswer(told)) }
    } else if let Some(reason) = refusal(&told) {
        Error::Refused { reason, source: std::sync::Arc::new(StoreAnswer(told)) }
    } else {
        Error::unavailable(StoreAnswer(told))
    }
}

/// Whether the store will answer the same next time: the codes of S3, Google Cloud Storage and Azure, and the statuses of answers that have
/// no code. A fault of the store itself (5xx) passes, whatever else it says.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList>,
/// <https://learn.microsoft.com/rest/api/storageservices/blob-service-error-codes>
fn refusal(told: &str) -> Option<Refusal> {
    const REFUSALS: [(Refusal, &[&str], &[&str]); 7] = [
        (Refusal::Clock, &["RequestTimeTooSkewed", "RequestExpired"], &[]),
        (
            Refusal::Bucket,
            &["NoSuchBucket", "ContainerNotFound", "AccountNotFound", "InvalidBucketName"],
            &[],
        ),
        // Before what they may come with: a bad signature because of a header that is not known.
        (
            Refusal::Checksums,
            &["checksum-algorithm", "checksum-sha256", "checksum_algorithm", "checksum_sha256"],
            &[],
        ),
        (
            Refusal::Address,
            &[
                "PermanentRedirect",
                "AuthorizationHeaderMalformed",
                "IllegalLocationConstraint",
                // `object_store`, of a redirect that does not say where to.
                "incorrectly configured region",
            ],
            &["301 ", "307 ", "308 "],
        ),
        (
            Refusal::Credentials,
            &[
                "InvalidAccessKeyId",
                "SignatureDoesNotMatch",
                "ExpiredToken",
                "InvalidToken",
                "InvalidSecurity",
                "AuthenticationFailed",
                "InvalidAuthenticationInfo",
                "NoAuthenticationInformation",
            ],
            &["401 "],
        ),
        (
            Refusal::Permission,
            &[
                "AccessDenied",
                "AllAccessDisabled",
                "AccountProblem",
                "Authorization",
                "InsufficientAccountPermissions",
            ],
            &["403 "],
        ),
        (Refusal::Unsupported, &["NotImplemented"], &["501 ", "405 "]),
    ];
    if told.starts_with('5') && !told.starts_with("501 ") {
        return None;
    }
    let says = |codes: &[&str]| codes.iter().any(|code| told.contains(code));
    let begins = |statuses: &[&str]| statuses.iter().any(|status| told.starts_with(status));
    let (reason, ..) = REFUSALS.into_iter().find(|(_, codes, statuses)| says(codes) || begins(statuses))?;
    Some(reason)
}

/// What a request of ours failed with before there was a whole answer.
pub(super) fn unanswered(error: &SendError) -> Error {
    Error::unavailable(StoreAnswer(chain(error)))
}

/// Whether the whole bucket is missing, from which nobody must conclude that a content does not exist.
fn names_container(told: &str) -> bool {
    ["NoSuchBucket", "ContainerNotFound", "ContainerBeingDeleted", "AccountNotFound"]
        .iter()
        .any(|code| told.contains(code))
}

/// The words of an error: those of its deepest causes, because the outer ones hold URLs.
pub(super) fn words(error: &(dyn StdError + 'static)) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        let text = cause.to_string();
        if text.starts_with("HTTP error") || text.starts_with("Server returned") {
            break;
        }
        cause = deeper;
    }
    let text = cause.to_string();
    match text.strip_prefix("Server returned non-2xx status code: ").and_then(|rest| rest.split_once(": ")) {
        Some((status, body)) => answer(status, body),
        None if text.starts_with("Server returned") => answer("200 OK", &text),
        None => chain(cause),
    }
}

/// A status and what the body says by its code and message, as XML or JSON; other bodies are not repeated.
pub(super) fn answer(status: &str, body: &str) -> String {
    let between = |open: &str, close: &str| {
        let (_, rest) = body.split_once(open)?;
        rest.split_once(close).map(|(text, _)| text.trim())
    };
    let code = between("<Code>", "</Code>").or_else(|| between("\"error\": \"", "\""));
    let message = between("<Message>", "</Message>").or_else(|| between("\"message\": \"", "\""));
    let told = [Some(status), code, message].into_iter().flatten().collect::<Vec<_>>().join(": ");
    cut(told)
}

/// An error and its causes, without those that hold a URL.
pub(super) fn chain(error: &(dyn StdError + 'static)) -> String {
    let mut told = Vec::new();
    let mut cause = Some(error);
    while let Some(error) = cause {
        let text = error.to_string();
        if !text.contains("://") && told.last().is_none_or(|last: &String| !last.contains(&text)) {
            told.push(text);
        }
        cause = error.source();
    }
    cut(if told.is_empty() { "no details".to_owned() } else { told.join(": ") })
}

fn cut(text: String) -> String {
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_will_be_refused_again_is_told_from_what_passes() {
        for (told, reason) in [
            ("403 Forbidden: InvalidAccessKeyId: no", Some(Refusal::Credentials)),
            ("403 Forbidden: SignatureDoesNotMatch", Some(Refusal::Credentials)),
            ("403 Forbidden: RequestTimeTooSkewed: too large", Some(Refusal::Clock)),
            ("404 Not Found: NoSuchBucket", Some(Refusal::Bucket)),
            (
                "400 Bad Request: InvalidArgument: Unsupported header 'x-amz-checksum-algorithm'",
                Some(Refusal::Checksums),
            ),
            ("400 Bad Request: AuthorizationHeaderMalformed: expecting 'eu-west-1'", Some(Refusal::Address)),
            ("301 Moved Permanently: PermanentRedirect", Some(Refusal::Address)),
            ("403 Forbidden: AccessDenied: not allowed", Some(Refusal::Permission)),
            ("403 Forbidden", Some(Refusal::Permission)),
            ("501 Not Implemented: NotImplemented", Some(Refusal::Unsupported)),
            ("503 Slow Down: SlowDown: reduce your rate", None),
            ("500 Internal Server Error: InternalError", None),
            ("503 Service Unavailable: AccessDenied: the policy can't be read now", None),
            ("connection refused", None),
            // Numbers that are no statuses.
            ("tcp connect error: 127.0.0.1:8403 refused", None),
            ("error reading a body: 1405 bytes", None),
            (
                "Received redirect without LOCATION, this normally indicates an incorrectly configured region",
                Some(Refusal::Address),
            ),
        ] {
            let meant = match failure(told.to_owned()) {
                Error::Refused { reason, .. } => Some(reason),
                Error::Unavailable { .. } => None,
                other => panic!("{told}: {other:?}"),
            };
            assert_eq!(meant, reason, "{told}");
        }
    }

    #[test]
    fn answers_are_told_without_urls_and_secrets() {
        let body = "<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code><Message>not allowed</Message>\
                    <StringToSign>secret</StringToSign></Error>";
        assert_eq!(answer("403 Forbidden", body), "403 Forbidden: AccessDenied: not allowed");
        assert_eq!(answer("502 Bad Gateway", "<html>secret"), "502 Bad Gateway");
        let long = answer("500", &format!("<Code>A</Code><Message>{}</Message>", "ä".repeat(5000)));
        assert!(long.chars().count() <= MOST + 1);
    }
}
