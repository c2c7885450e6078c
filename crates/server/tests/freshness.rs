//! The documents in `docs/` that are made from the code are those that this code makes. `UPDATE_DOCS=1 cargo test -p olivine-server
//! --test freshness` writes them anew.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use olivine_domain::permissions::{Role, Scope};
use serde_json::Value;

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
fn the_openapi_documents_are_fresh() {
    for (name, document) in [
        ("openapi.json", olivine_server::admin::document()),
        ("openapi-devices.json", olivine_server::device::peridio::document()),
    ] {
        check(name, &format!("{}\n", document.to_pretty_json().expect("the document is JSON")));
    }
}

/// The documents of the Admin API and of the Device API.
fn documents() -> [Value; 2] {
    let documents = [olivine_server::admin::document(), olivine_server::device::peridio::document()];
    documents.map(|document| serde_json::to_value(document).expect("the document is JSON"))
}

/// All operations of both documents, with their names.
fn operations(documents: &[Value]) -> impl Iterator<Item = (String, &Value)> {
    documents.iter().flat_map(|document| {
        let paths = document["paths"].as_object().expect("there are paths");
        paths.iter().flat_map(|(path, methods)| {
            let methods = methods.as_object().expect("a path has methods");
            methods.iter().map(move |(method, operation)| (format!("{method} {path}"), operation))
        })
    })
}

/// How often a description may stand in the document. What a schema is comes once, at the schema itself: `$ref`s repeat nothing.
const MOST_REPETITIONS: usize = 3;
/// Fewer words than this name a thing again, and do not describe it.
const FEWEST_WORDS: usize = 4;

#[test]
fn no_description_is_a_mere_label_or_says_the_same_of_many_things() {
    let mut problems = Vec::new();
    let documents = documents();
    let mut count = 0;
    for document in &documents {
        let mut described = BTreeMap::new();
        describe("", document, &mut described);
        count += described.len();
        for (text, places) in &described {
            if places.len() > MOST_REPETITIONS {
                problems.push(format!("stands {} times: {text:?}, such as at {}", places.len(), places[0]));
            }
            if text.split_whitespace().count() < FEWEST_WORDS {
                problems.push(format!("has under {FEWEST_WORDS} words: {text:?} at {}", places[0]));
            }
        }
    }
    assert!(count > 500, "the documents have more descriptions than {count}");
    assert!(
        problems.is_empty(),
        "{} descriptions explain too little:\n{}",
        problems.len(),
        problems.join("\n")
    );
}

