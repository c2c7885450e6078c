//! The organizations of the installation, for the people who administer it. They create organizations and rename them, and can become a
//! member of one, which its audit trail shows; without that they see none of its records. No API key can do any of this.

use olivine_domain::events::Subject;
use olivine_domain::organizations::{Change, Organization};
use olivine_domain::permissions::{Grants, Role};
use olivine_domain::prn::Id;
use olivine_domain::refusals::{Meaning, Refusal};
use olivine_domain::text::Name;
use olivine_domain::users::User;
use olivine_records::{memberships as records, organizations, users};

use super::invitations::NotForYou;
use super::memberships::add;
use super::{Fresh, Person, SessionEnded, oneself};
use crate::events::{self, EventData, Whole};
use crate::organizations::{new, not_written};
use crate::work::Work;
use crate::{Context, Error};

/// The person does not administer the installation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "organizations are made by administrators of the installation, and you are none: ask one, or the operator of the server \
     ('olivine organizations create')"
)]
pub struct NotAdministrator;

impl Refusal for NotAdministrator {
    fn meaning(&self) -> Meaning {
        Meaning::Forbidden
    }

    fn code(&self) -> &'static str {
        "unauthorized"
    }
}

/// An organization, and whether the person is a member of it.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The organization.
    pub organization: Organization,
    /// Whether the person is in it.
    pub is_member: bool,
}

/// Whether a person becomes a member of what they make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Joining {
    /// With the role `admin`.
    AsAdmin,
    /// Not now.
    No,
}

/// Lists the organizations: all of them if the person administers the installation, else those of which the person is a member.
pub async fn list(ctx: &Context, person: &Person) -> Result<Vec<Entry>, Error> {
    let own: Vec<_> = person.places.iter().map(|place| place.membership.organization).collect();
    let found = if person.user.is_administrator {
        organizations::list_all(ctx.db()).await?
    } else {
        organizations::get_many(ctx.db(), &own).await?
    };
    let entry =
        |organization: Organization| Entry { is_member: own.contains(&organization.id), organization };
    Ok(found.into_iter().map(entry).collect())
}

/// Begins a change by who administers the installation: asked again, with the account locked.
async fn begin(ctx: &Context, person: &Person) -> Result<(Work, User), Error> {
    if !person.user.is_administrator {
        return Err(Error::refused(NotAdministrator));
    }
    let w = ctx.work().await?;
    let user = users::lock(&w, person.user.id).await.map_err(|_| Error::refused(SessionEnded))?;
    if !user.is_administrator || user.disabled_at.is_some() {
        return Err(Error::refused(NotAdministrator));
    }
    Ok((w, user))
}

/// Makes an organization.
pub async fn create(ctx: &Context, person: Fresh<'_>, name: Name, joining: Joining) -> Result<Entry, Error> {
    let (mut w, user) = begin(ctx, &person).await?;
    let organization = new(ctx, name);
    organizations::insert(&w, &organization).await.map_err(|error| not_written(error, &organization))?;
    let by = oneself(&user, &person.origin)(organization.id);
    w.event(&by, Subject::of(organization.id), EventData::OrganizationCreated(Whole(&organization)));
    let is_member = joining == Joining::AsAdmin;
    if is_member {
        add(ctx, &mut w, &by, organization.id, user.id, Grants::of_role(Role::Admin)).await?;
    }
    w.commit().await?;
    Ok(Entry { organization, is_member })
}

/// Renames an organization.
pub async fn rename(
    ctx: &Context,
    person: Fresh<'_>,
    id: Id<Organization>,
    name: Name,
) -> Result<Entry, Error> {
    let (mut w, user) = begin(ctx, &person).await?;
    let old = organizations::get(&*w, id).await.map_err(Error::missing(id))?;
    let is_member = records::find_of(&*w, id, user.id).await?.is_some();
    let change = Change { name: Some(name), ..Change::default() };
    let Some(new) = change.apply(&old, ctx.now()) else { return Ok(Entry { organization: old, is_member }) };
    organizations::update(&w, &old, &new).await.map_err(|error| not_written(error, &new))?;
    let by = oneself(&user, &person.origin)(id);
    let data = EventData::OrganizationUpdated(events::Change { from: &old, to: &new });
    w.event(&by, Subject::of(id), data);
    w.commit().await?;
    Ok(Entry { organization: new, is_member })
}

/// Becomes a member of an organization, with the role `admin`. Its audit trail says so.
pub async fn join(ctx: &Context, person: Fresh<'_>, id: Id<Organization>) -> Result<Entry, Error> {
    let (mut w, user) = begin(ctx, &person).await?;
    organizations::lock(&w, id).await.map_err(Error::missing(id))?;
    let organization = organizations::get(&*w, id).await.map_err(Error::missing(id))?;
    if records::find_of(&*w, id, user.id).await?.is_some() {
        return Err(Error::refused(NotForYou::Member));
    }
    let by = oneself(&user, &person.origin)(id);
    add(ctx, &mut w, &by, id, user.id, Grants::of_role(Role::Admin)).await?;
    w.commit().await?;
    Ok(Entry { organization, is_member: true })
}
