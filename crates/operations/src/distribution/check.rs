//! "Is there an update for me?": from memory where nothing changed, and in a transaction where something has to be counted.

use std::sync::Arc;
use std::time::Duration;

use olivine_domain::bundles::Bundle;
use olivine_domain::cohorts::Cohort;
use olivine_domain::devices::Device;
use olivine_domain::permissions::{Authorized, Origin, Tenancy, scope};
use olivine_domain::prn::Id;
use olivine_domain::releases::Phase;
use olivine_domain::releases::graph::ReleaseGraph;
use olivine_domain::resolution::trace::TraceStep;
use olivine_domain::resolution::{self, Decision, Question, Source, Status, resolve, resolve_traced};
use olivine_records::devices;

use super::claims::{Claim, claim};
use super::expansions::{self, Expanded, Expansion};
use super::facts::{DeviceFacts, OrganizationFacts, PhaseCounts};
use super::identify::{KnownDevice, note_expiry};
use super::manifests::{Deliverable, Manifest};
use super::offers::remember;
use super::reports::{Report, record, recorded};
use crate::events::{CheckedForRelease, EventData, SourcePrn};
use crate::{Context, Error};

/// The answer to a device.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Its first word.
    pub status: Status,
    /// What the update comes from.
    pub source: Option<Source>,
    /// What to install.
    pub bundle: Option<Id<Bundle>>,
    /// The device's cohort.
    pub cohort: Option<Id<Cohort>>,
    /// What of the bundle the device gets.
    pub manifest: Option<Manifest>,
    /// How the answer came about, where asked to explain.
    pub trace: Option<Vec<TraceStep>>,
    /// The records around it that were asked for.
    pub expanded: Expanded,
}

/// A question on a device's behalf.
#[derive(Clone, Debug, Default)]
pub struct Ask {
    /// What the device is said to run.
    pub report: Report,
    /// Whether that also becomes what the device last reported.
    pub write: bool,
    /// Whether to change nothing, and to say how the answer came about.
    pub explain: bool,
    /// The records around the answer that are wanted.
    pub expand: Vec<Expansion>,
}

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    /// The device, or somebody who says for it what it runs.
    Device,
    /// A caller that wants to know what the device would get if it ran something else.
    Trial,
}

/// How often a check begins anew because what it was made of changed meanwhile.
const MOST_ATTEMPTS: usize = 10;

/// A device asks. The answer has the records around it that `expand` names.
pub async fn check(
    ctx: &Context,
    known: &KnownDevice,
    report: &Report,
    expand: &[Expansion],
    origin: &Origin,
) -> Result<Answer, Error> {
    let device = match known.facts() {
        Some(facts) => facts,
        None => find(ctx, &Tenancy::of_server(known.organization), known.device).await?,
    };
    let graph = graph(ctx, &device).await?;
    let recorded = record(ctx, device.clone(), graph.as_deref(), report, origin).await?;
    // Releases may have been changed while something was written.
    let graph = graph.filter(|_| Arc::ptr_eq(&device, &recorded));
    note_expiry(ctx, known, &recorded, origin);
    let (device, answer) = answer(ctx, recorded, graph, &report.values, (By::Device, origin)).await?;
    let now = ctx.now();
    ctx.memory().check_ins.saw(ctx, &device, origin, now);
    if device.last_answer.is_news(code(&answer)) {
        let source_prn = answer.source.map(|source| SourcePrn(source, device.belongs.organization));
        let data =
            EventData::DeviceCheckedForRelease(CheckedForRelease { status: answer.status, source_prn });
        ctx.memory().check_ins.tell(ctx, &device, origin, data);
    }
    expansions::expand(ctx, &device, answer, expand).await
}

