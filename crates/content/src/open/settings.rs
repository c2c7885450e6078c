//! What a storage is configured with, and why it can't be opened. Nothing here may show a secret.

use std::fmt;

use olivine_domain::storage_backends::StorageUrl;
use olivine_egress::Network;
use url::Url;

/// A storage, as it is configured.
#[derive(Clone, Debug)]
pub struct Storage {
    /// What and where it is.
    pub url: StorageUrl,
    /// Where it answers, if that does not follow from the URL. `http://` is accepted if it is said here or in the environment.
    pub endpoint: Option<String>,
    /// The cloud's name for its region.
    pub region: Option<String>,
    /// What opens it.
    pub credentials: Credentials,
    /// Which networks it may be in: any, if the operator chose it; only the public internet, if an organization did.
    pub network: Network,
    /// Whether an S3 store is asked to check parts against their SHA-256 itself. Some don't know how.
    pub checksums: bool,
}

/// What opens a storage.
#[derive(Clone)]
pub enum Credentials {
    /// The cloud's standard variables (`AWS_*`, `GOOGLE_*`, `AZURE_*`), and the role of the machine.
    Environment,
    /// Those of S3.
    S3 {
        /// The public half.
        access_key_id: String,
        /// The secret half.
        secret_access_key: String,
        /// Comes with keys that expire.
        session_token: Option<String>,
    },
    /// Those of Google Cloud Storage.
    Gcs {
        /// The service account's key, as the JSON that Google gives out.
        service_account_key: String,
    },
    /// Those of Azure Blob Storage.
    Azure {
        /// The storage account's name.
        account: String,
        /// One of its two keys.
        access_key: String,
    },
}

impl fmt::Debug for Credentials {
    /// Whose they are, and nothing secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment => f.write_str("Environment"),
            Self::S3 { access_key_id, .. } => {
                f.debug_struct("S3").field("access_key_id", access_key_id).finish_non_exhaustive()
            }
            Self::Gcs { .. } => f.debug_struct("Gcs").finish_non_exhaustive(),
            Self::Azure { account, .. } => {
                f.debug_struct("Azure").field("account", account).finish_non_exhaustive()
            }
        }
    }
}

/// Why a storage can't be opened; nothing was asked of it yet.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A folder is not an object store.
    #[error("file:// is not an object store")]
    File,
    /// Not a URL to connect to.
    #[error(
        "the endpoint must be an http:// or https:// URL of a host and a port, without user, query and fragment"
    )]
    Endpoint,
    /// An address of the server's own network.
    #[error("the endpoint must be reachable from the public internet: {0} is not a public address")]
    NotPublic(String),
    /// What opens one cloud does not open another.
    #[error("these credentials are not for this kind of storage: {expected}")]
    Credentials {
        /// What is needed.
        expected: &'static str,
    },
    /// What was said can't be used.
    #[error("the storage's configuration can't be used: {0}")]
    Configuration(String),
}

/// An endpoint that is a plain URL of a host, without a slash at its end.
pub(crate) fn endpoint(text: &str) -> Result<Url, OpenError> {
    let url: Url = text.parse().map_err(|_| OpenError::Endpoint)?;
    let is_plain = url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    let is_http = matches!(url.scheme(), "http" | "https") && url.host().is_some();
    if is_plain && is_http { Ok(url) } else { Err(OpenError::Endpoint) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_are_plain() {
        for good in ["http://127.0.0.1:9000", "https://minio.example.com/", "http://127.0.0.1:1/account"] {
            assert!(endpoint(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "minio",
            "ftp://a",
            "https://user@a",
            "https://:b@a",
            "https://a?x=y",
            "https://a#b",
            "file:///",
        ] {
            assert!(endpoint(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn secrets_are_not_shown() {
        let secret = || "hidden".to_owned();
        for credentials in [
            Credentials::S3 {
                access_key_id: "id".into(),
                secret_access_key: secret(),
                session_token: Some(secret()),
            },
            Credentials::Gcs { service_account_key: secret() },
            Credentials::Azure { account: "account".into(), access_key: secret() },
        ] {
            assert!(!format!("{credentials:?}").contains("hidden"));
        }
    }
}
