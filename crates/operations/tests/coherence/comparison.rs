//! What is asked of each process, and the comparison of their answers.

use std::fmt::Write as _;

use olivine_domain::certificates::{Certificate, Intermediates};
use olivine_domain::device_credentials::DeviceCredential;
use olivine_domain::devices::Device;
use olivine_domain::permissions::Origin;
use olivine_domain::prn::Id;
use olivine_domain::resolution::{Malformed, Reported};
use olivine_domain::text::VersionText;
use olivine_domain::{Sha256Digest, Timestamp};
use olivine_operations::distribution::{
    self, Answer, Ask, Entry, Expanded, Expansion, KnownDevice, Report, Shown,
};
use olivine_operations::{Context, Error, devices, releases};
use olivine_records::release_days;

use crate::changes::VERSIONS;
use crate::history::check_expected;
use crate::steps::{Check, Said, Step, place};
use crate::world::{World, all};

/// In words.
#[derive(Debug)]
pub(crate) struct Difference(pub(crate) String);

impl From<Error> for Difference {
    fn from(error: Error) -> Self {
        Self(format!("this should not fail: {error:?}"))
    }
}

impl From<olivine_records::Error> for Difference {
    fn from(error: olivine_records::Error) -> Self {
        Self(format!("this should not fail: {error:?}"))
    }
}

/// What a device says that has yet to get any release.
const OLD: Said = Said::Version(0);
/// How many certificates are shown after each change; all in turn.
const SHOWN: usize = 3;

/// Asks all three processes the same of every device, and who they take some certificates for.
pub(crate) async fn compare(world: &World<'_>, step: &Step) -> Result<(), Difference> {
    let fresh = world.fresh().await;
    let (maker, other) = world.processes(step.by);
    let processes =
        [("the one that made the change", maker), ("the other", other), ("one just started", &fresh)];
    let seen = world.seen.lock().expect("no panics here").devices.clone();
    let records = living(world).await?;
    for device in seen {
        for said in [Said::Nothing, OLD, step.said] {
            let said = report_of(world, find(&records, device), said);
            let mut answers = Vec::new();
            for (_, ctx) in processes {
                answers.push(explain(world, ctx, device, &said).await?);
            }
            same(
                &format!("explained for {device} that says {said:?}"),
                processes.map(|(name, _)| name),
                &answers,
            )?;
        }
    }
    let certificates = world.factory.all();
    let turn = usize::from(step.change.picks[4]);
    for shown in certificates.iter().cycle().skip(turn % certificates.len()).take(SHOWN) {
        if !is_settled(world, shown).await? {
            continue;
        }
        let mut answers = Vec::new();
        for (_, ctx) in processes {
            answers.push(recognize(ctx, shown).await?);
        }
        let subject = &shown.facts().subject;
        same(&format!("the certificate of {subject}"), processes.map(|(name, _)| name), &answers)?;
    }
    Ok(())
}

/// Compares as many answers as there are.
fn same<const N: usize>(what: &str, names: [&str; N], answers: &[String]) -> Result<(), Difference> {
    if answers.iter().all(|answer| *answer == answers[0]) {
        return Ok(());
    }
    let mut text = format!("{what}:");
    for (name, answer) in names.iter().zip(answers) {
        write!(text, "\n- {name}: {answer}").expect("a String takes everything");
    }
    Err(Difference(text))
}

/// Whether showing it makes no device.
async fn is_settled(world: &World<'_>, shown: &Certificate) -> Result<bool, Difference> {
    let facts = shown.facts();
    let fingerprint = &facts.fingerprint;
    let db = world.first.db();
    let known =
        olivine_records::device_certificates::list_known_of_any_organization(db, &[*fingerprint]).await?;
    Ok(facts.subject_hash == facts.issuer_hash || !known.is_empty())
}

/// Whom a process takes a certificate for.
async fn recognize(ctx: &Context, shown: &Certificate) -> Result<String, Difference> {
    let shown = Shown { certificate: shown, intermediates: &Intermediates::default() };
    match distribution::authenticate(ctx, shown, &Origin::default()).await {
        Ok(known) => Ok(format!("{known:?}")),
        Err(error) => failed(&error),
    }
}

fn failed(error: &Error) -> Result<String, Difference> {
    check_expected(error)?;
    Ok(error.to_string())
}

async fn explain(
    world: &World<'_>,
    ctx: &Context,
    device: Id<Device>,
    said: &Report,
) -> Result<String, Difference> {
    let expand = vec![Expansion::Release, Expansion::BundleOverride, Expansion::Bundle, Expansion::Cohort];
    let question = Ask { report: said.clone(), write: false, explain: true, expand };
    match distribution::ask(ctx, &world.may(), device, &question).await {
        Ok(answer) => Ok(format!("{}{}", told(&answer), around(&answer))),
        Err(error) => failed(&error),
    }
}

