//! Artifact versions: the versions of an artifact.

use olivine_api::artifact_versions::{
    ArtifactVersion, ArtifactVersionCreate, ArtifactVersionEnvelope, ArtifactVersionList,
    ArtifactVersionUpdate,
};
use olivine_domain::artifact_versions::ArtifactVersion as Named;

use crate::resource::resource;

resource!(
    ArtifactVersion,
    "artifact_versions",
    Named,
    ArtifactVersionEnvelope { artifact_version },
    ArtifactVersionList
);

impl crate::Create for ArtifactVersion {
    type New = ArtifactVersionCreate;
}
impl crate::Update for ArtifactVersion {
    type Change = ArtifactVersionUpdate;
}
impl crate::Delete for ArtifactVersion {}
impl crate::Archive for ArtifactVersion {
    type Place = ();
    const HAS_PLACE: bool = false;
}
