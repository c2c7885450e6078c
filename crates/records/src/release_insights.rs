//! What devices said of one release lately. Each statement reads a bounded part of an index, so that none costs more for a larger fleet. Those
//! that read much take turns with the caller's searches.

use olivine_domain::Timestamp;
use olivine_domain::cohorts::Cohort;
use olivine_domain::devices::UpdateStatus;
use olivine_domain::events::EventType;
use olivine_domain::organizations::Organization;
use olivine_domain::permissions::Tenancy;
use olivine_domain::prn::Id;
use olivine_domain::releases::Release;
use olivine_domain::search::MOST_COUNTED;
use olivine_domain::text::Description;
use sea_orm::sea_query::{
    Alias, CaseStatement, Cond, Expr, ExprTrait as _, JoinType, Order, SelectStatement, SimpleExpr,
};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait as _, DbBackend, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QueryResult, QuerySelect as _, QueryTrait as _,
};

use crate::database::{ListReader, Reader};
use crate::dialect;
use crate::entities::distribution::device_outcomes;
use crate::entities::events;
use crate::entities::fleet::devices;
use crate::error::Error;
use crate::lists::Matching;
use crate::lists::counting::{counting, number};
use crate::rows::Row;
use crate::tenants::Tenant;

/// The most different failures that are told apart, of each outcome.
pub const MOST_FAILURES: usize = 100;

const HOUR: i64 = 3_600_000_000;

/// What happened to a release in one hour: devices each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReleaseHour {
    /// When the hour began.
    pub begins_at: Timestamp,
    /// They were told that there is this update for them.
    pub offered: u64,
    /// They said that it is installed.
    pub installed: u64,
    /// They said that it failed or was rolled back.
    pub failed: u64,
}

/// Devices whose last update failed in the same way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// How it ended.
    pub outcome: UpdateStatus,
    /// What they said beside that, in the same words.
    pub detail: Option<Description>,
    /// How many there are.
    pub devices: u64,
    /// When the last of them said so.
    pub last_at: Timestamp,
}

/// When the event happened that `most` events of a cohort came after, if there are so many since a moment.
pub async fn after_which(
    reader: &impl Reader,
    cohort: (Id<Organization>, Id<Cohort>),
    since: Timestamp,
    most: u64,
) -> Result<Option<Timestamp>, Error> {
    let row = reader.executor().query_one(&place(cohort, since, most)).await?;
    let Some(row) = row else { return Ok(None) };
    let at = row.try_get::<i64>("", "inserted_at")?;
    Ok(Some(Row::new("events", cohort.1).moment("inserted_at", at)?))
}

/// The statement behind it, which an index answers.
pub(crate) fn place(cohort: (Id<Organization>, Id<Cohort>), since: Timestamp, most: u64) -> SelectStatement {
    let place = of_cohort(cohort, since).select_only().column(events::Column::InsertedAt);
    place
        .order_by_desc(events::Column::InsertedAt)
        .order_by_desc(events::Column::Id)
        .offset(most)
        .limit(1)
        .into_query()
}

fn of_cohort(
    (organization, cohort): (Id<Organization>, Id<Cohort>),
    since: Timestamp,
) -> sea_orm::Select<events::Entity> {
    events::Entity::find()
        .filter(events::Column::OrganizationId.eq(organization.uuid()))
        .filter(events::Column::CohortId.eq(cohort.uuid()))
        .filter(events::Column::InsertedAt.gte(since.as_micros()))
}

/// What happened to a release of a cohort in each hour since a moment, the oldest hour first; hours without anything are left out. Reads all
/// of the cohort's events since then.
pub async fn hours(
    reader: &impl ListReader,
    cohort: (Id<Organization>, Id<Cohort>),
    release: Id<Release>,
    since: Timestamp,
) -> Result<Vec<ReleaseHour>, Error> {
    let scanner = reader.scanner().await?;
    let executor = scanner.executor();
    let statement = hourly(executor.get_database_backend(), cohort, release, since);
    let mut hours: Vec<ReleaseHour> = Vec::new();
    for row in &executor.query_all(&statement).await? {
        let hour = row.try_get::<i64>("", "hour")?;
        let begins_at = Row::new("events", release).moment("inserted_at", hour * HOUR)?;
        if hours.last().is_none_or(|last| last.begins_at != begins_at) {
            hours.push(ReleaseHour { begins_at, offered: 0, installed: 0, failed: 0 });
        }
        let devices = number(row, "devices")?;
        if let Some(hour) = hours.last_mut() {
            match row.try_get::<String>("", "word")?.as_str() {
                OFFERED => hour.offered = devices,
                INSTALLED => hour.installed = devices,
                _ => hour.failed = devices,
            }
        }
    }
    Ok(hours)
}

const OFFERED: &str = "offered";
const INSTALLED: &str = "installed";
const FAILED: &str = "failed";

