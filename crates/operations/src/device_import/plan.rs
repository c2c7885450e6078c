//! What to do with each line, compared with the present records. This only reads: a trial and the import itself plan in the same way.

#![expect(
    clippy::option_option,
    reason = "a column is absent, empty, or has a value; as in a change of one record"
)]

use std::collections::{HashMap, HashSet};

use olivine_domain::ca_certificates::CaCertificate;
use olivine_domain::cohorts::Cohort;
use olivine_domain::device_certificates::{DeviceCertificate, Proof};
use olivine_domain::devices::{Device, Identifier, Reported};
use olivine_domain::hash::Sha256Digest;
use olivine_domain::organizations::Revision;
use olivine_domain::permissions::Tenancy;
use olivine_domain::prn::Id;
use olivine_domain::products::Product;
use olivine_domain::time::Timestamp;
use olivine_records::device_certificates::{self as records, KnownCertificate};
use olivine_records::{Reader, cohorts, devices, products};

use super::lines::{Line, Seen};
use super::names::Names;
use super::report::{Options, Problem, Report};
use super::rows::Piece;
use crate::device_certificates::{is_signed_by, own_authorities, taken};
use crate::{Context, Error};
use olivine_domain::devices::Change;

/// What is to be written for some lines.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) create: Vec<Device>,
    /// Each as it was, and as it is to be.
    pub(super) update: Vec<(Device, Device)>,
    pub(super) register: Vec<Registration>,
}

impl Plan {
    /// The devices that come into a product or cohort.
    pub(super) fn coming(&self) -> impl Iterator<Item = &Device> {
        let moved = self.update.iter().filter(|(old, new)| new.is_moved_from(old)).map(|(_, new)| new);
        self.create.iter().chain(moved)
    }
}

/// A certificate that is to be registered.
#[derive(Debug)]
pub(super) struct Registration {
    pub(super) own: DeviceCertificate,
    /// Of its device.
    pub(super) identifier: Identifier,
}

/// What is known while lines are planned one after the other.
pub(super) struct Planner<'a> {
    ctx: &'a Context,
    tenancy: Tenancy,
    options: Options,
    now: Timestamp,
    names: Names,
    seen: Seen,
    pub(super) report: Report,
}

/// The records that some lines are about.
struct Around {
    devices: HashMap<String, Device>,
    certificates: HashMap<Sha256Digest, KnownCertificate>,
    /// Those of the organization that may have signed one of the certificates.
    authorities: Vec<CaCertificate>,
    /// Identifiers of devices that the caller does not reach.
    elsewhere: HashSet<String>,
}

/// Where a line puts a device; `None` where it says nothing.
struct Place {
    product: Option<Id<Product>>,
    cohort: Option<Option<Id<Cohort>>>,
}

/// Why a line has no plan.
enum Stop {
    Problem(Problem),
    Error(Error),
}

impl From<Problem> for Stop {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl<'a> Planner<'a> {
    pub(super) fn new(ctx: &'a Context, tenancy: Tenancy, options: Options) -> Self {
        let report = Report { dry_run: options.dry_run, ..Report::default() };
        let (names, seen) = (Names::default(), Seen::default());
        Self { ctx, tenancy, options, now: ctx.now(), names, seen, report }
    }

    /// Reads the cells of some lines; those that can't be read are reported.
    pub(super) fn read(&mut self, piece: Piece) -> Vec<Line> {
        let mut lines = Vec::with_capacity(piece.len());
        for row in piece {
            let line = row.and_then(|row| Line::read(&row, self.now));
            match line.and_then(|line| self.seen.note(&line).map(|()| line)) {
                Ok(line) => lines.push(line),
                Err(problem) => self.report.refuse(problem),
            }
        }
        lines
    }

