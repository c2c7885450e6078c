//! What `git describe` makes of a tag: `1.2.3-5-gabc1234` is five commits after 1.2.3, and not one of its pre-releases,
//! which SemVer would take it for.

use semver::Prerelease;

/// The fewest hexadecimal digits by which `git describe` names a commit.
pub(super) const LEAST_DIGITS: usize = 4;

/// After what a version comes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct After {
    /// The pre-release that was tagged; empty if that was none.
    pub(super) pre: Prerelease,
    /// How many commits after the tag.
    pub(super) commits: u64,
}

/// The end of a pre-release that looks like one of `git describe`.
pub(super) struct Ending<'a> {
    /// What was tagged; empty if that was no pre-release.
    pub(super) tag: &'a str,
    pub(super) commits: u64,
    /// How many digits of the commit's hash there are.
    pub(super) digits: usize,
}

/// What a pre-release says if `git describe` made it.
pub(super) fn read(pre: &Prerelease) -> Option<After> {
    let Ending { tag, commits, .. } = ending(pre.as_str()).filter(|ending| ending.digits >= LEAST_DIGITS)?;
    // A tag that can't be a pre-release by itself makes this an ordinary pre-release.
    Prerelease::new(tag).ok().map(|pre| After { pre, commits })
}

/// Finds `5-gabc1234` at the end, which may say that the tree was changed: `5-gabc1234-dirty`.
pub(super) fn ending(pre: &str) -> Option<Ending<'_>> {
    let pre = pre.strip_suffix("-dirty").unwrap_or(pre);
    let (before, commit) = pre.rsplit_once("-g")?;
    if commit.is_empty() || !commit.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let (tag, number) = before.rsplit_once('-').unwrap_or(("", before));
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let is_plain = number == "0" || !number.starts_with('0');
    let commits = number.parse().ok().filter(|_| is_number && is_plain)?;
    Some(Ending { tag, commits, digits: commit.len() })
}
