//! Prints JSON. Fields keep the API's order, and numbers and texts stay the same. Only white space changes, and characters that could
//! deceive a reader on a terminal are written as escapes with the same meaning.

use std::fmt::Write as _;

use olivine_domain::text::is_deceptive;
use serde::Serialize;

/// On one line.
pub(super) fn compact(record: &impl Serialize) -> String {
    let text = serde_json::to_string(record).expect("wire types always are JSON");
    layout(&text, false)
}

/// On many lines, indented by two spaces.
pub(super) fn pretty(record: &impl Serialize) -> String {
    let text = serde_json::to_string(record).expect("wire types always are JSON");
    layout(&text, true)
}

/// One item of an array, with its separator.
pub(super) fn array_item(record: &str, first: bool) -> String {
    let indented = record.trim_end().replace('\n', "\n  ");
    format!("{}\n  {indented}", if first { "[" } else { "," })
}

/// Replaces the white space between the tokens of a JSON text. Custom metadata comes with the white space of its author.
fn layout(text: &str, pretty: bool) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    let mut depth = 0;
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '"' => copy_string(&mut rest, &mut out),
            '{' | '[' => {
                out.push(c);
                while rest.next_if(char::is_ascii_whitespace).is_some() {}
                if let Some(end) = rest.next_if(|c| matches!(c, '}' | ']')) {
                    out.push(end);
                } else {
                    depth += 1;
                    break_line(&mut out, depth, pretty);
                }
            }
            '}' | ']' => {
                depth -= 1;
                break_line(&mut out, depth, pretty);
                out.push(c);
            }
            ',' => {
                out.push(c);
                break_line(&mut out, depth, pretty);
            }
            ':' => out.push_str(if pretty { ": " } else { ":" }),
            c if c.is_ascii_whitespace() => {}
            c => out.push(c),
        }
    }
    out
}

fn break_line(out: &mut String, depth: usize, pretty: bool) {
    if pretty {
        out.push('\n');
        out.extend(std::iter::repeat_n("  ", depth));
    }
}

fn copy_string(rest: &mut impl Iterator<Item = char>, out: &mut String) {
    out.push('"');
    let mut escaped = false;
    for c in rest {
        if is_deceptive(c) {
            let _ = write!(out, "\\u{:04x}", u32::from(c));
        } else {
            out.push(c);
        }
        match c {
            '"' if !escaped => return,
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deceptive_characters_are_escaped_with_the_same_meaning() {
        let text = "a\u{9b}31m\u{202e}b\u{2066}c\u{2028}d\u{85}\u{7f}é";
        let printed = pretty(&[text]);
        assert_eq!(printed, "[\n  \"a\\u009b31m\\u202eb\\u2066c\\u2028d\\u0085\\u007fé\"\n]");
        assert_eq!(serde_json::from_str::<[String; 1]>(&printed).unwrap(), [text]);
        assert_eq!(serde_json::from_str::<[String; 1]>(&compact(&[text])).unwrap(), [text]);
    }

    #[test]
    fn only_spaces_change() {
        let text = r#"{"z": [1.0, {"a\"}": "x, y: {"} ],"e":{ },"b": [ ],"n":null}"#;
        let expected = "{\n  \"z\": [\n    1.0,\n    {\n      \"a\\\"}\": \"x, y: {\"\n    }\n  ],\n  \"e\": {},\n  \"b\": [],\n  \"n\": null\n}";
        assert_eq!(layout(text, true), expected);
        assert_eq!(layout(expected, false), r#"{"z":[1.0,{"a\"}":"x, y: {"}],"e":{},"b":[],"n":null}"#);
        assert_eq!(layout(r#""a\\""#, true), r#""a\\""#);
    }
}
