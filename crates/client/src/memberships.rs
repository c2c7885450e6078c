//! Memberships: who may do what in the organization.

use olivine_api::memberships::{
    Membership, MembershipEnded, MembershipEnvelope, MembershipList, MembershipUpdate,
};
use olivine_domain::memberships::Membership as Named;
use olivine_domain::prn::Prn;
use reqwest::Method;

use crate::requests::Request;
use crate::resource::resource;
use crate::{Client, Error};

resource!(Membership, "memberships", Named, MembershipEnvelope { membership }, MembershipList);

impl crate::Update for Membership {
    type Change = MembershipUpdate;
}

impl Client {
    /// Ends a membership. Answers with the API keys whose secrets the person saw.
    pub async fn end_membership(&self, prn: &Prn<Named>) -> Result<MembershipEnded, Error> {
        self.send(&Request::new(Method::DELETE, self.url(&format!("memberships/{prn}")))).await
    }
}
