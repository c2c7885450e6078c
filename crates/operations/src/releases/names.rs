//! The name of a release, which its cohort has once.

use olivine_domain::releases::Release;
use olivine_domain::text::Name;
use olivine_records::releases;

use crate::Context;
use crate::archiving::if_archived;
use crate::error::{Error, Taken};

/// The refusal of a name that another release of the cohort has.
pub(super) async fn name_taken(ctx: &Context, new: &Release) -> Result<Error, Error> {
    let Release { organization, cohort, name, .. } = new;
    let other = releases::find_by_name(ctx.db(), *organization, *cohort, name).await?;
    Ok(taken(name, other))
}

fn taken(name: &Name, other: Option<Release>) -> Error {
    let is_archived = if_archived(other.as_ref());
    Error::Taken {
        what: Taken::Name,
        message: format!(
            "this cohort has a release named '{name}' already{is_archived}: choose another name"
        ),
        by: other.map(|other| other.id.prn(other.organization).to_string()),
    }
}
