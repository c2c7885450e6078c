//! Pages of lists: how many records, in which order, and where the next page starts.
//!
//! A cursor names the last record that was seen, not an offset, so that pages stay stable while rows come and go. It
//! is opaque to callers and proves nothing: it must never stand in for a permission check.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

use crate::text::{FromRecord as _, Name};
use crate::time::Timestamp;

/// What the records of a list are ordered by. Every list can be ordered by the time of creation.
///
/// Devices are deliberately not sorted by `last_connected_at`: PostgreSQL updates a row in place (HOT) only where no indexed column changes.
/// With an index on that column, each check for an update would write an entry in every index of `devices`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Sort {
    /// The time of creation; records of one moment by their id.
    #[default]
    InsertedAt,
    /// The identifier of devices, byte by byte.
    Identifier,
}

/// The text is nothing that a list can be sorted by.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("sort takes inserted_at (the time of creation) or identifier; got '{0}'")]
pub struct InvalidSort(pub String);

impl Sort {
    /// Their names.
    pub const NAMES: [&'static str; 2] = ["inserted_at", "identifier"];

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        Self::NAMES[self as usize]
    }
}

impl fmt::Display for Sort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Sort {
    type Err = InvalidSort;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "inserted_at" => Ok(Self::InsertedAt),
            "identifier" => Ok(Self::Identifier),
            _ => Err(InvalidSort(text.chars().take(50).collect())),
        }
    }
}

/// The direction of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Order {
    /// Oldest first; of texts, the smallest first.
    #[default]
    Asc,
    /// The other way around.
    Desc,
}

/// The text is not an order.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("order takes asc (oldest first) or desc (newest first); got '{0}'")]
pub struct InvalidOrder(pub String);

impl Order {
    /// `asc` or `desc`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Asc => "asc",
            Self::Desc => "desc",
        }
    }
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Order {
    type Err = InvalidOrder;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "asc" => Ok(Self::Asc),
            "desc" => Ok(Self::Desc),
            _ => Err(InvalidOrder(text.chars().take(50).collect())),
        }
    }
}

/// How many records a page has at most: 1 to 100, by default 10.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit(u8);

/// Not a number of records that a page may have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("limit takes a whole number from 1 to {}; got '{given}'", Limit::MOST.0)]
pub struct InvalidLimit {
    given: String,
}

impl Limit {
    /// The largest page.
    pub const MOST: Self = Self(100);

    /// Refuses what is not in 1 to 100.
    pub fn new(number: u64) -> Result<Self, InvalidLimit> {
        match u8::try_from(number) {
            Ok(number @ 1..=100) => Ok(Self(number)),
            _ => Err(InvalidLimit { given: number.to_string() }),
        }
    }

    /// The number of records.
    pub const fn get(self) -> usize {
        self.0 as usize
    }
}

impl Default for Limit {
    fn default() -> Self {
        Self(10)
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Limit {
    type Err = InvalidLimit;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let given = || InvalidLimit { given: text.chars().take(50).collect() };
        text.parse().map_err(|_| given()).and_then(|number| Self::new(number).map_err(|_| given()))
    }
}

/// The place in a list after one record, in one order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The last record that was seen.
    pub last: Last,
    /// The direction of the list that it was seen in.
    pub order: Order,
}

/// A record, by what its list is sorted by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Last {
    /// See [`Sort::InsertedAt`].
    Inserted {
        /// When it was created.
        at: Timestamp,
        /// Its id.
        id: Uuid,
    },
    /// See [`Sort::Identifier`].
    Identifier(Name),
}

/// The text is not a cursor that this server gave out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "page takes the next_page value of an earlier answer, unchanged; leave it out to start from the beginning"
)]
pub struct InvalidCursor;

/// The layouts of cursors, named by their first byte: of lists by the time of creation, and of lists by identifier.
const BY_INSERTED_AT: u8 = 1;
const BY_IDENTIFIER: u8 = 2;

