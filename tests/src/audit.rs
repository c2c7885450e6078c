//! Compares a server's content folder with the records of its API: nothing may be missing, and nothing may be left over.
//!
//! Call it only while no request is running. It never changes anything.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::scaled::Scaled;
use crate::{Api, Server, list_all, sha256_hex};

const AT_REST_WITHIN: Duration = Duration::from_mins(1);
const POLL_EVERY: Duration = Duration::from_millis(10);
/// The server caches rendered metrics for 50 ms, so after this time they are rendered again.
const STALE: Duration = Duration::from_millis(60);

/// The organization under which servers write test objects to a storage: `olivine_content::PROBES`.
const TRIALS: &str = "6f6c6976-696e-8000-8000-70726f626573";

/// When these jobs are done, the folder must match the records.
const JOBS: [&str; 2] = ["delete_content", "verify_binary"];

/// Waits until no job works on content any more, and then checks that
/// - `tmp/` and `trash/` are empty,
/// - each folder under `content/` belongs to a binary with content, and there is only one folder per binary (no older generation),
/// - each part that is `valid` in the API exists, and its bytes have its hash,
/// - the folder of a `signable` or `signed` binary contains its parts, their list, and nothing else,
/// - a downloaded content has the hash in the record.
pub async fn assert_no_orphans(server: &Server) {
    let api = server.api();
    wait_until_at_rest(&api).await;
    if let Some(scaled) = server.scaled() {
        return assert_no_orphans_in_store(&api, scaled).await;
    }
    let root = server.data_dir().join("content");
    for leftover in ["tmp", "trash"] {
        assert_eq!(names(&root.join(leftover)), [""; 0], "left over in {leftover}/");
    }
    let mut folders = folders(&root.join("content"));
    for binary in list_all(&api, "/v1/binaries", "binaries").await {
        let prn = binary["prn"].as_str().expect("a binary has a PRN");
        let parts = list_all(&api, &format!("/v1/binaries/{prn}/parts"), "binary_parts").await;
        check_files(&binary, &parts, &folders.remove(&place_of(prn)).unwrap_or_default());
        if matches!(binary["state"].as_str(), Some("signable" | "signed")) {
            check_download(&api, &binary).await;
        }
    }
    assert!(folders.is_empty(), "content of binaries that do not exist: {folders:#?}");
}

/// The same check for an object store, where parts can't be examined until they are assembled into one object.
async fn assert_no_orphans_in_store(api: &Api, scaled: &Scaled) {
    let mut objects: BTreeMap<String, usize> = BTreeMap::new();
    // A server that is killed while it tests its storage leaves the test object behind. A later test removes it.
    for key in scaled.objects().into_iter().filter(|key| !is_a_trial(key)) {
        let (place, _generation) = key.rsplit_once('/').unwrap_or_else(|| panic!("left over: {key}"));
        *objects.entry(place.to_owned()).or_default() += 1;
    }
    let mut uploads = 0;
    for binary in list_all(api, "/v1/binaries", "binaries").await {
        let prn = binary["prn"].as_str().expect("a binary has a PRN");
        // The parts that are recorded. The store may have received more.
        let parts = format!("/v1/binaries/{prn}/parts?search=state:'valid'");
        let parts = list_all(api, &parts, "binary_parts").await;
        let valid = parts.iter().filter(|part| part["state"] == "valid");
        let arrived: u64 = valid.filter_map(|part| part["size"].as_u64()).sum();
        assert_eq!(binary["bytes_uploaded"], arrived, "{binary:#}: {parts:#?}");
        let expected = match binary["state"].as_str() {
            Some("signable" | "signed") => {
                check_download(api, &binary).await;
                1..=1
            }
            Some("uploadable") => {
                uploads += 1;
                0..=1
            }
            Some("hashable" | "hashing") => 1..=1,
            _ => 0..=0,
        };
        let found = objects.remove(&place_of(prn)).unwrap_or_default();
        assert!(expected.contains(&found), "{found} objects of {binary:#}");
    }
    assert!(objects.is_empty(), "content of binaries that do not exist: {objects:#?}");
    let open = scaled.open_uploads().into_iter().filter(|key| !is_a_trial(key)).count();
    assert!(open <= uploads, "uploads of binaries that have all or nothing");
}

/// Whether an object was written by a server to test its storage.
fn is_a_trial(key: &str) -> bool {
    key.contains(TRIALS)
}

/// Whether a job of this kind is waiting or running.
fn is_pending(metrics: &str, kind: &str) -> bool {
    metrics.lines().any(|line| {
        let Some(rest) = line.strip_prefix(&format!("olivine_jobs{{kind=\"{kind}\",state=\"")) else {
            return false;
        };
        let live = rest.starts_with("waiting") || rest.starts_with("running");
        live && !rest.ends_with(" 0")
    })
}