    /// Plans some lines. `devices` are those of them that exist.
    pub(super) async fn plan(
        &mut self,
        reader: &impl Reader,
        lines: Vec<Line>,
        devices: Vec<Device>,
    ) -> Result<Plan, Error> {
        let fingerprint = |line: &Line| line.certificate.as_ref().map(|own| own.facts().fingerprint);
        let fingerprints: Vec<_> = lines.iter().filter_map(fingerprint).collect();
        let known = records::list_known(reader, self.tenancy.organization(), &fingerprints).await?;
        let issuer = |line: &Line| line.certificate.as_ref().map(|own| own.facts().issuer_hash);
        let issuers: HashSet<_> = lines.iter().filter_map(issuer).collect();
        let issuers: Vec<_> = issuers.into_iter().collect();
        let mut around = Around {
            devices: devices.into_iter().map(|device| (device.identifier.to_string(), device)).collect(),
            certificates: known.into_iter().map(|known| (known.fingerprint, known)).collect(),
            authorities: own_authorities(reader, self.tenancy.organization(), &issuers).await?,
            elsewhere: self.elsewhere(reader, &lines).await?,
        };
        let mut plan = Plan::default();
        for line in lines {
            let existing = around.devices.remove(line.identifier.as_str());
            match self.plan_one(reader, line, existing, &around, &mut plan).await {
                Ok(()) => {}
                Err(Stop::Problem(problem)) => self.report.refuse(problem),
                Err(Stop::Error(error)) => return Err(error),
            }
        }
        self.check_reach(reader, &plan).await?;
        Ok(plan)
    }

    /// Which of the lines' identifiers belong to devices that the caller does not reach.
    async fn elsewhere(&self, reader: &impl Reader, lines: &[Line]) -> Result<HashSet<String>, Error> {
        if self.tenancy.seen().is_whole() {
            return Ok(HashSet::new());
        }
        let names: Vec<_> = lines.iter().map(|line| &line.identifier).collect();
        let everywhere = Tenancy::of_server(self.tenancy.organization());
        let all = devices::find_by_identifiers(reader, &everywhere, &names).await?;
        let seen = devices::find_by_identifiers(reader, &self.tenancy, &names).await?;
        let seen: HashSet<_> = seen.iter().map(|device| device.id).collect();
        let elsewhere = all.into_iter().filter(|device| !seen.contains(&device.id));
        Ok(elsewhere.map(|device| device.identifier.to_string()).collect())
    }

    /// Refuses to bring devices to where the caller does not reach, and to change those that they only see.
    async fn check_reach(&self, reader: &impl Reader, plan: &Plan) -> Result<(), Error> {
        if self.tenancy.changed().is_none() {
            return Ok(());
        }
        let changed: Vec<_> = plan.update.iter().map(|(old, _)| old.id).collect();
        devices::check_reached(reader, &self.tenancy, &changed).await?;
        let places: HashSet<_> = plan.coming().map(|device| (device.product, device.cohort)).collect();
        for (product, cohort) in places {
            match cohort {
                Some(cohort) => cohorts::get(reader, &self.tenancy, cohort).await.map(drop)?,
                None => products::get(reader, &self.tenancy, product).await.map(drop)?,
            }
        }
        Ok(())
    }

    async fn plan_one(
        &mut self,
        reader: &impl Reader,
        line: Line,
        existing: Option<Device>,
        around: &Around,
        plan: &mut Plan,
    ) -> Result<(), Stop> {
        if around.elsewhere.contains(line.identifier.as_str()) {
            let message = "another device has this identifier: choose another one".to_owned();
            return Err(Problem { line: line.number, column: Some("identifier"), message }.into());
        }
        let place = self.place(reader, &line, existing.as_ref()).await?;
        let Some(old) = existing else {
            let device = self.new_device(&line, &place)?;
            plan.register.extend(self.registration(reader, line, &device, around).await?);
            plan.create.push(device);
            self.report.created += 1;
            return Ok(());
        };
        let change = Change {
            product: place.product,
            cohort: place.cohort,
            description: line.description.clone(),
            tags: line.tags.clone(),
            target: line.target.clone(),
            quarantined: line.quarantined,
            identifier: None,
        };
        let new = change.apply(&old, self.now);
        let registration = self.registration(reader, line, &old, around).await?;
        if new.is_none() && registration.is_none() {
            self.report.unchanged += 1;
            return Ok(());
        }
        plan.register.extend(registration);
        plan.update.extend(new.map(|new| (old, new)));
        self.report.updated += 1;
        Ok(())
    }

