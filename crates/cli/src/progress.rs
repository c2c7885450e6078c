//! Progress on stderr: a bar during transfers, and only on a terminal.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use olivine_client::{Notice, Observer, Step};

use crate::messages;

/// The progress that is shown.
#[derive(Clone)]
pub(crate) struct Progress {
    bar: Arc<Mutex<ProgressBar>>,
    last: Arc<LastReason>,
}

/// The last reason for a retry that was shown.
#[derive(Default)]
struct LastReason(Mutex<Option<(String, Instant)>>);

impl LastReason {
    /// Stores the reason, and returns whether it differs from the one shown just before.
    fn replace(&self, reason: &str) -> bool {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_old =
            last.as_ref().is_some_and(|(old, at)| old == reason && at.elapsed() < Duration::from_secs(1));
        if !is_old {
            *last = Some((reason.to_owned(), Instant::now()));
        }
        !is_old
    }
}

impl Progress {
    pub(crate) fn new() -> Self {
        Self { bar: Arc::new(Mutex::new(ProgressBar::hidden())), last: Arc::default() }
    }

    /// An observer for the client, which updates the progress.
    pub(crate) fn observer(&self) -> Observer {
        let progress = self.clone();
        Arc::new(move |notice| progress.tell(&notice))
    }

    /// Removes the bar.
    pub(crate) fn clear(&self) {
        self.bar().finish_and_clear();
    }

    fn bar(&self) -> std::sync::MutexGuard<'_, ProgressBar> {
        self.bar.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, notice: &Notice<'_>) {
        let mut bar = self.bar();
        match notice {
            Notice::Began(step, bytes) => {
                bar.finish_and_clear();
                *bar = begin(*step, *bytes);
            }
            Notice::Advanced(bytes) => bar.inc(*bytes),
            Notice::Undone(bytes) => bar.dec(*bytes),
            Notice::AlreadyThere(bytes) => {
                bar.inc(*bytes);
                // Bytes that were already there say nothing about the speed.
                bar.reset_eta();
            }
            Notice::Reset => bar.suspend(|| {
                messages::note("the content that was uploaded before is not what the binary was created for; starting over");
            }),
            Notice::Retrying(error, delay) => {
                let reason = error.to_string();
                // Parts that are sent at the same time fail together, so the reason is shown once.
                let is_news = self.last.replace(&reason);
                if is_news {
                    bar.suspend(|| messages::note(&format!("{reason}; trying again in {:.1} s", delay.as_secs_f64())));
                }
            }
        }
    }
}

fn begin(step: Step, bytes: u64) -> ProgressBar {
    let name = match step {
        Step::Hashing => "Hashing",
        Step::Uploading => "Uploading",
        Step::Verifying => "The server verifies",
        Step::Downloading => "Downloading",
        Step::Checking => "Checking",
    };
    let template = match bytes {
        0 => "{spinner} {msg} ({elapsed})",
        _ => "{msg} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta}",
    };
    let bar = if bytes == 0 { ProgressBar::new_spinner() } else { ProgressBar::new(bytes) };
    bar.set_style(ProgressStyle::with_template(template).expect("the templates are well-formed"));
    bar.set_message(name);
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
