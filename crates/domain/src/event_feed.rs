//! The event feed: the numbers that events get after they were committed, 1, 2, 3 … in each organization, and the cursors by which readers
//! go on.
//!
//! A number alone does not say that it is the same event as before: after a failover to a server that lagged, numbers are given once more.
//! So a cursor also contains the feed's id and the random word of its number, and a reader learns whether both still exist.

mod filter;

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

use crate::refusals::{Fact, Facts, Meaning, Refusal};

pub use filter::{EventFilter, Named};

/// The place in a feed after one event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FeedCursor {
    /// Which feed it is.
    pub feed: Uuid,
    /// The number of the last event that was seen, or passed over; 0 before the first one.
    pub number: u64,
    /// What was drawn when that number was given; 0 before the first one.
    pub word: FeedWord,
}

/// 64 random bits, the same for all numbers that were given at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct FeedWord(pub u64);

/// The text is not a cursor that this server gave out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("after takes 0, now, or a cursor exactly as an earlier answer gave it")]
pub struct InvalidFeedCursor;

impl fmt::Display for FeedWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl fmt::Display for FeedCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.feed.simple(), self.number, self.word)
    }
}

impl FromStr for FeedCursor {
    type Err = InvalidFeedCursor;

    /// Takes only what [`fmt::Display`] makes, so that one place has one name.
    fn from_str(text: &str) -> Result<Self, InvalidFeedCursor> {
        let fields: Vec<_> = text.split(':').collect();
        let [feed, number, word] = fields[..] else { return Err(InvalidFeedCursor) };
        let cursor = Self {
            feed: Uuid::try_parse(feed).map_err(|_| InvalidFeedCursor)?,
            number: number.parse().map_err(|_| InvalidFeedCursor)?,
            word: FeedWord(u64::from_str_radix(word, 16).map_err(|_| InvalidFeedCursor)?),
        };
        if cursor.to_string() == text && cursor.number <= MOST { Ok(cursor) } else { Err(InvalidFeedCursor) }
    }
}

/// The greatest number: databases keep it with a sign.
const MOST: u64 = i64::MAX as u64;

/// Where a reader begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeedStart {
    /// With the first event that there still is.
    Beginning,
    /// With what happens from now on.
    Now,
    /// After the cursor's event.
    After(FeedCursor),
}

impl FromStr for FeedStart {
    type Err = InvalidFeedCursor;

    fn from_str(text: &str) -> Result<Self, InvalidFeedCursor> {
        match text {
            "0" => Ok(Self::Beginning),
            "now" => Ok(Self::Now),
            cursor => cursor.parse().map(Self::After),
        }
    }
}

/// How a feed stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeedState {
    /// Which feed it is: another one after a restore and in a copy.
    pub feed: Uuid,
    /// The number of the newest event; 0 if there is none.
    pub last_number: u64,
    /// The word of that number.
    pub last_word: FeedWord,
    /// From this number on no event has been deleted.
    pub complete_from: u64,
}

impl FeedState {
    /// The place after the newest event.
    pub const fn end(&self) -> FeedCursor {
        self.at(self.last_number, self.last_word)
    }

    /// The place before the first event.
    pub const fn beginning(&self) -> FeedCursor {
        self.at(0, FeedWord(0))
    }

    /// The place after one event of this feed.
    pub const fn at(&self, number: u64, word: FeedWord) -> FeedCursor {
        FeedCursor { feed: self.feed, number, word }
    }

    /// Whether a reader may go on after `cursor`. `found` is the word that its number has in this feed now, `None` where there is no such
    /// number, or no such event any more.
    pub fn check(&self, cursor: &FeedCursor, found: Option<FeedWord>) -> Result<(), FeedReplaced> {
        let found = if cursor.number == self.last_number { Some(self.last_word) } else { found };
        let is_same = cursor.number == 0 || found == Some(cursor.word);
        if cursor.feed != self.feed {
            let resume = is_same.then_some(FeedCursor { feed: self.feed, ..*cursor });
            return Err(FeedReplaced { feed: self.feed, resume });
        }
        // What time deleted can't be compared any more; `complete_from` tells the reader.
        let is_deleted = found.is_none() && cursor.number < self.complete_from;
        if is_same || is_deleted { Ok(()) } else { Err(FeedReplaced { feed: self.feed, resume: None }) }
    }
}

