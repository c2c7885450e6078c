//! Accepting devices: the handshake, and what it proved, which every request of the connection then carries.

use std::io;
use std::sync::Arc;

use axum_server::accept::Accept;
use futures_util::future::BoxFuture;
use olivine_domain::certificates::{Certificate, Intermediates};
use tokio::net::TcpStream;
use tower_http::add_extension::AddExtension;

use crate::handshake::TlsAcceptor;

/// What the other end of the connection shows.
#[derive(Clone, Debug)]
pub struct Peer {
    /// The certificate whose key it has proven to hold, if it has one.
    pub certificate: Option<Arc<Certificate>>,
    /// The certificates that it sent besides.
    pub intermediates: Intermediates,
}

/// Shakes hands.
#[derive(Clone, Debug)]
pub struct DeviceAcceptor(pub TlsAcceptor);

impl<S: Send + 'static> Accept<TcpStream, S> for DeviceAcceptor {
    type Stream = <TlsAcceptor as Accept<TcpStream, S>>::Stream;
    type Service = AddExtension<S, Peer>;
    type Future = BoxFuture<'static, io::Result<(Self::Stream, Self::Service)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let handshake = self.0.accept(stream, service);
        Box::pin(async move {
            let shaken = handshake.await.inspect_err(|error| {
                metrics::counter!("olivine_device_handshakes_total", "outcome" => "failed").increment(1);
                tracing::debug!(%error, "a TLS handshake failed");
            });
            let (stream, service) = shaken?;
            metrics::counter!("olivine_device_handshakes_total", "outcome" => "ok").increment(1);
            let sent = stream.get_ref().1.peer_certificates().unwrap_or_default();
            let certificate = sent.first().map(|der| Certificate::from_der(der)).transpose();
            let certificate = certificate.map_err(io::Error::other)?.map(Arc::new);
            let intermediates = Intermediates::new(sent.iter().skip(1).map(AsRef::as_ref));
            Ok((stream, AddExtension::new(service, Peer { certificate, intermediates })))
        })
    }
}