#[test]
fn each_operation_parameter_and_field_has_a_description() {
    let documents = documents();
    let mut silent = Vec::new();
    for (name, operation) in operations(&documents) {
        let parameters = operation["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
        for described in parameters.iter().chain([operation]) {
            if !described["description"].is_string() {
                silent.push(format!("{name} {}", described["name"]));
            }
        }
    }
    let schemas = documents.iter().filter_map(|document| document["components"]["schemas"].as_object());
    for (name, schema) in schemas.flatten() {
        let variants = schema["oneOf"].as_array().map(Vec::as_slice).unwrap_or_default();
        for object in variants.iter().chain([schema]) {
            let fields = object["properties"].as_object().into_iter().flatten();
            // The tag of a variant is its name, which the enum itself explains.
            let fields = fields.filter(|(field, _)| variants.is_empty() || *field != "type");
            silent.extend(
                fields.filter(|(_, field)| !is_described(field)).map(|(field, _)| format!("{name}.{field}")),
            );
        }
    }
    assert!(silent.is_empty(), "these have no description:\n{}", silent.join("\n"));
}

#[test]
fn each_operation_shows_an_example_of_its_body_and_of_its_answer() {
    let documents = documents();
    let mut without = Vec::new();
    for (name, operation) in operations(&documents) {
        let answers = operation["responses"].as_object().expect("it has answers").iter();
        let good: Vec<_> = answers.filter(|(status, _)| status.starts_with('2')).collect();
        let is_silent = |described: &Value| described["content"].is_object() && !has_example(described);
        let body = &operation["requestBody"];
        if is_silent(body) || (!good.is_empty() && good.iter().all(|(_, answer)| is_silent(answer))) {
            without.push(name);
        }
    }
    assert!(
        without.is_empty(),
        "these have no example; CONTRIBUTING.md says how to add one:\n{}",
        without.join("\n")
    );
}

#[test]
fn each_group_of_operations_is_described_and_has_some() {
    for document in documents() {
        let described = document["tags"].as_array().expect("there are groups").iter();
        let mut described: Vec<_> =
            described.map(|tag| tag["name"].as_str().expect("it has a name")).collect();
        let documents = [document.clone()];
        let mut used: Vec<_> = operations(&documents)
            .map(|(name, operation)| {
                operation["tags"][0].as_str().unwrap_or_else(|| panic!("{name} is in no group"))
            })
            .collect();
        used.sort_unstable();
        used.dedup();
        described.sort_unstable();
        assert_eq!(described, used, "the groups of openapi/tags.rs are those that the operations name");
    }
}

#[test]
fn a_body_that_is_no_json_is_described_as_a_string() {
    let documents = documents();
    let mut count = 0;
    for (name, operation) in operations(&documents) {
        let contents = operation["requestBody"]["content"].as_object().into_iter().flatten();
        for (content_type, content) in
            contents.filter(|(content_type, _)| *content_type != "application/json")
        {
            count += 1;
            assert_eq!(content["schema"]["type"], "string", "{name}: {content_type}");
        }
    }
    assert_eq!(count, 2, "contents of binaries, and spreadsheets of devices");
}

fn has_example(described: &Value) -> bool {
    let mut contents = described["content"].as_object().into_iter().flatten();
    contents.all(|(_, content)| !content["example"].is_null())
}

/// A field that may be null and is of another schema has its description beside the `$ref`.
fn is_described(field: &Value) -> bool {
    let alternatives = field["oneOf"].as_array().map(Vec::as_slice).unwrap_or_default();
    alternatives.iter().chain([field]).any(|field| field["description"].is_string())
}

/// Collects the descriptions below `value`, with the places where each one stands.
fn describe<'a>(place: &str, value: &'a Value, described: &mut BTreeMap<&'a str, Vec<String>>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(text) if name == "description" => {
                        described.entry(text).or_default().push(place.to_owned());
                    }
                    // The records there have descriptions of their own.
                    _ if name == "example" => {}
                    other => describe(&format!("{place}/{name}"), other, described),
                }
            }
        }
        Value::Array(elements) => {
            for element in elements {
                describe(place, element, described);
            }
        }
        _ => {}
    }
}

#[test]
fn the_list_of_scopes_is_fresh() {
    let mut page = String::from(
        "# Roles and scopes\n\n\
         What a person or an API key may do: all scopes of a role, or single scopes. A person can have several roles. This page is made from the code; `peridio api-keys scopes` prints \
         the same list (it needs no key), and `peridio users me` what the key at hand has.\n\n\
         | role | |\n|---|---|\n",
    );
    for role in Role::ALL {
        writeln!(page, "| `{}` | {} |", role.as_str(), role.description()).expect("memory");
    }
    page += "\n| scope | allows | roles besides admin |\n|---|---|---|\n";
    for scope in Scope::ALL {
        let others = Role::ALL.into_iter().filter(|role| *role != Role::Admin && role.includes(scope.role()));
        let roles = if scope.role() == Role::Reader {
            "all".to_owned()
        } else {
            others.map(Role::as_str).collect::<Vec<_>>().join(", ")
        };
        let (name, description) = (scope.as_str(), scope.description());
        writeln!(page, "| `{name}` | {description} | {roles} |").expect("memory");
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
