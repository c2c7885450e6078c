//! Memberships: what people may do in an organization. A caller can't change one that allows, before or after the change, something that
//! the caller may not do.

use olivine_domain::events::Subject;
use olivine_domain::memberships::{MOST_GRANTS, Membership, check_admin_stays};
use olivine_domain::organizations::Organization;
use olivine_domain::pages::Page;
use olivine_domain::permissions::{Actor, Authorized, Grants, Identity, RecordedIdentity, scope};
use olivine_domain::prn::Id;
use olivine_domain::users::User;
use olivine_records::{api_keys, invitations, memberships, organizations, users};

use crate::error::Unauthenticated;
use crate::events::{self, EventData, Whole};
use crate::handing_out::{Handed, check_places, check_within};
use crate::lists::{Expected, ListQuery, check_expected};
use crate::work::Work;
use crate::{Context, Error};

/// A membership with its user, as people want to see it.
#[derive(Clone, Debug)]
pub struct Member {
    /// The membership.
    pub membership: Membership,
    /// Whose it is.
    pub user: User,
}

/// Grants that a membership or an invitation may have.
pub(super) fn check_form(grants: &Grants) -> Result<(), Error> {
    let problem = match grants.as_slice().len() {
        0 => "name at least one role or scope".to_owned(),
        many if many > MOST_GRANTS => format!("takes at most {MOST_GRANTS}; got {many}"),
        _ => return Ok(()),
    };
    Err(Error::Invalid { field: "grants", problem })
}

/// Begins a change of who is in the organization. All such changes come one after another. The caller's own membership, or key, is read
/// again: it may have ended since the request began.
pub(super) async fn begin(ctx: &Context, by: &Actor) -> Result<Work, Error> {
    continue_in(ctx, ctx.work().await?, by).await
}

pub(super) fn note_created(w: &mut Work, by: &Actor, membership: &Membership) {
    w.event(by, Subject::of(membership.id), EventData::MembershipCreated(Whole(membership)));
}

/// Lists the members.
pub async fn list(
    ctx: &Context,
    by: &Authorized<scope::MembershipRead>,
    query: &ListQuery,
) -> Result<Page<Member>, Error> {
    let page = memberships::list(&ctx.reads_for(by), by.organization, query).await?;
    let ids: Vec<_> = page.items.iter().map(|membership| membership.user).collect();
    let mut all = users::get_many(ctx.db(), &ids).await?;
    let items = page.items.into_iter().filter_map(|membership| {
        let at = all.iter().position(|user| user.id == membership.user)?;
        Some(Member { membership, user: all.swap_remove(at) })
    });
    Ok(Page { items: items.collect(), next: page.next })
}

/// Reads a membership.
pub async fn get(
    ctx: &Context,
    by: &Authorized<scope::MembershipRead>,
    id: Id<Membership>,
) -> Result<Member, Error> {
    let membership = memberships::get(ctx.db(), by.organization, id).await.map_err(Error::missing(id))?;
    let user = users::get(ctx.db(), membership.user).await?;
    Ok(Member { membership, user })
}

/// Changes what a member may do.
pub async fn update(
    ctx: &Context,
    by: &Authorized<scope::MembershipUpdate>,
    id: Id<Membership>,
    expected: Expected,
    grants: Grants,
) -> Result<Member, Error> {
    check_form(&grants)?;
    let found = memberships::get(ctx.db(), by.organization, id).await.map_err(Error::missing(id))?;
    // Locks go by their order: organization is after user.
    let w = ctx.work().await?;
    let user = users::lock(&w, found.user).await?;
    let mut w = continue_in(ctx, w, by).await?;
    let old = memberships::get(&*w, by.organization, id).await.map_err(Error::missing(id))?;
    check_expected(expected, old.revision)?;
    check_within(by, &old.grants, Handed::Membership)?;
    check_within(by, &grants, Handed::Membership)?;
    check_places(&*w, by, &grants).await?;
    if grants == old.grants {
        return Ok(Member { membership: old, user });
    }
    check_last(&w, &old, &user, grants.is_admin()).await?;
    let new = Membership { grants, revision: old.revision.next(), updated_at: ctx.now(), ..old.clone() };
    memberships::update(&w, &old, &new).await?;
    users::note_membership_change(&w, user.id).await?;
    let data = EventData::MembershipUpdated(events::Change { from: &old, to: &new });
    w.event(by, Subject::of(id), data);
    w.commit().await?;
    Ok(Member { membership: new, user })
}

