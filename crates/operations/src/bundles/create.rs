//! Creating a bundle: choosing its binaries, and freezing them with their metadata.

use std::collections::{HashMap, HashSet};

use olivine_domain::archiving::usable;
use olivine_domain::artifact_versions::ArtifactVersion;
use olivine_domain::artifacts::Artifact;
use olivine_domain::binaries::{Binary, BinaryState};
use olivine_domain::bundles::{Bundle, BundleBinary, MOST_BINARIES, inherit};
use olivine_domain::events::Subject;
use olivine_domain::metadata::CustomMetadata;
use olivine_domain::organizations::{Organization, Revision};
use olivine_domain::permissions::{Authorized, scope};
use olivine_domain::prn::Id;
use olivine_domain::text::Name;
use olivine_records::{Constraint, Write, artifact_versions, artifacts, binaries, bundles};

use super::content::{self, Part};
use crate::Context;
use crate::error::Error;
use crate::events::{BundleContents, EventData, Whole};
use crate::lists::NewId;

/// A new bundle.
#[derive(Clone, Debug)]
pub struct Create {
    /// Its key.
    pub id: NewId,
    /// Unique in the organization.
    pub name: Option<Name>,
    /// What it is to be made of.
    pub ingredients: Ingredients,
}

/// What a bundle is to be made of, in order.
#[derive(Clone, Debug)]
pub enum Ingredients {
    /// Of each version all binaries that are signed now, by their targets.
    ArtifactVersions(Vec<Id<ArtifactVersion>>),
    /// Just these.
    Binaries(Vec<Ingredient>),
}

/// One binary of a new bundle.
#[derive(Clone, Debug)]
pub struct Ingredient {
    /// A signed one.
    pub binary: Id<Binary>,
    /// Instead of its own, or what it inherits.
    pub custom_metadata: Option<CustomMetadata>,
}

/// The most bytes of metadata in one bundle: all of it goes to each device, in one answer.
const MOST_METADATA: usize = 8_000_000;

/// Creates a bundle.
pub async fn create(
    ctx: &Context,
    by: &Authorized<scope::BundleCreate>,
    new: Create,
) -> Result<super::View, Error> {
    let (organization, now) = (by.organization, ctx.now());
    let id: Id<Bundle> = new.id.take(ctx);
    let mut w = ctx.work().await?;
    if let Some(first) = replayed(&w, organization, new.id, id).await? {
        drop(w);
        return super::view(ctx, first).await;
    }
    let parts = choose(&w, organization, new.ingredients).await?;
    let bundle = Bundle {
        id,
        organization,
        name: new.name,
        hash: content::hash(organization, &parts),
        archived_at: None,
        revision: Revision::FIRST,
        inserted_at: now,
        updated_at: now,
    };
    let frozen: Vec<_> = parts.iter().map(Part::frozen).collect();
    match (bundles::insert(&w, &bundle, &frozen).await, &bundle.name) {
        (Err(olivine_records::Error::Duplicate(Constraint::BundleName)), Some(name)) => {
            drop(w);
            let other = bundles::find_by_name(ctx.db(), organization, name).await?;
            return Err(super::name_taken(name, other));
        }
        (outcome, _) => outcome?,
    }
    let binary_prns = frozen.iter().map(|part| part.binary.prn(organization)).collect();
    let data = EventData::BundleCreated((Whole(&bundle), BundleContents { binary_prns }));
    w.event(by, Subject::of(id), data);
    w.commit().await?;
    super::view(ctx, bundle).await
}

/// The bundle that the same request made before.
async fn replayed(
    w: &Write,
    organization: Id<Organization>,
    id: NewId,
    key: Id<Bundle>,
) -> Result<Option<Bundle>, Error> {
    if id.is_replayable() { Ok(bundles::find(w, organization, key).await?) } else { Ok(None) }
}

/// The chosen binaries in order, each locked so that it stays signed until the bundle is there, with their metadata.
async fn choose(
    w: &Write,
    organization: Id<Organization>,
    ingredients: Ingredients,
) -> Result<Vec<Part>, Error> {
    let (field, wanted) = match ingredients {
        Ingredients::ArtifactVersions(versions) => {
            ("artifact_version_prns", signed_of(w, organization, &versions).await?)
        }
        Ingredients::Binaries(wanted) => ("binaries", wanted),
    };
    check_choice(organization, field, &wanted)?;
    let ids: Vec<_> = wanted.iter().map(|one| one.binary).collect();
    let locked = binaries::lock_many(w, organization, &ids).await?;
    let mut locked: HashMap<_, _> = locked.into_iter().map(|binary| (binary.id, binary)).collect();
    let mut parts = Vec::with_capacity(wanted.len());
    for Ingredient { binary: id, custom_metadata } in wanted {
        let binary = locked.remove(&id).ok_or_else(|| Error::not_found(id))?;
        if binary.state != BinaryState::Signed {
            return Err(unsigned(field, &binary));
        }
        parts.push(Part { binary, custom_metadata });
    }
    check_archived(w, organization, &parts).await?;
    add_inherited(w, organization, &mut parts).await?;
    let metadata: usize =
        parts.iter().filter_map(|part| Some(part.custom_metadata.as_ref()?.as_json().len())).sum();
    if metadata > MOST_METADATA {
        let problem = format!(
            "its binaries' custom_metadata would have {metadata} bytes together; at most {MOST_METADATA} are possible, because all of \
             it goes to each device"
        );
        return Err(Error::Invalid { field, problem });
    }
    Ok(parts)
}