    /// Finds out which product and cohort a line means: its own words, else what the whole import is for.
    async fn place(
        &mut self,
        reader: &impl Reader,
        line: &Line,
        existing: Option<&Device>,
    ) -> Result<Place, Stop> {
        let problem = |column, message: String| Problem { line: line.number, column: Some(column), message };
        let mut product = self.options.product;
        if let Some(named) = &line.product {
            let found = self.names.product(reader, &self.tenancy.to_see(), named).await?;
            let missing = || problem("product", format!("there is no product '{named}': create it first"));
            let found = found.ok_or_else(missing)?;
            product = Some(found.map_err(|archived| problem("product", archived.to_string()))?);
        }
        let current = product.or(existing.map(|device| device.product));
        let found = match &line.cohort {
            Some(named) if !named.is_empty() => {
                let found = self.names.cohort(reader, &self.tenancy, current, named).await?;
                let missing = || {
                    let message = format!(
                        "there is no cohort '{named}' of the device's product: create it first, or name it by its PRN"
                    );
                    problem("cohort", message)
                };
                let found = found.ok_or_else(missing)?;
                Some(found.map_err(|archived| problem("cohort", archived.to_string()))?)
            }
            _ => self.options.cohort,
        };
        let Some((cohort, of_product)) = found else {
            return Ok(Place { product, cohort: line.cohort.as_ref().map(|_| None) });
        };
        if current.is_some_and(|product| product != of_product) {
            let message = "this cohort is one of another product: name one of the device's own".to_owned();
            return Err(problem("cohort", message).into());
        }
        Ok(Place { product: Some(of_product), cohort: Some(Some(cohort)) })
    }

    fn new_device(&self, line: &Line, place: &Place) -> Result<Device, Problem> {
        let product = place.product.ok_or_else(|| Problem {
            line: line.number,
            column: Some("product"),
            message: "it is a new device, so it needs a product: name it here, or for all lines".to_owned(),
        })?;
        Ok(Device {
            id: self.ctx.new_id(),
            organization: self.tenancy.organization(),
            product,
            cohort: place.cohort.flatten(),
            identifier: line.identifier.clone(),
            description: line.description.clone().flatten(),
            tags: line.tags.clone().unwrap_or_default(),
            target: line.target.clone().flatten(),
            quarantined: line.quarantined.unwrap_or(false),
            reported: Reported::default(),
            release: None,
            outcome: None,
            offer: None,
            last_connected_at: None,
            revision: Revision::FIRST,
            inserted_at: self.now,
            updated_at: self.now,
        })
    }

    /// The certificate of a line, if it is not registered for its device already.
    async fn registration(
        &self,
        reader: &impl Reader,
        line: Line,
        device: &Device,
        around: &Around,
    ) -> Result<Option<Registration>, Stop> {
        let Some(certificate) = line.certificate else { return Ok(None) };
        if let Some(known) = around.certificates.get(&certificate.facts().fingerprint) {
            if !known.is_removed && known.device == Some(device.id) {
                return Ok(None);
            }
            if !known.is_removed {
                let message = taken(reader, &self.tenancy, known).await?.to_string();
                return Err(Problem { line: line.number, column: Some("certificate"), message }.into());
            }
        }
        let is_signed = around.authorities.iter().any(|ca| is_signed_by(&certificate, ca));
        let own = DeviceCertificate {
            id: self.ctx.new_id(),
            organization: self.tenancy.organization(),
            device: device.id,
            ca_certificate: None,
            proof: is_signed.then_some(Proof::Authority),
            certificate,
            inserted_at: self.now,
        };
        Ok(Some(Registration { own, identifier: device.identifier.clone() }))
    }
}
