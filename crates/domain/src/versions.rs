//! Versions (SemVer 2, and what `git describe` makes of them), and requirements on them in the grammar of Elixir's
//! `Version` module.
//!
//! There is one order, [`Version::cmp_precedence`], for requirements, releases, what devices report, and what the agent
//! compares. Must never panic: its input is whatever someone typed.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

mod described;
mod doubts;
mod scanner;

pub use doubts::{Doubt, doubt};

/// The most characters that a version or a requirement may have.
pub const MAX_LENGTH: usize = 256;

/// A version in the form of SemVer 2, such as `2.1.0-rc.1+build.7`, or of `git describe`, such as `2.1.0-5-gabc1234`.
///
/// A `v` before it is passed over. Equal only if written the same; ordered by [`Version::cmp_precedence`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Version {
    /// As it was written, without a leading `v`: what `git describe` makes has the form of a pre-release.
    written: semver::Version,
    /// Where it was made by `git describe`: after what it comes.
    after: Option<described::After>,
}

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

    /// What is wrong with it, without the text itself.
    pub fn problem(&self) -> &str {
        &self.problem
    }
}

impl Version {
    /// Which version is the older: by the precedence of SemVer 2, except that what `git describe` makes comes right
    /// after the version that it counts its commits from. Build metadata and the hash of a commit do not count.
    pub fn cmp_precedence(&self, other: &Self) -> Ordering {
        self.precedence().cmp(&other.precedence())
    }

    /// Which one is the older of two that differ in their build metadata only.
    pub(crate) fn cmp_build(&self, other: &Self) -> Ordering {
        self.written.build.cmp(&other.written.build)
    }

    fn precedence(&self) -> (u64, u64, u64, &semver::Prerelease, u64) {
        let semver::Version { major, minor, patch, ref pre, .. } = self.written;
        let (pre, commits) = self.after.as_ref().map_or((pre, 0), |after| (&after.pre, after.commits));
        (major, minor, patch, pre, commits)
    }

    /// Whether it is written as a pre-release, which `git describe` does, too.
    pub fn is_pre_release(&self) -> bool {
        !self.written.pre.is_empty()
    }

    /// Whether this version is newer than `other`.
    pub fn is_newer_than(&self, other: &Self) -> bool {
        self.cmp_precedence(other).is_gt()
    }
}

impl From<semver::Version> for Version {
    fn from(written: semver::Version) -> Self {
        let after = described::read(&written.pre);
        Self { written, after }
    }
}

impl fmt::Display for Version {
    /// As it was written, without a leading `v`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.written.fmt(f)
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
        semver::Version::parse(without_v(text)).map(Self::from).map_err(|error| fail(error.to_string()))
    }
}

/// Whether two texts mean one version: they are the same, but for a leading `v` before what is a version.
pub fn is_same(a: &str, b: &str) -> bool {
    a == b || a.parse::<Version>().is_ok_and(|a| b.parse() == Ok(a))
}

/// The text without the `v` that many people write before a version.
fn without_v(text: &str) -> &str {
    let is_version = |rest: &&str| rest.starts_with(|c: char| c.is_ascii_digit());
    text.strip_prefix(['v', 'V']).filter(is_version).unwrap_or(text)
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
    version: Version,
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
    fn admits(&self, version: &Version) -> bool {
        let order = version.cmp_precedence(&self.version);
        match self.operator {
            Operator::Equal => order.is_eq(),
            Operator::NotEqual => order.is_ne(),
            Operator::More => order.is_gt(),
            Operator::MoreOrEqual => order.is_ge(),
            Operator::Less => order.is_lt(),
            Operator::LessOrEqual => order.is_le(),
            Operator::SameMajor => order.is_ge() && version.written.major == self.version.written.major,
            Operator::SameMinor => {
                let minor = |version: &Version| (version.written.major, version.written.minor);
                order.is_ge() && minor(version) == minor(&self.version)
            }
        }
    }
}

impl Comparison {
    /// The oldest version that it can admit.
    fn least(&self) -> Option<&Version> {
        match self.operator {
            Operator::NotEqual | Operator::Less | Operator::LessOrEqual => None,
            _ => Some(&self.version),
        }
    }

    /// A version than which it admits none newer.
    fn most(&self) -> Option<Version> {
        let semver::Version { major, minor, .. } = self.version.written;
        let (major, minor) = match self.operator {
            Operator::Equal | Operator::Less | Operator::LessOrEqual => return Some(self.version.clone()),
            Operator::SameMajor => (major.checked_add(1)?, 0),
            Operator::SameMinor => (major, minor.checked_add(1)?),
            _ => return None,
        };
        let mut next = semver::Version::new(major, minor, 0);
        next.pre = semver::Prerelease::new("0").expect("the least pre-release");
        Some(next.into())
    }
}

impl Requirement {
    /// A version than which it admits none older, and one than which it admits none newer.
    pub(crate) fn ends(&self) -> (Option<Version>, Option<Version>) {
        let alternatives = || self.alternatives.iter();
        let least = |all: &[Comparison]| {
            all.iter().filter_map(|one| one.least().cloned()).max_by(Version::cmp_precedence)
        };
        let most =
            |all: &[Comparison]| all.iter().filter_map(Comparison::most).min_by(Version::cmp_precedence);
        let leasts: Option<Vec<_>> = alternatives().map(|all| least(all)).collect();
        let mosts: Option<Vec<_>> = alternatives().map(|all| most(all)).collect();
        let least = leasts.and_then(|all| all.into_iter().min_by(Version::cmp_precedence));
        let most = mosts.and_then(|all| all.into_iter().max_by(Version::cmp_precedence));
        (least, most)
    }

