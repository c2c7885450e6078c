//! How a command fails: one clear sentence on stderr, details below it, and an exit status.

use std::error::Error;
use std::fmt::Write as _;
use std::io;
use std::process::ExitCode;

use olivine_api::errors::ErrorItem;
use olivine_client::{Cause, Error as ClientError, downloads, uploads};
use olivine_domain::prn::{Prn, Resource};
use serde_json::Value;

use crate::messages;

/// The reason why a command failed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The arguments make no sense.
    Usage(String),
    /// A problem on this machine.
    Local(String, Option<Box<dyn Error + Send + Sync>>),
    /// A failed request.
    Client(ClientError),
    /// A failed upload.
    Upload(uploads::Error),
    /// A failed download.
    Download(downloads::Error),
    /// The output can't be written.
    Printing(io::Error),
}

/// Parses a PRN that the server returned.
pub(crate) fn named<R: Resource>(prn: &str) -> Result<Prn<R>, Failure> {
    prn.parse().map_err(|_| Failure::new("the server gave a malformed PRN"))
}

impl Failure {
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::Usage(message.into())
    }

    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self::Local(message.into(), None)
    }

    pub(crate) fn with_source(
        message: impl Into<String>,
        source: impl Error + Send + Sync + 'static,
    ) -> Self {
        Self::Local(message.into(), Some(Box::new(source)))
    }

    /// Prints the failure on stderr, and returns the exit code of the process.
    pub(crate) fn report(&self) -> ExitCode {
        if !self.is_broken_pipe() {
            messages::error(&self.text());
        }
        match self {
            // The reader closed the pipe early, which is not a failure: 'peridio events list | head'.
            Self::Printing(_) if self.is_broken_pipe() => ExitCode::SUCCESS,
            Self::Usage(_) => ExitCode::from(2),
            _ => ExitCode::FAILURE,
        }
    }

    fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Printing(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }

    fn text(&self) -> String {
        match self {
            Self::Usage(message) => message.clone(),
            Self::Local(message, source) => {
                chain(message.clone(), source.as_deref().map(|source| source as &dyn Error))
            }
            Self::Client(error)
            | Self::Upload(uploads::Error::Client(error))
            | Self::Download(downloads::Error::Client(error)) => client_text(error),
            Self::Upload(error) => chain(error.to_string(), error.source()),
            Self::Download(error) => chain(error.to_string(), error.source()),
            Self::Printing(error) => format!("can't print: {error}"),
        }
    }
}

/// The outermost and the innermost error. The errors between them help only programmers.
fn chain(text: String, source: Option<&(dyn Error + 'static)>) -> String {
    let mut root = None;
    let mut next = source;
    while let Some(error) = next {
        root = Some(error.to_string());
        next = error.source();
    }
    match root {
        Some(root) if !text.contains(&root) => format!("{text} ({root})"),
        _ => text,
    }
}

fn client_text(error: &ClientError) -> String {
    if matches!(error, ClientError::Tls { .. }) {
        let advice = "where the system has no certificate authorities, name a file with some (--ca-path)";
        return chain(format!("{error}; {advice}"), error.source());
    }
    let ClientError::Api { status, errors, request_id, .. } = error else {
        return chain(format!("{error}{}", advice(error.cause())), error.source());
    };
    let mut text = match errors.as_slice() {
        [] => error.to_string(),
        items => items.iter().map(item_text).collect::<Vec<_>>().join("\n"),
    };
    if let (500.., Some(id)) = (status, request_id) {
        let _ = write!(text, "\n  request id: {id}");
    }
    text
}

/// A hint which setting of this command could solve the problem.
const fn advice(cause: Option<Cause>) -> &'static str {
    match cause {
        Some(Cause::UnknownAuthority) => {
            "; if it is the right server, name a PEM file with its authority: --ca-path FILE (PERIDIO_CA_PATH)"
        }
        Some(Cause::OtherName) => "; give one of its names with --base-url",
        Some(Cause::Refused | Cause::UnknownHost) => " (--base-url, PERIDIO_BASE_URL)",
        Some(Cause::Certificate) | None => "",
    }
}

/// `size: 3 is too small (invalid)`, followed by the facts that the sentence does not contain.
fn item_text(item: &ErrorItem) -> String {
    let field =
        item.context.get("field").and_then(Value::as_str).filter(|field| !item.message.contains(*field));
    let mut text = field.map(|field| format!("{field}: ")).unwrap_or_default();
    let _ = write!(text, "{} ({})", item.message, item.code);
    for (name, fact) in &item.context {
        let fact = fact.as_str().map_or_else(|| fact.to_string(), str::to_owned);
        if name != "field" && !item.message.contains(&fact) {
            let _ = write!(text, "\n  {name}: {fact}");
        }
    }
    text
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        Self::Client(error)
    }
}

impl From<uploads::Error> for Failure {
    fn from(error: uploads::Error) -> Self {
        Self::Upload(error)
    }
}

impl From<downloads::Error> for Failure {
    fn from(error: downloads::Error) -> Self {
        Self::Download(error)
    }
}

impl From<io::Error> for Failure {
    /// An error of writing to stdout. Errors of files say which file it is.
    fn from(error: io::Error) -> Self {
        Self::Printing(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use olivine_api::errors::ErrorCode;

    #[test]
    fn a_refusal_is_one_line_per_field_with_its_code() {
        let size =
            ErrorItem::new(ErrorCode::Invalid, "must be at most 5").with("field", "size").with("limit", 5);
        let taken = ErrorItem::new(ErrorCode::TargetTaken, "there is a binary for it").with("prn", "prn:1:x");
        let errors = vec![size, taken];
        let error =
            ClientError::Api { status: 422, request_id: Some("r".to_owned()), retry_after: None, errors };
        let text = Failure::from(error).text();
        assert_eq!(
            text,
            "size: must be at most 5 (invalid)\nthere is a binary for it (target_taken)\n  prn: prn:1:x"
        );
    }

    #[test]
    fn causes_are_shown_once() {
        let error = io::Error::new(io::ErrorKind::NotFound, "no such file");
        let text = Failure::with_source("can't read key.pem", error).text();
        assert_eq!(text, "can't read key.pem (no such file)");
    }
}
