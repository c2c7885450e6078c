//! Phases as callers give them: a mode, and what goes with it. What goes with the other mode is refused, never ignored.

use olivine_domain::releases::{Phase, PhaseValue};
use olivine_domain::tags::Tags;

use crate::Error;

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

impl PhaseChange {
    /// The phase after the change.
    pub(super) fn apply(self, old: &Phase) -> Result<Phase, Error> {
        let refuse = |field, problem: &str| Err(Error::Invalid { field, problem: problem.to_owned() });
        // An empty list says nothing, wherever it stands.
        let tags = self.tags.filter(|tags| !tags.is_empty());
        match (self.mode.unwrap_or(Mode::of(old)), self.value, tags) {
            (Mode::Numeric, _, Some(_)) => {
                refuse("phase_tags", "they only go with phase_mode 'tags': set it, or leave the tags out")
            }
            (Mode::Tags, Some(_), _) => refuse(
                "phase_value",
                "it only goes with phase_mode 'numeric': set it, or leave the value out",
            ),
            (Mode::Numeric, Some(value), None) => Ok(Phase::Numeric(value)),
            (Mode::Numeric, None, None) => Ok(match old {
                Phase::Numeric(value) => Phase::Numeric(*value),
                Phase::Tags(_) => Phase::EVERYONE,
            }),
            (Mode::Tags, None, Some(tags)) => tagged(tags),
            (Mode::Tags, None, None) => match old {
                Phase::Tags(tags) => tagged(tags.clone()),
                Phase::Numeric(_) => tagged(Tags::default()),
            },
        }
    }
}

fn tagged(tags: Tags) -> Result<Phase, Error> {
    let invalid = |problem: olivine_domain::releases::NoPhaseTags| Error::Invalid {
        field: "phase_tags",
        problem: problem.to_string(),
    };
    Phase::of_tags(tags).map_err(invalid)
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
        change.apply(old).map_err(|error| match error {
            Error::Invalid { field, .. } => field,
            other => panic!("{other}"),
        })
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