    /// Whether `version` meets it.
    pub fn admits(&self, version: &Version) -> bool {
        self.alternatives.iter().any(|all| all.iter().all(|comparison| comparison.admits(version)))
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
        for text in
            ["", "1", "1.0", "vv1.0.0", "v", "v 1.0.0", "01.0.0", "1.0.0-", "1.0.0-01", " 1.0.0", "1.0.0.0"]
        {
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
    fn a_leading_v_is_passed_over() {
        let version: Version = "v1.2.2".parse().unwrap();
        assert_eq!((version.to_string().as_str(), &version), ("1.2.2", &"V1.2.2".parse().unwrap()));
        assert!(is_same("v1.2.2", "1.2.2") && is_same("x", "x"));
        assert!(!is_same("1.2.2+a", "1.2.2+b") && !is_same("vx", "x"));
    }

    #[test]
    fn git_describe_comes_right_after_its_tag() {
        let order = [
            "1.2.3-rc.1",
            "1.2.3-rc.1-5-gabc1234",
            "1.2.3-rc.1-12-gabc1234-dirty",
            "1.2.3-rc.1.1",
            "1.2.3-rc.2",
            "1.2.3",
            "1.2.3-1-gabcd",
            "v1.2.3-5-gabc1234",
            "1.2.3-12-gABCDEF0",
            "1.2.4-0",
            "1.2.4-5",
            "1.2.4-5-2-gabc1234",
            "1.2.4-5-gabc",
            "1.2.4-rc.1",
            "1.2.4",
        ];
        let order = order.map(|text| text.parse::<Version>().unwrap());
        for pair in order.windows(2) {
            assert!(pair[1].is_newer_than(&pair[0]) && !pair[0].is_newer_than(&pair[1]), "{pair:?}");
        }
        let equal = |a: &str, b: &str| {
            let [a, b]: [Version; 2] = [a, b].map(|text| text.parse().unwrap());
            a.cmp_precedence(&b).is_eq()
        };
        assert!(equal("1.2.3-5-gabc1234", "1.2.3-5-gabc12345"), "one commit, named at length");
        assert!(equal("1.2.3-0-gabc1234", "1.2.3"), "the tag itself, named with --long");
    }

    #[test]
    fn requirements_know_git_describe() {
        let admits = |requirement: &str, version: &str| {
            requirement.parse::<Requirement>().unwrap().admits(&version.parse().unwrap())
        };
        for requirement in
            [">= 1.2.3", "> 1.2.3", "~> 1.2.3", "~> 1.2", "< 1.2.4-rc.1", "!= 1.2.3", "<= 1.2.3-5-gabc1234"]
        {
            assert!(admits(requirement, "1.2.3-5-gabc1234"), "{requirement}");
        }
        for requirement in ["<= 1.2.3", "== 1.2.3", ">= 1.2.4-rc.1", "> 1.2.3-5-gabc1234"] {
            assert!(!admits(requirement, "1.2.3-5-gabc1234"), "{requirement}");
        }
    }

    /// Versions near to each other and to what `git describe` makes.
    fn version() -> impl Strategy<Value = Version> {
        "v?[01]\\.[01]\\.[01](-(rc|[0-2a])(\\.[0-2])?)?(-[0-2]{1,2}-g[0a]{3,5}(-dirty)?)?(\\+[01])?"
            .prop_map(|text| text.parse().unwrap())
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
        fn precedence_is_total_and_as_it_is_written(a in version(), b in version(), c in version()) {
            prop_assert_eq!(a.cmp_precedence(&b), b.cmp_precedence(&a).reverse());
            if a.cmp_precedence(&b).is_le() && b.cmp_precedence(&c).is_le() {
                prop_assert!(a.cmp_precedence(&c).is_le(), "{} <= {} <= {}", a, b, c);
            }
            prop_assert_eq!(&a, &a.to_string().parse().unwrap());
        }

        #[test]
        fn what_a_requirement_admits_is_between_its_ends(
            version in version(), bound in version(), other in version(), operator in 0..7_usize, joiner in 0..2_usize,
        ) {
            let operator = ["==", "!=", ">", ">=", "<", "<=", "~>"][operator];
            let text = format!("{operator} {bound} {} < {other}", ["and", "or"][joiner]);
            let requirement: Requirement = text.parse().unwrap();
            let (least, most) = requirement.ends();
            if requirement.admits(&version) {
                prop_assert!(!least.is_some_and(|least| least.is_newer_than(&version)), "{} {}", text, version);
                prop_assert!(!most.is_some_and(|most| version.is_newer_than(&most)), "{} {}", text, version);
            }
        }

        #[test]
        fn never_panics(text in "[<>=!~ andor0-9.+v-]{0,40}|\\PC{0,40}") {
            if let Ok(requirement) = text.parse::<Requirement>() {
                prop_assert_eq!(requirement.to_string(), text);
            }
        }
    }
}
