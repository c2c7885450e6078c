//! Phases as callers give them: a mode, and what goes with it. What goes with the other mode is refused, never ignored.

use super::{NoPhaseTags, Phase, PhaseValue};
use crate::tags::Tags;

/// How a phase chooses its devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// By their tags.
    Tags,
    /// By how many there are.
    Numeric,
}

impl Mode {
    /// The mode of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        let [tags, numeric] = Phase::MODES;
        if name == tags { Some(Self::Tags) } else { (name == numeric).then_some(Self::Numeric) }
    }

    const fn of(phase: &Phase) -> Self {
        match phase {
            Phase::Tags(_) => Self::Tags,
            Phase::Numeric(_) => Self::Numeric,
        }
    }
}

/// Changes of a phase: what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct PhaseChange {
    /// How it chooses.
    pub mode: Option<Mode>,
    /// How many, where it is numeric.
    pub value: Option<PhaseValue>,
    /// Which, where it is by tags.
    pub tags: Option<Tags>,
}

/// Parts of a phase that do not go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PhaseMisfit {
    /// Tags, where the mode is numeric.
    #[error("they only go with phase_mode 'tags': set it, or leave the tags out")]
    TagsOfNumeric,
    /// A value, where the mode is by tags.
    #[error("it only goes with phase_mode 'numeric': set it, or leave the value out")]
    ValueOfTags,
    /// No tags, where the mode is by tags.
    #[error(transparent)]
    NoTags(#[from] NoPhaseTags),
}

impl PhaseMisfit {
    /// The field that is wrong, by its name in the API.
    pub const fn field(self) -> &'static str {
        match self {
            Self::ValueOfTags => "phase_value",
            Self::TagsOfNumeric | Self::NoTags(_) => "phase_tags",
        }
    }
}

impl PhaseChange {
    /// The phase after the change.
    pub fn apply(self, old: &Phase) -> Result<Phase, PhaseMisfit> {
        // An empty list says nothing, wherever it stands.
        let tags = self.tags.filter(|tags| !tags.is_empty());
        match (self.mode.unwrap_or(Mode::of(old)), self.value, tags) {
            (Mode::Numeric, _, Some(_)) => Err(PhaseMisfit::TagsOfNumeric),
            (Mode::Tags, Some(_), _) => Err(PhaseMisfit::ValueOfTags),
            (Mode::Numeric, Some(value), None) => Ok(Phase::Numeric(value)),
            (Mode::Numeric, None, None) => Ok(match old {
                Phase::Numeric(value) => Phase::Numeric(*value),
                Phase::Tags(_) => Phase::EVERYONE,
            }),
            (Mode::Tags, None, Some(tags)) => Ok(Phase::of_tags(tags)?),
            (Mode::Tags, None, None) => match old {
                Phase::Tags(tags) => Ok(Phase::of_tags(tags.clone())?),
                Phase::Numeric(_) => Err(NoPhaseTags.into()),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numeric(value: f64) -> Phase {
        Phase::Numeric(PhaseValue::new(value).unwrap())
    }

    fn by_tags(tags: &[&str]) -> Phase {
        Phase::Tags(Tags::new(tags.iter().copied()).unwrap())
    }

    fn change(
        old: &Phase,
        mode: Option<Mode>,
        value: Option<f64>,
        tags: Option<&[&str]>,
    ) -> Result<Phase, &'static str> {
        let change = PhaseChange {
            mode,
            value: value.map(|value| PhaseValue::new(value).unwrap()),
            tags: tags.map(|tags| Tags::new(tags.iter().copied()).unwrap()),
        };
        change.apply(old).map_err(PhaseMisfit::field)
    }

    #[test]
    fn each_mode_has_its_own() {
        let (half, beta) = (numeric(0.5), by_tags(&["beta"]));
        assert_eq!(change(&half, None, None, None), Ok(half.clone()));
        assert_eq!(change(&half, None, Some(3.0), None), Ok(numeric(3.0)));
        assert_eq!(change(&half, Some(Mode::Tags), None, Some(&["eu"])), Ok(by_tags(&["eu"])));
        assert_eq!(change(&beta, Some(Mode::Numeric), None, None), Ok(Phase::EVERYONE));
        assert_eq!(change(&beta, Some(Mode::Numeric), Some(0.1), Some(&[])), Ok(numeric(0.1)));
        assert_eq!(change(&beta, None, None, Some(&["eu"])), Ok(by_tags(&["eu"])));
        assert_eq!(change(&beta, Some(Mode::Tags), None, Some(&[])), Ok(beta));
    }

    #[test]
    fn what_goes_with_the_other_is_refused() {
        let (half, beta) = (numeric(0.5), by_tags(&["beta"]));
        assert_eq!(change(&half, None, None, Some(&["eu"])), Err("phase_tags"));
        assert_eq!(change(&half, Some(Mode::Numeric), Some(0.1), Some(&["eu"])), Err("phase_tags"));
        assert_eq!(change(&half, Some(Mode::Tags), None, None), Err("phase_tags"));
        assert_eq!(change(&beta, None, Some(0.5), None), Err("phase_value"));
        assert_eq!(change(&half, Some(Mode::Tags), Some(0.5), Some(&["eu"])), Err("phase_value"));
    }
}
