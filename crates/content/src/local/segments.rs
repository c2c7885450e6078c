//! The `segments` file: which parts make up a content, in order. A content is complete exactly when it has one.
//!
//! Lines of text: `olivine-segments 1`, `<parts> <total bytes>`, then `<size> <SHA-256 in hex>` for each part from index 1.
//! It is written once and never changed.

use std::fmt::Write as _;
use std::io;
use std::ops::Range;

use olivine_domain::Sha256Digest;
use olivine_domain::binary_parts::PartIndex;

use super::folder::Folder;
use crate::error::Error;
use crate::uploads::{CompletedPart, UploadedPart};

/// The file's name in the folder of a content.
pub(super) const FILE: &str = "segments";
const FIRST_LINE: &str = "olivine-segments 1";
const DAMAGED: Error = Error::Corrupt { what: "the list of its parts can't be read" };

/// The parts that make up a content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Segments {
    parts: Vec<CompletedPart>,
    total: u64,
}

impl Segments {
    /// Of parts that run from index 1 without a gap.
    pub(super) fn of(parts: &[CompletedPart]) -> Result<Self, Error> {
        let mut total = 0_u64;
        for position in 0..parts.len().max(1) {
            let index = PartIndex::new(position as u64 + 1).map_err(|_| DAMAGED)?;
            let part = parts.get(position).filter(|part| part.index == index);
            total = total.checked_add(part.ok_or(Error::MissingPart { index })?.size).ok_or(DAMAGED)?;
        }
        Ok(Self { parts: parts.to_vec(), total })
    }

    /// Those of the content in `folder`; `None` if it is not complete.
    pub(super) fn find(folder: &Folder) -> Result<Option<Self>, Error> {
        match folder.text(FILE) {
            Ok(text) => Self::decode(&text).map(Some),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => Err(DAMAGED),
            Err(error) => Err(error.into()),
        }
    }

    /// The size of the content in bytes.
    pub(super) const fn total(&self) -> u64 {
        self.total
    }

    /// The parts in order.
    pub(super) fn parts(&self) -> &[CompletedPart] {
        &self.parts
    }

    /// Those parts of which `range` has some bytes, but not all.
    pub(super) fn cut_by(&self, range: &Range<u64>) -> impl Iterator<Item = &CompletedPart> {
        let mut end = 0;
        self.parts.iter().filter(move |part| {
            let start = end;
            end += part.size;
            let is_touched = start < range.end && range.start < end;
            is_touched && (start < range.start || range.end < end)
        })
    }

    /// The parts in order, without their list.
    pub(super) fn into_parts(self) -> Vec<CompletedPart> {
        self.parts
    }

    /// Whether a file of that name belongs to the content.
    pub(super) fn contains(&self, name: &str) -> bool {
        let position = |index: PartIndex| usize::from(index.get()) - 1;
        parse_part_name(name).is_some_and(|(index, sha256)| {
            self.parts.get(position(index)).is_some_and(|part| part.sha256 == sha256)
        })
    }

    /// The text of the file.
    pub(super) fn encode(&self) -> String {
        let mut text = format!("{FIRST_LINE}\n{} {}\n", self.parts.len(), self.total);
        for part in &self.parts {
            writeln!(text, "{} {}", part.size, part.sha256.to_hex()).expect("writing to a string can't fail");
        }
        text
    }

    /// Reads the text of the file; anything that [`Segments::encode`] would not have written is damage.
    pub(super) fn decode(text: &str) -> Result<Self, Error> {
        let mut parts = Vec::new();
        for (line, number) in text.lines().skip(2).zip(1..) {
            parts.push(decode_part(line, number).ok_or(DAMAGED)?);
        }
        let segments = Self::of(&parts).map_err(|_| DAMAGED)?;
        if segments.encode() == text { Ok(segments) } else { Err(DAMAGED) }
    }
}

