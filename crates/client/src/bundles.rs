//! Bundles: immutable, ordered sets of binaries.

use olivine_api::bundles::{Bundle, BundleCreate, BundleEnvelope, BundleList, BundleUpdate};
use olivine_domain::bundles::Bundle as Named;

use crate::resource::resource;

resource!(Bundle, "bundles", Named, BundleEnvelope { bundle }, BundleList);

impl crate::Create for Bundle {
    type New = BundleCreate;
}
impl crate::Update for Bundle {
    type Change = BundleUpdate;
}
impl crate::Delete for Bundle {}
impl crate::Archive for Bundle {
    type Place = ();
    const HAS_PLACE: bool = false;
}