fn known(world: &World<'_>, device: Id<Device>) -> KnownDevice {
    let not_after = Timestamp::from_micros(i64::MAX / 1_000_000).expect("a possible moment");
    let credential = DeviceCredential::Certificate { fingerprint: Sha256Digest::of(b""), not_after };
    KnownDevice::new(world.actor.organization, device, credential)
}

/// An answer in words, all but its URLs.
fn told(answer: &Answer) -> String {
    let Answer { status, source, bundle, cohort, manifest, trace, expanded: _ } = answer;
    let mut text = format!("{status:?} {source:?} {bundle:?} {cohort:?}");
    for entry in manifest.iter().flat_map(|manifest| &manifest.template().entries) {
        let Entry {
            artifact, artifact_version, version, binary, target, size, hash, custom_metadata, ..
        } = entry;
        let what = (artifact, artifact_version, version.as_str(), binary, target.as_str(), size, hash);
        write!(text, "\n    {what:?} {custom_metadata:?}").expect("a String takes everything");
        for (signature, key) in &entry.signatures {
            let signature = (key.id, key.keyid().to_string(), signature.signature.to_string());
            write!(text, "\n      {signature:?}").expect("a String takes everything");
        }
    }
    for step in trace.iter().flatten() {
        write!(text, "\n    {step:?}").expect("a String takes everything");
    }
    text
}

/// What is shown around an answer.
fn around(answer: &Answer) -> String {
    let Expanded { release, bundle_override, bundle, cohort, artifact_names: _ } = &answer.expanded;
    let mut text = String::new();
    let records = [
        release.as_ref().map(|release| format!("{release:?}")),
        bundle_override.as_ref().map(|bundle_override| format!("{bundle_override:?}")),
        bundle.as_ref().map(|bundle| format!("{bundle:?}")),
        cohort.as_ref().map(|cohort| format!("{cohort:?}")),
    ];
    for record in records.iter().flatten() {
        write!(text, "\n    {record}").expect("a String takes everything");
    }
    text
}

/// The devices that are there.
async fn living(world: &World<'_>) -> Result<Vec<Device>, Error> {
    Ok(devices::list(&world.first, &world.may(), &all()).await?.items)
}

fn find(records: &[Device], id: Id<Device>) -> Option<&Device> {
    records.iter().find(|device| device.id == id)
}

/// What a device says, of which [`Said`] is the kind.
fn report_of(world: &World<'_>, record: Option<&Device>, said: Said) -> Report {
    let seen = world.seen.lock().expect("no panics here");
    let release = |pick| {
        let cohort = record.and_then(|device| device.cohort);
        let own = seen.releases.iter().filter(|(_, of)| Some(*of) == cohort);
        let own: Vec<_> = own.map(|(id, _)| *id).collect();
        Reported::from(usize::from(pick).checked_rem(own.len()).map(|place| own[place]))
    };
    let version = |pick| Some(VERSIONS[usize::from(pick) % VERSIONS.len()]);
    match said {
        Said::Nothing => Report::default(),
        Said::Same => {
            let reported = record.map(|device| device.reported.clone()).unwrap_or_default();
            let version = reported.version.as_ref().map(VersionText::as_str);
            Report::new(reported.release.into(), reported.bundle.into(), version)
        }
        Said::Release(pick) => Report::new(release(pick), Reported::Absent, None),
        Said::Bundle(pick) => Report::new(Reported::Absent, chosen(&seen.bundles, pick).into(), None),
        Said::Version(pick) => Report::new(Reported::Absent, Reported::Absent, version(pick)),
        Said::ReleaseAndVersion(one, other) => Report::new(release(one), Reported::Absent, version(other)),
        Said::Nonsense => {
            let nonsense = Reported::Malformed(Malformed::new("prn:1:nonsense", &"it is no PRN"));
            Report::new(nonsense, Reported::Absent, Some("unknown"))
        }
    }
}

fn chosen<T: Copy>(from: &[T], pick: u8) -> Option<T> {
    from.get(place(pick, from.len())?).copied()
}

/// Asks both processes while something is being changed. The answers may be those from before or after.
pub(crate) async fn ask_meanwhile(world: &World<'_>, one: &Context, other: &Context) {
    let seen = world.seen.lock().expect("no panics here").devices.clone();
    for device in seen {
        for ctx in [one, other] {
            drop(explain(world, ctx, device, &Report::default()).await);
        }
    }
}