fn decode_part(line: &str, number: u64) -> Option<CompletedPart> {
    let (size, sha256) = line.split_once(' ')?;
    let index = PartIndex::new(number).ok()?;
    Some(CompletedPart { index, size: size.parse().ok()?, sha256: sha256.parse().ok()? })
}

/// The name of a part's file. It names the bytes, so that a late attempt at the same index can never replace other bytes.
pub(super) fn part_name(index: PartIndex, sha256: &Sha256Digest) -> String {
    format!("part-{:05}-{}", index.get(), sha256.to_hex())
}

fn parse_part_name(name: &str) -> Option<(PartIndex, Sha256Digest)> {
    let (index, sha256) = name.strip_prefix("part-")?.split_once('-')?;
    let (index, sha256) = (PartIndex::new(index.parse().ok()?).ok()?, sha256.parse().ok()?);
    (part_name(index, &sha256) == name).then_some((index, sha256))
}

/// The part that a file of that name and size is; `None` for any other file.
pub(super) fn uploaded_part(name: &str, size: u64) -> Option<UploadedPart> {
    let (index, sha256) = parse_part_name(name)?;
    Some(UploadedPart { index, size, sha256: Some(sha256) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(index: u64, size: u64) -> CompletedPart {
        let sha256 = Sha256Digest::of(&index.to_be_bytes());
        CompletedPart { index: PartIndex::new(index).unwrap(), size, sha256 }
    }

    #[test]
    fn reads_what_it_writes_and_refuses_damage() {
        let segments = Segments::of(&[part(1, 5), part(2, 0), part(3, 7)]).unwrap();
        let text = segments.encode();
        assert_eq!(segments.total(), 12);
        assert_eq!(Segments::decode(&text).unwrap(), segments);
        for length in 0..text.len() {
            assert!(Segments::decode(&text[..length]).is_err(), "cut at {length}");
        }
        for damaged in
            [text.replace("3 12", "3 13"), text.to_uppercase(), format!("{text}\n"), format!("{text}1 2\n")]
        {
            assert!(Segments::decode(&damaged).is_err(), "{damaged}");
        }
    }

    #[test]
    fn a_range_cuts_the_parts_at_its_ends() {
        let of = |index, size| CompletedPart {
            index: PartIndex::new(index).unwrap(),
            size,
            sha256: Sha256Digest::of(b""),
        };
        let segments = Segments::of(&[of(1, 10), of(2, 10), of(3, 10)]).unwrap();
        for (range, cut) in [
            (0..30, &[][..]),
            (0..0, &[]),
            (10..20, &[]),
            (5..30, &[1]),
            (0..25, &[3]),
            (5..25, &[1, 3]),
            (12..18, &[2]),
            (10..11, &[2]),
            (29..30, &[3]),
        ] {
            let found: Vec<_> = segments.cut_by(&range).map(|part| part.index.get()).collect();
            assert_eq!(found, cut, "{range:?}");
        }
    }

    #[test]
    fn parts_run_from_1_without_a_gap() {
        let missing = |parts: &[CompletedPart]| match Segments::of(parts) {
            Err(Error::MissingPart { index }) => index.get(),
            other => panic!("{other:?}"),
        };
        assert_eq!(missing(&[]), 1);
        assert_eq!(missing(&[part(2, 1)]), 1);
        assert_eq!(missing(&[part(1, 1), part(3, 1)]), 2);
        assert_eq!(missing(&[part(1, 1), part(1, 1)]), 2);
        assert!(Segments::of(&[part(1, u64::MAX), part(2, 1)]).is_err());
    }

    #[test]
    fn part_names_have_one_spelling() {
        let name = part_name(PartIndex::new(7).unwrap(), &Sha256Digest::of(b""));
        assert_eq!(&name[..19], "part-00007-e3b0c442");
        assert!(uploaded_part(&name, 3).is_some());
        for other in
            ["segments", "part-7-", &name.to_uppercase(), &name.replace("00007", "7"), &format!("{name}0")]
        {
            assert!(uploaded_part(other, 3).is_none(), "{other}");
        }
    }
}
