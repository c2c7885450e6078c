//! Which device asks. Decided for each request, not for each connection: a certificate that is removed is refused at once.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::ConnectInfo;
use http::request::Parts;
use olivine_domain::certificates::{Certificate, Intermediates};
use olivine_domain::device_credentials::DeviceCredential;
use olivine_domain::permissions::Origin;
use olivine_operations::distribution::{self, KnownDevice, Shown};

use super::app::DeviceApp;
use super::connections::Peer;
use super::error::NotAdmitted;
use crate::http::room::Place;

/// The device that asks.
#[derive(Debug)]
pub struct Caller {
    /// Which one, by its credential.
    pub device: KnownDevice,
    /// Where the request came from.
    pub origin: Origin,
}

/// Which device asks, by its certificate; with a place among the requests that are worked on.
pub(super) async fn by_certificate(parts: &mut Parts, app: &DeviceApp) -> Result<Caller, NotAdmitted> {
    let (certificate, intermediates) = shown(parts, app)?;
    let origin = parts.extensions.remove::<Origin>().unwrap_or_default();
    // First, because strangers cost most.
    admit(parts, app, &certificate.facts().into()).await?;
    let shown = Shown { certificate: &certificate, intermediates: &intermediates };
    let device = distribution::authenticate(app.ctx(), shown, &origin).await?;
    Ok(Caller { device, origin })
}

/// Takes one of a caller's places, if it does not ask too often. It is known by what it shows, before it is known who it is.
async fn admit(parts: &Parts, app: &DeviceApp, credential: &DeviceCredential) -> Result<(), NotAdmitted> {
    let app = app.parts();
    if let Err(refused) = app.rates.admit(&credential.key()) {
        tracing::debug!(%credential, "asks too often");
        return Err(NotAdmitted::Limited(refused.into()));
    }
    if let Some(place) = parts.extensions.get::<Place>().cloned() {
        place.hold_for(&app.callers, &credential.key()).await.map_err(NotAdmitted::Limited)?;
    }
    Ok(())
}

/// The certificate by which the device is to be known, and those above it: what a trusted proxy names, else the connection's own.
///
/// From a trusted proxy the header is needed also where the connection has a certificate: so it is noticed at once if the proxy only
/// passes connections on, through which anybody could send the header.
fn shown(parts: &Parts, app: &DeviceApp) -> Result<(Arc<Certificate>, Intermediates), NotAdmitted> {
    let address = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let peer = parts.extensions.get::<Peer>().cloned();
    let own = peer.as_ref().and_then(|peer| peer.certificate.clone());
    if address.is_some_and(|address| app.parts().proxies.trusts(address)) {
        let handed_on = app.parts().client_certificates.read(&parts.headers)?;
        let der = handed_on.der;
        if own.is_some_and(|own| own.der() != der) {
            return Err(NotAdmitted::CertificatesDiffer);
        }
        let read = Certificate::from_der(&der);
        let read = read.map_err(|problem| NotAdmitted::CertificateUnreadable(problem.to_string()))?;
        return Ok((Arc::new(read), handed_on.intermediates));
    }
    let own = own.ok_or(NotAdmitted::NoCertificate)?;
    Ok((own, peer.map(|peer| peer.intermediates).unwrap_or_default()))
}
