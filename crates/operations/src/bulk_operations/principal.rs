//! For whom a bulk operation is done. It may take longer than they stay: before each batch it is found out anew what they may.

use olivine_domain::bulk_operations::{BulkOperation, Principal};
use olivine_domain::permissions::{Actor, Grants, Identity, Origin, RecordedIdentity, Tenancy};
use olivine_records::Reader;
use olivine_records::callers::{self, KeyCaller};

use super::reach_of;
use crate::{Context, Error, people};

/// Who asks for it now.
pub(super) fn of(by: &Actor, tenancy: &Tenancy) -> Principal {
    Principal {
        identity: by.identity.into(),
        person: by.person,
        reach: tenancy.to_change().seen().fingerprint(),
        request_id: by.origin.request_id.clone(),
    }
}

/// Why a caller may not go on, in words.
pub(super) struct Ended(pub(super) String);

/// What its caller may do now, and how far; or why it can't go on.
pub(super) async fn still(
    ctx: &Context,
    reader: &impl Reader,
    operation: &BulkOperation,
) -> Result<Result<(Actor, Tenancy), Ended>, Error> {
    let ended = |why: &str| Ok(Err(Ended(why.to_owned())));
    let Some(actor) = actor(ctx, reader, operation).await? else {
        return ended("who asked for it may do nothing here any more");
    };
    let Ok(tenancy) = reach_of(&actor, &operation.action) else {
        return ended("who asked for it may not do this any more");
    };
    let reach = tenancy.to_change().seen().fingerprint();
    if !reach.is_empty() && reach != operation.principal.reach {
        return ended("what who asked for it reaches was changed");
    }
    Ok(Ok((actor, tenancy)))
}

async fn actor(
    ctx: &Context,
    reader: &impl Reader,
    operation: &BulkOperation,
) -> Result<Option<Actor>, Error> {
    let Principal { identity, person, request_id, .. } = &operation.principal;
    let organization = operation.organization;
    let (identity, grants, owner_grants) = match identity {
        RecordedIdentity::Known(Identity::ApiKey(id)) => {
            let (mut found, _) = callers::list(reader, &[*id], &[]).await?;
            let is_usable = |found: &KeyCaller| {
                found.key.organization == organization && found.key.check_usable(ctx.now()).is_ok()
            };
            let Some(found) = found.pop().filter(is_usable) else { return Ok(None) };
            let owner_grants = found.owner_grants();
            (Identity::ApiKey(*id), found.key.grants, owner_grants)
        }
        RecordedIdentity::Known(Identity::User(id)) => {
            (Identity::User(*id), people::grants_of(reader, organization, *id).await?, None)
        }
        RecordedIdentity::Known(Identity::Device(_) | Identity::System) | RecordedIdentity::Other { .. } => {
            return Ok(None);
        }
    };
    let is_nobody = |grants: &Grants| grants.as_slice().is_empty();
    if is_nobody(&grants) || owner_grants.as_ref().is_some_and(is_nobody) {
        return Ok(None);
    }
    let origin = Origin { request_id: request_id.clone(), ..Origin::default() };
    let person = *person;
    Ok(Some(Actor { identity, person, organization, grants, owner_grants, is_fresh: true, origin }))
}
