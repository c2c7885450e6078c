//! To whom a release goes at first: to devices with certain tags, or to so many.

use clap::Args;

use crate::changes::all;

/// The phase of a release.
#[derive(Debug, Default, Args)]
pub(super) struct Phases {
    /// tags or numeric [default: as the other phase options need it]
    #[arg(long = "phase-mode", id = "phase_mode", value_name = "MODE", value_parser = ["tags", "numeric"])]
    mode: Option<String>,
    /// Only so many devices: a share of the cohort's (0 to 1; 1 is everyone; above 0 at least one device), or a count (2 and more)
    #[arg(long = "phase-value", id = "phase_value", value_name = "NUMBER", conflicts_with = "phase_tags")]
    value: Option<f64>,
    /// Only devices that have this tag; may be given several times
    #[arg(
        long = "phase-tag",
        id = "phase_tags",
        alias = "phase-tags",
        value_name = "TAG",
        value_delimiter = ','
    )]
    tags: Option<Vec<String>>,
}

impl Phases {
    /// Who names tags means tags, who gives a number means that.
    pub(super) fn mode(&self) -> Option<String> {
        let implied = match (self.value, self.tags()) {
            (Some(_), _) => Some("numeric"),
            (None, Some(tags)) if !tags.is_empty() => Some("tags"),
            _ => None,
        };
        self.mode.clone().or(implied.map(str::to_owned))
    }

    pub(super) const fn value(&self) -> Option<f64> {
        self.value
    }

    /// All of its tags; a single empty text is none of them.
    pub(super) fn tags(&self) -> Option<Vec<String>> {
        all(self.tags.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mode_is_told_from_the_rest() {
        let mode = |mode: Option<&str>, value, tags: Option<&[&str]>| {
            let tags = tags.map(|tags| tags.iter().map(ToString::to_string).collect());
            Phases { mode: mode.map(str::to_owned), value, tags }.mode()
        };
        assert_eq!(mode(None, None, None), None);
        assert_eq!(mode(None, Some(50.0), None).as_deref(), Some("numeric"));
        assert_eq!(mode(None, None, Some(&["beta"])).as_deref(), Some("tags"));
        assert_eq!(mode(None, None, Some(&[""])), None);
        assert_eq!(mode(Some("numeric"), None, Some(&["beta"])).as_deref(), Some("numeric"));
    }
}
