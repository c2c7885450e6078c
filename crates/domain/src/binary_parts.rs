//! Binary parts: the chunks of a multipart upload, and the rules for putting them together.

use std::fmt;
use std::num::NonZeroU16;

use crate::binaries::Binary;
use crate::contents::{Content, Generation};
use crate::hash::Sha256Digest;
use crate::organizations::Organization;
use crate::prn::{Id, Resource};
use crate::refusals::{Facts, Meaning, Refusal};
use crate::search::{Field, FieldKind, FieldTable, Searchable};
use crate::time::Timestamp;

/// The least bytes of a part that is not the last one: 5 MiB, as S3 has it.
pub const MIN_SIZE: u64 = 5 * 1024 * 1024;
/// The most bytes of a part: 5 GiB, as S3 has it.
pub const MAX_SIZE: u64 = 5 * 1024 * 1024 * 1024;
/// The most parts of a binary.
pub const MAX_COUNT: u16 = 10_000;
/// The most bytes of a binary: all parts at their largest.
pub const MAX_BINARY_SIZE: u64 = MAX_SIZE * MAX_COUNT as u64;

/// The fields by which lists of a binary's parts can be searched.
pub const SEARCH: FieldTable = &[
    Field { name: "prn", kind: FieldKind::Prn },
    Field { name: "index", kind: FieldKind::Integer },
    Field { name: "size", kind: FieldKind::Integer },
    Field { name: "state", kind: FieldKind::Enum(&["uploadable", "valid", "invalid_size", "invalid_hash"]) },
    Field { name: "inserted_at", kind: FieldKind::DateTime },
    Field { name: "updated_at", kind: FieldKind::DateTime },
];

/// One chunk of a binary's content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BinaryPart {
    /// Its key.
    pub id: Id<BinaryPart>,
    /// Its owner.
    pub organization: Id<Organization>,
    /// The content that it is a part of.
    pub content: Id<Content>,
    /// The attempt at uploading that it belongs to.
    pub generation: Generation,
    /// Its place.
    pub index: PartIndex,
    /// Its size in bytes, as promised by the uploader.
    pub size: u64,
    /// Its hash, as promised by the uploader.
    pub hash: Sha256Digest,
    /// Whether its bytes are there.
    pub state: PartState,
    /// When it was first created.
    pub inserted_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl BinaryPart {
    /// The binary whose content it is a part of.
    pub const fn binary(&self) -> Id<Binary> {
        Id::new(self.content.uuid())
    }
}

impl Resource for BinaryPart {
    const TYPE: Option<&'static str> = Some("binary_part");
    const A_NAME: &'static str = "a binary part";
}

impl Searchable for BinaryPart {
    const FIELDS: FieldTable = SEARCH;
}

/// The place of a part: 1 to 10,000.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartIndex(NonZeroU16);

/// The number can't be a part's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("part indexes run from 1 to {MAX_COUNT}; got {0}")]
pub struct InvalidPartIndex(pub u64);

impl PartIndex {
    /// The first part, which a direct upload consists of.
    pub const FIRST: Self = Self(NonZeroU16::MIN);

    /// Checks the range.
    pub fn new(index: u64) -> Result<Self, InvalidPartIndex> {
        let number =
            u16::try_from(index).ok().and_then(NonZeroU16::new).filter(|number| number.get() <= MAX_COUNT);
        number.map(Self).ok_or(InvalidPartIndex(index))
    }

    /// The number, from 1.
    pub const fn get(self) -> u16 {
        self.0.get()
    }
}

impl fmt::Display for PartIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Whether a part's bytes are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PartState {
    /// Its bytes are awaited.
    Uploadable,
    /// Its bytes are in storage and are those that were promised.
    Valid,
    /// More or fewer bytes came than were promised; they were not kept.
    InvalidSize,
    /// Other bytes came than were promised; they were not kept.
    InvalidHash,
}

impl PartState {
    /// All states.
    pub const ALL: [Self; 4] = [Self::Uploadable, Self::Valid, Self::InvalidSize, Self::InvalidHash];

    /// The name in the API and in storage.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Uploadable => "uploadable",
            Self::Valid => "valid",
            Self::InvalidSize => "invalid_size",
            Self::InvalidHash => "invalid_hash",
        }
    }

    /// The state of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }
}