/// Somebody asks on a device's behalf.
pub async fn ask(
    ctx: &Context,
    by: &Authorized<scope::DeviceCheckForUpdate>,
    id: Id<Device>,
    ask: &Ask,
) -> Result<Answer, Error> {
    let device = find(ctx, &by.tenancy(), id).await?;
    // If the caller does not say what the device runs, the answer is for what the device last reported.
    let said = &ask.report;
    let report = if said.is_empty() { recorded(&device.reported) } else { said.values.clone() };
    if ask.explain {
        let answer = explain(ctx, &device, &report).await?;
        return expansions::expand(ctx, &device, answer, &ask.expand).await;
    }
    let device = if ask.write {
        let graph = graph(ctx, &device).await?;
        record(ctx, device, graph.as_deref(), said, &by.origin).await?
    } else {
        device
    };
    let who = if ask.write || said.is_empty() { By::Device } else { By::Trial };
    let (device, answer) = answer(ctx, device, None, &report, (who, &by.origin)).await?;
    expansions::expand(ctx, &device, answer, &ask.expand).await
}

async fn find(ctx: &Context, tenancy: &Tenancy, id: Id<Device>) -> Result<Arc<DeviceFacts>, Error> {
    let organization = tenancy.organization();
    // Memory knows nothing of who reaches what.
    if !tenancy.seen().is_whole() || tenancy.changed().is_some() {
        devices::get(ctx.db(), tenancy, id).await.map_err(Error::missing(id))?;
    }
    ctx.memory().device(ctx, organization, id).await?.ok_or_else(|| Error::not_found(id))
}

/// The releases of a device's cohort, if it is in one.
async fn graph(ctx: &Context, device: &DeviceFacts) -> Result<Option<Arc<ReleaseGraph>>, Error> {
    let Some(cohort) = device.belongs.cohort else { return Ok(None) };
    Ok(Some(ctx.memory().graph(ctx, device.belongs.organization, cohort).await?))
}

/// What a decision is made of.
struct CheckContext {
    organization: Arc<OrganizationFacts>,
    graph: Option<Arc<ReleaseGraph>>,
    phase_counts: PhaseCounts,
}

impl CheckContext {
    /// `known` is what [`graph`] returned a moment ago, if it was asked.
    async fn read(
        ctx: &Context,
        device: &DeviceFacts,
        known: Option<Arc<ReleaseGraph>>,
    ) -> Result<Self, Error> {
        let memory = ctx.memory();
        let organization = memory.organization(ctx, device.belongs.organization).await?;
        let graph = match known {
            Some(known) => Some(known),
            None => graph(ctx, device).await?,
        };
        let sink = graph.as_ref().and_then(|graph| graph.sink());
        let phase_counts = match device.belongs.cohort.zip(sink.filter(|sink| is_counted(&sink.phase))) {
            Some((cohort, sink)) => {
                memory.phase_counts(ctx, device.belongs.organization, cohort, sink.id).await?
            }
            None => PhaseCounts { devices: 0, claims: 0 },
        };
        Ok(Self { organization, graph, phase_counts })
    }

