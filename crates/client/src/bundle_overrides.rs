//! Bundle overrides: a bundle forced on chosen devices for some time.

use olivine_api::bundle_overrides::{
    BundleOverride, BundleOverrideCreate, BundleOverrideEnvelope, BundleOverrideList, BundleOverrideUpdate,
};
use olivine_domain::bundle_overrides::BundleOverride as Named;

use crate::resource::resource;

resource!(
    BundleOverride,
    "bundle_overrides",
    Named,
    BundleOverrideEnvelope { bundle_override },
    BundleOverrideList
);

impl crate::Create for BundleOverride {
    type New = BundleOverrideCreate;
}
impl crate::Update for BundleOverride {
    type Change = BundleOverrideUpdate;
}
impl crate::Delete for BundleOverride {}
