//! Rates: how often per second something was done.

use std::fmt;

/// The rate of each round, per second.
#[derive(Debug, Default)]
pub(super) struct Rates(pub(super) Vec<f64>);

impl Rates {
    pub(super) fn best(&self) -> f64 {
        self.0.iter().copied().fold(0.0, f64::max)
    }
}

/// The rate of the best round, and how much lower the worst round was.
impl fmt::Display for Rates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let worst = self.0.iter().copied().fold(f64::MAX, f64::min);
        write!(f, "{:.0}/s (−{:.0} %)", self.best(), (1.0 - worst / self.best()) * 100.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_round_counts() {
        let rates = Rates(vec![500.0, 1000.0, 250.0]);
        assert_eq!(rates.to_string(), "1000/s (−75 %)");
    }
}
