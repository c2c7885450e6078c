//! Device certificates: by which devices are known. Deleting one takes effect at once.

use olivine_api::device_certificates::{
    DeviceCertificate, DeviceCertificateCreate, DeviceCertificateEnvelope, DeviceCertificateList,
};
use olivine_domain::device_certificates::DeviceCertificate as Named;

use crate::resource::resource;

resource!(
    DeviceCertificate,
    "device_certificates",
    Named,
    DeviceCertificateEnvelope { device_certificate },
    DeviceCertificateList
);

impl crate::Create for DeviceCertificate {
    type New = DeviceCertificateCreate;
}
impl crate::Delete for DeviceCertificate {}
