//! Installing a bundle whole or not at all: which step comes next, and what follows from its result. No IO here: the agent saves the
//! journal before each step, so the next start knows what a power loss may have left half done.
//!
//! Each entry is staged, in the order of the bundle; then each is committed, in the same order. Once a step has failed, everything is taken
//! back in the opposite order, and nothing goes forward any more.

use std::path::PathBuf;

use olivine_domain::hash::Sha256Digest;
use serde::{Deserialize, Serialize};

use crate::as_text;

/// The form of the file. A file of another form is set aside, never guessed at.
pub(crate) const FORMAT: u32 = 1;

/// How far a bundle is installed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Journal {
    /// [`FORMAT`].
    pub(crate) format: u32,
    /// The state that this belongs to, without what changes while a bundle is installed (`State::mark`).
    #[serde(with = "as_text")]
    mark: Sha256Digest,
    /// The first entry that is to be installed: an earlier attempt has installed those before it, and can't take them back any more.
    first: usize,
    /// How many entries the bundle has.
    count: usize,
    /// What is left of the staging of each entry, from `first` on.
    traces: Vec<Trace>,
    progress: Progress,
    /// How often the next step was begun.
    starts: u32,
    /// Whether an installer said that its work needs a restart.
    restart: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Progress {
    /// The entries before `next` are staged.
    Staging {
        next: usize,
    },
    /// All entries are staged, those before `next` are committed.
    Committing {
        next: usize,
    },
    TakingBack(TakingBack),
}

/// How far a bundle is taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TakingBack {
    /// The entries before this one are still to be taken back, the last of them first…
    left: usize,
    /// …down to this one: what is before it stays.
    pub(crate) floor: usize,
    /// The commits of the entries before this one were begun.
    begun: usize,
    /// Why the bundle is taken back.
    pub(crate) failure: Failure,
    /// Why something of it could not be taken back.
    pub(crate) stuck: Vec<String>,
}

/// A step that failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Failure {
    pub(crate) blame: Blame,
    /// For people.
    pub(crate) detail: String,
}

/// What is at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Blame {
    /// The bundle is given up if that goes on.
    Installer,
    /// A content is no longer what was checked: it is fetched anew, as often as needed.
    Content,
}

/// What must be known of an entry to commit it and to take it back. Noted before it is staged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Trace {
    /// Programs do it.
    Command {
        /// Whether there is one that takes it back.
        reverts: bool,
    },
    /// A file takes the place of what is there.
    Copy {
        /// The file.
        path: PathBuf,
        /// What was there.
        before: Before,
    },
}

/// What was at a place before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Before {
    /// Nothing.
    Nothing,
    /// A file, which is kept until the bundle is done.
    File,
    /// The right content already: it is not touched.
    Same,
}

/// What is to be done next, with the entry of this number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Prepare it without a change of what runs.
    Stage(usize),
    /// Put it in place.
    Commit(usize),
    /// Remove what was prepared; it was never put in place.
    Unstage(usize),
    /// Put back what was there before.
    Revert(usize),
    /// The bundle is installed as a whole.
    Finished,
    /// What could be taken back is taken back.
    TakenBack,
}

impl Trace {
    /// Whether the entry can be taken back once it is committed.
    const fn reverts(&self) -> bool {
        matches!(self, Self::Copy { .. } | Self::Command { reverts: true })
    }
}

impl Journal {
    /// Nothing is staged yet. `starts` is how often an agent of the version before began the first entry.
    pub(crate) const fn begin(mark: Sha256Digest, first: usize, count: usize, starts: u32) -> Self {
        let progress = if first < count {
            Progress::Staging { next: first }
        } else {
            Progress::Committing { next: first }
        };
        Self { format: FORMAT, mark, first, count, traces: Vec::new(), progress, starts, restart: false }
    }

    /// Whether this belongs to the state of this mark, in which entries before `next` are installed and the next one was begun `starts` times.
    ///
    /// An agent of the version before, which knows no journal, counts in the state: where that has moved on, the journal is of no more use. The
    /// state is saved after the journal, so it may be one entry behind.
    pub(crate) fn fits(&self, mark: &Sha256Digest, next: usize, starts: u32) -> bool {
        let installed = self.installed();
        let behind = match &self.progress {
            Progress::Committing { .. } => installed.saturating_sub(1).max(self.first),
            Progress::TakingBack(back) if back.left < back.begun => back.left.max(back.floor),
            Progress::Staging { .. } | Progress::TakingBack(_) => installed,
        };
        self.mark == *mark && starts == 0 && [installed, behind].contains(&next)
    }

