//! Signing keys: the public keys that an organization trusts to sign.

use olivine_api::signing_keys::{
    SigningKey, SigningKeyCreate, SigningKeyEnvelope, SigningKeyList, SigningKeyUpdate,
};
use olivine_domain::signing_keys::SigningKey as Named;

use crate::resource::resource;

resource!(SigningKey, "signing_keys", Named, SigningKeyEnvelope { signing_key }, SigningKeyList);

impl crate::Create for SigningKey {
    type New = SigningKeyCreate;
}
impl crate::Update for SigningKey {
    type Change = SigningKeyUpdate;
}
impl crate::Delete for SigningKey {}
