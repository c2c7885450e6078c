//! stub
use crate::{Context, Error};
use olivine_domain::ca_certificates::CaCertificate;
use olivine_domain::certificates::Certificate;
use olivine_domain::device_certificates::DeviceCertificate;
use olivine_domain::devices::Device;
use olivine_domain::permissions::Origin;
/// Why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("stub")]
pub enum NotProvisioned {}
pub(crate) async fn provision(
    _: &Context,
    _: &CaCertificate,
    _: &Certificate,
    _: Origin,
) -> Result<Result<(Device, DeviceCertificate), NotProvisioned>, Error> {
    std::future::ready(()).await;
    Err(Error::ContentGone)
}
