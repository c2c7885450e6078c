//! Installing a bundle that is fetched and checked, whole or not at all. `crate::installing` says which step is next; here it is saved, then
//! taken.

use super::Agent;
use crate::installers::{self, Installer, Piece};
use crate::installing::{Blame, Failure, Journal, Step, TakingBack, Trace};
use crate::plan::{Entry, Plan};
use crate::state::Phase;
use crate::{Error, Outcome};

impl Agent {
    /// Installs what is left of the plan, or takes back what was begun. An installer that runs is never interrupted. Before the first commit
    /// the agent may stop; after it, it ends what it began, so that the device is between two bundles for as short as possible.
    pub(super) async fn install(&mut self) -> Result<Outcome, Error> {
        let Phase::Installing { plan, next, starts, .. } = &self.state.phase else {
            return Ok(Outcome::UpToDate);
        };
        let (plan, next, starts) = (plan.clone(), *next, *starts);
        let mut journal = match self.journal().await? {
            Some(journal) => journal,
            None => Journal::begin(self.state.mark(), next, plan.entries.len(), starts),
        };
        if let Step::Stage(_) = journal.step() {
            self.check_contents(&plan, &mut journal).await;
        }
        loop {
            if journal.may_stop() && self.stop.is_asked() {
                return self.stop_before_commit(&journal);
            }
            match journal.step() {
                Step::Finished => return self.all_installed(&plan, &journal).await,
                Step::TakenBack => return self.taken_back(&plan, &journal).await,
                step @ (Step::Stage(index)
                | Step::Commit(index)
                | Step::Unstage(index)
                | Step::Revert(index)) => {
                    self.take_step(&plan, &mut journal, (step, index)).await?;
                }
            }
        }
    }

    /// The journal of what is being installed. One that the state has left behind, because an agent of the version before was at work or because
    /// only its removal was missing, is dropped with what it kept.
    pub(super) async fn journal(&self) -> Result<Option<Journal>, Error> {
        let Some(journal) = self.store.load_journal()? else { return Ok(None) };
        if let Phase::Installing { next, starts, .. } = &self.state.phase
            && journal.fits(&self.state.mark(), *next, *starts)
        {
            return Ok(Some(journal));
        }
        tracing::info!("the journal of an earlier update is of no more use; it is removed");
        self.forget(&journal).await?;
        Ok(None)
    }

    /// Removes what was kept beside installed files, and the journal.
    async fn forget(&self, journal: &Journal) -> Result<(), Error> {
        for (index, trace) in journal.traces() {
            installers::tidy(index, trace).await;
        }
        self.store.remove_journal()
    }

    /// All contents are read once more, before anything is staged: what the disk made of them must still be what was signed.
    async fn check_contents(&self, plan: &Plan, journal: &mut Journal) {
        for (index, entry) in plan.entries.iter().enumerate().skip(journal.installed()) {
            if let Err(detail) = installers::check_content(self.piece(index, entry)).await {
                let detail = about(entry, &detail);
                tracing::error!(detail, "nothing is installed");
                return journal.failed(Failure { blame: Blame::Content, detail });
            }
        }
    }

    fn stop_before_commit(&self, journal: &Journal) -> Result<Outcome, Error> {
        if journal.traces().next().is_some() {
            self.store.save_journal(journal)?;
        }
        Err(Error::Stopped)
    }

    /// Saves that a step is begun, and takes it.
    async fn take_step(
        &mut self,
        plan: &Plan,
        journal: &mut Journal,
        (step, index): (Step, usize),
    ) -> Result<(), Error> {
        let Some(entry) = plan.entries.get(index) else {
            journal.failed(blame(format!("the bundle has no entry {index}")));
            return Ok(());
        };
        if let Step::Stage(_) = step {
            match self.look(journal, self.piece(index, entry)).await {
                Ok(trace) => journal.note(trace),
                Err(detail) => {
                    journal.failed(blame(about(entry, &detail)));
                    return Ok(());
                }
            }
        }
        let starts = journal.begun();
        self.store.save_journal(journal)?;
        if self.state.progress(journal.installed(), journal.needs_restart()) {
            self.save()?;
        }
        let result = if starts > self.settings.patience.max_attempts {
            // What brings the whole device down each time would do so for ever.
            Err(format!("the device went down {} times while it was {}", starts - 1, step.in_words()))
        } else {
            self.act(journal, step, self.piece(index, entry)).await
        };
        match result {
            Ok(needs_restart) => {
                tracing::info!(artifact = %entry.artifact, version = entry.version, "{}", step.in_words());
                journal.succeeded(needs_restart);
            }
            Err(detail) => {
                let detail = about(entry, &detail);
                tracing::error!(detail, "an entry could not be {}", step.in_words());
                journal.failed(blame(detail));
            }
        }
        Ok(())
    }

