//! Why it is not known which device asks, or why it can't be answered now. Each protocol has its own statuses and bodies for these.

use olivine_operations::Error;

use super::client_certificates::HeaderProblem;
use crate::http::error::ApiError;

/// Why a request is refused before it is known what it asks for.
#[derive(Debug, thiserror::Error)]
pub enum NotAdmitted {
    /// Neither the connection nor a trusted proxy has a certificate.
    #[error("the connection has no client certificate: connect with the device's certificate and key")]
    NoCertificate,
    /// A trusted proxy says nothing of a certificate, or not where it is looked for.
    #[error("{}", explained(.0))]
    Header(HeaderProblem),
    /// The connection proved another certificate than the one in the header.
    #[error(
        "the connection's own client certificate is another than the one in the header that is for proxies \
         (device.client_certificate_header): behind a proxy that ends TLS, the proxy must show no certificate of its own; without one, leave \
         the header out"
    )]
    CertificatesDiffer,
    /// A trusted proxy's certificate is none.
    #[error("the client certificate can't be read: {0}")]
    CertificateUnreadable(String),
    /// The device asks too often, or there is no room for its request.
    #[error("too many requests")]
    Limited(ApiError),
    /// The device is not known, or that can't be found out now.
    #[error(transparent)]
    Unknown(#[from] Error),
}

impl From<HeaderProblem> for NotAdmitted {
    fn from(problem: HeaderProblem) -> Self {
        Self::Header(problem)
    }
}

/// What is wrong with a proxy's header, and what to do about it.
fn explained(problem: &HeaderProblem) -> String {
    let begin = "the connection comes from an address in device.trusted_proxies, but";
    match problem {
        HeaderProblem::Missing { instead: Some(_), .. } => format!("{begin} {problem}"),
        HeaderProblem::Missing { instead: None, .. } => format!(
            "{begin} {problem}: either the client showed the proxy no certificate, or the proxy does not end TLS; in the latter case the \
             server's operator has to take it out of device.trusted_proxies"
        ),
        HeaderProblem::Malformed { .. } | HeaderProblem::Chain => problem.to_string(),
    }
}