impl fmt::Display for Cursor {
    /// URL-safe base64 without padding of: layout, order, and then microseconds (8 bytes, big endian) and id (16 bytes), or the identifier.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let order = u8::from(self.order == Order::Desc);
        let mut bytes = Vec::with_capacity(26);
        match &self.last {
            Last::Inserted { at, id } => {
                bytes.extend([BY_INSERTED_AT, order]);
                bytes.extend(at.as_micros().to_be_bytes());
                bytes.extend(id.as_bytes());
            }
            Last::Identifier(identifier) => {
                bytes.extend([BY_IDENTIFIER, order]);
                bytes.extend(identifier.as_str().as_bytes());
            }
        }
        f.write_str(&URL_SAFE_NO_PAD.encode(bytes))
    }
}

impl FromStr for Cursor {
    type Err = InvalidCursor;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::decode(text).ok_or(InvalidCursor)
    }
}

impl Cursor {
    /// What the list that it belongs to is sorted by.
    pub const fn sort(&self) -> Sort {
        match self.last {
            Last::Inserted { .. } => Sort::InsertedAt,
            Last::Identifier(_) => Sort::Identifier,
        }
    }

    fn decode(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (&[layout, order], rest) = bytes.split_first_chunk()?;
        let order = match order {
            0 => Order::Asc,
            1 => Order::Desc,
            _ => return None,
        };
        let last = match layout {
            BY_INSERTED_AT => {
                let (micros, id) = rest.split_first_chunk()?;
                let at = Timestamp::from_micros(i64::from_be_bytes(*micros))?;
                Last::Inserted { at, id: Uuid::from_slice(id).ok()? }
            }
            BY_IDENTIFIER => Last::Identifier(Name::from_record(std::str::from_utf8(rest).ok()?)?),
            _ => return None,
        };
        Some(Self { last, order })
    }
}

/// Some records of a list, and where the next ones start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The records, in the list's order.
    pub items: Vec<T>,
    /// The place after the last item; `None` where the list ends here.
    pub next: Option<Cursor>,
}

impl<T> Page<T> {
    /// Cuts a page out of rows that were asked for with one more than `limit`: the extra one only says that there
    /// is a next page.
    pub fn cut(mut rows: Vec<T>, limit: Limit, cursor: impl FnOnce(&T) -> Cursor) -> Self {
        let more = rows.len() > limit.get();
        rows.truncate(limit.get());
        let next = rows.last().filter(|_| more).map(cursor);
        Self { items: rows, next }
    }

    /// The same page of other things.
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(change).collect(), next: self.next }
    }
}

/// The bytes with which a page is full: as many as the largest text of one record has.
pub const FULL: u64 = crate::metadata::MAX_BYTES as u64;