/// Locks the organization in a transaction that may have locked a user, and asks whether the caller still is who it was.
async fn continue_in(ctx: &Context, w: Work, by: &Actor) -> Result<Work, Error> {
    organizations::lock(&w, by.organization).await?;
    match by.identity {
        Identity::User(user) => super::check_still_member(&w, by.organization, user, &by.grants).await?,
        Identity::ApiKey(id) => {
            let key = api_keys::get(&*w, by.organization, id).await.map_err(Error::missing(id))?;
            key.check_usable(ctx.now()).map_err(Unauthenticated::from)?;
        }
        Identity::Device(_) | Identity::System => {}
    }
    Ok(w)
}

/// Refuses a change that would leave the organization without an administrator.
pub(super) async fn check_last(
    w: &Work,
    old: &Membership,
    user: &User,
    stays_admin: bool,
) -> Result<(), Error> {
    let counts = |grants: &Grants, user: &User| grants.is_admin() && user.disabled_at.is_none();
    let mut others = memberships::list_all(&**w, old.organization).await?;
    others.retain(|other| other.id != old.id);
    let ids: Vec<_> = others.iter().map(|other| other.user).collect();
    let people = users::get_many(&**w, &ids).await?;
    let can_sign_in = |id: Id<User>| people.iter().any(|user| user.id == id && user.disabled_at.is_none());
    let others = others.iter().map(|other| (other, can_sign_in(other.user)));
    check_admin_stays(others, counts(&old.grants, user), stays_admin).map_err(Error::refused)
}

/// What is left behind of who was removed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeftBehind {
    /// The organization's API keys whose secrets the person saw, because they made them. They go on.
    pub api_keys: Vec<olivine_domain::api_keys::ApiKey>,
}

/// Ends a membership: from the commit on the person may do nothing here, nor may personal keys and open invitations of theirs.
pub async fn delete(
    ctx: &Context,
    by: &Authorized<scope::MembershipDelete>,
    id: Id<Membership>,
) -> Result<LeftBehind, Error> {
    let found = memberships::get(ctx.db(), by.organization, id).await.map_err(Error::missing(id))?;
    let w = ctx.work().await?;
    let user = users::lock(&w, found.user).await?;
    let mut w = continue_in(ctx, w, by).await?;
    let old = memberships::get(&*w, by.organization, id).await.map_err(Error::missing(id))?;
    check_within(by, &old.grants, Handed::Membership)?;
    check_last(&w, &old, &user, false).await?;
    let left = end(ctx, &mut w, by, &old, &user).await?;
    w.commit().await?;
    Ok(left)
}

/// Ends a membership in the transaction of who may.
pub(super) async fn end(
    ctx: &Context,
    w: &mut Work,
    by: &Actor,
    old: &Membership,
    user: &User,
) -> Result<LeftBehind, Error> {
    let now = ctx.now();
    let as_inviter = RecordedIdentity::from(Identity::User(user.id));
    invitations::revoke_those_of(w, old.organization, &as_inviter, now).await?;
    crate::api_keys::revoke_keys_in(ctx, w, by, old.organization, user.id).await?;
    memberships::delete(w, old.organization, old.id).await?;
    users::note_membership_change(w, user.id).await?;
    olivine_records::user_links::delete_of_user(w, user.id).await?;
    w.event(by, Subject::of(old.id), EventData::MembershipDeleted(Whole(old)));
    let api_keys = api_keys::list_made_by(&**w, old.organization, user.id).await?;
    Ok(LeftBehind { api_keys: api_keys.into_iter().filter(|key| key.check_usable(now).is_ok()).collect() })
}

/// Adds a user to an organization, in the transaction of an accepted invitation.
pub(super) async fn add(
    ctx: &Context,
    w: &mut Work,
    by: &Actor,
    organization: Id<Organization>,
    user: Id<User>,
    grants: Grants,
) -> Result<Membership, Error> {
    let now = ctx.now();
    let membership = Membership {
        id: ctx.new_id(),
        organization,
        user,
        grants,
        revision: olivine_domain::organizations::Revision::FIRST,
        inserted_at: now,
        updated_at: now,
    };
    memberships::insert(w, &membership).await?;
    users::note_membership_change(w, user).await?;
    // Others may decide about the account from now on.
    olivine_records::user_links::delete_of_user(w, user).await?;
    note_created(w, by, &membership);
    Ok(membership)
}
