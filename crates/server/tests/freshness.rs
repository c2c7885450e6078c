//! The documents in `docs/` that are made from the code are those that this code makes. `UPDATE_DOCS=1 cargo test -p olivine-server
//! --test freshness` writes them anew.

use std::path::PathBuf;

fn check(name: &str, made: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, made).expect("docs/ can be written");
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == made,
        "docs/{name} is not what the code makes: UPDATE_DOCS=1 writes it anew; look at the difference"
    );
}

#[test]
fn the_openapi_document_is_fresh() {
    let document = olivine_server::admin::document().to_pretty_json().expect("the document is JSON");
    check("openapi.json", &format!("{document}\n"));
}

#[test]
fn the_configuration_reference_is_fresh() {
    check("olivine.toml", &olivine_server::config::template());
}
