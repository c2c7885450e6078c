//! The organization: settings, and the first one of a server.

use std::collections::BTreeSet;

use olivine_domain::events::Subject;
pub use olivine_domain::organizations::Change;
use olivine_domain::organizations::{DownloadUrlStyle, Organization, Revision, SignaturePolicy};
use olivine_domain::permissions::{Actor, Authorized, Identity, installation, scope};
use olivine_domain::prn::Id;
use olivine_domain::refusals::{Meaning, Refusal};
use olivine_domain::storage_backends::StorageBackend;
use olivine_domain::text::Name;
use olivine_records::{Constraint, Write, organizations, storage_backends, users};

use crate::error::{Error, Taken};
use crate::events::{EventData, Whole};
use crate::lists::{Expected, check_expected};
use crate::people::PersonRequired;
use crate::{Context, events};

/// The organization of that name, for the server's operator.
pub async fn find(
    ctx: &Context,
    _: &Authorized<installation::OrganizationRead>,
    name: &Name,
) -> Result<Organization, Error> {
    let found = organizations::find_by_name(ctx.db(), name.as_str()).await?;
    found.ok_or_else(|| Error::NotFound { what: "organization", named: name.to_string() })
}

/// Finds the organization of that name, or creates it: for the server's operator.
pub async fn ensure(
    ctx: &Context,
    by: &Authorized<installation::OrganizationCreate>,
    name: &Name,
) -> Result<Organization, Error> {
    if let Some(organization) = organizations::find_by_name(ctx.db(), name.as_str()).await? {
        return Ok(organization);
    }
    let organization = new(ctx, name.clone());
    let mut w = ctx.work().await?;
    match organizations::insert(&w, &organization).await {
        // Another process made it at the same moment.
        Err(olivine_records::Error::Duplicate(Constraint::OrganizationName)) => {
            drop(w);
            let other = organizations::find_by_name(ctx.db(), name.as_str()).await?;
            return other
                .ok_or(Error::Conflict("the organization was renamed at the same moment: try again"));
        }
        other => other?,
    }
    let (actor, data) = (by.within(organization.id), EventData::OrganizationCreated(Whole(&organization)));
    w.event(&actor, Subject::of(organization.id), data);
    w.commit().await?;
    Ok(organization)
}

/// An organization as it begins.
pub(crate) fn new(ctx: &Context, name: Name) -> Organization {
    let now = ctx.now();
    Organization {
        id: ctx.new_id(),
        name,
        signature_policy: SignaturePolicy::default(),
        storage_quota: None,
        storage_used: 0,
        strict_certificate_expiry: false,
        require_second_factor: false,
        storage: None,
        archive_storage: None,
        download_url_seconds: None,
        download_url_style: DownloadUrlStyle::default(),
        revision: Revision::FIRST,
        inserted_at: now,
        updated_at: now,
    }
}

/// Reads the caller's organization.
pub async fn get(ctx: &Context, by: &Authorized<scope::OrganizationRead>) -> Result<Organization, Error> {
    read(ctx, by.organization).await
}

/// Reads an organization that the caller is known to belong to.
pub(crate) async fn read(ctx: &Context, id: Id<Organization>) -> Result<Organization, Error> {
    organizations::get(ctx.db(), id).await.map_err(Error::missing(id))
}

/// Changes the caller's organization.
pub async fn update(
    ctx: &Context,
    by: &Authorized<scope::OrganizationUpdate>,
    expected: Expected,
    change: Change,
) -> Result<Organization, Error> {
    let id = by.organization;
    if let Some(Some(archive)) = change.archive_storage {
        try_archive_storage(ctx, by, expected, archive).await?;
    }
    let mut w = ctx.work().await?;
    let old = organizations::get(&w, id).await.map_err(Error::missing(id))?;
    check_expected(expected, old.revision)?;
    let Some(new) = change.apply(&old, ctx.now()) else { return Ok(old) };
    check_second_factor(&w, by, &old, &new).await?;
    lock_storages(&w, &old, &new).await?;
    organizations::update(&w, &old, &new).await.map_err(|error| not_written(error, &new))?;
    let data = EventData::OrganizationUpdated(events::Change { from: &old, to: &new });
    w.event(by, Subject::of(id), data);
    w.commit().await?;
    Ok(new)
}

