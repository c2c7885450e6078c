//! Which device asks. Decided for each request, not for each connection: a certificate that is removed is refused at once.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts};
use http::request::Parts;
use olivine_domain::certificates::{Certificate, Intermediates};
use olivine_domain::permissions::Origin;
use olivine_operations::distribution::{self, KnownDevice, Shown};

use super::DeviceApp;
use super::connections::Peer;
use super::error::DeviceError;
use crate::http::error::ApiError;
use crate::http::room::Place;

/// The device that asks.
#[derive(Debug)]
pub(super) struct Caller {
    /// Which one, by its certificate.
    pub(super) device: KnownDevice,
    /// Where the request came from.
    pub(super) origin: Origin,
}

impl FromRequestParts<DeviceApp> for Caller {
    type Rejection = DeviceError;

    async fn from_request_parts(parts: &mut Parts, app: &DeviceApp) -> Result<Self, DeviceError> {
        let (certificate, intermediates) = shown(parts, app)?;
        let origin = parts.extensions.remove::<Origin>().unwrap_or_default();
        // First, because strangers cost most.
        let fingerprint = &certificate.facts().fingerprint;
        if let Err(refused) = app.0.rates.admit(fingerprint) {
            tracing::debug!(%fingerprint, "asks too often");
            return Err(ApiError::from(refused).into());
        }
        if let Some(place) = parts.extensions.get::<Place>().cloned() {
            place.hold_for(&app.0.callers, fingerprint).await?;
        }
        let shown = Shown { certificate: &certificate, intermediates: &intermediates };
        let device = distribution::authenticate(app.ctx(), shown, &origin).await?;
        Ok(Self { device, origin })
    }
}

/// The certificate by which the device is to be known, and those above it: what a trusted proxy names, else the connection's own.
///
/// From a trusted proxy the header is needed also where the connection has a certificate: so it is noticed at once if the proxy only
/// passes connections on, through which anybody could send the header.
fn shown(parts: &Parts, app: &DeviceApp) -> Result<(Arc<Certificate>, Intermediates), DeviceError> {
    let address = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let peer = parts.extensions.get::<Peer>().cloned();
    let own = peer.as_ref().and_then(|peer| peer.certificate.clone());
    if address.is_some_and(|address| app.0.proxies.trusts(address)) {
        let handed_on = app.0.client_certificates.read(&parts.headers)?;
        let der = handed_on.der;
        if own.is_some_and(|own| own.der() != der) {
            return Err(DeviceError::certificates_differ());
        }
        let read = Certificate::from_der(&der);
        let read = read.map_err(|problem| DeviceError::certificate_invalid(&problem.to_string()))?;
        return Ok((Arc::new(read), handed_on.intermediates));
    }
    let own = own.ok_or_else(DeviceError::certificate_missing)?;
    Ok((own, peer.map(|peer| peer.intermediates).unwrap_or_default()))
}