/// A device asks a process that does not know of the last change. It may be answered as before, but must not fail.
pub(crate) async fn ask_unaware(world: &World<'_>, asked: &Context, check: &Check) -> Result<(), Difference> {
    let questions = questions(world, check).await?;
    answers(world, asked, &questions).await.map(drop)
}

/// Devices ask a process; then they ask one that was just started, and both again: that must change nothing any more.
pub(crate) async fn ask(
    world: &World<'_>,
    asked: &Context,
    other: &Context,
    check: &Check,
) -> Result<(), Difference> {
    let questions = questions(world, check).await?;
    if questions.len() > 1 {
        // A device that asks later may claim the last place of a phase, which the answer to a device before it still counted on. So of
        // many devices, the answers are compared from their second time on.
        answers(world, asked, &questions).await?;
    }
    let first = answers(world, asked, &questions).await?;
    let before = records(world).await?;
    let fresh = world.fresh().await;
    let second = answers(world, &fresh, &questions).await?;
    let after = records(world).await?;
    world.note(format!("{check:?}"));
    let names = ["the first process", "one just started", "the first again", "the other"];
    let on_record = ["at first", "after one just started was asked", "after all were asked", ""];
    same(&format!("on record after {questions:?}"), on_record, &[before.clone(), after])?;
    // This also lets them remember what has just become of these devices, before something changes.
    let mut again = Vec::new();
    for ctx in [asked, other] {
        distribution::catch_up(ctx).await?;
        again.push(answers(world, ctx, &questions).await?);
    }
    for (place, question) in questions.iter().enumerate() {
        let all = [&first, &second, &again[0], &again[1]].map(|answers| answers[place].clone());
        same(&format!("asked by {question:?}"), names, &all)?;
    }
    same(&format!("on record after {questions:?}"), on_record, &[before, records(world).await?])
}

type Question = (Id<Device>, Report);

async fn questions(world: &World<'_>, check: &Check) -> Result<Vec<Question>, Difference> {
    let mut devices = world.seen.lock().expect("no panics here").devices.clone();
    if !matches!(check.said, Said::Same) {
        devices = chosen(&devices, check.device).into_iter().collect();
    }
    let records = living(world).await?;
    let words = |device| (device, report_of(world, find(&records, device), check.said));
    Ok(devices.into_iter().map(words).collect())
}

async fn answers(
    world: &World<'_>,
    ctx: &Context,
    questions: &[Question],
) -> Result<Vec<String>, Difference> {
    let mut answers = Vec::new();
    for (device, said) in questions {
        answers.push(answer(world, ctx, *device, said).await?);
    }
    Ok(answers)
}

async fn answer(
    world: &World<'_>,
    ctx: &Context,
    device: Id<Device>,
    said: &Report,
) -> Result<String, Difference> {
    match distribution::check(ctx, &known(world, device), said, &[], &Origin::default()).await {
        Ok(answer) => Ok(told(&answer)),
        Err(error) => failed(&error),
    }
}

/// What is on record of devices, and the numbers of all releases.
async fn records(world: &World<'_>) -> Result<String, Difference> {
    let (ctx, organization) = (&world.first, world.actor.organization);
    let mut text = String::new();
    for device in living(world).await? {
        write!(text, "\n    {} {:?} {:?}", device.id, device.release, device.reported)
            .expect("a String takes everything");
    }
    let living = releases::list(ctx, &world.may(), &all()).await?.items;
    let ids: Vec<_> = living.iter().map(|view| view.release.id).collect();
    let sums = release_days::sums(ctx.db(), organization, &ids).await?;
    for view in living {
        let release = view.release;
        let sum = sums.iter().find(|(id, _)| *id == release.id);
        write!(text, "\n    {} {sum:?} claims {}", release.id, release.claims)
            .expect("a String takes everything");
    }
    Ok(text)
}

/// At the end, each release's numbers are those of the devices that are on it.
pub(crate) async fn count(world: &World<'_>) -> Result<(), Difference> {
    let (ctx, organization) = (&world.first, world.actor.organization);
    let devices = living(world).await?;
    let living = releases::list(ctx, &world.may(), &all()).await?.items;
    let ids: Vec<_> = living.iter().map(|view| view.release.id).collect();
    for (id, sum) in release_days::sums(ctx.db(), organization, &ids).await? {
        let on = devices.iter().filter(|device| device.release == Some(id)).count();
        if i64::try_from(on).ok() != Some(sum.arrived - sum.departed) {
            return Err(Difference(format!("{on} devices are on the release {id}, but counted are {sum:?}")));
        }
    }
    let lost = |device: &&Device| device.release.is_some_and(|on| !ids.contains(&on));
    match devices.iter().find(lost) {
        Some(device) => Err(Difference(format!("a device is on a release that is gone: {device:?}"))),
        None => Ok(()),
    }
}
