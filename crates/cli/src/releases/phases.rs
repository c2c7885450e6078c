//! The phase of a release: the devices that get it first, chosen by tags or limited in number.

use clap::Args;
use olivine_api::releases::ReleaseCreate;

use crate::changes::all;
use crate::messages;

/// The phase of a release.
#[derive(Debug, Default, Args)]
pub(crate) struct Phases {
    /// How the phase is limited: tags or numeric [default: follows from the other phase flags]
    #[arg(long = "phase-mode", id = "phase_mode", value_name = "MODE", value_parser = ["tags", "numeric"])]
    mode: Option<String>,
    /// Offer the release to this many devices: a share of the cohort, such as 10% or 0.1 (at least one device; 100% is every device), or a
    /// number of 2 or more
    #[arg(
        long = "phase-value",
        id = "phase_value",
        value_name = "SHARE|COUNT",
        value_parser = share_or_count,
        conflicts_with = "phase_tags"
    )]
    value: Option<f64>,
    /// Offer the release only to devices with this tag; can be repeated
    #[arg(
        long = "phase-tag",
        id = "phase_tags",
        alias = "phase-tags",
        value_name = "TAG",
        value_delimiter = ','
    )]
    tags: Option<Vec<String>>,
}

/// Parses a share or a number: `10%` is 0.1.
fn share_or_count(text: &str) -> Result<f64, String> {
    let number = |text: &str| text.trim().parse::<f64>().ok().filter(|number| number.is_finite());
    let value = match text.strip_suffix('%') {
        Some(share) => number(share).filter(|share| *share <= 100.0).map(|share| share / 100.0),
        None => number(text),
    };
    let value = value.filter(|value| *value >= 0.0);
    value.ok_or_else(|| "give a share, such as 10% or 0.1, or a number of devices, such as 50".to_owned())
}

impl Phases {
    /// Whether a phase was given.
    pub(crate) fn is_given(&self) -> bool {
        self.mode.is_some() || self.value.is_some() || self.tags.is_some()
    }

    /// Notes how a number is understood, where a share could have been meant.
    pub(crate) fn note_count(&self) {
        if let Some(count) = self.value.filter(|value| *value > 1.0) {
            messages::note(&format!("a phase of {count} devices; {count}% would be a share of the cohort"));
        }
    }

    /// Adds the phase to a new release.
    pub(crate) fn of(&self, new: ReleaseCreate) -> ReleaseCreate {
        ReleaseCreate { phase_mode: self.mode(), phase_value: self.value(), phase_tags: self.tags(), ..new }
    }

    /// The mode: `tags` if tags were given, `numeric` if a number was given.
    pub(crate) fn mode(&self) -> Option<String> {
        let implied = match (self.value, self.tags()) {
            (Some(_), _) => Some("numeric"),
            (None, Some(tags)) if !tags.is_empty() => Some("tags"),
            _ => None,
        };
        self.mode.clone().or(implied.map(str::to_owned))
    }

    pub(crate) const fn value(&self) -> Option<f64> {
        self.value
    }

    /// The complete new list of tags. A single empty text means no tags.
    pub(crate) fn tags(&self) -> Option<Vec<String>> {
        all(self.tags.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_can_be_written_in_percent() {
        for (text, value) in [
            ("10%", 0.1),
            ("0.1", 0.1),
            ("100%", 1.0),
            ("1", 1.0),
            ("50", 50.0),
            ("0%", 0.0),
            ("2.5 %", 0.025),
        ] {
            assert!((share_or_count(text).unwrap() - value).abs() < 1e-12, "{text}");
        }
        for text in ["", "%", "101%", "-1", "ten", "inf", "nan%"] {
            assert!(share_or_count(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_mode_follows_from_the_other_flags() {
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
