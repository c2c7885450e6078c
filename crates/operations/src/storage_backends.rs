//! Storage backends: register (after a probe), read, change, remove.

pub use crate::storages::secrets::StorageCredentials;

use olivine_content::cdn::{Cdn, CdnSettings};
use olivine_content::{CorsMissing, ProbeFailed};
use olivine_domain::events::Subject;
use olivine_domain::organizations::Revision;
use olivine_domain::pages::Page;
use olivine_domain::permissions::{Actor, Authorized, OrganizationScope, scope};
use olivine_domain::prn::Id;
use olivine_domain::refusals::{Meaning, Refusal};
use olivine_domain::storage_backends::{StorageBackend, StorageUrl};
use olivine_domain::tags::Tags;
use olivine_domain::text::Name;
use olivine_records::{Constraint, contents, organizations, replicas, storage_backends};

use crate::error::{Error, Taken};
use crate::events::{EventData, Whole};
use crate::jobs::orders::Spread;
use crate::lists::{Expected, ListQuery, NewId, check_expected};
use crate::storages::secrets;
use crate::{Context, events, storages};

/// The storage refuses an operation that the server needs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the storage can't be used: {0}")]
pub struct StorageRefused(pub ProbeFailed);

impl Refusal for StorageRefused {
    fn meaning(&self) -> Meaning {
        Meaning::Invalid
    }

    fn code(&self) -> &'static str {
        "storage_refused"
    }
}

/// A new storage backend.
#[derive(Clone, Debug)]
pub struct Create {
    /// Its key.
    pub id: NewId,
    /// Unique in the organization.
    pub name: Name,
    /// What and where it is.
    pub url: StorageUrl,
    /// The URL of its API, if that does not follow from `url`.
    pub endpoint: Option<String>,
    /// The cloud's name for the region that it is in.
    pub region: Option<String>,
    /// Its credentials; without any, the server's own ones are used if the operator allows it.
    pub credentials: Option<StorageCredentials>,
    /// The CDN in front of it.
    pub cdn: Option<CdnSettings>,
    /// Devices with one of these tags are sent here if the content is here.
    pub near: Tags,
    /// Whether every verified content of the organization is copied here.
    pub replicates: bool,
    /// Its place in the order for devices that have none of its tags.
    pub position: u16,
    /// Whether it is asked to check parts against their SHA-256 itself: `None` for what its kind can do.
    pub checksums: Option<bool>,
}

/// Changes: what is `None` stays. What and where it is never changes.
#[derive(Clone, Debug, Default)]
pub struct Update {
    /// Unique in the organization.
    pub name: Option<Name>,
    /// What opens it.
    pub credentials: Option<StorageCredentials>,
    /// The CDN in front of it.
    pub cdn: Option<Option<CdnSettings>>,
    /// Devices with one of these tags are sent here if the content is here.
    pub near: Option<Tags>,
    /// Whether every verified content of the organization is copied here.
    pub replicates: Option<bool>,
    /// Its place in the order for devices that have none of its tags.
    pub position: Option<u16>,
    /// Whether it is asked to check parts against their SHA-256 itself.
    pub checksums: Option<bool>,
}

/// A storage backend as it is shown.
#[derive(Clone, Debug)]
pub struct View {
    /// The record.
    pub backend: StorageBackend,
    /// The kind and the URL of the CDN in front of it.
    pub cdn: Option<(String, String)>,
}

/// Registers a storage after trying all that will be asked of it. Its contents are the organization's own.
pub async fn create(
    ctx: &Context,
    by: &Authorized<scope::StorageBackendCreate>,
    new: Create,
) -> Result<View, Error> {
    check(ctx, &new)?;
    let now = ctx.now();
    let id = new.id.take(ctx);
    let seal = &ctx.storages().seal;
    let backend = StorageBackend {
        id,
        organization: Some(by.organization),
        name: new.name,
        url: new.url,
        endpoint: new.endpoint,
        region: new.region,
        sealed_credentials: new
            .credentials
            .as_ref()
            .map(|credentials| secrets::seal_credentials(seal, id, credentials))
            .transpose()?,
        sealed_cdn: new.cdn.as_ref().map(|cdn| secrets::seal_cdn(seal, id, cdn)).transpose()?,
        near: new.near,
        replicates: new.replicates,
        position: new.position,
        checksums: new.checksums.unwrap_or(true),
        revision: Revision::FIRST,
        inserted_at: now,
        updated_at: now,
    };
    probe(ctx, &backend).await?;
    let mut w = ctx.work().await?;
    if let Err(error) = storage_backends::insert(&w, &backend).await {
        drop(w);
        return already_there(ctx, by, &backend, new.id, error).await;
    }
    let data = EventData::StorageBackendCreated(Whole(&backend));
    w.event(by, Subject::of(id), data);
    if backend.replicates {
        w.order(None, &Spread {});
    }
    w.commit().await?;
    view(ctx, backend)
}

