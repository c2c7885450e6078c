//! What bundles are made of, joined with what is known of it by now. Never read row by row: one query per some hundred bundles.

use olivine_domain::artifact_versions::ArtifactVersion;
use olivine_domain::artifacts::Artifact;
use olivine_domain::binaries::{Binary, BinaryState};
use olivine_domain::bundles::Bundle;
use olivine_domain::contents::Generation;
use olivine_domain::organizations::Organization;
use olivine_domain::prn::Id;
use olivine_domain::storage_backends::StorageBackend;
use olivine_domain::text::VersionText;
use olivine_domain::{CustomMetadata, Sha256Digest, Target};
use sea_orm::sea_query::JoinType;
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect, RelationDef,
    Select,
};
use uuid::Uuid;

use crate::database::Reader;
use crate::entities::distribution::bundle_binaries::{Column, Entity};
use crate::entities::{artifact_versions, binaries};
use crate::error::Error;
use crate::lists::MOST_IDS;
use crate::rows::Row;

/// One binary of a bundle: what was frozen, and what is true of the binary now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BundledBinary {
    /// The bundle.
    pub bundle: Id<Bundle>,
    /// The binary.
    pub binary: Id<Binary>,
    /// What it is the content of.
    pub artifact_version: Id<ArtifactVersion>,
    /// That version, as its owner writes it.
    pub version: VersionText,
    /// What that is a version of.
    pub artifact: Id<Artifact>,
    /// The hardware that it is for.
    pub target: Target,
    /// The size of its content; known of everything that ever was signed.
    pub size: Option<u64>,
    /// The SHA-256 of its content.
    pub hash: Sha256Digest,
    /// Where it is in its lifecycle: only `signed` ones are served.
    pub state: BinaryState,
    /// The attempt at uploading whose content counts.
    pub generation: Generation,
    /// Where its content is.
    pub storage: Id<StorageBackend>,
    /// As it was frozen with the bundle.
    pub custom_metadata: Option<CustomMetadata>,
}

/// What these bundles are made of: bundle by bundle, each in its order.
pub async fn content_of(
    reader: &impl Reader,
    organization: Id<Organization>,
    bundles: &[Id<Bundle>],
) -> Result<Vec<BundledBinary>, Error> {
    let mut all = Vec::new();
    for bundles in bundles.chunks(MOST_IDS) {
        let rows = content(organization, bundles).into_model::<Joined>().all(&reader.executor()).await?;
        for row in rows {
            all.push(row.parse()?);
        }
    }
    Ok(all)
}

pub(crate) fn content(organization: Id<Organization>, bundles: &[Id<Bundle>]) -> Select<Entity> {
    use artifact_versions::Column as Version;
    use binaries::Column as Binary;
    let version: RelationDef =
        Entity::belongs_to(artifact_versions::Entity).from(Column::ArtifactVersionId).to(Version::Id).into();
    of(organization, bundles)
        .select_only()
        .columns([Column::BundleId, Column::BinaryId, Column::ArtifactVersionId, Column::CustomMetadata])
        .columns([
            Binary::Target,
            Binary::Size,
            Binary::Hash,
            Binary::State,
            Binary::Generation,
            Binary::StorageBackendId,
        ])
        .columns([Version::Version, Version::ArtifactId])
        .join(JoinType::InnerJoin, to_binaries())
        .join(JoinType::InnerJoin, version)
        .order_by_asc(Column::BundleId)
        .order_by_asc(Column::Place)
}

/// The binaries of these bundles that can't be served: destroyed ones, and those that are no longer signed as the policy asks.
pub async fn unservable_in(
    reader: &impl Reader,
    organization: Id<Organization>,
    bundles: &[Id<Bundle>],
) -> Result<Vec<(Id<Bundle>, Id<Binary>)>, Error> {
    let mut all = Vec::new();
    for bundles in bundles.chunks(MOST_IDS) {
        let rows = of(organization, bundles)
            .select_only()
            .columns([Column::BundleId, Column::BinaryId])
            .join(JoinType::InnerJoin, to_binaries())
            .filter(binaries::Column::State.ne(BinaryState::Signed.as_str()))
            .order_by_asc(Column::BundleId)
            .order_by_asc(Column::Place);
        let rows = rows.into_tuple::<(Uuid, Uuid)>().all(&reader.executor()).await?;
        all.extend(rows.into_iter().map(|(bundle, binary)| (Id::new(bundle), Id::new(binary))));
    }
    Ok(all)
}

/// All bundles that have this binary, the oldest first.
pub async fn list_with_binary(
    reader: &impl Reader,
    organization: Id<Organization>,
    binary: Id<Binary>,
) -> Result<Vec<Id<Bundle>>, Error> {
    let rows = with_binary(organization, binary).order_by_asc(Column::BundleId);
    let rows = rows.into_tuple::<Uuid>().all(&reader.executor()).await?;
    Ok(rows.into_iter().map(Id::new).collect())
}

/// Whether any bundle has this binary.
pub async fn has_binary(
    reader: &impl Reader,
    organization: Id<Organization>,
    binary: Id<Binary>,
) -> Result<bool, Error> {
    let first = with_binary(organization, binary).limit(1);
    Ok(first.into_tuple::<Uuid>().one(&reader.executor()).await?.is_some())
}

/// The keys of the bundles that have this binary.
pub(crate) fn with_binary(organization: Id<Organization>, binary: Id<Binary>) -> Select<Entity> {
    let its = Condition::all()
        .add(Column::OrganizationId.eq(organization.uuid()))
        .add(Column::BinaryId.eq(binary.uuid()));
    Entity::find().select_only().column(Column::BundleId).filter(its)
}

fn of(organization: Id<Organization>, bundles: &[Id<Bundle>]) -> Select<Entity> {
    Entity::find()
        .filter(Column::OrganizationId.eq(organization.uuid()))
        .filter(Column::BundleId.is_in(bundles.iter().map(|id| id.uuid())))
}

fn to_binaries() -> RelationDef {
    Entity::belongs_to(binaries::Entity).from(Column::BinaryId).to(binaries::Column::Id).into()
}

#[derive(FromQueryResult)]
struct Joined {
    bundle_id: Uuid,
    binary_id: Uuid,
    artifact_version_id: Uuid,
    custom_metadata: Option<String>,
    target: String,
    size: Option<i64>,
    hash: String,
    state: String,
    generation: i64,
    storage_backend_id: Uuid,
    version: String,
    artifact_id: Uuid,
}

impl Joined {
    fn parse(self) -> Result<BundledBinary, Error> {
        let row = Row::new("binaries", self.binary_id);
        Ok(BundledBinary {
            bundle: Id::new(self.bundle_id),
            binary: Id::new(self.binary_id),
            artifact_version: Id::new(self.artifact_version_id),
            version: row.given("version", &self.version)?,
            artifact: Id::new(self.artifact_id),
            target: row.given("target", &self.target)?,
            size: self.size.map(|size| row.number("size", size)).transpose()?,
            hash: row.hash("hash", &self.hash)?,
            state: row.known("state", BinaryState::from_name(&self.state))?,
            generation: Generation::new(row.number("generation", self.generation)?),
            storage: Id::new(self.storage_backend_id),
            custom_metadata: row.metadata(self.custom_metadata.as_deref())?,
        })
    }
}
