//! The agent: asks, fetches, checks, installs, reports, in this order, and saves the state before each step.
//!
//! It must never install what is not signed by a key that is pinned on this device, whatever the server says; and nothing of
//! an update before all of it is there and checked.

mod fetching;
mod installing;

use std::future::Future;

use olivine_api::device::Update;
use olivine_client::{DeviceClient, Error as ClientError};
use olivine_domain::time::Timestamp;

use crate::config::Settings;
use crate::installers;
use crate::plan::{Offer, Plan, Refused, Subject};
use crate::running::AfterRestart;
use crate::state::{HeldBack, Phase, State};
use crate::stop::Stop;
use crate::store::Store;
use crate::{Error, Outcome, room};

/// What the answer has to come with.
const EXPAND: &[&str] = &["bundle", "release", "manifest", "source_type"];

/// One device's agent.
#[derive(Debug)]
pub(crate) struct Agent {
    settings: Settings,
    device: DeviceClient,
    pub(crate) store: Store,
    pub(crate) state: State,
    clock: fn() -> Timestamp,
    stop: Stop,
    /// Whether the restart that is awaited became due in this process, so that this is certainly not after it.
    installed_here: bool,
}

impl Agent {
    /// Takes up where the last one ended. Nothing is sent yet.
    pub(crate) fn open(
        mut settings: Settings,
        device: DeviceClient,
        clock: fn() -> Timestamp,
        stop: Stop,
    ) -> Result<Self, Error> {
        settings.limits.hosts.push(device.host().to_owned());
        let store = Store::open(&settings.state_dir)?;
        let state = store.load(settings.running.factory.clone())?;
        Ok(Self { settings, device, store, state, clock, stop, installed_here: false })
    }

    /// What keeps the server from choosing an update for this device.
    pub(crate) fn problems(&self) -> Vec<String> {
        self.settings.running.problems()
    }

    /// Ends what is under way, or asks once whether there is an update and does what follows.
    pub(crate) async fn poll(&mut self) -> Result<Outcome, Error> {
        let outcome = match self.resume().await? {
            Some(outcome) => outcome,
            None => self.ask().await?,
        };
        self.deliver_if_possible().await?;
        if matches!(outcome, Outcome::RestartPending { .. }) {
            self.restart().await;
        }
        Ok(outcome)
    }

    /// Asks, but not before the server knows what happened so far.
    async fn ask(&mut self) -> Result<Outcome, Error> {
        self.deliver().await?;
        let reported = self.state.reported(self.settings.running.version());
        let device = self.device.clone();
        let mut update = self.unless_stopped(device.update(&reported, EXPAND)).await??;
        loop {
            match self.follow(&update).await? {
                Next::Done(outcome) => return Ok(outcome),
                Next::Instead(other) => update = *other,
            }
        }
    }

    async fn follow(&mut self, update: &Update) -> Result<Next, Error> {
        match update.status.as_str() {
            "update" => self.take(update).await,
            "no_update" => self.idle(Outcome::UpToDate).map(Next::Done),
            "device_quarantine" => self.idle(Outcome::Quarantined).map(Next::Done),
            _ => Err(Error::Answer(
                "the server's answer has a status that this agent does not know".to_owned(),
            )),
        }
    }

    /// There is nothing to do.
    fn idle(&mut self, outcome: Outcome) -> Result<Outcome, Error> {
        if self.state.phase != Phase::Idle {
            self.state.phase = Phase::Idle;
            self.save()?;
        }
        Ok(outcome)
    }

    /// Goes on with what the last process left.
    async fn resume(&mut self) -> Result<Option<Outcome>, Error> {
        if let Phase::Installing { .. } = &self.state.phase {
            return self.install().await.map(Some);
        }
        self.journal().await?;
        match &self.state.phase {
            Phase::Restarting { .. } => self.look_after_restart().map(Some),
            Phase::Idle | Phase::Downloading { .. } | Phase::Installing { .. } => Ok(None),
        }
    }

    async fn take(&mut self, update: &Update) -> Result<Next, Error> {
        let subject = Subject::read(update).map_err(|refused| Error::Answer(refused.to_string()))?;
        let bundle = subject.bundle.to_string();
        if self.state.runs(&subject.bundle) {
            let is_new = self.state.arrive(&subject.bundle, subject.release, subject.version);
            self.save()?;
            return Ok(Next::Done(if is_new { Outcome::Arrived { bundle } } else { Outcome::UpToDate }));
        }
        if let Some(held_back) = self.state.held_back(&subject.bundle, (self.clock)()) {
            let left = match held_back {
                HeldBack::GivenUp => None,
                HeldBack::For(left) => Some(left),
            };
            return Ok(Next::Done(Outcome::HeldBack { bundle, left }));
        }
        let failing = (&subject.bundle, subject.release.clone());
        match self.read(&subject, update) {
            Ok(offer) => self.update(offer).await,
            Err(Refused(detail)) => self.postpone(failing, detail).map(Next::Done),
        }
    }

