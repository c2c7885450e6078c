//! The printed forms of records.

use olivine_api::artifacts::Artifact;
use olivine_domain::Timestamp;

use super::*;

fn artifact(description: Option<&str>) -> Artifact {
    Artifact {
        prn: "prn:1:o:artifact:a".to_owned(),
        organization_prn: "prn:1:o".to_owned(),
        name: "main".to_owned(),
        description: description.map(str::to_owned),
        custom_metadata: serde_json::from_str(r#"{"b":1.0, "a":[]}"#).unwrap(),
        archived_at: None,
        inserted_at: "2026-01-01T00:00:00.000000Z".to_owned(),
        updated_at: "2026-01-01T00:00:00.000000Z".to_owned(),
    }
}

#[test]
fn json_has_the_fields_in_the_order_of_the_api() {
    let text = line(Format::Json, &artifact(None)).unwrap();
    let expected = r#"{
  "prn": "prn:1:o:artifact:a",
  "organization_prn": "prn:1:o",
  "name": "main",
  "description": null,
  "custom_metadata": {
    "b": 1.0,
    "a": []
  },
  "archived_at": null,
  "inserted_at": "2026-01-01T00:00:00.000000Z",
  "updated_at": "2026-01-01T00:00:00.000000Z"
}
"#;
    assert_eq!(text, expected);
    assert_eq!(line(Format::Prn, &artifact(None)).unwrap(), "prn:1:o:artifact:a\n");
    let one = line(Format::Jsonl, &artifact(None)).unwrap();
    assert!(one.contains(r#""custom_metadata":{"b":1.0,"a":[]}"#) && one.lines().count() == 1);
}

#[test]
fn a_list_in_json_is_one_array() {
    let mut text = String::new();
    for first in [true, false] {
        text += &json::array_item(&line(Format::Json, &artifact(Some("x\ny"))).unwrap(), first);
    }
    text += "\n]\n";
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value.as_array().unwrap().len(), 2);
    assert!(text.starts_with("[\n  {\n    \"prn\""));
}

#[test]
fn tables_have_a_column_per_field_and_no_control_characters() {
    let now: Timestamp = "2026-01-03T00:00:00Z".parse().unwrap();
    let rows = vec![table::row(&artifact(Some("\u{1b}[31mred")), now), table::row(&artifact(None), now)];
    let text = table::of_list(Artifact::COLUMNS, rows);
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    assert_eq!(lines[0].split_whitespace().collect::<Vec<_>>(), ["NAME", "DESCRIPTION", "CREATED"]);
    assert!(lines[2].starts_with("main") && lines[2].ends_with("2 days ago"), "{text}");
    assert!(!text.contains('\u{1b}'));
    let one = table::of_one(&artifact(None), &HashMap::new(), now);
    assert!(one.lines().any(|line| line.trim_start().starts_with("custom_metadata")), "{one}");
    assert_eq!(one.lines().last(), Some("prn:1:o:artifact:a"), "by itself, so that it can be copied");
}

#[test]
fn a_name_that_reads_like_a_time_is_shown_as_it_is() {
    let now: Timestamp = "2026-01-03T00:00:00Z".parse().unwrap();
    let named = Artifact { name: "2026-01-01T00:00:00Z".to_owned(), ..artifact(None) };
    assert_eq!(table::row(&named, now)[0], named.name);
    assert!(table::of_one(&named, &HashMap::new(), now).contains(&format!("{}\n", named.name)));
}

#[test]
fn a_table_fits_100_columns_whatever_is_in_it() {
    let now: Timestamp = "2026-01-03T00:00:00Z".parse().unwrap();
    let long = artifact(Some(&"a description of many words ".repeat(20)));
    let one = table::of_one(&long, &HashMap::new(), now);
    let list = table::of_list(Artifact::COLUMNS, vec![table::row(&long, now)]);
    for text in [one, list] {
        let widest = text.lines().map(|line| line.chars().count()).max();
        assert!(widest <= Some(usize::from(table::WIDTH)), "{text}");
    }
}