    /// The next step.
    pub(crate) const fn step(&self) -> Step {
        match &self.progress {
            Progress::Staging { next } => Step::Stage(*next),
            Progress::Committing { next } if *next < self.count => Step::Commit(*next),
            Progress::Committing { .. } => Step::Finished,
            Progress::TakingBack(back) if back.left <= back.floor => Step::TakenBack,
            Progress::TakingBack(back) if back.left > back.begun => Step::Unstage(back.left - 1),
            Progress::TakingBack(back) => Step::Revert(back.left - 1),
        }
    }

    /// How many entries are certainly installed; the one after them may be half installed. This is what the state says, so that an agent
    /// of the version before goes on at the right place.
    pub(crate) fn installed(&self) -> usize {
        match &self.progress {
            Progress::Staging { .. } => self.first,
            Progress::Committing { next } => *next,
            Progress::TakingBack(back) => back.left.min(back.begun).saturating_sub(1).max(back.floor),
        }
    }

    /// Whether nothing is committed yet, not even in part.
    pub(crate) const fn may_stop(&self) -> bool {
        match &self.progress {
            Progress::Staging { .. } => true,
            Progress::Committing { next } => *next == self.first && self.starts == 0 && *next < self.count,
            Progress::TakingBack(_) => false,
        }
    }

    /// Whether an installer said that its work needs a restart.
    pub(crate) const fn needs_restart(&self) -> bool {
        self.restart
    }

    /// What was noted of an entry.
    pub(crate) fn trace(&self, entry: usize) -> Option<&Trace> {
        self.traces.get(entry.checked_sub(self.first)?)
    }

    /// All that was noted, by entry.
    pub(crate) fn traces(&self) -> impl Iterator<Item = (usize, &Trace)> {
        (self.first..).zip(&self.traces)
    }

    /// How far the bundle is taken back, if it is.
    pub(crate) const fn taking_back(&self) -> Option<&TakingBack> {
        match &self.progress {
            Progress::TakingBack(back) => Some(back),
            Progress::Staging { .. } | Progress::Committing { .. } => None,
        }
    }

    /// The next entry is about to be staged.
    pub(crate) fn note(&mut self, trace: Trace) {
        if let Progress::Staging { next } = self.progress {
            self.traces.truncate(next - self.first);
            self.traces.push(trace);
        }
    }

    /// The next step is about to be taken; returns for how many times by now.
    pub(crate) const fn begun(&mut self) -> u32 {
        self.starts = self.starts.saturating_add(1);
        self.starts
    }

    /// The step is done; `needs_restart` says whether it runs only after a restart.
    pub(crate) fn succeeded(&mut self, needs_restart: bool) {
        self.starts = 0;
        self.restart |= needs_restart;
        match &mut self.progress {
            Progress::Staging { next } if *next + 1 < self.count => *next += 1,
            Progress::Staging { .. } => self.progress = Progress::Committing { next: self.first },
            Progress::Committing { next } => *next += 1,
            Progress::TakingBack(back) => back.left = back.left.saturating_sub(1),
        }
    }

    /// The step failed: from now on, everything is taken back. If that fails, the rest is taken back all the same.
    pub(crate) fn failed(&mut self, failure: Failure) {
        self.starts = 0;
        let begun = match &mut self.progress {
            Progress::TakingBack(back) => {
                back.stuck.push(failure.detail);
                back.left = back.left.saturating_sub(1);
                return;
            }
            Progress::Staging { .. } => self.first,
            Progress::Committing { next } => *next + 1,
        };
        // What was committed and can't be taken back stays, and with it all that was committed before it.
        let committed = self.traces().take_while(|(entry, _)| entry + 1 < begun);
        let lasting = committed.filter(|(_, trace)| !trace.reverts()).last();
        let floor = lasting.map_or(self.first, |(entry, _)| entry + 1);
        let left = self.first + self.traces.len();
        self.progress = Progress::TakingBack(TakingBack { left, floor, begun, failure, stuck: Vec::new() });
    }
}

#[cfg(test)]
mod tests;
