//! Manifests as JSON. Everything but the URLs is serialized once, for as long as the manifest is cached.

use olivine_api::manifests::ManifestEntry;
use olivine_operations::distribution::Manifest;

use crate::wire::manifests::show_entry;

/// The JSON of each entry as far as its URL. Kept with a manifest's template.
struct Heads(Vec<String>);

/// How the JSON of an entry without a URL ends.
const NO_URL: &str = "null,\"url_expires_at\":null}";

/// How long a URL and when it expires usually are together.
const USUAL: usize = 400;

/// A manifest's JSON.
pub(super) fn as_json(manifest: &Manifest) -> String {
    let template = manifest.template();
    let Heads(heads) = template.derived(|entries| {
        Heads(entries.iter().map(|entry| head(&show_entry(entry, template.organization))).collect())
    });
    let mut json = String::with_capacity(heads.iter().map(|head| head.len() + USUAL).sum::<usize>() + 2);
    json.push('[');
    for (head, (_, url)) in heads.iter().zip(manifest.entries()) {
        if json.len() > 1 {
            json.push(',');
        }
        json.push_str(head);
        match url {
            Some(url) => add_url(&mut json, &url.url, &url.expires_at.to_string()),
            None => json.push_str(NO_URL),
        }
    }
    json.push(']');
    json
}

/// An entry's JSON, cut where its URL begins.
fn head(entry: &ManifestEntry) -> String {
    let json = serde_json::to_string(entry).expect("texts and numbers have a JSON");
    json.strip_suffix(NO_URL).expect("the URL's fields are the last ones").to_owned()
}

fn add_url(json: &mut String, url: &str, expires_at: &str) {
    json.push_str(&serde_json::Value::from(url).to_string());
    json.push_str(",\"url_expires_at\":\"");
    json.push_str(expires_at);
    json.push_str("\"}");
}

#[cfg(test)]
mod tests {
    use olivine_api::manifests::ManifestSignature;

    use super::*;

    #[test]
    fn an_entry_put_together_is_the_same_as_one_made_at_once() {
        let signature = ManifestSignature {
            signing_key_prn: "prn:1:a:signing_key:b".to_owned(),
            keyid: "c".to_owned(),
            signature: "d".to_owned(),
            public_value: "e".to_owned(),
        };
        let without = ManifestEntry {
            artifact_prn: "prn:1:a:artifact:f".to_owned(),
            artifact_name: None,
            artifact_version_prn: "prn:1:a:artifact_version:g".to_owned(),
            artifact_version: "1 \"quoted\"".to_owned(),
            binary_prn: "prn:1:a:binary:h".to_owned(),
            target: "arm".to_owned(),
            size: 5,
            hash: "i".to_owned(),
            custom_metadata: olivine_api::json::RawValue::from_string("{\"url\": null}".to_owned()).ok(),
            signatures: vec![signature],
            url: None,
            url_expires_at: None,
        };
        let (url, expires_at) = ("https://example.com/a?b=\"c\"&d=\\", "2026-11-27T12:00:00Z");
        let mut json = head(&without);
        assert_eq!(json.clone() + NO_URL, serde_json::to_string(&without).unwrap());
        add_url(&mut json, url, expires_at);
        let with = ManifestEntry {
            url: Some(url.to_owned()),
            url_expires_at: Some(expires_at.to_owned()),
            ..without
        };
        assert_eq!(json, serde_json::to_string(&with).unwrap());
    }
}
