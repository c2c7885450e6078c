//! What the builders of all clouds' stores have in common.

use object_store::RetryConfig;
use olivine_egress::Refused;

use super::told;
use crate::open::settings::{OpenError, Storage, endpoint as plain_endpoint};

/// How often and how long a request is repeated: a store that does not answer is known as such within some 30 seconds.
pub(super) fn retries() -> RetryConfig {
    use std::time::Duration;
    RetryConfig {
        backoff: object_store::BackoffConfig {
            init_backoff: Duration::from_millis(200),
            max_backoff: Duration::from_secs(3),
            base: 2.0,
        },
        max_retries: 4,
        retry_timeout: Duration::from_secs(10),
    }
}

/// The endpoint that was said, checked; `None` where the cloud's own is meant.
pub(super) fn endpoint(
    storage: &Storage,
    from_environment: Option<String>,
) -> Result<Option<String>, OpenError> {
    let Some(text) = storage.endpoint.clone().or(from_environment) else { return Ok(None) };
    let url = plain_endpoint(&text)?;
    storage.network.check(&url).map_err(|refused| match refused {
        Refused::NotHttp => OpenError::Endpoint,
        Refused::NotPublic(address) => OpenError::NotPublic(address.to_string()),
    })?;
    Ok(Some(url.as_str().trim_end_matches('/').to_owned()))
}

/// What a builder of `object_store` found wrong.
pub(super) fn misconfigured(error: &object_store::Error) -> OpenError {
    OpenError::Configuration(told::words(error))
}