/// The statement behind it. What an event says is asked in one expression, so that no planner prefers the index of all events of a type.
pub(crate) fn hourly(
    backend: DbBackend,
    cohort: (Id<Organization>, Id<Cohort>),
    release: Id<Release>,
    since: Timestamp,
) -> SelectStatement {
    let prn = release.prn(cohort.0);
    // Within a text of the data, quotation marks are escaped: there is nothing else that these can be.
    let says = |key: &str, value: &str| {
        dialect::contains(backend, events::Column::Data, &format!("\"{key}\":\"{value}\""))
    };
    let of = |kind: EventType, key: &str| {
        let is_of_kind = events::Column::Kind.eq(kind.as_str());
        Cond::all().add(is_of_kind).add(says(key, &prn.to_string()))
    };
    let said = |status: UpdateStatus| says("status", status.as_str());
    let is_failure = UpdateStatus::ALL.into_iter().filter(|status| status.is_failure());
    let is_failure = is_failure.fold(Cond::any(), |any, status| any.add(said(status)));
    let word: SimpleExpr = CaseStatement::new()
        .case(of(EventType::DeviceCheckedForRelease, "source_prn").add(says("status", "update")), OFFERED)
        .case(
            of(EventType::DeviceUpdateReported, "release_prn").add(said(UpdateStatus::Installed)),
            INSTALLED,
        )
        .case(of(EventType::DeviceUpdateReported, "release_prn").add(is_failure), FAILED)
        .into();
    let hour: SimpleExpr = Expr::cust(format!("\"inserted_at\" / {HOUR}"));
    let some = of_cohort(cohort, since)
        .select_only()
        .column(events::Column::SubjectId)
        .column_as(hour, "hour")
        .column_as(word, "word")
        .into_query();
    let (hour, word) = (Alias::new("hour"), Alias::new("word"));
    SelectStatement::new()
        .columns([hour.clone(), word.clone()])
        .expr_as(Expr::cust("COUNT(DISTINCT \"subject_id\")"), "devices")
        .from_subquery(some, "some")
        .and_where(Expr::col(word.clone()).is_not_null())
        .add_group_by([Expr::col(hour.clone()), Expr::col(word)])
        .order_by(hour, Order::Asc)
        .to_owned()
}

/// How many devices there are whose last update was to a release and has this outcome.
pub async fn count(
    reader: &impl Reader,
    tenancy: &Tenancy,
    release: Id<Release>,
    outcome: UpdateStatus,
) -> Result<Matching, Error> {
    let some = of_release(tenancy, release, outcome, MOST_COUNTED + 1);
    let row = reader.executor().query_one(&counting(some)).await?;
    Ok(Matching::found(row.as_ref().map_or(Ok(0), |row| number(row, "records"))?))
}

/// Some devices whose last update was to a release and has this outcome.
pub(crate) fn of_release(
    tenancy: &Tenancy,
    release: Id<Release>,
    outcome: UpdateStatus,
    most: u64,
) -> SelectStatement {
    devices::Entity::find()
        .select_only()
        .column(devices::Column::Id)
        .filter(devices::Column::OrganizationId.eq(tenancy.organization().uuid()))
        .filter(devices::Column::OutcomeReleaseId.eq(release.uuid()))
        .filter(devices::Column::Outcome.eq(outcome.as_str()))
        .filter(Tenant::<devices::Entity>::seen(tenancy))
        .limit(most)
        .into_query()
}

/// In which words devices said that their last update, to this release, failed: the most common first, one more than [`MOST_FAILURES`] at
/// most. At most [`MOST_COUNTED`] devices are looked at.
pub async fn failures(
    reader: &impl ListReader,
    tenancy: &Tenancy,
    release: Id<Release>,
    outcome: UpdateStatus,
) -> Result<Vec<Failure>, Error> {
    let scanner = reader.scanner().await?;
    let rows = scanner.executor().query_all(&in_words(tenancy, release, outcome)).await?;
    rows.iter().map(|row| failure(row, release, outcome)).collect()
}

/// The statement behind it.
pub(crate) fn in_words(tenancy: &Tenancy, release: Id<Release>, outcome: UpdateStatus) -> SelectStatement {
    use device_outcomes::Column as Said;
    let counted = of_release(tenancy, release, outcome, MOST_COUNTED);
    let same = Cond::all()
        .add(Expr::col((device_outcomes::Entity, Said::DeviceId)).equals(("counted", "id")))
        .add(Said::OrganizationId.eq(tenancy.organization().uuid()))
        .add(Said::ReleaseId.eq(release.uuid()));
    let (devices, detail) = (Alias::new("devices"), (device_outcomes::Entity, Said::Detail));
    SelectStatement::new()
        .column(detail)
        .expr_as(Expr::cust("COUNT(*)"), devices.clone())
        .expr_as(Expr::col((device_outcomes::Entity, Said::UpdatedAt)).max(), "last_at")
        .from_subquery(counted, "counted")
        .join(JoinType::InnerJoin, device_outcomes::Entity, same)
        .group_by_col(detail)
        .order_by(devices, Order::Desc)
        .order_by(detail, Order::Asc)
        .limit(MOST_FAILURES as u64 + 1)
        .to_owned()
}

fn failure(row: &QueryResult, release: Id<Release>, outcome: UpdateStatus) -> Result<Failure, Error> {
    let detail: Option<String> = row.try_get("", "detail")?;
    let of_release = Row::new("device_outcomes", release);
    Ok(Failure {
        outcome,
        detail: of_release.optional("detail", detail.as_deref())?,
        devices: number(row, "devices")?,
        last_at: of_release.moment("updated_at", row.try_get("", "last_at")?)?,
    })
}
