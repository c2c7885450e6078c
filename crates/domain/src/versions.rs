//! Versions of releases (SemVer 2), and requirements on them in the grammar of Elixir's `Version` module.
//!
//! Pre-releases count in order, as everywhere in `SemVer`; build metadata never matters. Must never panic: its input
//! is whatever someone typed.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

mod scanner;

/// The most characters that a version or a requirement may have.
pub const MAX_LENGTH: usize = 256;

/// A version in the form of SemVer 2, such as `2.1.0-rc.1+build.7`. Equal only if written the same; ordered by
/// [`Version::cmp_precedence`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Version(semver::Version);

/// The text is not a version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{given}' is not a version in the form of SemVer, such as 1.2.3 or 1.2.3-rc.1: {problem}")]
pub struct InvalidVersion {
    given: String,
    problem: String,
}

impl InvalidVersion {
    /// What can't be printed is shown by its code.
    fn new(given: &str, problem: String) -> Self {
        Self { given: given.chars().take(MAX_LENGTH).flat_map(char::escape_debug).collect(), problem }
    }
}

impl Version {
    /// Which version is the older, by the precedence of SemVer 2: build metadata does not count.
    pub fn cmp_precedence(&self, other: &Self) -> Ordering {
        self.0.cmp_precedence(&other.0)
    }

    /// Whether this version is newer than `other`.
    pub fn is_newer_than(&self, other: &Self) -> bool {
        self.cmp_precedence(other).is_gt()
    }
}

impl fmt::Display for Version {
    /// As it was written: strict SemVer has one spelling only.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Version {
    type Err = InvalidVersion;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fail = |problem| InvalidVersion::new(text, problem);
        let length = text.chars().count();
        if length > MAX_LENGTH {
            return Err(fail(format!("it has {length} characters; at most {MAX_LENGTH} are allowed")));
        }
        semver::Version::parse(text).map(Self).map_err(|error| fail(error.to_string()))
    }
}

/// Which versions something is for, such as `>= 2.0.0 and < 3.0.0 and != 2.5.0` or `~> 2.1`.
#[derive(Clone, PartialEq, Eq)]
pub struct Requirement {
    text: Box<str>,
    /// One of these must hold, and of it all comparisons: `and` binds tighter than `or`.
    alternatives: Box<[Box<[Comparison]>]>,
}

/// One condition on a version.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Comparison {
    operator: Operator,
    version: semver::Version,
}

/// How a version is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    More,
    MoreOrEqual,
    Less,
    LessOrEqual,
    /// `~> 2.1`: at least that, and of the same major version.
    SameMajor,
    /// `~> 2.1.0`: at least that, and of the same minor version.
    SameMinor,
}

impl Comparison {
    fn admits(&self, version: &semver::Version) -> bool {
        let order = version.cmp_precedence(&self.version);
        match self.operator {
            Operator::Equal => order.is_eq(),
            Operator::NotEqual => order.is_ne(),
            Operator::More => order.is_gt(),
            Operator::MoreOrEqual => order.is_ge(),
            Operator::Less => order.is_lt(),
            Operator::LessOrEqual => order.is_le(),
            Operator::SameMajor => order.is_ge() && version.major == self.version.major,
            Operator::SameMinor => {
                let minor = |version: &semver::Version| (version.major, version.minor);
                order.is_ge() && minor(version) == minor(&self.version)
            }
        }
    }
}

impl Comparison {
    /// The oldest version that it can admit.
    fn least(&self) -> Option<&semver::Version> {
        match self.operator {
            Operator::NotEqual | Operator::Less | Operator::LessOrEqual => None,
            _ => Some(&self.version),
        }
    }

    /// A version than which it admits none newer.
    fn most(&self) -> Option<semver::Version> {
        let (major, minor) = match self.operator {
            Operator::Equal | Operator::Less | Operator::LessOrEqual => return Some(self.version.clone()),
            Operator::SameMajor => (self.version.major.checked_add(1)?, 0),
            Operator::SameMinor => (self.version.major, self.version.minor.checked_add(1)?),
            _ => return None,
        };
        let mut next = semver::Version::new(major, minor, 0);
        next.pre = semver::Prerelease::new("0").expect("the least pre-release");
        Some(next)
    }
}

impl Requirement {
    /// A version than which it admits none older, and one than which it admits none newer.
    pub(crate) fn ends(&self) -> (Option<Version>, Option<Version>) {
        let alternatives = || self.alternatives.iter();
        let least = |all: &[Comparison]| {
            all.iter().filter_map(|one| one.least().cloned()).max_by(semver::Version::cmp_precedence)
        };
        let most = |all: &[Comparison]| {
            all.iter().filter_map(Comparison::most).min_by(semver::Version::cmp_precedence)
        };
        let leasts: Option<Vec<_>> = alternatives().map(|all| least(all)).collect();
        let mosts: Option<Vec<_>> = alternatives().map(|all| most(all)).collect();
        let least = leasts.and_then(|all| all.into_iter().min_by(semver::Version::cmp_precedence));
        let most = mosts.and_then(|all| all.into_iter().max_by(semver::Version::cmp_precedence));
        (least.map(Version), most.map(Version))
    }

