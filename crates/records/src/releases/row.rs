//! A release's row, and what its list can be searched by.

use olivine_domain::Timestamp;
use olivine_domain::bundles::Bundle;
use olivine_domain::cohorts::Cohort;
use olivine_domain::organizations::Revision;
use olivine_domain::prn::Id;
use olivine_domain::releases::{Phase, PhaseValue, Release};
use olivine_domain::search::Clause;
use olivine_domain::tags::Tags;
use olivine_domain::text::Description;
use sea_orm::sea_query::SimpleExpr;
use uuid::Uuid;

use crate::entities::distribution::releases::{Column, Entity, Model};
use crate::error::Error;
use crate::lists::{Listed, Scope};
use crate::rows::{Row, owned, stored};
use crate::tags;

impl Listed for Entity {
    type Item = Release;
    const ORGANIZATION: Column = Column::OrganizationId;
    const INSERTED_AT: Column = Column::InsertedAt;
    const ID: Column = Column::Id;
    const ARCHIVED_AT: Option<Column> = Some(Column::ArchivedAt);
    const INDEXED: &'static [&'static str] = &["prn", "cohort_prn", "bundle_prn"];

    fn filter(scope: &Scope, clause: &Clause) -> Option<SimpleExpr> {
        match clause.field.name {
            "cohort_prn" => scope.named::<Cohort>(Column::CohortId, clause),
            "bundle_prn" => scope.named::<Bundle>(Column::BundleId, clause),
            "next_release_prn" => scope.named::<Release>(Column::NextReleaseId, clause),
            _ => scope.usual::<Self>(clause),
        }
    }

    fn parse(model: &Model) -> Result<Release, Error> {
        parse(model)
    }

    fn place(release: &Release) -> (Timestamp, Uuid) {
        (release.inserted_at, release.id.uuid())
    }
}

pub(super) fn row(release: &Release) -> Result<Model, Error> {
    let (value, tags) = match &release.phase {
        Phase::Numeric(value) => (Some(value.get()), Tags::default()),
        Phase::Tags(tags) => (None, tags.clone()),
    };
    Ok(Model {
        id: release.id.uuid(),
        organization_id: release.organization.uuid(),
        cohort_id: release.cohort.uuid(),
        bundle_id: release.bundle.uuid(),
        next_release_id: release.next.map(Id::uuid),
        name: release.name.as_str().to_owned(),
        description: owned(release.description.as_ref(), Description::as_str),
        version: release.version.as_ref().map(ToString::to_string),
        version_requirement: release.version_requirement.as_ref().map(ToString::to_string),
        required: release.required,
        disabled: release.disabled,
        schedule_date: release.schedule_date.map(Timestamp::as_micros),
        phase_mode: release.phase.mode().to_owned(),
        phase_value: value,
        phase_tags: tags::stored(&tags),
        claims: stored("claims", release.claims)?,
        revision: release.revision.get(),
        inserted_at: release.inserted_at.as_micros(),
        updated_at: release.updated_at.as_micros(),
        archived_at: release.archived_at.map(Timestamp::as_micros),
    })
}

pub(super) fn parse(model: &Model) -> Result<Release, Error> {
    let row = Row::new(super::TABLE, model.id);
    Ok(Release {
        id: Id::new(model.id),
        organization: Id::new(model.organization_id),
        cohort: Id::new(model.cohort_id),
        bundle: Id::new(model.bundle_id),
        next: model.next_release_id.map(Id::new),
        name: row.given("name", &model.name)?,
        description: row.optional("description", model.description.as_deref())?,
        version: row.optional("version", model.version.as_deref())?,
        version_requirement: row.optional("version_requirement", model.version_requirement.as_deref())?,
        required: model.required,
        disabled: model.disabled,
        schedule_date: model.schedule_date.map(|date| row.moment("schedule_date", date)).transpose()?,
        phase: phase(&row, model)?,
        claims: row.number("claims", model.claims)?,
        archived_at: row.optional_moment("archived_at", model.archived_at)?,
        revision: Revision::new(model.revision),
        inserted_at: row.moment("inserted_at", model.inserted_at)?,
        updated_at: row.moment("updated_at", model.updated_at)?,
    })
}

fn phase(row: &Row, model: &Model) -> Result<Phase, Error> {
    let [of_tags, numeric] = Phase::MODES;
    match (model.phase_mode.as_str(), model.phase_value) {
        (mode, None) if mode == of_tags => {
            let tags = tags::parse(row, "phase_tags", &model.phase_tags)?;
            row.known("phase_tags", Phase::of_tags(tags).ok())
        }
        (mode, Some(value)) if mode == numeric => {
            row.known("phase_value", PhaseValue::new(value).ok()).map(Phase::Numeric)
        }
        _ => Err(row.corrupt("phase_mode")),
    }
}