async fn wait_until_at_rest(api: &Api) {
    tokio::time::sleep(STALE).await;
    let deadline = Instant::now() + AT_REST_WITHIN;
    loop {
        let metrics = api.get("/metrics").await.expect(200);
        let metrics = String::from_utf8(metrics.body).expect("metrics are text");
        if !JOBS.iter().any(|kind| is_pending(&metrics, kind)) {
            return;
        }
        assert!(Instant::now() < deadline, "jobs are stuck: {metrics}");
        tokio::time::sleep(POLL_EVERY).await;
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut names: Vec<_> = entries
        .map(|entry| entry.expect("a folder can be read").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort_unstable();
    names
}

/// The folders of all generations, by `<organization>/<binary>`.
fn folders(content: &Path) -> BTreeMap<String, Vec<PathBuf>> {
    let mut folders = BTreeMap::new();
    for organization in names(content) {
        for binary in names(&content.join(&organization)) {
            let folder = content.join(&organization).join(&binary);
            let generations = names(&folder).into_iter().map(|generation| folder.join(generation)).collect();
            folders.insert(format!("{organization}/{binary}"), generations);
        }
    }
    folders
}

/// `<organization>/<binary>` of `prn:1:<organization>:binary:<binary>`.
fn place_of(prn: &str) -> String {
    let words: Vec<_> = prn.split(':').collect();
    format!("{}/{}", words[2], words[4])
}

fn check_files(binary: &Value, parts: &[Value], generations: &[PathBuf]) {
    let state = binary["state"].as_str().expect("a binary has a state");
    if state == "destroyed" {
        assert!(generations.is_empty(), "content of a destroyed binary: {generations:?} of {binary:#}");
    }
    assert!(generations.len() <= 1, "content of older generations: {generations:?} of {binary:#}");
    let mut files = generations.first().map(|folder| names(folder)).unwrap_or_default();
    let mut bytes_uploaded = 0;
    for part in parts.iter().filter(|part| part["state"] == "valid") {
        let name = part_file(part);
        let place = files.iter().position(|file| *file == name);
        let place = place.unwrap_or_else(|| panic!("{name} of {binary:#} is not there: {files:?}"));
        files.remove(place);
        check_part(&generations[0].join(&name), part);
        bytes_uploaded += part["size"].as_u64().expect("a part has a size");
    }
    assert_eq!(binary["bytes_uploaded"], bytes_uploaded, "{binary:#}: {parts:#?}");
    match state {
        "signable" | "signed" => assert_eq!(files, ["segments"], "{binary:#}"),
        // Bytes that arrived but were not acknowledged are removed when the upload is completed, reset or given up.
        "uploadable" => {
            assert!(files.iter().all(|file| is_of_a_part(file, parts)), "{files:?} of {binary:#}");
        }
        _ => {}
    }
}

/// `part-<index>-<hash>`
fn part_file(part: &Value) -> String {
    let hash =
        part["hash"].as_str().and_then(|hash| hash.strip_prefix("sha256:")).expect("a part has a hash");
    format!("part-{:05}-{hash}", part["index"].as_u64().expect("a part has an index"))
}

fn is_of_a_part(file: &str, parts: &[Value]) -> bool {
    parts.iter().any(|part| {
        let name = part_file(part);
        file.get(.."part-00000".len()) == name.get(.."part-00000".len())
    })
}

fn check_part(path: &Path, part: &Value) {
    let bytes = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert_eq!(part["size"], bytes.len(), "{part:#}");
    assert_eq!(part["hash"], format!("sha256:{}", sha256_hex(&bytes)), "{part:#}");
}

async fn check_download(api: &Api, binary: &Value) {
    let prn = binary["prn"].as_str().expect("a binary has a PRN");
    let leads_to = api.get(&format!("/v1/binaries/{prn}/download")).await.expect(302);
    let content = api.get(leads_to.header("location").expect("a redirect leads somewhere")).await.expect(200);
    assert_eq!(binary["size"], content.body.len(), "{binary:#}");
    assert_eq!(binary["hash"], format!("sha256:{}", sha256_hex(&content.body)), "{binary:#}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pending_jobs_are_seen() {
        let metrics = "# TYPE olivine_jobs gauge\nolivine_jobs{kind=\"a\",state=\"waiting\"} 0\n\
                       olivine_jobs{kind=\"a\",state=\"finished\"} 7\nolivine_jobs{kind=\"b\",state=\"running\"} 10\n";
        assert!(!is_pending(metrics, "a"));
        assert!(is_pending(metrics, "b"));
    }
}
