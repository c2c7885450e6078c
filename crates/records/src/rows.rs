//! From columns to the domain's values and back: where a corrupt row is noticed.

use std::fmt::Display;
use std::str::FromStr;

use olivine_domain::text::FromRecord;
use olivine_domain::{CustomMetadata, Sha256Digest, Timestamp};

use crate::error::Error;

/// The row that is being read, to name it in errors.
pub(crate) struct Row {
    table: &'static str,
    id: String,
}

impl Row {
    pub(crate) fn new(table: &'static str, id: impl Display) -> Self {
        Self { table, id: id.to_string() }
    }

    /// That the value of `column` makes no sense.
    pub(crate) fn corrupt(&self, column: &'static str) -> Error {
        Error::Corrupt { table: self.table, column, id: self.id.clone() }
    }

    /// A value that may turn out to be no value of its type.
    pub(crate) fn known<T>(&self, column: &'static str, value: Option<T>) -> Result<T, Error> {
        value.ok_or_else(|| self.corrupt(column))
    }

    /// A text of the domain.
    pub(crate) fn text<T: FromStr>(&self, column: &'static str, text: &str) -> Result<T, Error> {
        self.known(column, text.parse().ok())
    }

    /// A text of the domain, if there is one.
    pub(crate) fn optional<T: FromStr>(
        &self,
        column: &'static str,
        text: Option<&str>,
    ) -> Result<Option<T>, Error> {
        text.map(|text| self.text(column, text)).transpose()
    }

    /// A text that people gave, by whatever rule was in force when they did.
    pub(crate) fn given<T: FromRecord>(&self, column: &'static str, text: &str) -> Result<T, Error> {
        self.known(column, T::from_record(text))
    }

    /// Such a text, if there is one.
    pub(crate) fn optional_given<T: FromRecord>(
        &self,
        column: &'static str,
        text: Option<&str>,
    ) -> Result<Option<T>, Error> {
        text.map(|text| self.given(column, text)).transpose()
    }

    /// A number that fits its type.
    pub(crate) fn number<T: TryFrom<i64>>(&self, column: &'static str, number: i64) -> Result<T, Error> {
        self.known(column, T::try_from(number).ok())
    }

    /// A moment.
    pub(crate) fn moment(&self, column: &'static str, micros: i64) -> Result<Timestamp, Error> {
        self.known(column, Timestamp::from_micros(micros))
    }

    /// A moment that there may be.
    pub(crate) fn optional_moment(
        &self,
        column: &'static str,
        micros: Option<i64>,
    ) -> Result<Option<Timestamp>, Error> {
        micros.map(|micros| self.moment(column, micros)).transpose()
    }

    /// A hash.
    pub(crate) fn hash(&self, column: &'static str, hex: &str) -> Result<Sha256Digest, Error> {
        self.text(column, hex)
    }

    /// The user's own data.
    pub(crate) fn metadata(&self, json: Option<&str>) -> Result<Option<CustomMetadata>, Error> {
        json.map(|json| self.known("custom_metadata", CustomMetadata::from_record(json).ok())).transpose()
    }
}

/// A number as databases hold it: signed.
pub(crate) fn stored(column: &'static str, value: u64) -> Result<i64, Error> {
    i64::try_from(value).map_err(|_| Error::TooLarge { column, value })
}

/// A text as it is stored.
pub(crate) fn owned<T>(text: Option<&T>, as_str: impl Fn(&T) -> &str) -> Option<String> {
    text.map(|text| as_str(text).to_owned())
}
