//! Tables for people: a list has one row per record, a single record one row per field.

use olivine_domain::text::harmless;
use std::fmt;

use comfy_table::{ContentArrangement, Table};
use olivine_api::json::RawValue;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

use super::Record;

/// A record's fields in their order, with their values as JSON.
struct Fields(Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Fields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a record")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

fn fields(record: &impl Record) -> Vec<(String, String)> {
    let text = serde_json::to_string(record).expect("wire types always are JSON");
    let Fields(fields) = serde_json::from_str(&text).expect("records are JSON objects");
    fields.into_iter().map(|(name, value)| (name, cell(value.get()))).collect()
}

/// Texts without quotes, nothing for null, and JSON for the rest.
fn cell(value: &str) -> String {
    match serde_json::from_str::<serde_json::Value>(value) {
        Ok(serde_json::Value::String(text)) => harmless(&text),
        Ok(serde_json::Value::Null) => String::new(),
        _ => value.to_owned(),
    }
}

pub(super) fn of_one(record: &impl Record) -> String {
    let mut table = plain();
    for (name, value) in fields(record) {
        table.add_row([name, value]);
    }
    format!("{}\n", table.trim_fmt())
}

pub(super) fn row<R: Record>(record: &R) -> Vec<String> {
    let fields = fields(record);
    let value = |column: &str| fields.iter().find(|(name, _)| name == column).map(|(_, value)| value.clone());
    let cell = |column: &&str| record.cell(column).or_else(|| value(column)).unwrap_or_default();
    R::COLUMNS.iter().map(cell).collect()
}

pub(super) fn of_list(columns: &[&str], rows: Vec<Vec<String>>) -> String {
    let mut table = plain();
    table.set_header(columns.iter().map(|column| column.to_uppercase()));
    table.add_rows(rows);
    format!("{}\n", table.trim_fmt())
}

/// Without lines, and never broken to fit the terminal: a PRN in two halves can't be copied.
fn plain() -> Table {
    let mut table = Table::new();
    table.load_style(comfy_table::presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table
}