/// All signed binaries of these versions: version by version in their order.
async fn signed_of(
    w: &Write,
    organization: Id<Organization>,
    versions: &[Id<ArtifactVersion>],
) -> Result<Vec<Ingredient>, Error> {
    const FIELD: &str = "artifact_version_prns";
    let known = artifact_versions::get_many(w, organization, versions).await?;
    let mut seen = HashSet::new();
    for version in versions {
        if !seen.insert(*version) {
            let problem = format!("{} is named twice", version.prn(organization));
            return Err(Error::Invalid { field: FIELD, problem });
        }
        if !known.iter().any(|found| found.id == *version) {
            return Err(Error::not_found(*version));
        }
    }
    let mut signed: HashMap<_, Vec<_>> = HashMap::new();
    for (version, binary) in binaries::list_signed_of(w, organization, versions).await? {
        signed.entry(version).or_default().push(Ingredient { binary, custom_metadata: None });
    }
    let mut wanted = Vec::new();
    for version in versions {
        let own = signed.remove(version).ok_or_else(|| {
            let prn = version.prn(organization);
            let problem = format!("{prn} has no signed binary: upload and sign one first, or leave it out");
            Error::Invalid { field: FIELD, problem }
        })?;
        wanted.extend(own);
    }
    Ok(wanted)
}

fn check_choice(
    organization: Id<Organization>,
    field: &'static str,
    wanted: &[Ingredient],
) -> Result<(), Error> {
    let refuse = |problem: String| Err(Error::Invalid { field, problem });
    if wanted.is_empty() {
        return refuse("a bundle needs at least one binary".to_owned());
    }
    if wanted.len() > MOST_BINARIES {
        return refuse(format!(
            "a bundle has at most {MOST_BINARIES} binaries; this would have {}",
            wanted.len()
        ));
    }
    let mut seen = HashSet::new();
    match wanted.iter().find(|one| !seen.insert(one.binary)) {
        Some(twice) => refuse(format!("{} is named twice", twice.binary.prn(organization))),
        None => Ok(()),
    }
}

fn unsigned(field: &'static str, binary: &Binary) -> Error {
    let prn = binary.id.prn(binary.organization);
    let problem = match binary.state {
        BinaryState::Destroyed => {
            format!("{prn} is destroyed: its content is gone for good, so use another binary")
        }
        state => format!("{prn} is '{state}', but only signed binaries can be bundled: sign it first"),
    };
    Error::Invalid { field, problem }
}

/// Refuses binaries of archived versions, and of archived artifacts.
async fn check_archived(w: &Write, organization: Id<Organization>, parts: &[Part]) -> Result<(), Error> {
    let ids: Vec<_> = parts.iter().map(|part| part.binary.artifact_version).collect();
    let versions = artifact_versions::get_many(w, organization, &ids).await?;
    let ids: Vec<_> = versions.iter().map(|version| version.artifact).collect();
    let artifacts = artifacts::get_many(w, organization, &ids).await?;
    versions.iter().try_for_each(usable).map_err(Error::refused)?;
    artifacts.iter().try_for_each(usable).map_err(Error::refused)
}

/// Gives each binary the most specific metadata that there is.
async fn add_inherited(w: &Write, organization: Id<Organization>, parts: &mut [Part]) -> Result<(), Error> {
    let lacking = parts.iter().filter(|part| part.custom_metadata.is_none());
    let mut ids: Vec<_> = lacking.map(|part| part.binary.artifact_version).collect();
    ids.sort_unstable();
    ids.dedup();
    let versions = artifact_versions::get_many(w, organization, &ids).await?;
    let mut ids: Vec<Id<Artifact>> = versions.iter().map(|version| version.artifact).collect();
    ids.sort_unstable();
    ids.dedup();
    let artifacts = artifacts::get_many(w, organization, &ids).await?;
    let artifacts: HashMap<_, _> = artifacts.into_iter().map(|artifact| (artifact.id, artifact)).collect();
    let versions: HashMap<_, _> = versions.into_iter().map(|version| (version.id, version)).collect();
    for part in parts {
        let version = versions.get(&part.binary.artifact_version);
        let artifact = version.and_then(|version| artifacts.get(&version.artifact));
        part.custom_metadata = inherit([
            part.custom_metadata.as_ref(),
            part.binary.custom_metadata.as_ref(),
            version.and_then(|version| version.custom_metadata.as_ref()),
            artifact.and_then(|artifact| artifact.custom_metadata.as_ref()),
        ]);
    }
    Ok(())
}

impl Part {
    fn frozen(&self) -> BundleBinary {
        BundleBinary {
            binary: self.binary.id,
            artifact_version: self.binary.artifact_version,
            custom_metadata: self.custom_metadata.clone(),
        }
    }
}
