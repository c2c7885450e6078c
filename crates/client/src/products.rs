//! Products: the types of devices.

use olivine_api::products::{Product, ProductCreate, ProductEnvelope, ProductList, ProductUpdate};
use olivine_domain::products::Product as Named;

use crate::resource::resource;

resource!(Product, "products", Named, ProductEnvelope { product }, ProductList);

impl crate::Create for Product {
    type New = ProductCreate;
}
impl crate::Update for Product {
    type Change = ProductUpdate;
}
impl crate::Delete for Product {}
impl crate::Archive for Product {
    type Place = ();
    const HAS_PLACE: bool = false;
}