/// Refuses what can be seen to be impossible before anything is asked of the storage.
fn check(ctx: &Context, new: &Create) -> Result<(), Error> {
    let invalid = |field, problem: &str| Err(Error::Invalid { field, problem: problem.to_owned() });
    match (&new.url, &new.credentials) {
        (StorageUrl::File(_), _) => {
            return invalid("url", "folders of the server belong to its operator: use s3://, gs:// or az://");
        }
        (url, Some(credentials)) if !credentials.fit(url) => {
            return invalid("credentials", "these credentials are not for this kind of storage");
        }
        (_, None) if !ctx.settings().organizations_use_server_credentials => {
            return invalid(
                "credentials",
                "say what opens the storage: the server's operator does not lend out the server's own credentials",
            );
        }
        _ => {}
    }
    check_checksums(&new.url, new.checksums)?;
    check_cdn(new.cdn.as_ref())
}

/// Other kinds of storage are never asked to check parts, so nothing can be left out.
fn check_checksums(url: &StorageUrl, checksums: Option<bool>) -> Result<(), Error> {
    if checksums != Some(false) || matches!(url, StorageUrl::S3(_)) {
        return Ok(());
    }
    let problem =
        "only storages with S3's interface (s3://) are sent checksums that could be left out".to_owned();
    Err(Error::Invalid { field: "checksums", problem })
}

fn check_cdn(settings: Option<&CdnSettings>) -> Result<(), Error> {
    let checked = settings.map(Cdn::try_from).transpose();
    checked.map(drop).map_err(|problem| Error::Invalid { field: "cdn", problem: problem.to_string() })
}

/// Tries everything that the storage for new contents will be asked for, as organizations' storages are tried when they are registered.
///
/// Errors: [`StorageRefused`], with what was tried in vain; others where it can't be opened.
pub async fn probe_own(ctx: &Context) -> Result<(), Error> {
    let opened = storages::opened(ctx, ctx.storages().own).await?;
    opened.backend.probe().await.map_err(|failed| Error::refused(StorageRefused(failed)))
}

/// Tries all that will be asked of a storage backend that is registered already.
pub(crate) async fn probe_registered(ctx: &Context, by: &Actor, id: Id<StorageBackend>) -> Result<(), Error> {
    let backend = storage_backends::get(ctx.db(), by.organization, id).await.map_err(Error::missing(id))?;
    probe(ctx, &backend).await
}

/// What came of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// What was tried in vain.
    pub storage: Result<(), ProbeFailed>,
    /// What keeps browsers from sending parts; `None` where it can't be asked.
    pub cors: Option<Result<(), CorsMissing>>,
}

/// Tries again all that is asked of a storage, and whether browsers may send parts to it from pages of `origin`. Changes nothing.
pub async fn try_again(
    ctx: &Context,
    by: &Authorized<scope::StorageBackendUpdate>,
    id: Id<StorageBackend>,
    origin: &str,
) -> Result<Checked, Error> {
    let opened = storages::open(ctx, &get_one(ctx, by, id).await?).await?;
    let storage = opened.backend.probe().await;
    Ok(Checked { storage, cors: opened.backend.check_cors(origin).await })
}

/// Tries all that will be asked of a storage.
async fn probe(ctx: &Context, backend: &StorageBackend) -> Result<(), Error> {
    let opened = storages::open(ctx, backend).await?;
    opened.backend.probe().await.map_err(|failed| Error::refused(StorageRefused(failed)))
}

/// Tells a backend of the same name from the answer to a repeated request.
async fn already_there(
    ctx: &Context,
    by: &Authorized<scope::StorageBackendCreate>,
    new: &StorageBackend,
    id: NewId,
    error: olivine_records::Error,
) -> Result<View, Error> {
    match error {
        olivine_records::Error::Duplicate(Constraint::PrimaryKey) if id.is_replayable() => {
            view(ctx, get_one(ctx, by, new.id).await?)
        }
        olivine_records::Error::Duplicate(Constraint::StorageBackendName) => {
            let other = storage_backends::find_by_name(ctx.db(), by.organization, &new.name).await?;
            match other {
                Some(other) if id.is_replayable() && other.id == new.id => view(ctx, other),
                other => Err(name_taken(by, &new.name, other)),
            }
        }
        other => Err(other.into()),
    }
}

fn name_taken<S: OrganizationScope>(by: &Authorized<S>, name: &Name, other: Option<StorageBackend>) -> Error {
    Error::Taken {
        what: Taken::Name,
        message: format!("there is a storage backend named '{name}' already: choose another name"),
        by: other.map(|other| other.id.prn(by.organization).to_string()),
    }
}

/// Shows a record, without its secrets.
fn view(ctx: &Context, backend: StorageBackend) -> Result<View, Error> {
    let settings = secrets::cdn_settings(&ctx.storages().seal, &backend)?;
    let cdn = settings.map(|settings| {
        let kind = serde_json::to_value(&settings).ok();
        let kind = kind.and_then(|json| json["type"].as_str().map(str::to_owned)).unwrap_or_default();
        (kind, settings.url().to_owned())
    });
    Ok(View { backend, cdn })
}