/// A part that can't belong to its binary, whatever the other parts are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PartMisfit {
    /// Larger than any part may be.
    #[error("a part has at most {MAX_SIZE} bytes (5 GiB); this one has {0}")]
    TooLarge(u64),
    /// Larger than the whole binary.
    #[error("the binary has {binary} bytes; a part of {part} bytes can't belong to it")]
    LargerThanBinary {
        /// The binary's declared size in bytes.
        binary: u64,
        /// The part's size in bytes.
        part: u64,
    },
    /// The uploader thinks of a binary of another size.
    #[error(
        "the binary was created with a size of {declared} bytes, but expected_binary_size says {expected}"
    )]
    OtherBinarySize {
        /// The binary's declared size in bytes.
        declared: u64,
        /// What the uploader expects.
        expected: u64,
    },
}

impl Refusal for PartMisfit {
    fn meaning(&self) -> Meaning {
        Meaning::Invalid
    }

    fn code(&self) -> &'static str {
        "invalid"
    }

    fn facts(&self) -> Facts {
        let field = match self {
            Self::TooLarge(_) | Self::LargerThanBinary { .. } => "size",
            Self::OtherBinarySize { .. } => "expected_binary_size",
        };
        vec![("field", field.into())]
    }
}

/// Checks a new part against its binary's declared size and what the uploader believes that size to be.
pub fn check_fits(size: u64, declared: Option<u64>, expected: Option<u64>) -> Result<(), PartMisfit> {
    if let (Some(declared), Some(expected)) = (declared, expected)
        && declared != expected
    {
        return Err(PartMisfit::OtherBinarySize { declared, expected });
    }
    match declared.or(expected) {
        _ if size > MAX_SIZE => Err(PartMisfit::TooLarge(size)),
        Some(binary) if size > binary => Err(PartMisfit::LargerThanBinary { binary, part: size }),
        _ => Ok(()),
    }
}

/// What completing an upload looks at in each part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartFacts {
    /// The part's place.
    pub index: PartIndex,
    /// Its size in bytes.
    pub size: u64,
    /// Whether its bytes are there.
    pub state: PartState,
}

/// Why an upload can't be completed yet.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Incomplete {
    /// Nothing was uploaded.
    #[error("nothing was uploaded yet: send the content in one request, or in parts")]
    NoParts,
    /// Indexes are missing before the last one.
    #[error("part {} is missing: parts must run from 1 to {last} without a gap", .missing[0])]
    Gap {
        /// The missing indexes, at most the first hundred.
        missing: Vec<u16>,
        /// The last index that is there.
        last: PartIndex,
    },
    /// Some parts were created, but their bytes did not arrive or were wrong.
    #[error("part {} is {}: upload it (again) first", .parts[0].0, .parts[0].1.as_str())]
    NotValid {
        /// Those parts and their states, at most the first hundred.
        parts: Vec<(PartIndex, PartState)>,
    },
    /// A part other than the last is smaller than storage allows.
    #[error("part {index} has {size} bytes; every part but the last needs at least {MIN_SIZE} (5 MiB)")]
    PartTooSmall {
        /// The part.
        index: PartIndex,
        /// Its size in bytes.
        size: u64,
    },
    /// All parts together have another size than the binary.
    #[error("the parts have {actual} bytes together, but the binary was created with a size of {declared}")]
    OtherSize {
        /// The binary's declared size in bytes.
        declared: u64,
        /// The parts' sizes added up.
        actual: u64,
    },
}

impl Refusal for Incomplete {
    fn meaning(&self) -> Meaning {
        Meaning::Invalid
    }

    fn code(&self) -> &'static str {
        "incomplete_upload"
    }

    fn facts(&self) -> Facts {
        match self {
            Self::NoParts => Facts::new(),
            Self::Gap { missing, last } => {
                vec![("missing", missing.iter().copied().collect()), ("last", last.get().into())]
            }
            Self::NotValid { parts } => {
                vec![("parts", parts.iter().map(|(index, _)| index.get()).collect())]
            }
            Self::PartTooSmall { index, size } => {
                vec![("index", index.get().into()), ("size", (*size).into())]
            }
            Self::OtherSize { declared, actual } => {
                vec![("declared", (*declared).into()), ("actual", (*actual).into())]
            }
        }
    }
}

/// How many items an error lists at the most.
const LISTED: usize = 100;

