//! Tables for people, within 100 columns: names in place of PRNs, ages in place of times. `--output json` shows the full values.

use std::collections::HashMap;
use std::fmt;

use comfy_table::{ContentArrangement, Table};
use indicatif::{BinaryBytes, HumanDuration};
use olivine_domain::Timestamp;
use olivine_domain::text::harmless;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

use super::Record;
use super::json::pretty;

/// The maximum width of a table, in columns.
pub(super) const WIDTH: u16 = 100;

/// How many of the last digits of an id are shown. They are random; the first digits are not.
const SHORT: usize = 8;

/// A table of one record: a row for each field, and its PRN last on a line of its own, so that it can be copied. `labels` contains the
/// names of other records by their PRNs.
pub(super) fn of_one(record: &impl Record, labels: &HashMap<String, String>, now: Timestamp) -> String {
    let text = serde_json::to_string(record).expect("wire types always are JSON");
    let Fields(fields) = serde_json::from_str(&text).expect("records are JSON objects");
    let mut table = plain();
    for (name, value) in &fields {
        let value = &renamed(value, labels);
        let heading = name.strip_suffix("_prn").unwrap_or(name);
        // The record may also be embedded under this name.
        let is_twice = heading != name && fields.iter().any(|(other, _)| other == heading);
        if is_twice || ["prn", "organization_prn"].contains(&name.as_str()) {
            continue;
        }
        let cell = record.cell(name).unwrap_or_else(|| match value {
            Value::Object(_) if label(value).is_none() => pretty(value),
            value => shown(name, value, now, true),
        });
        table.add_row([heading.to_owned(), cell]);
    }
    let prn = record.prn().filter(|prn| prn.starts_with("prn:"));
    let prn = prn.map(|prn| format!("{}\n", harmless(prn))).unwrap_or_default();
    format!("{}\n{prn}", table.trim_fmt())
}

/// A value with names in place of PRNs, for the PRNs whose names are known.
fn renamed(value: &Value, labels: &HashMap<String, String>) -> Value {
    match value {
        Value::String(text) => labels.get(text).map_or_else(|| value.clone(), |name| name.as_str().into()),
        Value::Array(items) => items.iter().map(|item| renamed(item, labels)).collect(),
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| (name.clone(), renamed(value, labels))).collect()
        }
        _ => value.clone(),
    }
}

/// A record's fields in the order of the API. A map of `serde_json` does not keep the order.
struct Fields(Vec<(String, Value)>);

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

/// The row of a record in a list.
pub(super) fn row<R: Record>(record: &R, now: Timestamp) -> Vec<String> {
    let value = serde_json::to_value(record).expect("wire types always are JSON");
    let cell = |column: &&str| {
        let (heading, path) = column.split_once(':').unwrap_or((column, column));
        record.cell(heading).map_or_else(|| at(&value, path, now), |cell| harmless(&cell))
    };
    R::COLUMNS.iter().map(cell).collect()
}

/// The value at a path: `name`, `product.name`, or several paths separated by slashes, of which missing values are left out.
fn at(record: &Value, path: &str, now: Timestamp) -> String {
    let part = |path: &str| {
        let found = path.split('.').fold(record, |value, name| &value[name]);
        shown(path, found, now, false)
    };
    let parts = path.split('/').map(part).filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("/")
}

fn shown(name: &str, value: &Value, now: Timestamp, is_alone: bool) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::String(text) if text.starts_with("prn:") => short(text),
        Value::String(text) if !is_time(name) => harmless(text),
        Value::String(text) => match text.parse::<Timestamp>() {
            Ok(time) if is_alone => format!("{text} ({})", age(time, now)),
            Ok(time) => age(time, now),
            Err(_) => harmless(text),
        },
        Value::Number(number) if is_size(name) => match number.as_u64() {
            Some(bytes) if is_alone => format!("{number} ({})", BinaryBytes(bytes)),
            Some(bytes) => BinaryBytes(bytes).to_string(),
            None => number.to_string(),
        },
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| shown(name, item, now, is_alone)).collect();
            items.join(", ")
        }
        Value::Object(_) => label(value).map_or_else(|| harmless(&value.to_string()), harmless),
        Value::Number(number) => number.to_string(),
    }
}

/// Decided by the field's name, because a version or an identifier may look like a time.
fn is_time(name: &str) -> bool {
    let name = name.rsplit('.').next().unwrap_or(name);
    name.ends_with("_at") || matches!(name, "not_before" | "not_after" | "schedule_date")
}

fn is_size(name: &str) -> bool {
    matches!(name, "size" | "storage_used" | "storage_quota" | "bytes_uploaded")
}

/// The name of an embedded record.
fn label(record: &Value) -> Option<&str> {
    ["name", "identifier", "version", "keyid", "target"].into_iter().find_map(|key| record[key].as_str())
}

/// The end of an id, by which people recognize a record whose name is not known.
pub(crate) fn short(prn: &str) -> String {
    let id = prn.rsplit(':').next().unwrap_or(prn);
    match id.char_indices().rev().nth(SHORT - 1) {
        Some((start, _)) if prn.starts_with("prn:") && start > 0 => format!("…{}", &id[start..]),
        _ => harmless(prn),
    }
}

/// The age of a time, or how far it is in the future.
pub(super) fn age(time: Timestamp, now: Timestamp) -> String {
    let between = |from: Timestamp, to: Timestamp| to.since(from);
    let (distance, is_past) =
        if time <= now { (between(time, now), true) } else { (between(now, time), false) };
    let rounded = HumanDuration(distance).to_string();
    match (distance.as_secs(), is_past) {
        (0, _) => "now".to_owned(),
        (_, true) => format!("{rounded} ago"),
        (_, false) => format!("in {rounded}"),
    }
}

pub(super) fn of_list(columns: &[&str], rows: Vec<Vec<String>>) -> String {
    let mut table = plain();
    let heading =
        |column: &&str| column.split_once(':').map_or(*column, |(heading, _)| heading).to_uppercase();
    table.set_header(columns.iter().map(heading));
    table.add_rows(rows);
    format!("{}\n", table.trim_fmt())
}

/// An empty table without lines between the cells. Long cells are wrapped.
fn plain() -> Table {
    let mut table = Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    table.set_content_arrangement(ContentArrangement::Dynamic).set_width(WIDTH);
    table
}
