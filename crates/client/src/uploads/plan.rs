//! How a file is cut into parts: as an earlier attempt did where there was one, so that what arrived is of use.

use std::ops::Range;

use olivine_domain::binary_parts::{MIN_SIZE, PartIndex, part_size_for};

use crate::files::ranges;

/// A file's parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    size: u64,
    part_size: u64,
}

/// A part that is there and has no place in any plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stray(pub(super) u16);

impl Plan {
    /// For a file of `size` bytes of which parts with these indexes and sizes were announced before.
    pub(super) fn new(size: u64, preferred: u64, existing: &[(u16, u64)]) -> Result<Self, Stray> {
        let preferred = part_size_for(size, preferred);
        let mut candidates: Vec<u64> =
            existing.iter().map(|(_, size)| *size).filter(|size| *size >= MIN_SIZE).collect();
        candidates.dedup();
        candidates.push(preferred);
        candidates.push(part_size_for(size, MIN_SIZE));
        let plans = || candidates.iter().map(|part_size| Self { size, part_size: *part_size });
        let last = existing.iter().map(|(index, _)| *index).max().unwrap_or(0);
        let fitting = plans()
            .filter(|plan| part_size_for(size, plan.part_size) == plan.part_size && last <= plan.count());
        // The first one that most of the parts fit into.
        let fits =
            |plan: &Self| existing.iter().filter(|(index, size)| plan.length(*index) == Some(*size)).count();
        let mut best = None;
        for plan in fitting {
            if best.is_none_or(|(count, _)| fits(&plan) > count) {
                best = Some((fits(&plan), plan));
            }
        }
        best.map(|(_, plan)| plan).ok_or(Stray(last))
    }

    pub(super) const fn part_size(self) -> u64 {
        self.part_size
    }

    fn count(self) -> u16 {
        u16::try_from(self.size.div_ceil(self.part_size).max(1)).unwrap_or(u16::MAX)
    }

    fn length(self, index: u16) -> Option<u64> {
        let range = ranges(self.size, self.part_size).nth(usize::from(index).checked_sub(1)?)?;
        Some(range.end - range.start)
    }

    /// Each part's place and range.
    pub(super) fn parts(self) -> impl Iterator<Item = (PartIndex, Range<u64>)> {
        let indexes = (1..).map_while(|index| PartIndex::new(index).ok());
        indexes.zip(ranges(self.size, self.part_size))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1024 * 1024;

    fn part_size(size: u64, existing: &[(u16, u64)]) -> Result<u64, Stray> {
        Plan::new(size, 16 * MIB, existing).map(Plan::part_size)
    }

    #[test]
    fn a_new_upload_has_parts_of_the_preferred_size() {
        assert_eq!(part_size(200 * MIB, &[]), Ok(16 * MIB));
        assert_eq!(part_size(0, &[]), Ok(16 * MIB));
        assert_eq!(part_size(10_000 * 16 * MIB + 1, &[]), Ok(17 * MIB));
        let plan = Plan::new(33 * MIB, 16 * MIB, &[]).unwrap();
        let parts: Vec<_> = plan.parts().map(|(index, range)| (index.get(), range)).collect();
        assert_eq!(parts, [(1, 0..16 * MIB), (2, 16 * MIB..32 * MIB), (3, 32 * MIB..33 * MIB)]);
        let empty = Plan::new(0, MIB, &[]).unwrap();
        assert_eq!(empty.parts().map(|(_, range)| range.end).collect::<Vec<_>>(), [0]);
    }

    #[test]
    fn an_earlier_attempt_is_carried_on() {
        assert_eq!(part_size(45 * MIB, &[(1, 10 * MIB), (3, 10 * MIB)]), Ok(10 * MIB));
        assert_eq!(part_size(45 * MIB, &[(5, 5 * MIB), (3, 10 * MIB)]), Ok(10 * MIB));
        assert_eq!(part_size(45 * MIB, &[(1, 45 * MIB)]), Ok(45 * MIB));
    }

    #[test]
    fn a_part_beyond_the_end_calls_for_smaller_parts() {
        assert_eq!(part_size(45 * MIB, &[(4, 40 * MIB)]), Ok(5 * MIB));
        assert_eq!(part_size(45 * MIB, &[(10, 5 * MIB)]), Err(Stray(10)));
    }
}
