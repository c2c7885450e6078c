//! Invitations to the organization. Deleting one revokes it; its record stays.

use olivine_api::invitations::{Invitation, InvitationCreate, InvitationEnvelope, InvitationList};
use olivine_domain::invitations::Invitation as Named;

use crate::resource::resource;

resource!(Invitation, "invitations", Named, InvitationEnvelope { invitation }, InvitationList);

impl crate::Create for Invitation {
    type New = InvitationCreate;
}
impl crate::Delete for Invitation {}