/// Checks that `parts` (in order of their indexes) make up a whole content, and tells its size in bytes.
///
/// The rules of lifecycle.md: every part valid, indexes 1…n without a gap, all but the last at least 5 MiB, sizes summing to the
/// declared size if there is one.
pub fn check_complete(parts: &[PartFacts], declared: Option<u64>) -> Result<u64, Incomplete> {
    let last = parts.last().ok_or(Incomplete::NoParts)?.index;
    let mut there = parts.iter().map(|part| part.index.get()).peekable();
    let missing: Vec<u16> =
        (1..=last.get()).filter(|index| there.next_if_eq(index).is_none()).take(LISTED).collect();
    if !missing.is_empty() {
        return Err(Incomplete::Gap { missing, last });
    }
    let invalid = parts.iter().filter(|part| part.state != PartState::Valid);
    let invalid: Vec<_> = invalid.map(|part| (part.index, part.state)).take(LISTED).collect();
    if !invalid.is_empty() {
        return Err(Incomplete::NotValid { parts: invalid });
    }
    if let Some(small) = parts.iter().find(|part| part.size < MIN_SIZE && part.index != last) {
        return Err(Incomplete::PartTooSmall { index: small.index, size: small.size });
    }
    let actual = parts.iter().map(|part| part.size).sum();
    match declared {
        Some(declared) if declared != actual => Err(Incomplete::OtherSize { declared, actual }),
        _ => Ok(actual),
    }
}

/// The part size to cut a content of `size` bytes into: `preferred` (at least 5 MiB) unless that made too many parts.
pub fn part_size_for(size: u64, preferred: u64) -> u64 {
    const MIB: u64 = 1024 * 1024;
    let least = size.div_ceil(u64::from(MAX_COUNT)).next_multiple_of(MIB);
    preferred.max(MIN_SIZE).max(least).min(MAX_SIZE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn part(index: u64, size: u64, state: PartState) -> PartFacts {
        PartFacts { index: PartIndex::new(index).unwrap(), size, state }
    }

    fn valid(index: u64, size: u64) -> PartFacts {
        part(index, size, PartState::Valid)
    }

    #[test]
    fn completes_only_what_is_whole() {
        let index = |i| PartIndex::new(i).unwrap();
        assert_eq!(check_complete(&[], None), Err(Incomplete::NoParts));
        assert_eq!(check_complete(&[valid(1, 0)], Some(0)), Ok(0));
        assert_eq!(check_complete(&[valid(1, MIN_SIZE), valid(2, 1)], None), Ok(MIN_SIZE + 1));
        let gap = Incomplete::Gap { missing: vec![1, 3], last: index(4) };
        assert_eq!(check_complete(&[valid(2, 9), valid(4, 9)], None), Err(gap));
        let waiting = part(2, 9, PartState::InvalidHash);
        let invalid = Incomplete::NotValid { parts: vec![(index(2), PartState::InvalidHash)] };
        assert_eq!(check_complete(&[valid(1, MIN_SIZE), waiting], None), Err(invalid));
        let small = Incomplete::PartTooSmall { index: index(1), size: MIN_SIZE - 1 };
        assert_eq!(check_complete(&[valid(1, MIN_SIZE - 1), valid(2, 1)], None), Err(small));
        let other = Incomplete::OtherSize { declared: 8, actual: 9 };
        assert_eq!(check_complete(&[valid(1, 9)], Some(8)), Err(other));
    }

    #[test]
    fn indexes_run_from_1_to_10000() {
        assert!(PartIndex::new(1).is_ok() && PartIndex::new(10_000).is_ok());
        for bad in [0, 10_001, 65_537, u64::MAX] {
            assert_eq!(PartIndex::new(bad), Err(InvalidPartIndex(bad)));
        }
    }

    #[test]
    fn a_part_fits_its_binary() {
        assert_eq!(check_fits(5, Some(5), Some(5)), Ok(()));
        assert_eq!(check_fits(5, None, None), Ok(()));
        assert!(matches!(check_fits(6, Some(5), None), Err(PartMisfit::LargerThanBinary { .. })));
        assert!(matches!(check_fits(5, Some(5), Some(6)), Err(PartMisfit::OtherBinarySize { .. })));
        assert!(matches!(check_fits(MAX_SIZE + 1, None, None), Err(PartMisfit::TooLarge(_))));
    }

    proptest! {
        #[test]
        fn every_size_can_be_cut(size in 0..=MAX_BINARY_SIZE, preferred in 0..MAX_SIZE) {
            let part = part_size_for(size, preferred);
            prop_assert!((MIN_SIZE..=MAX_SIZE).contains(&part));
            prop_assert!(size.div_ceil(part) <= u64::from(MAX_COUNT));
        }
    }
}
