//! API keys: how callers prove who they are. Deleting one revokes it; its record stays.

use olivine_api::api_keys::{ApiKey, ApiKeyCreate, ApiKeyEnvelope, ApiKeyList, ApiKeyUpdate};
use olivine_domain::api_keys::ApiKey as Named;

use crate::resource::resource;

resource!(ApiKey, "api_keys", Named, ApiKeyEnvelope { api_key }, ApiKeyList);

impl crate::Create for ApiKey {
    type New = ApiKeyCreate;
}
impl crate::Update for ApiKey {
    type Change = ApiKeyUpdate;
}
impl crate::Delete for ApiKey {}
