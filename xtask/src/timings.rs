//! The time that each step took.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::console;

static STEPS: Mutex<Vec<(String, Duration)>> = Mutex::new(Vec::new());

/// Runs `work` and records how long it took, even if it fails.
pub(crate) fn of<T>(step: String, work: impl FnOnce() -> T) -> T {
    let began = Instant::now();
    let done = work();
    STEPS.lock().unwrap_or_else(PoisonError::into_inner).push((step, began.elapsed()));
    done
}

/// Prints a table of all steps.
pub(crate) fn print() {
    let steps = STEPS.lock().unwrap_or_else(PoisonError::into_inner);
    console::heading("Where the time went");
    for (step, took) in steps.iter() {
        console::say(line(step, *took));
    }
    console::say(line("in all", steps.iter().map(|(_, took)| *took).sum()));
}

fn line(step: &str, took: Duration) -> String {
    const WIDTH: usize = 100;
    let step: String = step.chars().take(WIDTH).collect();
    let seconds = took.as_secs();
    format!("{:>4}:{:02}  {step}", seconds / 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_minutes_and_seconds() {
        assert_eq!(line("cargo doc", Duration::from_secs(605)), "  10:05  cargo doc");
    }
}
