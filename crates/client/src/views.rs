//! Saved views: pages of the console that people keep, or share.

use olivine_api::views::{View, ViewCreate, ViewEnvelope, ViewList, ViewUpdate};
use olivine_domain::views::View as Named;

use crate::resource::resource;

resource!(View, "views", Named, ViewEnvelope { view }, ViewList);

impl crate::Create for View {
    type New = ViewCreate;
}
impl crate::Update for View {
    type Change = ViewUpdate;
}
impl crate::Delete for View {}
