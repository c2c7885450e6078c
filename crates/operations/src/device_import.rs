//! Importing devices from a file: all of its lines, or none.
//!
//! The file is read twice: once to find mistakes, and once to write. It is never in memory as a whole. Nothing is locked while it arrives
//! over the network: it is complete before this begins.

mod bytes;
mod cells;
mod lines;
mod names;
mod plan;
mod report;
mod rows;

pub use report::{Problem, Report};

use std::collections::BTreeSet;
use std::fs::File;

use olivine_domain::archiving::usable;
use olivine_domain::cohorts::Cohort;
use olivine_domain::events::Subject;
use olivine_domain::permissions::{Authorized, OutsideReach, Tenancy, scope};
use olivine_domain::prn::Id;
use olivine_domain::products::Product;
use olivine_records::{Database, cohorts, device_certificates, devices, products};

use crate::archiving::to_use;
use crate::device_certificates::take_over;
use crate::devices::record_change;
use crate::events::{EventData, Imported, OfDevice, Whole};
use crate::work::Work;
use crate::{Context, Error, deadlocks};
use lines::Line;
use plan::{Plan, Planner, Registration};
use report::Options;
use rows::Rows;

/// What an import is for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Import {
    /// The product of lines that name none.
    pub product: Option<Id<Product>>,
    /// The cohort of lines that name none.
    pub cohort: Option<Id<Cohort>>,
    /// Whether to find out only what would become of the lines.
    pub dry_run: bool,
}

/// Imports the devices that `file` names, line by line: CSV with a header. A device that exists is changed where it differs in what the
/// line says. With any line refused nothing is imported.
pub async fn import(
    ctx: &Context,
    by: &Authorized<scope::DeviceCreate>,
    import: Import,
    file: &File,
) -> Result<Report, Error> {
    let options = look_up(ctx.db(), by, import).await?;
    let mut trial = Planner::new(ctx, by.tenancy(), options);
    let mut registers = false;
    let mut rows = Rows::of(file)?;
    while let Some(piece) = rows.next().await? {
        let lines = trial.read(piece);
        let existing = devices::find_by_identifiers(ctx.db(), &by.tenancy(), &identifiers(&lines)).await?;
        let plan = trial.plan(ctx.db(), lines, existing).await?;
        registers |= !plan.register.is_empty();
    }
    if trial.report.updated > 0 {
        check_same_reach(by, &by.authorize::<scope::DeviceUpdate>()?.tenancy())?;
    }
    if registers {
        check_same_reach(by, &by.authorize::<scope::DeviceCertificateCreate>()?.tenancy())?;
    }
    let report = trial.report.in_order();
    if options.dry_run || report.refused > 0 || report.created + report.updated == 0 {
        return Ok(report);
    }
    deadlocks::retry(ctx, || write(ctx, by, options, file)).await
}

/// An import determines the caller's reach once. A caller whose scopes reach different parts can't import.
fn check_same_reach(by: &Authorized<scope::DeviceCreate>, other: &Tenancy) -> Result<(), Error> {
    if by.tenancy().changed() == other.changed() { Ok(()) } else { Err(OutsideReach::Record.into()) }
}

/// Writes all lines in one transaction; none if any of them can't be, since the trial.
async fn write(
    ctx: &Context,
    by: &Authorized<scope::DeviceCreate>,
    options: Options,
    file: &File,
) -> Result<Report, Error> {
    let mut planner = Planner::new(ctx, by.tenancy(), options);
    let mut rows = Rows::of(file)?;
    let mut w = ctx.work().await?;
    while let Some(piece) = rows.next().await? {
        let lines = planner.read(piece);
        let existing = devices::lock_by_identifiers(&w, &by.tenancy(), &identifiers(&lines)).await?;
        let plan = planner.plan(&w, lines, existing).await?;
        if planner.report.refused > 0 {
            return Ok(planner.report.in_order());
        }
        carry_out(&mut w, by, &plan).await?;
    }
    let report = planner.report;
    let Report { created, updated, unchanged, .. } = report;
    let data = EventData::DevicesImported(Imported { created, updated, unchanged });
    w.event(by, Subject::of(by.organization), data);
    w.commit().await?;
    Ok(report)
}

/// Writes what is planned for some lines: each change with an event, as if it had come by itself, so that the trail says of any device what
/// was what before.
async fn carry_out(w: &mut Work, by: &Authorized<scope::DeviceCreate>, plan: &Plan) -> Result<(), Error> {
    hold_places(w, by, plan).await?;
    devices::insert_many(w, &plan.create).await.map_err(at_once)?;
    for device in &plan.create {
        w.event(by, Subject::of(device.id), EventData::DeviceCreated(Whole(device)));
        w.moves().join(device);
    }
    for (old, new) in &plan.update {
        devices::update(w, old, new).await.map_err(at_once)?;
        record_change(w, by, old, new);
    }
    let registered: Vec<_> = plan.register.iter().map(|new| &new.own).collect();
    if !registered.is_empty() {
        let certificates: Vec<_> = registered.iter().map(|own| &own.certificate).collect();
        device_certificates::forget_removed(w, by.organization, &certificates).await?;
        device_certificates::insert_many(w, &registered).await.map_err(at_once)?;
    }
    for Registration { own, identifier } in &plan.register {
        let of_device = OfDevice { identifier: identifier.clone() };
        let data = EventData::DeviceCertificateCreated((Whole(own), of_device));
        w.event(by, Subject::of(own.id), data);
    }
    take_over(w, by, &registered).await?;
    w.write_events().await
}

/// Keeps the products and cohorts that devices come into from being archived until the transaction ends.
async fn hold_places(w: &Work, by: &Authorized<scope::DeviceCreate>, plan: &Plan) -> Result<(), Error> {
    // Whether the caller reaches them was asked where the lines were planned.
    let seen = by.tenancy().to_see();
    let products: BTreeSet<_> = plan.coming().map(|device| device.product).collect();
    for product in products {
        to_use::<Product>(w, &seen, product).await?;
    }
    let cohorts: BTreeSet<_> = plan.coming().filter_map(|device| device.cohort).collect();
    for cohort in cohorts {
        to_use::<Cohort>(w, &seen, cohort).await?;
    }
    Ok(())
}

fn at_once(error: olivine_records::Error) -> Error {
    match error {
        olivine_records::Error::Duplicate(_) | olivine_records::Error::ParentMissing => Error::Conflict(
            "devices or products were changed at the same moment; nothing was imported, so try again",
        ),
        other => other.into(),
    }
}

fn identifiers(lines: &[Line]) -> Vec<&olivine_domain::devices::Identifier> {
    lines.iter().map(|line| &line.identifier).collect()
}

async fn look_up(
    db: &Database,
    by: &Authorized<scope::DeviceCreate>,
    import: Import,
) -> Result<Options, Error> {
    if let Some(product) = import.product {
        let product =
            products::get(db, &by.tenancy().to_see(), product).await.map_err(Error::missing(product))?;
        usable(&product).map_err(Error::refused)?;
    }
    let Import { product, dry_run, .. } = import;
    let Some(id) = import.cohort else { return Ok(Options { product, cohort: None, dry_run }) };
    let cohort = cohorts::get(db, &by.tenancy(), id).await.map_err(Error::missing(id))?;
    usable(&cohort).map_err(Error::refused)?;
    if product.is_some_and(|product| product != cohort.product) {
        let problem = "this cohort is one of another product: name one of the same, or leave the product out";
        return Err(Error::Invalid { field: "cohort_prn", problem: problem.to_owned() });
    }
    Ok(Options { product, cohort: Some((id, cohort.product)), dry_run })
}