/// Why an organization was not written.
pub(crate) fn not_written(error: olivine_records::Error, organization: &Organization) -> Error {
    let olivine_records::Error::Duplicate(Constraint::OrganizationName) = error else { return error.into() };
    let message =
        format!("there is an organization named '{}' already: choose another name", organization.name);
    Error::Taken { what: Taken::Name, message, by: None }
}

/// Changes an organization, for the server's operator.
pub async fn update_for_operator(
    ctx: &Context,
    by: &Authorized<installation::OrganizationUpdate>,
    id: Id<Organization>,
    change: Change,
) -> Result<Organization, Error> {
    let by = by.within(id).authorize::<scope::OrganizationUpdate>()?;
    update(ctx, &by, None, change).await
}

/// Lists all organizations, for the server's operator.
pub async fn list_all(
    ctx: &Context,
    _: &Authorized<installation::OrganizationRead>,
) -> Result<Vec<Organization>, Error> {
    Ok(organizations::list_all(ctx.db()).await?)
}

/// A person without a second factor can't require one, and an API key can't stop requiring it, because keys are not covered by the
/// requirement.
async fn check_second_factor(
    w: &Write,
    by: &Actor,
    old: &Organization,
    new: &Organization,
) -> Result<(), Error> {
    if new.require_second_factor == old.require_second_factor {
        return Ok(());
    }
    if !new.require_second_factor {
        return match by.identity {
            Identity::User(_) | Identity::System => Ok(()),
            Identity::ApiKey(_) | Identity::Device(_) => Err(Error::refused(PersonRequired)),
        };
    }
    let Some(person) = by.person else { return Ok(()) };
    let person = users::get(w, person).await.map_err(Error::missing(person))?;
    match person.second_factor_since {
        Some(_) => Ok(()),
        None => Err(Error::refused(NoSecondFactor)),
    }
}

/// The caller requires a second factor of others, but has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "you have no second factor yourself: set up an authenticator app first (POST /v1/users/me/totp), then require one of all members"
)]
pub struct NoSecondFactor;

impl Refusal for NoSecondFactor {
    fn meaning(&self) -> Meaning {
        Meaning::Forbidden
    }

    fn code(&self) -> &'static str {
        "second_factor_missing"
    }
}

/// Tries all that will be asked of a new archive storage: its contents come from places that are cleared then.
async fn try_archive_storage(
    ctx: &Context,
    by: &Authorized<scope::OrganizationUpdate>,
    expected: Expected,
    archive: Id<StorageBackend>,
) -> Result<(), Error> {
    let current = read(ctx, by.organization).await?;
    check_expected(expected, current.revision)?;
    if current.archive_storage == Some(archive) {
        return Ok(());
    }
    crate::storage_backends::probe_registered(ctx, by, archive).await
}

/// Keeps storages that are newly chosen from being removed; refuses one that is to be both.
async fn lock_storages(w: &Write, old: &Organization, new: &Organization) -> Result<(), Error> {
    if (new.storage, new.archive_storage) == (old.storage, old.archive_storage) {
        return Ok(());
    }
    if new.archives_where_new_contents_go() {
        let problem = "the content of new binaries goes to this storage backend: the archive storage must be another one";
        return Err(Error::Invalid { field: "archive_storage_backend_prn", problem: problem.to_owned() });
    }
    let usual = new.storage.filter(|_| new.storage != old.storage);
    let archive = new.archive_storage.filter(|_| new.archive_storage != old.archive_storage);
    for storage in usual.into_iter().chain(archive).collect::<BTreeSet<_>>() {
        storage_backends::lock(w, new.id, storage).await.map_err(Error::missing(storage))?;
    }
    Ok(())
}