    /// Asks the domain, with or without its reasons.
    fn ask<T>(
        &self,
        ctx: &Context,
        device: &DeviceFacts,
        report: &resolution::Report,
        put: impl FnOnce(&Question<'_>) -> T,
    ) -> T {
        let now = ctx.now();
        let active_overrides = self.organization.active_overrides(device, now);
        put(&Question {
            quarantined: device.quarantined,
            stop: self.organization.stop(device),
            tags: &device.tags,
            graph: self.graph.as_deref(),
            report,
            active_overrides: &active_overrides,
            offer: device.offer.as_deref(),
            now,
            phase_counts: resolution::PhaseCounts {
                devices_in_cohort: self.phase_counts.devices,
                claims: self.phase_counts.claims,
                claimed_by_this_device: &device.claims,
            },
        })
    }
}

fn is_counted(phase: &Phase) -> bool {
    matches!(phase, Phase::Numeric(_)) && !phase.is_everyone()
}

/// Decides, claims where that is needed, and makes the manifest. Returns the device as it is then.
async fn answer(
    ctx: &Context,
    mut device: Arc<DeviceFacts>,
    mut graph: Option<Arc<ReleaseGraph>>,
    report: &resolution::Report,
    (by, origin): (By, &Origin),
) -> Result<(Arc<DeviceFacts>, Answer), Error> {
    for _ in 0..MOST_ATTEMPTS {
        let around = CheckContext::read(ctx, &device, graph.take()).await?;
        let decision = around.ask(ctx, &device, report, resolve);
        let Some((bundle, source)) = decision.bundle.zip(decision.source) else {
            let answer = from_decision(&device, decision);
            return Ok((device, answer));
        };
        if ctx.settings().stale_after > Duration::ZERO && ctx.memory().log.is_stale() {
            return Err(Error::Stale);
        }
        let Ok(template) = template(ctx, &device, bundle).await? else {
            let answer = from_decision(&device, decision.undeliverable());
            return Ok((device, answer));
        };
        if let (true, Source::Release(release)) = (decision.needs_claim, source) {
            let expected = around.graph.as_ref().and_then(|graph| graph.get(release));
            let expected = expected.ok_or_else(|| Error::internal("a decision for no release"))?;
            match claim(ctx, &device, expected, origin).await? {
                Claim::Made(claimed) => device = claimed,
                Claim::Refused => {
                    // Somebody was faster, or the release was changed: what is remembered of both is forgotten by now.
                    let everywhere = Tenancy::of_server(device.belongs.organization);
                    device = find(ctx, &everywhere, device.id).await?;
                    continue;
                }
            }
        }
        if decision.needs_offer && by == By::Device {
            device = remember(ctx, device, bundle, report).await?;
        }
        let wishes = around.organization.links;
        let manifest = Some(template.with_urls(ctx, wishes, &device.tags).await?);
        let answer = Answer { manifest, ..from_decision(&device, decision) };
        return Ok((device, answer));
    }
    Err(Error::Conflict("the cohort's releases change faster than they can be read: ask again in a moment"))
}

/// Says how the answer comes about, and changes nothing.
async fn explain(ctx: &Context, device: &DeviceFacts, report: &resolution::Report) -> Result<Answer, Error> {
    let around = CheckContext::read(ctx, device, None).await?;
    let (decision, mut trace) = around.ask(ctx, device, report, resolve_traced);
    let Some(bundle) = decision.bundle else {
        return Ok(Answer { trace: Some(trace), ..from_decision(device, decision) });
    };
    match template(ctx, device, bundle).await? {
        Ok(template) => {
            trace.push(TraceStep::deliverable(None));
            let manifest = Some(Manifest::explained(template));
            Ok(Answer { manifest, trace: Some(trace), ..from_decision(device, decision) })
        }
        Err(undeliverable) => {
            let reason = undeliverable.reason(ctx, device.belongs.organization).await?;
            trace.push(TraceStep::deliverable(Some(&reason)));
            Ok(Answer { trace: Some(trace), ..from_decision(device, decision.undeliverable()) })
        }
    }
}

async fn template(ctx: &Context, device: &DeviceFacts, bundle: Id<Bundle>) -> Result<Deliverable, Error> {
    let of_product = match &device.target {
        Some(_) => None,
        None => ctx.memory().product_target(ctx, device.belongs.organization, device.belongs.product).await?,
    };
    let target = device.target.as_deref().or(of_product.as_deref());
    ctx.memory().manifest(ctx, device.belongs.organization, bundle, target).await
}

fn from_decision(device: &DeviceFacts, decision: Decision) -> Answer {
    Answer {
        status: decision.status,
        source: decision.source,
        bundle: decision.bundle,
        cohort: device.belongs.cohort,
        manifest: None,
        trace: None,
        expanded: Expanded::default(),
    }
}

/// The part of an answer that is compared with the next one, while the device is cached.
fn code(answer: &Answer) -> Option<u32> {
    let low = |uuid: uuid::Uuid| u32::try_from(uuid.as_u128() & u128::from(u32::MAX)).unwrap_or(1);
    match (answer.status, answer.source) {
        (Status::NoUpdate, _) => None,
        (_, Some(Source::Release(id))) => Some(low(id.uuid())),
        (_, Some(Source::BundleOverride(id))) => Some(low(id.uuid())),
        (_, None) => Some(1),
    }
}
