//! Manifests: which binaries of a bundle a device gets, their signatures, and fresh URLs for them.

use std::any::Any;
use std::sync::Arc;

use olivine_content::{Filename, SignedUrl};
use olivine_domain::artifact_versions::ArtifactVersion;
use olivine_domain::artifacts::Artifact;
use olivine_domain::binaries::Binary;
use olivine_domain::binary_signatures::{BinarySignature, counts};
use olivine_domain::bundles::{self, Bundle, Candidate};
use olivine_domain::contents::ContentKey;
use olivine_domain::events::Subject;
use olivine_domain::hash::Sha256Digest;
use olivine_domain::metadata::CustomMetadata;
use olivine_domain::organizations::Organization;
use olivine_domain::permissions::Actor;
use olivine_domain::prn::Id;
use olivine_domain::signing_keys::SigningKey;
use olivine_domain::tags::Tags;
use olivine_domain::target::Target;
use olivine_domain::text::VersionText;
use olivine_records::bundles::BundledBinary;
use olivine_records::{artifacts, binary_signatures, replicas, signing_keys};

use super::derived::Derived;
use crate::events::EventData;
use crate::links::{LinkPolicy, Located, copies, link};
use crate::{Context, Error, events};

/// What a device gets of a bundle, without the URLs.
#[derive(Debug)]
pub struct Template {
    /// The owner.
    pub organization: Id<Organization>,
    /// Of what it is a part.
    pub bundle: Id<Bundle>,
    /// In the bundle's order.
    pub entries: Vec<Entry>,
    derived: Derived,
}

/// One binary that a device gets.
#[derive(Debug)]
pub struct Entry {
    /// What it is.
    pub artifact: Id<Artifact>,
    /// Which version.
    pub artifact_version: Id<ArtifactVersion>,
    /// The version's own text.
    pub version: VersionText,
    /// The binary.
    pub binary: Id<Binary>,
    /// For whom it is.
    pub target: Target,
    /// In bytes.
    pub size: u64,
    /// Of the content.
    pub hash: Sha256Digest,
    /// As it was frozen with the bundle.
    pub custom_metadata: Option<CustomMetadata>,
    /// Signatures that count, oldest first, each with its key.
    pub signatures: Vec<(BinarySignature, SigningKey)>,
    located: Located,
}

/// A template with URLs that are good for some time.
#[derive(Clone, Debug)]
pub struct Manifest {
    template: Arc<Template>,
    /// As many as the template has entries; none where the question was only to explain.
    urls: Vec<SignedUrl>,
}

impl Manifest {
    /// Without URLs.
    pub(super) const fn explained(template: Arc<Template>) -> Self {
        Self { template, urls: Vec::new() }
    }

    /// All but the URLs.
    pub fn template(&self) -> &Template {
        &self.template
    }

    /// The entries, each with its URL; without, where the question was only to explain.
    pub fn entries(&self) -> impl Iterator<Item = (&Entry, Option<&SignedUrl>)> {
        self.template.entries.iter().enumerate().map(|(place, entry)| (entry, self.urls.get(place)))
    }
}

/// A bundle for a target, or why there is none.
pub(super) type Deliverable = Result<Arc<Template>, Arc<Undeliverable>>;

/// Why a bundle can't be delivered to a target. The artifact's name is looked up by who tells it: it may be another one by then.
#[derive(Debug)]
pub(super) struct Undeliverable {
    artifact: Id<Artifact>,
    /// The version's own text.
    version: VersionText,
    problem: String,
}

impl Undeliverable {
    /// Says it with the names of what it is about.
    pub(super) async fn reason(
        &self,
        ctx: &Context,
        organization: Id<Organization>,
    ) -> Result<String, Error> {
        let Self { artifact, version, problem } = self;
        let name = match artifacts::find(ctx.db(), organization, *artifact).await? {
            Some(artifact) => artifact.name.to_string(),
            None => artifact.prn(organization).to_string(),
        };
        Ok(format!("the artifact version '{name}/{version}' {problem}"))
    }
}

impl Template {
    /// Values that are derived from the entries once, while this is cached: for example their form in a protocol. There is one of each
    /// type.
    pub fn derived<T: Any + Send + Sync>(&self, make: impl FnOnce(&[Entry]) -> T) -> &T {
        self.derived.get_or_make(|| make(&self.entries))
    }

