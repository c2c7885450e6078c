//! Binary signatures: one signature over one binary by one key.

use olivine_api::binary_signatures::{
    BinarySignature, BinarySignatureCreate, BinarySignatureEnvelope, BinarySignatureList,
};
use olivine_domain::binary_signatures::BinarySignature as Named;

use crate::resource::resource;

resource!(
    BinarySignature,
    "binary_signatures",
    Named,
    BinarySignatureEnvelope { binary_signature },
    BinarySignatureList
);

impl crate::Create for BinarySignature {
    type New = BinarySignatureCreate;
}
impl crate::Delete for BinarySignature {}
