//! No space: in the organization's quota, and on the disk.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use olivine_tests::{Api, Database, Executables, Server, Table, Workbench, on_both, send, sha256_hex};
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

on_both!(async a_quota_is_kept, async a_full_disk_loses_nothing);

/// A server that was killed can start on a completely full disk, and serves its contents.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_starts_on_a_full_disk() {
    let disk = SmallDisk::mount(32);
    // The first start creates everything, so that the next one has nothing to write.
    let mut server = Server::builder().with_rsa_certificate().data_dir(disk.path().join("data")).start();
    let bench = Workbench::new(server.api()).await;
    let content = vec![1; MIB];
    let url = bench.download_url(&bench.signed(&content).await).await;
    let address = server.url().strip_prefix("http://").unwrap().to_owned();
    server.kill();
    let _filler = disk.fill(0);
    let log = tempfile::tempfile().unwrap();
    let mut again = Command::new(Executables::built().olivine())
        .args(["serve", "--listen", &address, "--device-listen", "127.0.0.1:0", "--data-dir"])
        .arg(disk.path().join("data"))
        .stdout(std::process::Stdio::null())
        .stderr(log.try_clone().unwrap())
        .spawn()
        .unwrap();
    let said = || {
        use std::io::{Read as _, Seek as _};
        let (mut file, mut text) = (log.try_clone().unwrap(), String::new());
        file.rewind().unwrap();
        file.read_to_string(&mut text).unwrap();
        text
    };
    let deadline = Instant::now() + Duration::from_mins(1);
    while std::net::TcpStream::connect(&address).is_err() || !said().contains("ready") {
        assert_eq!(again.try_wait().unwrap(), None, "{}", said());
        assert!(Instant::now() < deadline, "{}", said());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let api = Api::new(&format!("http://{address}"));
    assert!(api.get(&url).await.expect(200).body == content);
    api.get("/healthz").await.expect(200);
    assert!(
        said().contains("server.json, which says where this process is reached, can't be written"),
        "{}",
        said()
    );
    again.kill().unwrap();
    again.wait().unwrap();
}

const MIB: usize = 1024 * 1024;

async fn used(bench: &Workbench) -> Value {
    bench.api().get("/v1/organization").await.expect(200).json["organization"]["storage_used"].take()
}

async fn a_quota_is_kept(database: Database) {
    let server = Server::start(database);
    let bench = Workbench::new(server.api()).await;
    let api = bench.api();
    let mut table = Table::default();
    api.patch("/v1/organization", &json!({"storage_quota": 1000})).await.expect(200);
    let unsized_promise = |content: &[u8]| {
        let mut promise = bench.promise(content);
        promise.as_object_mut().unwrap().remove("size");
        promise
    };
    let (content, large) = (vec![1; 600], vec![2; 1001]);

    let promise = bench.promise(&large);
    table.note("creating a binary of 1001 bytes", &api.post("/v1/binaries", &promise).await);
    let first = bench.uploadable(&content).await;
    assert_eq!(used(&bench).await, 600);
    let promise = bench.promise(&content);
    table.note("creating a second one of 600 bytes", &api.post("/v1/binaries", &promise).await);
    bench.put_content(&first, &content).await.expect(200);

    let second = bench.create(&unsized_promise(&content)).await;
    table.note("announcing a part of 600 bytes", &bench.announce(&second, 1, &content).await);
    table.note("uploading 600 bytes", &bench.put_content(&second, &content).await);
    let key = server.admin_key();
    let chunked = [
        format!(
            "PUT /v1/binaries/{second}/content HTTP/1.1\r\nhost: test\r\nauthorization: Bearer {key}\r\n\
             transfer-encoding: chunked\r\nconnection: close\r\n\r\n"
        )
        .into_bytes(),
        olivine_tests::chunked(&content),
    ]
    .concat();
    let answer = olivine_tests::exchange(server.url(), chunked).expect("an answer");
    table.note("uploading 600 bytes without saying how many", &answer);
    assert_eq!(used(&bench).await, 600, "what was refused is not counted");

    let third = bench.create(&unsized_promise(&content[..400])).await;
    bench.put_content(&third, &content[..400]).await.expect(200);
    assert_eq!(used(&bench).await, 1000);
    bench.ask(&third, "uploadable").await.expect(200);
    table.line(&format!("used with 600 and 400 bytes uploaded: {}", used(&bench).await));
    bench.ask(&third, "hashable").await.expect(200);
    bench.in_state(&third, "signable").await;
    bench.ask(&third, "destroyed").await.expect(200);
    table.line(&format!("used when the 400 bytes are destroyed: {}", used(&bench).await));
    api.delete(&format!("/v1/binaries/{first}")).await.expect(204);
    table.line(&format!("used when the 600 bytes are deleted: {}", used(&bench).await));
    bench.put_content(&second, &content).await.expect(200);
    table.line(&format!("used when the second 600 bytes are uploaded: {}", used(&bench).await));

    api.patch("/v1/organization", &json!({"storage_quota": 10})).await.expect(200);
    bench.ask(&second, "hashable").await.expect(200);
    bench.in_state(&second, "signable").await;
    table.note(
        "one byte with a quota below what is used",
        &api.post("/v1/binaries", &bench.promise(b"x")).await,
    );
    bench.uploadable(b"").await;
    api.patch("/v1/organization", &json!({"storage_quota": null})).await.expect(200);
    bench.uploadable(&large).await;
    insta::assert_snapshot!("quota", table.text());
}

