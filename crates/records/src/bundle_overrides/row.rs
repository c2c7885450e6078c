//! An override's row, and what its list can be searched by.

use olivine_domain::Timestamp;
use olivine_domain::bundle_overrides::{Audience, BundleOverride};
use olivine_domain::bundles::Bundle;
use olivine_domain::cohorts::Cohort;
use olivine_domain::devices::Device;
use olivine_domain::organizations::Revision;
use olivine_domain::prn::Id;
use olivine_domain::search::Clause;
use olivine_domain::tags::Tags;
use olivine_domain::text::Description;
use sea_orm::sea_query::SimpleExpr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect, QueryTrait};
use uuid::Uuid;

use crate::entities::distribution::bundle_override_devices;
use crate::entities::distribution::bundle_overrides::{Column, Entity, Model};
use crate::error::Error;
use crate::lists::{Listed, Scope};
use crate::rows::{Row, owned};
use crate::tags;

impl Listed for Entity {
    type Item = BundleOverride;
    const ORGANIZATION: Column = Column::OrganizationId;
    const INSERTED_AT: Column = Column::InsertedAt;
    const ID: Column = Column::Id;
    const INDEXED: &'static [&'static str] = &["prn", "name", "bundle_prn"];

    fn filter(scope: &Scope, clause: &Clause) -> Option<SimpleExpr> {
        match clause.field.name {
            "bundle_prn" => scope.named::<Bundle>(Column::BundleId, clause),
            "cohort_prn" => scope.named::<Cohort>(Column::CohortId, clause),
            "device_prn" => for_device(scope, clause),
            _ => scope.usual::<Self>(clause),
        }
    }

    fn parse(model: &Model) -> Result<BundleOverride, Error> {
        parse(model)
    }

    fn place(found: &BundleOverride) -> (Timestamp, Uuid) {
        (found.inserted_at, found.id.uuid())
    }
}

/// Overrides that name the device. Those for its cohort or its tags do not.
fn for_device(scope: &Scope, clause: &Clause) -> Option<SimpleExpr> {
    use bundle_override_devices::Column as Named;
    let is_it = scope.named::<Device>(Named::DeviceId, clause)?;
    let overrides = bundle_override_devices::Entity::find()
        .select_only()
        .column(Named::BundleOverrideId)
        .filter(Named::OrganizationId.eq(scope.organization.uuid()))
        .filter(is_it);
    Some(Column::Id.in_subquery(overrides.into_query()))
}

pub(super) fn row(new: &BundleOverride) -> Model {
    let (tags, cohort) = match &new.audience {
        Audience::Devices(_) => (Tags::default(), None),
        Audience::Tags(tags) => (tags.clone(), None),
        Audience::Cohort(cohort) => (Tags::default(), Some(cohort.uuid())),
    };
    Model {
        id: new.id.uuid(),
        organization_id: new.organization.uuid(),
        bundle_id: new.bundle.uuid(),
        name: new.name.as_str().to_owned(),
        description: owned(new.description.as_ref(), Description::as_str),
        starts_at: new.starts_at.as_micros(),
        ends_at: new.ends_at.map(Timestamp::as_micros),
        tags: tags::stored(&tags),
        cohort_id: cohort,
        revision: new.revision.get(),
        inserted_at: new.inserted_at.as_micros(),
        updated_at: new.updated_at.as_micros(),
    }
}

/// What the row alone says: an override that has neither a cohort nor tags is for devices, whose rows are elsewhere.
pub(super) fn parse(model: &Model) -> Result<BundleOverride, Error> {
    let row = Row::new(super::TABLE, model.id);
    let tags = tags::parse(&row, "tags", &model.tags)?;
    let audience = match model.cohort_id {
        Some(cohort) => Audience::Cohort(Id::new(cohort)),
        None if tags.is_empty() => Audience::Devices(Vec::new()),
        None => Audience::Tags(tags),
    };
    Ok(BundleOverride {
        id: Id::new(model.id),
        organization: Id::new(model.organization_id),
        name: row.given("name", &model.name)?,
        description: row.optional("description", model.description.as_deref())?,
        bundle: Id::new(model.bundle_id),
        starts_at: row.moment("starts_at", model.starts_at)?,
        ends_at: model.ends_at.map(|end| row.moment("ends_at", end)).transpose()?,
        audience,
        revision: Revision::new(model.revision),
        inserted_at: row.moment("inserted_at", model.inserted_at)?,
        updated_at: row.moment("updated_at", model.updated_at)?,
    })
}