    /// Whether `version` meets it.
    pub fn admits(&self, version: &Version) -> bool {
        self.alternatives.iter().any(|all| all.iter().all(|comparison| comparison.admits(&version.0)))
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Debug for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Requirement({:?})", self.text)
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for Requirement {
    type Err = InvalidRequirement;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let alternatives = scanner::parse(text)?;
        Ok(Self { text: text.into(), alternatives })
    }
}

/// Why a text is not a version requirement, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("at position {position}: {problem}")]
pub struct InvalidRequirement {
    /// The number of characters before the offending one.
    pub position: usize,
    /// What is wrong there.
    pub problem: RequirementProblem,
}

/// What can be wrong with a version requirement.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequirementProblem {
    /// More than [`MAX_LENGTH`] characters.
    #[error("a requirement has at most {MAX_LENGTH} characters; this one has {0}")]
    TooLong(usize),
    /// It ends where a comparison is needed.
    #[error("expected a comparison, such as '>= 1.0.0', but it ends here")]
    Ends,
    /// Something else than an operator or a version.
    #[error(
        "'{0}' is not an operator; write one of ==, !=, >, >=, <, <=, ~> before a version, and join comparisons with 'and' or 'or'"
    )]
    NotAnOperator(String),
    /// Something else than a version after an operator.
    #[error("expected a version, such as 1.0.0, but found '{0}'")]
    NotAVersion(String),
    /// A version of the wrong form.
    #[error("{0}")]
    InvalidVersion(InvalidVersion),
    /// Two numbers only, after an operator that needs three.
    #[error("'{0}' has no patch number; write '{0}.0' (only ~> takes a version without one)")]
    NoPatch(String),
    /// Something else than `and` or `or` between comparisons.
    #[error("expected 'and' or 'or', but found '{0}'")]
    NotAJoiner(String),
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write as _;

    use proptest::prelude::*;

    #[test]
    fn versions_are_strict_and_displayed_as_written() {
        for text in ["0.0.0", "1.2.3-rc.1+build.007", "10.0.0", "1.0.0--"] {
            assert_eq!(text.parse::<Version>().unwrap().to_string(), text);
        }
        for text in ["", "1", "1.0", "v1.0.0", "01.0.0", "1.0.0-", "1.0.0-01", " 1.0.0", "1.0.0.0"] {
            assert!(text.parse::<Version>().is_err(), "{text}");
        }
        assert!(format!("1.0.0-{}", "a".repeat(251)).parse::<Version>().is_err());
    }

    #[test]
    fn build_metadata_does_not_count() {
        let [a, b]: [Version; 2] = ["1.0.0+a", "1.0.0+b"].map(|text| text.parse().unwrap());
        assert!(a.cmp_precedence(&b).is_eq());
        assert_ne!(a, b);
    }

    #[test]
    fn mistakes_are_explained() {
        let mut report = String::new();
        for text in [
            "",
            ">=",
            ">= 1.0",
            "1.0",
            "1",
            "=> 1.0.0",
            "~> 1",
            "^1.0.0",
            ">= 01.0.0",
            ">= v1.0.0",
            ">= 1.0.0, < 2.0.0",
            ">= 1.0.0 and",
            ">= 1.0.0 or or < 2.0.0",
            "1.0.0 2.0.0",
            "1.0.0 AND 2.0.0",
            "and",
            ">= >= 1.0.0",
            "é",
            ">= 1.0.0\n",
            ">= 1.0.0-",
            "~> 1.0.",
            &"1".repeat(257),
        ] {
            let error = text.parse::<Requirement>().expect_err(text);
            let start: String = text.chars().take(30).collect();
            writeln!(report, "{start:?}\n    {error}").unwrap();
        }
        insta::assert_snapshot!(report);
    }

    #[test]
    fn spaces_are_free_and_kept() {
        let requirement: Requirement = "  >=1.0.0   and <2.0.0 ".parse().unwrap();
        assert_eq!(requirement.to_string(), "  >=1.0.0   and <2.0.0 ");
        assert!(requirement.admits(&"1.5.0".parse().unwrap()));
        assert!(!requirement.admits(&"2.0.0".parse().unwrap()));
        let pre: Requirement = "~> 2.0-dev".parse().unwrap();
        assert!(pre.admits(&"2.0.0-dev".parse().unwrap()) && !pre.admits(&"2.0.0-a".parse().unwrap()));
    }

    proptest! {
        #[test]
        fn never_panics(text in "[<>=!~ andor0-9.+v-]{0,40}|\\PC{0,40}") {
            if let Ok(requirement) = text.parse::<Requirement>() {
                prop_assert_eq!(requirement.to_string(), text);
            }
        }
    }
}
