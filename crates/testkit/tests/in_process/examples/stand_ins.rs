//! What stands in the examples for values that are other ones each time: identifiers, secrets, addresses. The same value always has the
//! same stand-in, so a PRN that one example answers is the one that the next example asks for.

use std::collections::BTreeMap;

use olivine_tests::sha256_hex;
use serde_json::Value;

/// Opens nothing. As long as a real one.
const API_KEY: &str = "olv_EXAMPLE-EXAMPLE-EXAMPLE-EXAMPLE-EXAMPLE-EXA";
pub(super) const VERIFICATION_CODE: &str = "0123456789abcdef0123456789abcdef";
/// What a link carries that is good once. As long as a real one.
const LINK_TOKEN: &str = "oll_EXAMPLE-EXAMPLE-EXAMPLE-EXAMPLE-EXAMPLE-EXA";
/// Stands for what a signed URL of the server ends with.
const TOKEN: &str = "EXAMPLE-TOKEN";
/// What signed URLs of the server have before their token.
const SIGNED: [&str; 2] = ["/content/", "/d/"];
const UUID_LENGTH: usize = 36;

#[derive(Default)]
pub(super) struct StandIns {
    texts: Vec<(String, String)>,
    uuids: BTreeMap<String, String>,
    /// How many UUIDs of each type there are.
    counts: BTreeMap<String, usize>,
}

/// What stands for secrets that are known by the names of their fields.
fn secret(name: &str, value: &Value) -> Option<Value> {
    match (name, value) {
        // It follows from ids that are other ones each time.
        ("graph_revision", Value::String(_)) => Some("0123456789abcdef0123456789abcdef".into()),
        ("secret", Value::String(_)) => Some("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP".into()),
        ("url", Value::String(url)) if url.starts_with("otpauth:") => Some(
            "otpauth://totp/Olivine:ada%40example.com?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Olivine"
                .into(),
        ),
        ("recovery_codes", Value::Array(codes)) => Some(vec!["abcd-efgh-ijkl-mnop"; codes.len()].into()),
        ("code", Value::String(code)) if code.len() == 19 && code.matches('-').count() == 3 => {
            Some("abcd-efgh-ijkl-mnop".into())
        }
        ("code", Value::String(code)) if code.bytes().all(|digit| digit.is_ascii_digit()) => {
            Some("123456".into())
        }
        _ => None,
    }
}

impl StandIns {
    /// From now on `example` stands for `real`.
    pub(super) fn replace(&mut self, real: &str, example: &str) {
        self.texts.push((real.to_owned(), example.to_owned()));
    }

    /// A body with stand-ins.
    pub(super) fn of(&mut self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(text)),
            Value::Array(values) => values.iter().map(|value| self.of(value)).collect(),
            Value::Object(members) => {
                if let Some(code) = members.get("verification_code").and_then(Value::as_str) {
                    self.replace(code, VERIFICATION_CODE);
                }
                let mut value = |name: &str, value| secret(name, value).unwrap_or_else(|| self.of(value));
                members.iter().map(|(name, of)| (name.clone(), value(name, of))).collect()
            }
            other => other.clone(),
        }
    }

    fn text(&mut self, text: &str) -> String {
        if let Some(start) = text.find("oll_") {
            return self.text(&text[..start]) + LINK_TOKEN;
        }
        if text.starts_with("olv_") {
            return API_KEY[..text.len().min(API_KEY.len())].to_owned();
        }
        if let Some((seconds, _)) = text.strip_suffix('Z').and_then(|time| time.split_once('.'))
            && seconds.parse::<jiff::civil::DateTime>().is_ok()
        {
            return format!("{seconds}.000000Z");
        }
        let mut text = text.to_owned();
        for (real, example) in &self.texts {
            text = text.replace(real, example);
        }
        if let Some((start, mark)) = SIGNED.iter().find_map(|mark| Some((text.find(mark)?, mark)))
            && text.starts_with("https://")
        {
            text.replace_range(start + mark.len().., TOKEN);
        }
        self.with_uuids(&text)
    }

    /// Replaces each UUID, wherever it stands.
    fn with_uuids(&mut self, text: &str) -> String {
        let (mut made, mut rest) = (String::new(), text);
        while let Some(first) = rest.chars().next() {
            if let Some(uuid) = rest.get(..UUID_LENGTH).filter(|part| is_uuid(part)) {
                let example = self.uuid(kind(&made), uuid);
                made.push_str(&example);
                rest = &rest[UUID_LENGTH..];
            } else {
                made.push(first);
                rest = &rest[first.len_utf8()..];
            }
        }
        made
    }

    fn uuid(&mut self, kind: &str, real: &str) -> String {
        if let Some(known) = self.uuids.get(real) {
            return known.clone();
        }
        let count = self.counts.entry(kind.to_owned()).or_default();
        *count += 1;
        let digits = sha256_hex(format!("{kind} {count}").as_bytes());
        let example = format!("019bc12b-1040-7{}-8{}-{}", &digits[..3], &digits[3..6], &digits[6..18]);
        self.uuids.insert(real.to_owned(), example.clone());
        example
    }
}

/// The type of the record whose UUID comes after this text.
fn kind(before: &str) -> &str {
    before.strip_suffix(':').and_then(|before| before.rsplit(':').next()).unwrap_or("id")
}

fn is_uuid(text: &str) -> bool {
    text.char_indices().all(|(place, char)| match place {
        8 | 13 | 18 | 23 => char == '-',
        _ => char.is_ascii_hexdigit(),
    })
}
