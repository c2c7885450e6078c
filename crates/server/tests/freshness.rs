//! The documents in `docs/` that are made from the code are those that this code makes. `UPDATE_DOCS=1 cargo test -p olivine-server
//! --test freshness` writes them anew.

use std::fmt::Write as _;
use std::path::PathBuf;

use olivine_domain::permissions::{Grants, Role, Scope};

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
fn the_list_of_scopes_is_fresh() {
    let mut page = String::from(
        "# Roles and scopes\n\n\
         What an API key may do: all scopes of a role, or single scopes. This page is made from the code; `peridio api-keys scopes` prints \
         the same list (it needs no key), and `peridio users me` what the key at hand has.\n\n\
         | role | |\n|---|---|\n",
    );
    for role in Role::ALL {
        writeln!(page, "| `{}` | {} |", role.as_str(), role.description()).expect("memory");
    }
    page += "\n| scope | allows | reader | writer | admin |\n|---|---|---|---|---|\n";
    for scope in Scope::ALL {
        let mark = |role| if Grants::Role(role).contains(*scope) { "yes" } else { "" };
        let [reader, writer, admin] = Role::ALL.map(mark);
        let (name, description) = (scope.as_str(), scope.description());
        writeln!(page, "| `{name}` | {description} | {reader} | {writer} | {admin} |").expect("memory");
    }
    check("scopes.md", &page);
}

#[test]
fn the_table_of_tls_is_fresh() {
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    let list =
        |names: Vec<String>| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let suites = |version| {
        let suites = provider.cipher_suites.iter().filter(|suite| suite.version().version == version);
        list(suites.map(|suite| format!("{:?}", suite.suite()).replacen("TLS13_", "TLS_", 1)).collect())
    };
    let groups = list(provider.kx_groups.iter().map(|group| format!("{:?}", group.name())).collect());
    let schemes =
        list(olivine_server::device::tls::client_schemes().map(|scheme| format!("{scheme:?}")).collect());
    let page = format!(
        include_str!("tls.md"),
        tls13 = suites(rustls::ProtocolVersion::TLSv1_3),
        tls12 = suites(rustls::ProtocolVersion::TLSv1_2),
        groups = groups,
        schemes = schemes,
    );
    check("tls.md", &page);
}

#[test]
fn the_configuration_reference_is_fresh() {
    check("olivine.toml", &olivine_server::config::template());
}
