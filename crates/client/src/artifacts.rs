//! Artifacts: the types of binaries.

use olivine_api::artifacts::{Artifact, ArtifactCreate, ArtifactEnvelope, ArtifactList, ArtifactUpdate};
use olivine_domain::artifacts::Artifact as Named;

use crate::resource::resource;

resource!(Artifact, "artifacts", Named, ArtifactEnvelope { artifact }, ArtifactList);

impl crate::Create for Artifact {
    type New = ArtifactCreate;
}
impl crate::Update for Artifact {
    type Change = ArtifactUpdate;
}
impl crate::Delete for Artifact {}
impl crate::Archive for Artifact {
    type Place = ();
    const HAS_PLACE: bool = false;
}