async fn get_one<S: OrganizationScope>(
    ctx: &Context,
    by: &Authorized<S>,
    id: Id<StorageBackend>,
) -> Result<StorageBackend, Error> {
    storage_backends::get(ctx.db(), by.organization, id).await.map_err(Error::missing(id))
}

/// Lists storage backends.
pub async fn list(
    ctx: &Context,
    by: &Authorized<scope::StorageBackendRead>,
    query: &ListQuery,
) -> Result<Page<View>, Error> {
    let page = storage_backends::list(&ctx.reads_for(by), by.organization, query).await?;
    let next = page.next;
    let items = page.items.into_iter().map(|backend| view(ctx, backend)).collect::<Result<_, _>>()?;
    Ok(Page { items, next })
}

/// Reads one storage backend.
pub async fn get(
    ctx: &Context,
    by: &Authorized<scope::StorageBackendRead>,
    id: Id<StorageBackend>,
) -> Result<View, Error> {
    view(ctx, get_one(ctx, by, id).await?)
}

/// Changes a storage backend. New credentials are tried first, and so is what is asked of it with them.
pub async fn update(
    ctx: &Context,
    by: &Authorized<scope::StorageBackendUpdate>,
    id: Id<StorageBackend>,
    expected: Expected,
    change: Update,
) -> Result<View, Error> {
    let old = get_one(ctx, by, id).await?;
    check_expected(expected, old.revision)?;
    let tries =
        change.credentials.is_some() || change.checksums.is_some_and(|checksums| checksums != old.checksums);
    let new = changed(ctx, &old, change)?;
    if new == old {
        return view(ctx, old);
    }
    if tries {
        probe(ctx, &new).await?;
    }
    let new = StorageBackend { revision: old.revision.next(), updated_at: ctx.now(), ..new };
    let mut w = ctx.work().await?;
    match storage_backends::update(&w, &old, &new).await {
        Err(olivine_records::Error::Duplicate(Constraint::StorageBackendName)) => {
            drop(w);
            let other = storage_backends::find_by_name(ctx.db(), by.organization, &new.name).await?;
            return Err(name_taken(by, &new.name, other));
        }
        other => other?,
    }
    let data = EventData::StorageBackendUpdated(events::Change { from: &old, to: &new });
    w.event(by, Subject::of(id), data);
    if new.replicates {
        w.order(None, &Spread {});
    }
    w.commit().await?;
    view(ctx, new)
}

fn changed(ctx: &Context, old: &StorageBackend, change: Update) -> Result<StorageBackend, Error> {
    let seal = &ctx.storages().seal;
    let mut new = old.clone();
    if let Some(credentials) = change.credentials {
        if !credentials.fit(&old.url) {
            let problem = "these credentials are not for this kind of storage".to_owned();
            return Err(Error::Invalid { field: "credentials", problem });
        }
        new.sealed_credentials = Some(secrets::seal_credentials(seal, old.id, &credentials)?);
    }
    if let Some(cdn) = change.cdn {
        check_cdn(cdn.as_ref())?;
        new.sealed_cdn = cdn.map(|cdn| secrets::seal_cdn(seal, old.id, &cdn)).transpose()?;
    }
    check_checksums(&old.url, change.checksums)?;
    new.checksums = change.checksums.unwrap_or(new.checksums);
    new.name = change.name.unwrap_or(new.name);
    new.near = change.near.unwrap_or(new.near);
    new.replicates = change.replicates.unwrap_or(new.replicates);
    new.position = change.position.unwrap_or(new.position);
    Ok(new)
}

/// Removes a storage backend in which there is nothing. What is in the bucket besides stays there.
pub async fn delete(
    ctx: &Context,
    by: &Authorized<scope::StorageBackendDelete>,
    id: Id<StorageBackend>,
) -> Result<(), Error> {
    let mut w = ctx.work().await?;
    let backend = storage_backends::lock(&w, by.organization, id).await.map_err(Error::missing(id))?;
    let organization = organizations::get(&w, by.organization).await?;
    if organization.storage == Some(id) {
        let message =
            "new binaries go to this storage backend: make another one the organization's default first";
        return Err(Error::InUse(message.to_owned()));
    }
    if organization.archive_storage == Some(id) {
        let message = "archived contents go to this storage backend: give the organization another archive storage, or none, first";
        return Err(Error::InUse(message.to_owned()));
    }
    if contents::is_in_use(&w, id).await? || replicas::is_in_use(&w, id).await? {
        let message = "contents are in this storage backend, or are yet to be deleted from it: move them with \
                       `olivine content move` or destroy their binaries first";
        return Err(Error::InUse(message.to_owned()));
    }
    storage_backends::delete(&w, by.organization, id).await?;
    storages::identity::forget(&mut w, id).await?;
    let data = EventData::StorageBackendDeleted(Whole(&backend));
    w.event(by, Subject::of(id), data);
    w.commit().await?;
    Ok(())
}
