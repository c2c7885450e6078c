//! Cohorts: groups of a product's devices.

use olivine_api::cohorts::{Cohort, CohortCreate, CohortEnvelope, CohortList, CohortUpdate};
use olivine_domain::cohorts::Cohort as Named;

use crate::resource::resource;

resource!(Cohort, "cohorts", Named, CohortEnvelope { cohort }, CohortList);

impl crate::Create for Cohort {
    type New = CohortCreate;
}
impl crate::Update for Cohort {
    type Change = CohortUpdate;
}
impl crate::Delete for Cohort {}
impl crate::Archive for Cohort {
    type Place = ();
    const HAS_PLACE: bool = false;
}