    async fn look(&self, journal: &Journal, piece: Piece<'_>) -> Result<Trace, String> {
        let Some(installer) = self.installer(piece.entry) else {
            return Err("no installer is configured for it any more".to_owned());
        };
        let earlier: Vec<_> = journal
            .traces()
            .take_while(|(index, _)| *index < piece.index)
            .map(|(_, trace)| trace.clone())
            .collect();
        installer.look(piece, &earlier).await
    }

    /// Whether a restart is needed now.
    async fn act(&self, journal: &Journal, step: Step, piece: Piece<'_>) -> Result<bool, String> {
        let installer = self.installer(piece.entry);
        let Some(trace) = journal.trace(piece.index) else {
            return Err("the journal does not say how it was staged".to_owned());
        };
        match step {
            Step::Stage(_) => match installer {
                Some(installer) => installer.stage(piece, trace).await?,
                None => return Err("no installer is configured for it any more".to_owned()),
            },
            Step::Commit(_) => {
                return installers::commit(installer, piece, trace)
                    .await
                    .map(|success| success.needs_restart);
            }
            Step::Unstage(_) => installers::unstage(installer, piece, trace).await?,
            Step::Revert(_) => installers::revert(installer, piece, trace).await?,
            Step::Finished | Step::TakenBack => {}
        }
        Ok(false)
    }

    fn installer(&self, entry: &Entry) -> Option<&Installer> {
        installers::choose(&self.settings.installers, entry)
    }

    const fn piece<'a>(&'a self, index: usize, entry: &'a Entry) -> Piece<'a> {
        Piece { index, entry, store: &self.store }
    }

    async fn all_installed(&mut self, plan: &Plan, journal: &Journal) -> Result<Outcome, Error> {
        self.state.progress(journal.installed(), journal.needs_restart());
        let Phase::Installing { restart, before, .. } = &self.state.phase else {
            return Ok(Outcome::UpToDate);
        };
        let running = &self.settings.running;
        let outcome = if running.needs_restart(*restart, before.as_deref(), plan.version.as_deref()) {
            self.state.await_restart(running.boot_id());
            self.installed_here = true;
            self.save()?;
            Outcome::RestartPending { bundle: plan.bundle.to_string() }
        } else {
            self.succeed(plan)?
        };
        self.forget(journal).await?;
        Ok(outcome)
    }

    /// The bundle is not installed; what it did is taken back, as far as it can be.
    async fn taken_back(&mut self, plan: &Plan, journal: &Journal) -> Result<Outcome, Error> {
        let Some(back) = journal.taking_back() else { return Ok(Outcome::UpToDate) };
        self.state.progress(journal.installed(), journal.needs_restart());
        let detail = back.in_words(plan.entries.len());
        let (patience, now) = (self.settings.patience, (self.clock)());
        let subject = (&plan.bundle, plan.release.clone());
        match back.failure.blame {
            _ if !back.stuck.is_empty() => {
                tracing::error!(detail, "this device may run parts of two bundles");
                self.state.torn(plan, &detail, patience, now);
            }
            Blame::Installer => self.state.failed(subject, &detail, patience, now),
            Blame::Content => self.state.postponed(subject, &detail, patience, now),
        }
        self.save()?;
        self.forget(journal).await?;
        // What is damaged here is fetched anew.
        self.store.tidy(&[]);
        Ok(Outcome::Failed { bundle: plan.bundle.to_string(), detail })
    }
}

impl Step {
    const fn in_words(self) -> &'static str {
        match self {
            Self::Stage(_) => "staged",
            Self::Commit(_) | Self::Finished => "installed",
            Self::Unstage(_) | Self::Revert(_) | Self::TakenBack => "taken back",
        }
    }
}

impl TakingBack {
    /// For the report.
    fn in_words(&self, entries: usize) -> String {
        let stays = (self.floor > 0).then(|| {
            format!(
                "{} of {entries} entries stay installed, because an installer has no revert: the device is between two bundles",
                self.floor
            )
        });
        let stuck = (!self.stuck.is_empty()).then(|| {
            format!(
                "it could not be taken back ({}): the device may run parts of two bundles, and does not try this one again",
                self.stuck.join("; ")
            )
        });
        [Some(self.failure.detail.clone()), stays, stuck].into_iter().flatten().collect::<Vec<_>>().join("; ")
    }
}

fn about(entry: &Entry, detail: &str) -> String {
    format!("version {} of {}: {detail}", entry.version, entry.artifact)
}

const fn blame(detail: String) -> Failure {
    Failure { blame: Blame::Installer, detail }
}
