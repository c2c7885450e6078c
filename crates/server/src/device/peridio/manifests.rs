//! Manifests as JSON, made for many devices at once.

use olivine_operations::distribution::Manifest;

use crate::wire::manifests::show_entry;

/// A manifest as JSON. All but the URLs is put into words once, for as long as the server remembers it.
pub(super) fn as_json(manifest: &Manifest) -> String {
    let template = &manifest.template;
    let heads = template.shown(|entries| {
        let head = |entry| {
            let json = serde_json::to_string(&show_entry(entry, template.organization));
            up_to_url(&json.expect("texts and numbers have a JSON"))
        };
        entries.iter().map(head).collect()
    });
    let mut json = String::with_capacity(heads.iter().map(|head| head.len() + 400).sum::<usize>() + 2);
    json.push('[');
    for (head, url) in heads.iter().zip(&manifest.urls) {
        if json.len() > 1 {
            json.push(',');
        }
        json.push_str(head);
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        json.push_str(&quoted(&url.url));
        json.push_str(",\"url_expires_at\":\"");
        json.push_str(&url.expires_at.to_string());
        json.push_str("\"}");
    }
    json.push(']');
    json
}

/// Cuts an entry's JSON where its URL begins.
fn up_to_url(json: &str) -> String {
    const END: &str = "null,\"url_expires_at\":null}";
    json.strip_suffix(END).expect("the last two fields are not known yet").to_owned()
}