    /// All that can be checked before a byte is fetched.
    fn read(&self, subject: &Subject, update: &Update) -> Result<Offer, Refused> {
        let offer = Offer::read(subject, update, &self.settings.limits, &self.state.installed)?;
        self.check_installers(&offer.plan).map_err(Refused)?;
        room::check(&offer, &self.store, self.settings.limits.reserve)?;
        Ok(offer)
    }

    fn check_installers(&self, plan: &Plan) -> Result<(), String> {
        plan.entries.iter().try_for_each(|entry| match installers::choose(&self.settings.installers, entry) {
            Some(installer) => installer.check(entry),
            None => Err(format!(
                "no installer is configured for {} with the target {}",
                entry.artifact, entry.target
            )),
        })
    }

    fn look_after_restart(&mut self) -> Result<Outcome, Error> {
        let Phase::Restarting { plan, asked, before, boot } = &self.state.phase else {
            return Ok(Outcome::UpToDate);
        };
        let (plan, running) = (plan.clone(), &self.settings.running);
        let restarted = match (boot, running.boot_id()) {
            (Some(then), Some(now)) => *then != now,
            _ => !self.installed_here,
        };
        match running.after_restart((*asked, restarted), before.as_deref(), plan.version.as_deref()) {
            AfterRestart::Pending => Ok(Outcome::RestartPending { bundle: plan.bundle.to_string() }),
            AfterRestart::New => self.succeed(&plan),
            AfterRestart::Old(version) => {
                let detail = format!("after the restart the device runs {version}, as before the update");
                self.state.rolled_back(&plan, &detail, self.settings.patience, (self.clock)());
                self.save()?;
                self.store.tidy(&[]);
                Ok(Outcome::RolledBack { bundle: plan.bundle.to_string(), detail })
            }
        }
    }

    fn succeed(&mut self, plan: &Plan) -> Result<Outcome, Error> {
        self.state.installed(plan);
        self.save()?;
        self.store.tidy(&[]);
        Ok(Outcome::Updated { bundle: plan.bundle.to_string() })
    }

    /// It can't be done now, and is tried again for ever.
    fn postpone(&mut self, subject: Failing<'_>, detail: String) -> Result<Outcome, Error> {
        let bundle = subject.0.to_string();
        self.state.postponed(subject, &detail, self.settings.patience, (self.clock)());
        self.save()?;
        Ok(Outcome::Failed { bundle, detail })
    }

    /// Tells the server what it does not know yet, in order. What it refuses for good is told: it will not want it later either.
    async fn deliver(&mut self) -> Result<(), Error> {
        while let Some(report) = self.state.reports.front().cloned() {
            let device = self.device.clone();
            match self.unless_stopped(device.report(&report)).await? {
                Ok(()) => {}
                Err(error) if is_refused(&error) => {
                    tracing::warn!(status = report.status, reason = %error, "the server refuses a report");
                }
                Err(error) => return Err(error.into()),
            }
            self.state.reports.pop_front();
            self.save()?;
        }
        Ok(())
    }

    /// Reports that can't be delivered now are kept: no reason to hold up an update.
    async fn deliver_if_possible(&mut self) -> Result<(), Error> {
        match self.deliver().await {
            Err(Error::Client(error)) => {
                tracing::warn!(reason = crate::chain(&error), "reports are kept until the server takes them");
                Ok(())
            }
            result => result,
        }
    }

    async fn restart(&self) {
        let Some(words) = &self.settings.running.reboot_command else { return };
        match installers::restart(words).await {
            Ok(status) if status.success() => tracing::info!("the restart is under way"),
            Ok(status) => tracing::error!(%status, "the reboot command failed"),
            Err(error) => tracing::error!(%error, "the reboot command can't be started"),
        }
    }

    fn save(&self) -> Result<(), Error> {
        self.store.save(&self.state)
    }

    async fn unless_stopped<T>(&self, future: impl Future<Output = T>) -> Result<T, Error> {
        let mut stop = self.stop.clone();
        tokio::select! {
            biased;
            () = stop.asked() => Err(Error::Stopped),
            result = future => Ok(result),
        }
    }
}

/// What follows from an answer.
enum Next {
    /// It is dealt with.
    Done(Outcome),
    /// Another answer came in the meantime.
    Instead(Box<Update>),
}

/// The bundle that fails, and its release.
type Failing<'a> = (&'a olivine_domain::prn::Prn<olivine_domain::bundles::Bundle>, Option<String>);

fn failed(plan: &Plan, detail: String) -> Outcome {
    Outcome::Failed { bundle: plan.bundle.to_string(), detail }
}

/// Whether a report will never be taken. A device that is unknown for now may be known again.
fn is_refused(error: &ClientError) -> bool {
    matches!(error.status(), Some(400 | 404 | 409 | 410 | 413 | 415 | 422)) && error.code().is_some()
}