/// The feed that a cursor belongs to is not there any more, or its numbers went back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "this cursor belongs to a feed that was replaced: the database was restored, copied, or failed over to a server that lagged. Go on with \
     `resume` if it is given, else with an older cursor of yours or with 0, and leave out events whose prn you have seen"
)]
pub struct FeedReplaced {
    /// The feed that there is now.
    pub feed: Uuid,
    /// The same place in it, where it has that number with that word.
    pub resume: Option<FeedCursor>,
}

impl Refusal for FeedReplaced {
    fn meaning(&self) -> Meaning {
        Meaning::Gone
    }

    fn code(&self) -> &'static str {
        "feed_replaced"
    }

    fn facts(&self) -> Facts {
        let feed = ("feed", Fact::from(self.feed.simple().to_string()));
        let resume = self.resume.map(|cursor| ("resume", Fact::from(cursor.to_string())));
        std::iter::once(feed).chain(resume).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const OLD: Uuid = Uuid::from_u128(1);
    const NEW: Uuid = Uuid::from_u128(2);

    proptest! {
        #[test]
        fn a_cursor_is_read_as_it_was_written(feed: u128, number in 0..=MOST, word: u64) {
            let cursor = FeedCursor { feed: Uuid::from_u128(feed), number, word: FeedWord(word) };
            prop_assert_eq!(cursor.to_string().parse(), Ok(cursor));
            prop_assert_eq!(cursor.to_string().to_uppercase().parse::<FeedCursor>().is_ok(), cursor.to_string().to_uppercase() == cursor.to_string());
        }

        #[test]
        fn no_other_text_is_a_cursor(text in "[0-9a-f:+ -]{0,70}") {
            if let Ok(cursor) = text.parse::<FeedCursor>() {
                prop_assert_eq!(cursor.to_string(), text);
            }
        }

        /// A feed lost its end and gave the numbers again. Who saw a number that is not the same event now is told, and nobody else.
        #[test]
        fn a_reader_goes_on_exactly_if_its_past_is_the_feeds(
            before in proptest::collection::vec(1u64..4, 1..8),
            kept in 0usize..8,
            after in proptest::collection::vec(4u64..8, 0..8),
            seen in 0usize..10,
        ) {
            let kept = kept.min(before.len());
            let now: Vec<u64> = before[..kept].iter().chain(&after).copied().collect();
            let word = |words: &[u64], number: usize| number.checked_sub(1).and_then(|place| words.get(place)).copied().map(FeedWord);
            let state = FeedState {
                feed: OLD,
                last_number: now.len() as u64,
                last_word: word(&now, now.len()).unwrap_or_default(),
                complete_from: 1,
            };
            let seen = seen.min(before.len());
            let cursor = FeedCursor { feed: OLD, number: seen as u64, word: word(&before, seen).unwrap_or_default() };
            prop_assert_eq!(state.check(&cursor, word(&now, seen)).is_ok(), seen <= kept);
        }
    }

    #[test]
    fn what_a_cursor_says_against_a_feed() {
        let state = FeedState { feed: NEW, last_number: 9, last_word: FeedWord(90), complete_from: 4 };
        let at = |feed, number, word| FeedCursor { feed, number, word: FeedWord(word) };
        let resume = |number, word| Some(at(NEW, number, word));
        for (cursor, found, expected) in [
            (at(NEW, 0, 0), None, Ok(())),
            (at(NEW, 7, 70), Some(70), Ok(())),
            (at(NEW, 7, 71), Some(70), Err(None)),
            // Deleted by its age, and not.
            (at(NEW, 3, 30), None, Ok(())),
            (at(NEW, 5, 50), None, Err(None)),
            // The newest event's word is known also where the event is gone.
            (at(NEW, 9, 90), None, Ok(())),
            (at(NEW, 9, 91), None, Err(None)),
            (at(NEW, 10, 10), None, Err(None)),
            (at(OLD, 0, 0), None, Err(resume(0, 0))),
            (at(OLD, 7, 70), Some(70), Err(resume(7, 70))),
            (at(OLD, 7, 71), Some(70), Err(None)),
            (at(OLD, 3, 30), None, Err(None)),
        ] {
            let expected = expected.map_err(|resume| FeedReplaced { feed: NEW, resume });
            assert_eq!(state.check(&cursor, found.map(FeedWord)), expected, "{cursor:?}");
        }
    }
}