/// How many records of these sizes in bytes a page has, in their order: it ends with the one that makes it [`FULL`]. So it is never
/// empty, and never larger than twice that.
pub fn fitting(sizes: impl IntoIterator<Item = u64>) -> usize {
    let mut before = 0_u64;
    let fits = |size| {
        let fits = before < FULL;
        before = before.saturating_add(size);
        fits
    };
    sizes.into_iter().map(fits).take_while(|fits| *fits).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cursor(micros: i64, id: u128, order: Order) -> Cursor {
        let at = Timestamp::from_micros(micros).unwrap();
        Cursor { last: Last::Inserted { at, id: Uuid::from_u128(id) }, order }
    }

    #[test]
    fn a_cursor_has_one_spelling() {
        let text = cursor(1_768_473_000_000_000, 7, Order::Desc).to_string();
        assert_eq!(text, "AQEABkhqtPW6AAAAAAAAAAAAAAAAAAAAAAc");
        for bad in ["", "AQ", &text[1..], &format!("{text}="), &format!("{text}A"), &text.replace("AQ", "Ag")]
        {
            assert_eq!(bad.parse::<Cursor>(), Err(InvalidCursor), "{bad}");
        }
    }

    #[test]
    fn a_cursor_says_what_its_list_is_sorted_by() {
        let by_identifier =
            |text: &str| Cursor { last: Last::Identifier(text.parse().unwrap()), order: Order::Asc };
        assert_eq!(by_identifier("SN-1").to_string(), "AgBTTi0x");
        assert_eq!(by_identifier("SN-1").sort(), Sort::Identifier);
        assert_eq!(cursor(1, 7, Order::Asc).sort(), Sort::InsertedAt);
        for bad in [&b"\x02\x00"[..], b"\x02\x02SN-1", b"\x02\x00SN\x001", b"\x02\x00\xff", b"\x03\x00SN-1"] {
            assert_eq!(URL_SAFE_NO_PAD.encode(bad).parse::<Cursor>(), Err(InvalidCursor), "{bad:?}");
        }
    }

    #[test]
    fn limits_and_orders_say_what_they_take() {
        assert_eq!(Limit::default().get(), 10);
        assert_eq!("100".parse(), Ok(Limit::MOST));
        for bad in ["0", "101", "-1", "256", "18446744073709551616", "1.5", "ten", ""] {
            let error = bad.parse::<Limit>().unwrap_err().to_string();
            assert_eq!(error, format!("limit takes a whole number from 1 to 100; got '{bad}'"));
        }
        assert_eq!(Order::default(), Order::Asc);
        assert_eq!("desc".parse(), Ok(Order::Desc));
        assert!("DESC".parse::<Order>().is_err());
        assert_eq!(Sort::NAMES.map(str::parse), [Ok(Sort::InsertedAt), Ok(Sort::Identifier)]);
        assert_eq!([Sort::InsertedAt, Sort::Identifier].map(Sort::as_str), Sort::NAMES);
        assert_eq!(
            "last_connected_at".parse::<Sort>().unwrap_err().to_string(),
            "sort takes inserted_at (the time of creation) or identifier; got 'last_connected_at'"
        );
    }

    #[test]
    fn a_full_page_has_a_next_one_only_if_there_is_more() {
        let limit = Limit::new(2).unwrap();
        let at = |row: &i64| cursor(*row, 0, Order::Asc);
        assert_eq!(Page::cut(vec![1, 2, 3], limit, at), Page { items: vec![1, 2], next: Some(at(&2)) });
        assert_eq!(Page::cut(vec![1, 2], limit, at).next, None);
        assert_eq!(Page::cut(vec![], limit, at).map(|row| row + 1).items, Vec::<i64>::new());
    }

    #[test]
    fn a_page_ends_with_the_record_that_fills_it() {
        assert_eq!(fitting([0; 100]), 100);
        assert_eq!(fitting([FULL, 0]), 1);
        assert_eq!(fitting([FULL - 1, FULL, 0]), 2);
        assert_eq!(fitting([u64::MAX, u64::MAX]), 1);
    }

    proptest! {
        #[test]
        fn cursors_round_trip(micros in -1_000_000_000_000_000..2_000_000_000_000_000_i64, id: u128, desc: bool) {
            let cursor = cursor(micros, id, if desc { Order::Desc } else { Order::Asc });
            prop_assert_eq!(cursor.to_string().parse(), Ok(cursor));
        }

        #[test]
        fn cursors_of_identifiers_round_trip(identifier in "[!-~ü固]{1,128}", desc: bool) {
            let order = if desc { Order::Desc } else { Order::Asc };
            let cursor = Cursor { last: Last::Identifier(identifier.parse().unwrap()), order };
            prop_assert_eq!(cursor.to_string().parse(), Ok(cursor));
        }

        #[test]
        fn what_parses_is_what_was_written(text in "[A-Za-z0-9_-]{30,40}|A[Qg][EA][A-Za-z0-9_-]{32}|.*") {
            if let Ok(cursor) = text.parse::<Cursor>() {
                prop_assert_eq!(cursor.to_string(), text);
            }
        }
    }
}
