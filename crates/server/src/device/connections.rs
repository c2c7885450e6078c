//! Accepting devices: the handshake, and what it proved, which every request of the connection then carries.

use std::io;
use std::sync::Arc;

use axum_server::accept::Accept;
use futures_util::future::BoxFuture;
use olivine_domain::certificates::Certificate;
use tokio::net::TcpStream;
use tower_http::add_extension::AddExtension;

use crate::handshake::TlsAcceptor;

/// The certificate whose key the other end of the connection has proven to hold, if it has one.
#[derive(Clone, Debug)]
pub struct PeerCertificate(pub Option<Arc<Certificate>>);

/// Shakes hands.
#[derive(Clone, Debug)]
pub struct DeviceAcceptor(pub TlsAcceptor);

impl<S: Send + 'static> Accept<TcpStream, S> for DeviceAcceptor {
    type Stream = <TlsAcceptor as Accept<TcpStream, S>>::Stream;
    type Service = AddExtension<S, PeerCertificate>;
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
            let leaf = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
            let certificate = leaf.map(|der| Certificate::from_der(der)).transpose();
            let certificate = certificate.map_err(io::Error::other)?.map(Arc::new);
            Ok((stream, AddExtension::new(service, PeerCertificate(certificate))))
        })
    }
}