    /// Makes URLs that are good from now on.
    pub(super) async fn with_urls(
        self: Arc<Self>,
        ctx: &Context,
        policy: LinkPolicy,
        tags: &Tags,
    ) -> Result<Manifest, Error> {
        let expires_at = policy.expires_at(ctx);
        let mut urls = Vec::with_capacity(self.entries.len());
        for entry in &self.entries {
            urls.push(link(ctx, &entry.located, tags, policy.style, expires_at).await?);
        }
        Ok(Manifest { template: self, urls })
    }
}

/// Reads what a device of this target gets of a bundle.
pub(super) async fn read(
    ctx: &Context,
    organization: Id<Organization>,
    bundle: Id<Bundle>,
    target: Option<&Target>,
) -> Result<Deliverable, Error> {
    let all = olivine_records::bundles::content_of(ctx.db(), organization, &[bundle]).await?;
    let candidates: Vec<_> = all
        .iter()
        .map(|binary| Candidate::new(binary.artifact_version, &binary.target, binary.state, binary.size))
        .collect();
    let chosen = match bundles::select(&candidates, target) {
        Ok(chosen) => chosen,
        Err(reason) => {
            note_undeliverable(ctx, organization, bundle, &reason).await?;
            let about = all.iter().find(|binary| binary.artifact_version == reason.artifact_version);
            let about = about.ok_or_else(|| Error::internal("a bundle without the version that it lacks"))?;
            let (artifact, version) = (about.artifact, about.version.clone());
            return Ok(Err(Arc::new(Undeliverable { artifact, version, problem: reason.problem() })));
        }
    };
    let chosen: Vec<&BundledBinary> = chosen.into_iter().filter_map(|place| all.get(place)).collect();
    let entries = entries(ctx, organization, &chosen).await?;
    Ok(Ok(Arc::new(Template { organization, bundle, entries, derived: Derived::default() })))
}

async fn entries(
    ctx: &Context,
    organization: Id<Organization>,
    chosen: &[&BundledBinary],
) -> Result<Vec<Entry>, Error> {
    let ids: Vec<_> = chosen.iter().map(|binary| binary.binary).collect();
    let signatures = binary_signatures::list_for(ctx.db(), organization, &ids).await?;
    let keys: Vec<_> = signatures.iter().map(|found| found.signature.signing_key).collect();
    let keys = signing_keys::get_many(ctx.db(), organization, &keys).await?;
    let key_of = |signature: &BinarySignature| keys.iter().find(|key| key.id == signature.signing_key);
    let signatures_of = |binary: Id<Binary>| {
        let own = signatures.iter().map(|found| &found.signature).filter(move |one| one.binary == binary);
        own.filter_map(|one| Some((one.clone(), key_of(one).filter(|key| counts(key))?.clone()))).collect()
    };
    let contents: Vec<_> = ids.iter().map(|id| Binary::content_of(*id)).collect();
    let replicas = replicas::list_for(ctx.db(), organization, &contents).await?;
    let mut entries = Vec::with_capacity(chosen.len());
    for binary in chosen {
        let content = Binary::content_of(binary.binary);
        let key = ContentKey { organization, content, generation: binary.generation };
        let filename = Filename::sanitized(&format!("{}-{}.bin", binary.version, binary.target));
        let copies = copies(ctx, binary.storage, &key, &replicas).await?;
        entries.push(Entry {
            artifact: binary.artifact,
            artifact_version: binary.artifact_version,
            version: binary.version.clone(),
            binary: binary.binary,
            target: binary.target.clone(),
            size: binary.size.unwrap_or(0),
            hash: binary.hash,
            custom_metadata: binary.custom_metadata.clone(),
            signatures: signatures_of(binary.binary),
            located: Located { key, filename, copies },
        });
    }
    Ok(entries)
}

/// One event of each process for as long as it remembers this, not one for each check.
async fn note_undeliverable(
    ctx: &Context,
    organization: Id<Organization>,
    bundle: Id<Bundle>,
    reason: &bundles::Undeliverable,
) -> Result<(), Error> {
    let artifact_version_prn = reason.artifact_version.prn(organization);
    let data = EventData::BundleUndeliverable(events::Undeliverable {
        reason: format!("the artifact version {artifact_version_prn} {}", reason.problem()),
        artifact_version_prn,
        target: reason.target.clone(),
    });
    let mut w = ctx.work().await?;
    let actor = Actor::system(organization);
    w.event(&actor, Subject::of(bundle), data);
    w.commit().await
}
