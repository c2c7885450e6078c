//! The search language of lists: `inserted_at>='2026-01-01T00:00:00Z' and description~'east blue'`.
//!
//! One to five clauses joined by `and`; a clause is a key, an operator and a value. What comes out is typed and
//! checked against the resource's field table; values must only ever be bound to a query, never spliced into one.

use std::fmt;

use crate::time::Timestamp;

mod scanner;

pub use scanner::{equals, parse};

/// The most clauses of one search.
pub const MAX_CLAUSES: usize = 5;
/// The most records that are counted. Where there are more, only that is said.
pub const MOST_COUNTED: u64 = 10_000;
/// The most characters of one search.
pub const MAX_LENGTH: usize = 2_000;

/// A key that a resource's lists can be searched by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// The key: letters, digits, `_` and `.`.
    pub name: &'static str,
    /// What it holds, and so which operators and values go with it.
    pub kind: FieldKind,
}

/// The keys of one resource.
pub type FieldTable = &'static [Field];

/// Records whose lists can be searched.
pub trait Searchable {
    /// What its lists can be searched by, each field also by itself (`?name=…`).
    const FIELDS: FieldTable;
    /// Whether its records can be archived, so that lists leave archived ones out unless they are asked for.
    const IS_ARCHIVABLE: bool = false;
    /// Whether its lists can also be sorted by identifier.
    const IS_SORTABLE: bool = false;
}

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// Any text.
    Text,
    /// A whole number.
    Integer,
    /// `true` or `false`.
    Boolean,
    /// A moment.
    DateTime,
    /// One of these words.
    Enum(&'static [&'static str]),
    /// The name of a record.
    Prn,
}

impl FieldKind {
    /// Its name for programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Integer => "integer",
            Self::Boolean => "boolean",
            Self::DateTime => "date_time",
            Self::Enum(_) => "enum",
            Self::Prn => "prn",
        }
    }

    /// The operators that go with this kind.
    pub const fn operators(self) -> &'static [Operator] {
        use Operator::{Contains, ContainsIgnoringCase, Equals, Less, LessOrEqual, More, MoreOrEqual};
        match self {
            Self::Text => &[Equals, Contains, ContainsIgnoringCase],
            Self::Integer | Self::DateTime => &[Equals, Less, LessOrEqual, More, MoreOrEqual],
            Self::Boolean | Self::Enum(_) | Self::Prn => &[Equals],
        }
    }

    /// The values that go with this kind, in words.
    const fn takes(self) -> &'static str {
        match self {
            Self::Text => "a text in single quotes, such as 'east blue'",
            Self::Integer => "a whole number without quotes, such as 1024",
            Self::Boolean => "true or false, without quotes",
            Self::DateTime => "a date-time in single quotes, such as '2026-01-15T10:30:00Z'",
            Self::Enum(_) => "one of its words, in single quotes",
            Self::Prn => "a PRN in single quotes",
        }
    }

    /// The values that go with this kind where nothing is quoted, in words.
    const fn takes_bare(self) -> &'static str {
        match self {
            Self::Text => "a text",
            Self::Integer => "a whole number, such as 1024",
            Self::Boolean => "true or false",
            Self::DateTime => "a date-time, such as 2026-01-15T10:30:00Z",
            Self::Enum(_) => "one of its words",
            Self::Prn => "a PRN",
        }
    }
}

/// How a field is compared with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operator {
    /// `:`
    Equals,
    /// `~`
    Contains,
    /// `-`
    ContainsIgnoringCase,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    More,
    /// `>=`
    MoreOrEqual,
}

impl Operator {
    /// Longer ones before those that they begin with.
    const ALL: [Self; 7] = [
        Self::LessOrEqual,
        Self::MoreOrEqual,
        Self::Less,
        Self::More,
        Self::Equals,
        Self::Contains,
        Self::ContainsIgnoringCase,
    ];

    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Equals => ":",
            Self::Contains => "~",
            Self::ContainsIgnoringCase => "-",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::More => ">",
            Self::MoreOrEqual => ">=",
        }
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a field is compared with, of the type that the field's kind asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// For [`FieldKind::Text`], and for [`FieldKind::Enum`] one of its words. Never contains a NUL character.
    Text(String),
    /// For [`FieldKind::Integer`].
    Integer(i64),
    /// For [`FieldKind::Boolean`].
    Boolean(bool),
    /// For [`FieldKind::DateTime`].
    DateTime(Timestamp),
    /// For [`FieldKind::Prn`]: a well-formed PRN of any type of record.
    Prn(String),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) | Self::Prn(text) => {
                write!(f, "'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
            }
            Self::Integer(number) => number.fmt(f),
            Self::Boolean(truth) => truth.fmt(f),
            Self::DateTime(moment) => write!(f, "'{moment}'"),
        }
    }
}

/// One condition that a record must meet. Displays as it is written in a search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clause {
    /// The field that is looked at.
    pub field: &'static Field,
    /// How it is compared: one of its kind's operators.
    pub operator: Operator,
    /// What it is compared with: of its kind's type.
    pub value: Value,
}

impl fmt::Display for Clause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{}", self.field.name, self.operator, self.value)
    }
}

/// Why a text is not a search, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("search, at position {position}: {problem}")]
pub struct SearchError {
    /// The number of characters before the offending one.
    pub position: usize,
    /// What is wrong there.
    pub problem: SearchProblem,
}

/// What can be wrong with a search.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SearchProblem {
    /// More than [`MAX_LENGTH`] characters.
    #[error("a search has at most {MAX_LENGTH} characters; this one has {0}")]
    TooLong(usize),
    /// More than [`MAX_CLAUSES`].
    #[error("a search has at most {MAX_CLAUSES} clauses; here a further one begins")]
    TooManyClauses,
    /// A clause begins with something else.
    #[error("a key is expected here, one of: {known}")]
    KeyExpected {
        /// The resource's keys.
        known: String,
    },
    /// The resource has no such key.
    #[error("'{key}' is not a key of this resource; its keys are: {known}")]
    UnknownKey {
        /// What was given.
        key: String,
        /// The resource's keys.
        known: String,
    },
    /// No operator after the key.
    #[error("an operator is expected after '{key}', one of: {operators}")]
    OperatorExpected {
        /// The clause's key.
        key: &'static str,
        /// Its operators.
        operators: String,
    },
    /// An operator that makes no sense for what the key holds.
    #[error("'{operator}' does not go with '{key}', which takes: {operators}")]
    OperatorNotForKey {
        /// The clause's key.
        key: &'static str,
        /// What was given.
        operator: Operator,
        /// The key's operators.
        operators: String,
    },
    /// No value, or one of another type.
    #[error("'{key}' takes {takes}")]
    ValueExpected {
        /// The clause's key.
        key: &'static str,
        /// The values that it takes, in words.
        takes: &'static str,
    },
    /// Not one of the words that the key can hold.
    #[error("'{value}' is not a value of '{key}', which is one of: {words}")]
    UnknownWord {
        /// The clause's key.
        key: &'static str,
        /// What was given.
        value: String,
        /// The key's words.
        words: String,
    },
    /// A quote that is not closed.
    #[error("the text that begins here has no closing quote; a quote inside of a text is written \\'")]
    Unterminated,
    /// A backslash before something else than a quote or a backslash.
    #[error("a backslash is followed by ' or by another backslash")]
    UnknownEscape,
    /// A character that no stored text can have.
    #[error("a text can't contain the NUL character")]
    Nul,
    /// Something else than `and` between two clauses.
    #[error("'and' or the end is expected here")]
    AndExpected,
}
