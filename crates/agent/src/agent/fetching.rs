//! Fetching the contents of an update: with a least rate and a longest time, and without losing touch with the server meanwhile.

use olivine_api::device::Update;
use olivine_client::Error as ClientError;
use olivine_client::downloads::{self, download_wanted};
use olivine_domain::hash::Sha256Digest;
use tokio::time::{sleep, timeout};

use super::{Agent, EXPAND, Next, failed};
use crate::plan::{Offer, Plan, Subject};
use crate::{Error, Outcome, schedule};

impl Agent {
    /// Fetches what is offered, and installs it.
    pub(super) async fn update(&mut self, offer: Offer) -> Result<Next, Error> {
        tracing::info!(bundle = %offer.plan.bundle, release = offer.plan.release, "there is an update");
        if self.state.begin(&offer.plan) {
            self.save()?;
        }
        self.deliver_if_possible().await?;
        self.store.tidy(&offer.plan.entries.iter().map(|entry| entry.hash).collect::<Vec<_>>());
        match self.unless_stopped(self.fetch(&offer)).await? {
            Fetched::All => {}
            Fetched::Failed(hash, error) => {
                return self.not_fetched(&offer.plan, hash, *error).map(Next::Done);
            }
            Fetched::TooLong => {
                let hours = self.settings.longest_download.as_secs() / 3_600;
                let detail = format!(
                    "download_failed: the contents did not arrive within {hours} hours (max_download_hours); what arrived is kept"
                );
                return self
                    .postpone((&offer.plan.bundle, offer.plan.release.clone()), detail)
                    .map(Next::Done);
            }
            Fetched::Instead(update) => return Ok(Next::Instead(update)),
        }
        self.state.fetched(offer.plan, self.settings.running.version());
        self.save()?;
        self.deliver_if_possible().await?;
        self.install().await.map(Next::Done)
    }

    /// Fetches and checks all contents, unless that takes too long or the server wants something else in the meantime.
    async fn fetch(&self, offer: &Offer) -> Fetched {
        tokio::select! {
            biased;
            fetched = timeout(self.settings.longest_download, self.fetch_all(offer)) => {
                fetched.unwrap_or(Fetched::TooLong)
            }
            update = self.asked_otherwise(&offer.plan) => Fetched::Instead(Box::new(update)),
        }
    }

    async fn fetch_all(&self, offer: &Offer) -> Fetched {
        for content in &offer.contents {
            let path = self.store.content(&content.hash);
            let (trusted, required) = (&self.settings.trusted, self.settings.required_signatures);
            match download_wanted(&self.device, content, &path, trusted, required).await {
                Ok(keyids) => {
                    tracing::info!(hash = %content.hash, keys = keyids.len(), "fetched and checked");
                }
                Err(error) => return Fetched::Failed(content.hash, Box::new(error)),
            }
        }
        Fetched::All
    }

    /// Asks as often as always while contents are fetched, which may take days: so a device that a slow host holds up is still reached.
    /// Ends with the first answer that is about something else than this plan.
    async fn asked_otherwise(&self, plan: &Plan) -> Update {
        let reported = self.state.reported(self.settings.running.version());
        loop {
            sleep(schedule::about(self.settings.poll_interval)).await;
            match self.device.update(&reported, EXPAND).await {
                Ok(update) if is_about(&update, plan) => {}
                Ok(update) => {
                    tracing::info!(
                        status = update.status,
                        "the server wants something else; the download ends"
                    );
                    return update;
                }
                Err(error) => {
                    tracing::debug!(reason = crate::chain(&error), "asked while contents are fetched");
                }
            }
        }
    }

    fn not_fetched(
        &mut self,
        plan: &Plan,
        hash: Sha256Digest,
        error: downloads::Error,
    ) -> Result<Outcome, Error> {
        let detail = format!("content {hash}: {}", crate::chain(&error));
        match error {
            downloads::Error::Client(error) if passes(&error) => {
                let (patience, now) = (self.settings.patience, (self.clock)());
                let is_often = self.state.interrupted(plan, &detail, patience, now);
                self.save()?;
                if is_often { Ok(failed(plan, detail)) } else { Err(Error::Client(error)) }
            }
            downloads::Error::TooSlow { .. } => {
                self.postpone((&plan.bundle, plan.release.clone()), format!("download_failed: {detail}"))
            }
            _ => self.postpone((&plan.bundle, plan.release.clone()), detail),
        }
    }
}

/// What came of fetching the contents of an update.
enum Fetched {
    /// They are there and checked.
    All,
    /// This one is not.
    Failed(Sha256Digest, Box<downloads::Error>),
    /// They did not arrive in time.
    TooLong,
    /// The server wants something else.
    Instead(Box<Update>),
}

/// Whether an answer offers the bundle of this plan. An answer with an unknown status says nothing.
fn is_about(update: &Update, plan: &Plan) -> bool {
    match update.status.as_str() {
        "update" => Subject::read(update).is_ok_and(|subject| subject.bundle == plan.bundle),
        status => !["no_update", "device_quarantine"].contains(&status),
    }
}

/// Whether contents may be there later, or under a fresh URL. A host whose certificate is wrong for a day must not use up the attempts of a
/// fleet.
fn passes(error: &ClientError) -> bool {
    error.is_transient() || error.is_transport() || matches!(error.status(), Some(401 | 403))
}
