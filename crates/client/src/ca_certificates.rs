//! CA certificates: authorities whose devices may connect, and the codes to prove possession of their keys.

use olivine_api::ca_certificates::{
    CaCertificate, CaCertificateCreate, CaCertificateEnvelope, CaCertificateList, CaCertificateUpdate,
    VerificationCode,
};
use olivine_domain::ca_certificates::CaCertificate as Named;
use reqwest::Method;

use crate::requests::Request;
use crate::resource::resource;
use crate::{Client, Error};

resource!(
    CaCertificate,
    "ca_certificates",
    Named,
    CaCertificateEnvelope { ca_certificate },
    CaCertificateList
);

impl crate::Create for CaCertificate {
    type New = CaCertificateCreate;
}
impl crate::Update for CaCertificate {
    type Change = CaCertificateUpdate;
}
impl crate::Delete for CaCertificate {}

impl Client {
    /// Asks for a code to prove with that a CA's key is ours.
    pub async fn create_verification_code(&self) -> Result<VerificationCode, Error> {
        let url = self.url("ca_certificates/verification_codes");
        self.send(&Request::new(Method::POST, url).idempotent()).await
    }
}
