//! Why a connection could not be made, as far as it helps to repair it: most of these causes are the same a moment later.

use std::error::Error as StdError;
use std::io;

use crate::{Error, clocks};

/// Why there is no connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Nothing listens at that address and port.
    Refused,
    /// The host has no address.
    UnknownHost,
    /// The server's certificate is signed by an authority that is not trusted here.
    UnknownAuthority,
    /// The server's certificate is made out to other names.
    OtherName,
    /// The server's certificate can't be accepted for another reason, such as its dates.
    Certificate,
}

impl Cause {
    /// What a connection failed of, if it is one of these.
    fn of(error: &(dyn StdError + 'static)) -> Option<Self> {
        let mut next = Some(error);
        while let Some(cause) = next {
            next = cause.source();
            let refused = cause
                .downcast_ref::<io::Error>()
                .is_some_and(|error| error.kind() == io::ErrorKind::ConnectionRefused);
            let text = cause.to_string();
            if refused {
                return Some(Self::Refused);
            }
            // The types of these are not those of a crate that this one may depend on.
            if text == "dns error" {
                return Some(Self::UnknownHost);
            }
            if let Some(problem) = text.strip_prefix("invalid peer certificate: ") {
                return Some(Self::of_certificate(problem));
            }
        }
        None
    }

    fn of_certificate(problem: &str) -> Self {
        // An authority that was made anew may have the name of the one that is trusted, and another key.
        if problem.starts_with("UnknownIssuer") || problem.starts_with("BadSignature") {
            Self::UnknownAuthority
        } else if problem.contains("not valid for name") || problem.starts_with("NotValidForName") {
            Self::OtherName
        } else {
            Self::Certificate
        }
    }

    /// Whether the server could be reached, but did not prove to be the right one.
    pub const fn is_certificate(self) -> bool {
        matches!(self, Self::UnknownAuthority | Self::OtherName | Self::Certificate)
    }
}

impl Error {
    /// Why the connection could not be made, if that is known.
    pub fn cause(&self) -> Option<Cause> {
        match self {
            Self::Connect { source, .. } => Cause::of(source),
            _ => None,
        }
    }
}

/// What is wrong with a connection to `origin`, and what to look at.
pub(crate) fn sentence(origin: &str, source: &reqwest::Error) -> String {
    match Cause::of(source) {
        Some(Cause::Refused) => {
            format!(
                "can't connect to {origin}: nothing listens there; is the server running, and the port right?"
            )
        }
        Some(Cause::UnknownHost) => {
            format!("can't connect to {origin}: no address is known for this host; is the name right?")
        }
        Some(Cause::UnknownAuthority) => {
            format!(
                "the certificate of {origin} is not trusted: no authority that is trusted here has signed it"
            )
        }
        Some(Cause::OtherName) => {
            format!("the certificate of {origin} is made out to other names than this one")
        }
        Some(Cause::Certificate) => clocks::sentence(origin, source)
            .unwrap_or_else(|| format!("the certificate of {origin} can't be accepted")),
        None => format!("can't connect to {origin}: is the server running, and the base URL right?"),
    }
}
