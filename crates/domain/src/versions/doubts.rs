//! Versions of releases that are probably not ordered as people expect. A doubt causes a warning, never a refusal.

use super::Version;
use super::described::{LEAST_DIGITS, ending};

/// Words that people append for what comes after a version, where SemVer takes them for a pre-release.
const AFTERTHOUGHTS: [&str; 7] = ["dirty", "final", "ga", "hotfix", "patch", "post", "sp"];

/// Why a release's version may not order as meant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Doubt {
    /// It looks like one of `git describe`, whose hash is cut too short.
    #[error(
        "'{version}' looks like a version of 'git describe', but names its commit by fewer than {LEAST_DIGITS} digits: it counts as a pre-release, older than {base}"
    )]
    ShortHash {
        /// The version.
        version: Version,
        /// What it is older than.
        base: String,
    },
    /// A word and a number in one, of two digits or more.
    #[error(
        "'{part}' in '{version}' is compared letter by letter: it is older than '{word}2'; write '{word}.{number}', and do so for every release"
    )]
    Glued {
        /// The version.
        version: Version,
        /// The part.
        part: String,
        /// Its word.
        word: String,
        /// Its number.
        number: String,
    },
    /// A word for what comes after a version.
    #[error("'{version}' counts as a pre-release, older than {base}: devices that run {base} do not get it")]
    Afterthought {
        /// The version.
        version: Version,
        /// What it is older than.
        base: String,
    },
    /// Only the spelling makes it newer or older than another release's version.
    #[error(
        "'{version}' is {order} than '{other}' of another release: numbers count only between dots, as in 'rc.9' and 'rc.10'"
    )]
    Spelling {
        /// The version.
        version: Version,
        /// `older` or `newer`.
        order: &'static str,
        /// The other one.
        other: Version,
    },
}

/// What makes it doubtful that the version of a release orders as it is meant, beside those of other releases.
pub fn doubt<'a>(version: &Version, others: impl IntoIterator<Item = &'a Version>) -> Option<Doubt> {
    alone(version).or_else(|| others.into_iter().find_map(|other| beside(version, other)))
}

fn alone(version: &Version) -> Option<Doubt> {
    if version.after.is_some() {
        return None;
    }
    let semver::Version { major, minor, patch, pre, .. } = &version.written;
    let base = || format!("{major}.{minor}.{patch}");
    if ending(pre.as_str()).is_some_and(|ending| ending.digits < LEAST_DIGITS) {
        return Some(Doubt::ShortHash { version: version.clone(), base: base() });
    }
    let first = pre.as_str().split(['.', '-']).next().unwrap_or_default();
    if AFTERTHOUGHTS.contains(&word_and_number(first).0.to_ascii_lowercase().as_str()) {
        return Some(Doubt::Afterthought { version: version.clone(), base: base() });
    }
    pre.as_str().split('.').find_map(|part| {
        let (word, number) = word_and_number(part);
        let is_name = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphabetic());
        // What begins with a zero is a date or a hash, or padded, and then it orders as meant.
        let is_glued = is_name && (2..=3).contains(&number.len()) && !number.starts_with('0');
        is_glued.then(|| Doubt::Glued {
            version: version.clone(),
            part: part.to_owned(),
            word: word.to_owned(),
            number: number.to_owned(),
        })
    })
}

/// `rc10` as `rc` and `10`.
fn word_and_number(part: &str) -> (&str, &str) {
    part.split_at(part.trim_end_matches(|c: char| c.is_ascii_digit()).len())
}

/// Compares two pre-releases of one version as people read them: words and numbers, whatever is between.
fn beside(version: &Version, other: &Version) -> Option<Doubt> {
    let numbers = |version: &semver::Version| (version.major, version.minor, version.patch);
    if numbers(&version.written) != numbers(&other.written)
        || version.after.is_some()
        || other.after.is_some()
    {
        return None;
    }
    let read = as_people_do(version.written.pre.as_str()).cmp(&as_people_do(other.written.pre.as_str()));
    let order = version.cmp_precedence(other);
    let is_pre = !version.written.pre.is_empty() && !other.written.pre.is_empty();
    (is_pre && read.is_ne() && order == read.reverse()).then(|| Doubt::Spelling {
        version: version.clone(),
        order: if order.is_lt() { "older" } else { "newer" },
        other: other.clone(),
    })
}

/// The words and numbers of a pre-release; numbers before words, as in SemVer.
fn as_people_do(pre: &str) -> Vec<(bool, u64, &str)> {
    let mut parts = Vec::new();
    for part in pre.split(|c: char| !c.is_ascii_alphanumeric()).filter(|part| !part.is_empty()) {
        let (word, number) = word_and_number(part);
        if !word.is_empty() {
            parts.push((true, 0, word));
        }
        if let Ok(number) = number.parse() {
            parts.push((false, number, ""));
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write as _;

    fn version(text: &str) -> Version {
        text.parse().unwrap()
    }

    #[test]
    fn doubtful_versions_are_explained() {
        let mut report = String::new();
        for (text, others) in [
            ("1.3.0-4-gab", &[][..]),
            ("1.3.0-rc.1-4-gab", &[]),
            ("1.0.0-rc10", &["1.0.0-rc.9"]),
            ("1.0.0-rc1", &["1.0.0-rc.9"]),
            ("1.0.0-rc.11", &["1.0.0-rc9"]),
            ("1.2.3-hotfix.1", &[]),
            ("1.2.3-dirty", &["1.2.3"]),
        ] {
            let others: Vec<_> = others.iter().copied().map(version).collect();
            writeln!(report, "{}", doubt(&version(text), &others).expect(text)).unwrap();
        }
        insta::assert_snapshot!(report);
    }

    #[test]
    fn ordinary_versions_are_not_doubted() {
        let others = ["1.2.3-rc.1", "1.2.3", "2.0.0", "1.2.3-5-gabc1234", "1.2.3-alpha", "1.2.3-20260101"]
            .map(version);
        for text in [
            "1.2.3",
            "v1.2.3",
            "1.2.3-rc.10",
            "1.2.3-beta.2",
            "1.2.3-alpha.1",
            "1.2.3-7-gabc1234",
            "1.2.3-dev",
            "1.2.3-rc.1-7-gabc1234",
            "1.2.3-20260102",
            "1.2.3-SNAPSHOT",
            "1.2.3+build.7",
            "1.2.3-nightly20260101",
            "1.2.3-rc2",
            "1.2.3-x1",
            "1.2.3-gabc1234",
        ] {
            assert_eq!(doubt(&version(text), &others), None, "{text}");
        }
    }
}
