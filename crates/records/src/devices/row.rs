//! Devices as rows, and how they are searched.

use olivine_domain::bundles::Bundle;
use olivine_domain::cohorts::Cohort;
use olivine_domain::devices::{Device, Identifier, Outcome, Reported, UpdateStatus};
use olivine_domain::organizations::Revision;
use olivine_domain::prn::Id;
use olivine_domain::products::Product;
use olivine_domain::releases::Release;
use olivine_domain::resolution::Offer;
use olivine_domain::search::{Clause, Value};
use olivine_domain::text::{Description, VersionText};
use olivine_domain::{Target, Timestamp};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, ExprTrait, SimpleExpr};
use uuid::Uuid;

use super::TABLE;
use crate::entities::fleet::devices::{ActiveModel, Column, Entity, Model};
use crate::error::Error;
use crate::lists::{self, Listed};
use crate::rows::{Row, owned};
use crate::tags;

impl Listed for Entity {
    type Item = Device;
    const ORGANIZATION: Column = Column::OrganizationId;
    const INSERTED_AT: Column = Column::InsertedAt;
    const ID: Column = Column::Id;
    const IDENTIFIER: Option<Column> = Some(Column::Identifier);
    const INDEXED: &'static [&'static str] = &[
        "prn",
        "identifier",
        "product_prn",
        "cohort_prn",
        "release_prn",
        "reported_release_version",
        "outcome",
    ];

    fn filter(scope: &lists::Scope, clause: &Clause) -> Option<SimpleExpr> {
        match clause.field.name {
            "product_prn" => scope.named::<Product>(Column::ProductId, clause),
            "cohort_prn" => scope.named::<Cohort>(Column::CohortId, clause),
            "tag" => tags::clause(scope, Column::Tags, clause),
            "quarantined" => quarantined(clause),
            "reported_release_prn" => scope.named::<Release>(Column::ReportedReleaseId, clause),
            "reported_bundle_prn" => scope.named::<Bundle>(Column::ReportedBundleId, clause),
            "reported_release_version" => scope.plain(Column::ReportedVersion, clause),
            "release_prn" => scope.named::<Release>(Column::ReleaseId, clause),
            "outcome" => outcome_is(scope, clause),
            "outcome_release_prn" => scope.named::<Release>(Column::OutcomeReleaseId, clause),
            _ => scope.usual::<Self>(clause),
        }
    }

    fn parse(model: &Model) -> Result<Device, Error> {
        parse(model)
    }

    fn place(device: &Device) -> (Timestamp, Uuid) {
        (device.inserted_at, device.id.uuid())
    }

    fn identifier(device: &Device) -> Option<&Identifier> {
        Some(&device.identifier)
    }
}

/// Written as in the partial index, so that both planners see that it can be used.
fn quarantined(clause: &Clause) -> Option<SimpleExpr> {
    let Value::Boolean(is) = clause.value else { return None };
    let own = Expr::cust("\"devices\".\"quarantined\"");
    Some(if is { own } else { own.not() })
}

/// Written as in the two partial indexes. The condition beside the value says which of them has it.
fn outcome_is(scope: &lists::Scope, clause: &Clause) -> Option<SimpleExpr> {
    let is = scope.plain(Column::Outcome, clause)?;
    let Value::Text(name) = &clause.value else { return None };
    Some(is.and(if name == UpdateStatus::Installed.as_str() {
        Expr::cust("\"devices\".\"outcome\" = 'installed'")
    } else {
        Expr::cust("\"devices\".\"outcome\" <> 'installed'")
    }))
}

pub(super) fn row(device: &Device) -> Model {
    Model {
        id: device.id.uuid(),
        organization_id: device.organization.uuid(),
        product_id: device.product.uuid(),
        cohort_id: device.cohort.map(Id::uuid),
        identifier: device.identifier.as_str().to_owned(),
        description: owned(device.description.as_ref(), Description::as_str),
        tags: tags::stored(&device.tags),
        target: owned(device.target.as_ref(), Target::as_str),
        quarantined: device.quarantined,
        reported_release_id: device.reported.release.map(Id::uuid),
        reported_bundle_id: device.reported.bundle.map(Id::uuid),
        reported_version: owned(device.reported.version.as_ref(), VersionText::as_str),
        release_id: device.release.map(Id::uuid),
        last_connected_at: device.last_connected_at.map(Timestamp::as_micros),
        revision: device.revision.get(),
        inserted_at: device.inserted_at.as_micros(),
        updated_at: device.updated_at.as_micros(),
        offered_bundle_id: device.offer.as_ref().map(|offer| offer.bundle.uuid()),
        offered_to_version: offered_to(device.offer.as_ref()),
        offer_installed: device.offer.as_ref().is_some_and(|offer| offer.is_installed),
        outcome: device.outcome.as_ref().map(|outcome| outcome.status.as_str().to_owned()),
        outcome_release_id: device.outcome.as_ref().map(|outcome| outcome.release.uuid()),
        outcome_at: device.outcome.as_ref().map(|outcome| outcome.at.as_micros()),
    }
}

/// The version to which an offer was made.
fn offered_to(offer: Option<&Offer>) -> Option<String> {
    owned(offer.and_then(|offer| offer.version.as_ref()), VersionText::as_str)
}

/// What is remembered of a device's last offer.
pub(super) fn offer(offer: Option<&Offer>) -> ActiveModel {
    ActiveModel {
        offered_bundle_id: Set(offer.map(|offer| offer.bundle.uuid())),
        offered_to_version: Set(offered_to(offer)),
        offer_installed: Set(offer.is_some_and(|offer| offer.is_installed)),
        ..ActiveModel::default()
    }
}

pub(super) fn parse(model: &Model) -> Result<Device, Error> {
    let row = Row::new(TABLE, model.id);
    let reported = Reported {
        release: model.reported_release_id.map(Id::new),
        bundle: model.reported_bundle_id.map(Id::new),
        version: row.optional_given("reported_version", model.reported_version.as_deref())?,
    };
    let offer = match model.offered_bundle_id {
        Some(bundle) => Some(Offer {
            bundle: Id::new(bundle),
            version: row.optional_given("offered_to_version", model.offered_to_version.as_deref())?,
            is_installed: model.offer_installed,
        }),
        None => None,
    };
    let outcome = match (&model.outcome, model.outcome_release_id, model.outcome_at) {
        (Some(status), Some(release), Some(at)) => Some(Outcome {
            status: row.known("outcome", UpdateStatus::from_name(status))?,
            release: Id::new(release),
            at: row.moment("outcome_at", at)?,
        }),
        _ => None,
    };
    let last_connected_at = model.last_connected_at.map(|at| row.moment("last_connected_at", at));
    Ok(Device {
        id: Id::new(model.id),
        organization: Id::new(model.organization_id),
        product: Id::new(model.product_id),
        cohort: model.cohort_id.map(Id::new),
        identifier: row.given("identifier", &model.identifier)?,
        description: row.optional("description", model.description.as_deref())?,
        tags: tags::parse(&row, "tags", &model.tags)?,
        target: row.optional_given("target", model.target.as_deref())?,
        quarantined: model.quarantined,
        reported,
        release: model.release_id.map(Id::new),
        outcome,
        offer,
        last_connected_at: last_connected_at.transpose()?,
        revision: Revision::new(model.revision),
        inserted_at: row.moment("inserted_at", model.inserted_at)?,
        updated_at: row.moment("updated_at", model.updated_at)?,
    })
}