/// A small file system. Dropping it removes it.
struct SmallDisk {
    folder: TempDir,
}

impl SmallDisk {
    fn mount(mebibytes: usize) -> Self {
        let folder = tempfile::Builder::new().prefix("olivine-disk-").tempdir().unwrap();
        let size = format!("size={mebibytes}m");
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(folder.path()).output();
        let mounted = mounted.expect("mount can be started");
        assert!(
            mounted.status.success(),
            "a small file system can't be mounted, which this test needs (run it as root): {}",
            String::from_utf8_lossy(&mounted.stderr)
        );
        Self { folder }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Fills the file system except for about `left` bytes.
    fn fill(&self, left: usize) -> PathBuf {
        let path = self.path().join("filler");
        let size = rustix::fs::statvfs(self.path()).unwrap();
        let free = usize::try_from(size.f_bavail * size.f_frsize).unwrap();
        std::fs::write(&path, vec![0; free.saturating_sub(left)]).unwrap();
        path
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Unmounted lazily, because a server that is being killed may still have files open.
        let _ = Command::new("umount").arg("--lazy").arg(self.folder.path()).status();
    }
}

async fn a_full_disk_loses_nothing(database: Database) {
    let disk = SmallDisk::mount(32);
    let mut server = Server::builder().database(database).data_dir(disk.path().join("data")).start();
    let bench = Workbench::new(server.api()).await;
    let kept = vec![1; MIB];
    let signed = bench.signed(&kept).await;
    let (first, second) = (vec![2; 5 * MIB], vec![3; MIB]);
    let binary = bench.uploadable(&[&first[..], &second].concat()).await;
    bench.put_part(&binary, 1, &first).await;
    let announced = bench.announce(&binary, 2, &second).await.expect(201);
    let url = announced.json["binary_part"]["presigned_upload_url"].as_str().unwrap().to_owned();
    let direct = bench.uploadable(&second).await;
    let before = bench.get(&binary).await;

    let filler = disk.fill(MIB / 2);
    let mut table = Table::default();
    table.note("a part of 1 MiB with half of that left", &bench.api().put_bytes(&url, second.clone()).await);
    table.note("a direct upload of 1 MiB", &bench.put_content(&direct, &second).await);
    assert_eq!(bench.get(&binary).await, before, "nothing is lost");
    std::fs::remove_file(&filler).unwrap();
    let filler = disk.fill(0);
    let described =
        bench.api().patch(&format!("/v1/binaries/{signed}"), &json!({"description": "x".repeat(2000)})).await;
    if database == Database::Sqlite {
        table.note("a change of a record with nothing left", &full_write(&bench, &signed, described).await);
    } else {
        // The database is on another disk.
        described.expect(200);
    }
    insta::assert_snapshot!(format!("full_disk_{database:?}").to_lowercase(), table.text());
    bench.api().get("/healthz").await.expect(200);
    let url_of_kept = bench.api().get(&format!("/v1/binaries/{signed}/download")).await;
    assert!([302, 507].contains(&url_of_kept.status), "{url_of_kept:?}");

    std::fs::remove_file(&filler).unwrap();
    let again = bench.announce(&binary, 2, &second).await;
    assert!([200, 201].contains(&again.status), "{again:?}");
    let url = again.json["binary_part"]["presigned_upload_url"].as_str().unwrap();
    bench.api().put_bytes(url, second.clone()).await.expect(200);
    bench.ask(&binary, "hashable").await.expect(200);
    bench.in_state(&binary, "signable").await;
    bench.put_content(&direct, &second).await.expect(200);
    let url = bench.download_url(&signed).await;
    assert!(bench.api().get(&url).await.expect(200).body == kept, "what was there is still there");
    assert_eq!(
        bench.get(&binary).await["hash"],
        format!("sha256:{}", sha256_hex(&[&first[..], &second].concat()))
    );
    let leftovers = std::fs::read_dir(disk.path().join("data/content/tmp")).unwrap().count();
    assert_eq!(leftovers, 0, "no temporary file is left behind");
    server.stop();
}

/// SQLite may have a few free pages for small changes, so larger changes follow until there are none.
async fn full_write(bench: &Workbench, binary: &str, first: olivine_tests::Answer) -> olivine_tests::Answer {
    let mut answer = first;
    for round in 0..200 {
        if answer.status != 200 {
            return answer;
        }
        let metadata = json!({"custom_metadata": {"x": "y".repeat(100_000), "round": round}});
        let path = format!("/v1/binaries/{binary}");
        answer = send(bench.api().request(Method::PATCH, &path).json(&metadata)).await;
    }
    panic!("a full disk takes everything: {answer:?}");
}
