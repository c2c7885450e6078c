//! One binary as it is shown, and what is needed of it without its texts.

use olivine_domain::binaries::Binary;
use olivine_domain::organizations::Organization;
use olivine_domain::prn::Id;
use olivine_records::binaries::BinaryHead;
use olivine_records::binary_signatures::SignatureWithKey;
use olivine_records::{binaries, binary_signatures};

use crate::{Context, Error};

/// A binary with its signatures, as it is shown.
#[derive(Clone, Debug)]
pub struct View {
    /// The record.
    pub binary: Binary,
    /// Its signatures, oldest first.
    pub signatures: Vec<SignatureWithKey>,
}

/// Adds what a binary is shown with.
pub(crate) async fn view(ctx: &Context, binary: Binary) -> Result<View, Error> {
    let signatures = binary_signatures::list_for(ctx.db(), binary.organization, &[binary.id]).await?;
    Ok(View { binary, signatures })
}

/// What is known of an organization's binary without the texts that its owner gave it, which may be large.
pub(crate) async fn head(
    ctx: &Context,
    organization: Id<Organization>,
    id: Id<Binary>,
) -> Result<BinaryHead, Error> {
    let head = binaries::find_head_of_any_organization(ctx.db(), id).await?;
    head.filter(|head| head.organization == organization).ok_or_else(|| Error::not_found(id))
}
