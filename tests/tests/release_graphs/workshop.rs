//! A cohort with bundles to release, and functions to examine its release graph.

use std::collections::BTreeMap;

use olivine_tests::{Answer, Api, Workbench, prn};
use serde_json::{Value, json};

pub(crate) struct Workshop {
    pub(crate) bench: Workbench,
    pub(crate) product: String,
    pub(crate) cohort: String,
    pub(crate) binary: String,
    pub(crate) bundle: String,
}

impl Workshop {
    pub(crate) async fn new(api: Api) -> Self {
        let bench = Workbench::new(api).await;
        let binary = bench.signed(b"content").await;
        let post = async |path: &str, name: &str, body: Value| {
            prn(&bench.api().post(path, &body).await.expect(201).json[name])
        };
        let product = post("/v1/products", "product", json!({"name": "gateway"})).await;
        let cohort = json!({"name": "production", "product_prn": product});
        let cohort = post("/v1/cohorts", "cohort", cohort).await;
        let bundle = post("/v1/bundles", "bundle", json!({"binaries": [{"prn": binary}]})).await;
        Self { bench, product, cohort, binary, bundle }
    }

    pub(crate) const fn api(&self) -> &Api {
        self.bench.api()
    }

    /// Tries to create a release with these additional fields.
    pub(crate) async fn try_release(&self, name: &str, more: Value) -> Answer {
        let mut body = json!({"name": name, "cohort_prn": self.cohort, "bundle_prn": self.bundle});
        let Value::Object(more) = more else { panic!("fields are an object") };
        body.as_object_mut().expect("it was made as one").extend(more);
        self.api().post("/v1/releases", &body).await
    }

    /// Creates a release, and returns its PRN.
    pub(crate) async fn release(&self, name: &str, more: Value) -> String {
        prn(&self.try_release(name, more).await.expect(201).json["release"])
    }

    pub(crate) async fn change(&self, release: &str, change: Value) -> Answer {
        self.api().patch(&format!("/v1/releases/{release}"), &change).await
    }

    /// The graph from a single request, so that it is consistent: at most a hundred releases.
    pub(crate) async fn graph(&self) -> Vec<Value> {
        let path = format!("/v1/releases?cohort_prn={}&limit=100", self.cohort);
        let mut answer = self.api().get(&path).await.expect(200).json;
        assert_eq!(answer["next_page"], Value::Null, "too many releases for one page");
        let Value::Array(releases) = answer["releases"].take() else { panic!("no list: {answer}") };
        assert_valid(&releases);
        releases
    }

    /// The archived releases of the cohort. Each leads to a release of the graph or to none. They come from another request than the graph.
    pub(crate) async fn archived(&self) -> Vec<Value> {
        let path = format!("/v1/releases?cohort_prn={}&archived=true&limit=100", self.cohort);
        let mut answer = self.api().get(&path).await.expect(200).json;
        let Value::Array(releases) = answer["releases"].take() else { panic!("no list: {answer}") };
        releases
    }

    /// The graph as text: each release and its next one, by name.
    pub(crate) async fn links(&self) -> String {
        let graph = self.graph().await;
        let names: BTreeMap<_, _> = graph.iter().map(|one| (prn(one), text(one, "name"))).collect();
        let mut links: Vec<_> = graph
            .iter()
            .map(|one| {
                let next = one["next_release_prn"].as_str().map_or("end", |next| names[next]);
                format!("{}→{next}", text(one, "name"))
            })
            .collect();
        links.sort_unstable();
        links.join(" ")
    }
}

/// The PRN of a record of the same type that does not exist.
pub(crate) fn absent_like(prn: &str) -> String {
    let (start, _) = prn.rsplit_once(':').expect("a PRN has colons");
    format!("{start}:01890000-0000-7000-8000-000000000000")
}

pub(crate) fn text<'a>(record: &'a Value, field: &str) -> &'a str {
    record[field].as_str().unwrap_or_else(|| panic!("a {field} in {record:#}"))
}

/// Checks that these releases form a valid graph: exactly one sink if there are any releases, all paths lead to it, and no other release is
/// constrained.
pub(crate) fn assert_valid(releases: &[Value]) {
    let next: BTreeMap<&str, Option<&str>> =
        releases.iter().map(|one| (text(one, "prn"), one["next_release_prn"].as_str())).collect();
    let sinks = next.values().filter(|next| next.is_none()).count();
    assert_eq!(sinks, usize::from(!releases.is_empty()), "sinks among {next:#?}");
    for start in next.keys() {
        let (mut at, mut steps) = (*start, 0);
        while let Some(further) = next[at] {
            assert!(next.contains_key(further), "{at} points to {further}, which is not there: {next:#?}");
            at = further;
            steps += 1;
            assert!(steps <= next.len(), "a circle from {start}: {next:#?}");
        }
    }
    for one in releases.iter().filter(|one| !one["next_release_prn"].is_null()) {
        let everyone = one["phase_mode"] == "numeric" && one["phase_value"] == json!(1.0);
        assert!(everyone, "phased, but not the latest: {one:#}");
    }
}
