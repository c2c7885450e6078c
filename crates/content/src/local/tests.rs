//! The local folder: the conformance suite, and what only a folder can suffer: crashes, full disks, damage, a missing volume.

mod damage;
mod full_disk;
mod interleavings;

use std::path::PathBuf;

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use olivine_domain::contents::Generation;
use olivine_domain::{Id, Sha256Digest};
use tempfile::TempDir;
use uuid::Uuid;

use super::*;
use crate::conformance::{self, body, bytes};
use crate::filename::Filename;
use olivine_domain::binary_parts::PartIndex;

const ORGANIZATION: Uuid = Uuid::from_u128(0x0190_163d_8694_739b_aea5_966c_26f8_ad91);

fn key(content: u128) -> ContentKey {
    ContentKey {
        organization: Id::new(ORGANIZATION),
        content: Id::new(Uuid::from_u128(content)),
        generation: Generation::new(1),
    }
}

async fn open(root: &Path) -> Local {
    Local::open(root, "http://127.0.0.1:8080/", TokenKey::derive(b"secret")).await.unwrap()
}

async fn folder() -> (TempDir, Local) {
    let folder = tempfile::tempdir().unwrap();
    let local = open(&folder.path().join("new/root")).await;
    (folder, local)
}

fn part(index: u64, bytes: &Bytes) -> PartPlan {
    PartPlan {
        index: PartIndex::new(index).unwrap(),
        size: bytes.len() as u64,
        sha256: Sha256Digest::of(bytes),
    }
}

async fn receive(
    local: &Local,
    key: &ContentKey,
    part: &PartPlan,
    body: Body<'_>,
) -> Result<ReceivedPart, ReceiveError> {
    local.receive_part(key, &UploadSession::new("local"), &ReceivePart::planned(part), body).await
}

async fn store(local: &Local, key: &ContentKey, parts: &[Bytes]) {
    let session = local.begin(key).await.unwrap();
    let mut completed = Vec::new();
    for (index, bytes) in (1..).zip(parts) {
        completed.push(part(index, bytes));
        receive(local, key, &part(index, bytes), body(bytes)).await.unwrap();
    }
    local.complete(key, &session, &completed).await.unwrap();
}

async fn read_all(local: &Local, key: &ContentKey) -> Result<Vec<u8>, Error> {
    let chunks: Vec<Bytes> = local.read(key, None).await?.try_collect().await?;
    Ok(chunks.concat())
}

/// Every file below the root, by its path from there.
fn files(local: &Local) -> Vec<String> {
    let root = local.layout.tmp().parent().unwrap().to_owned();
    let (mut folders, mut files) = (vec![root.clone()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            } else {
                files.push(entry.path().strip_prefix(&root).unwrap().display().to_string());
            }
        }
    }
    files.sort();
    files
}

fn is_empty(folder: PathBuf) -> bool {
    fs::read_dir(folder).unwrap().next().is_none()
}

fn assert_empty(local: &Local) {
    for folder in [local.layout.tmp(), local.layout.trash(), local.layout.content()] {
        assert!(is_empty(folder), "{:?}", files(local));
    }
}

#[tokio::test]
async fn keeps_the_promises_of_every_backend_and_leaves_nothing() {
    let (_folder, local) = folder().await;
    conformance::run(&local, &conformance::InProcess, Id::new(ORGANIZATION)).await;
    assert_empty(&local);
}

#[tokio::test]
async fn a_start_removes_what_dead_processes_left_and_nothing_of_live_ones() {
    let (_folder, local) = folder().await;
    let root = local.layout.tmp().parent().unwrap().to_owned();
    store(&local, &key(1), &[bytes(1, 10)]).await;
    fs::write(local.layout.tmp().join("dead"), "a writer died").unwrap();
    fs::create_dir(local.layout.trash().join("half")).unwrap();
    fs::write(local.layout.trash().join("half/part"), "a deletion broke off").unwrap();
    local.begin(&key(2)).await.unwrap();
    let content = bytes(2, 2_000_000);
    let start = stream::once(async {
        let swept = open(&root).await.sweep().await.unwrap();
        assert_eq!(swept, Swept::default(), "opening has swept before");
        assert!(!root.join("tmp/dead").exists() && is_empty(root.join("trash")));
        Ok(Bytes::new())
    });
    let sent =
        body(&content.slice(..1_000_000)).chain(start).chain(body(&content.slice(1_000_000..))).boxed();
    receive(&local, &key(2), &part(1, &content), sent).await.unwrap();
    assert_eq!(files(&local).len(), 3, "{:?}", files(&local));
    assert_eq!(read_all(&local, &key(1)).await.unwrap(), bytes(1, 10));
}

#[tokio::test]
async fn an_upload_that_is_dropped_leaves_no_file() {
    let (_folder, local) = folder().await;
    let key = key(1);
    local.begin(&key).await.unwrap();
    let content = bytes(1, 2_000_000);
    let endless = body(&content).chain(stream::pending()).boxed();
    let whole = PartPlan { size: 4_000_000, ..part(1, &content) };
    tokio::select! {
        _ = receive(&local, &key, &whole, endless) => panic!("the body never ends"),
        () = until(|| !is_empty(local.layout.tmp())) => {}
    }
    until(|| is_empty(local.layout.tmp())).await;
}

/// Lets other tasks run until `condition` holds, for ten seconds at the most.
async fn until(condition: impl Fn() -> bool) {
    for _ in 0..10_000 {
        if condition() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    panic!("it never happened");
}

#[tokio::test]
async fn other_parts_never_replace_those_of_a_complete_content() {
    let (_folder, local) = folder().await;
    let (one, other) = (bytes(1, 1000), bytes(2, 1000));
    let session = local.begin(&key(1)).await.unwrap();
    for content in [&one, &other] {
        receive(&local, &key(1), &part(1, content), body(content)).await.unwrap();
    }
    local.complete(&key(1), &session, &[part(1, &one)]).await.unwrap();
    assert_eq!(files(&local).len(), 2, "the other attempt goes: {:?}", files(&local));
    let again = local.complete(&key(1), &session, &[part(1, &other)]).await;
    assert!(matches!(again, Err(Error::AlreadyComplete)), "{again:?}");
    assert_eq!(read_all(&local, &key(1)).await.unwrap(), one);
}

#[tokio::test]
async fn the_size_of_a_content_is_that_of_its_files_and_a_backup_says_whether_it_is_complete() {
    type Damage<'a> = &'a dyn Fn(&ContentKey);
    let (_folder, local) = folder().await;
    let parts = [bytes(1, 6_000), bytes(2, 10)];
    let backup = tempfile::tempdir().unwrap();
    let path = |key: &ContentKey, part: usize| {
        let index = PartIndex::new(part as u64 + 1).unwrap();
        local.layout.generation(key).join(segments::part_name(index, &Sha256Digest::of(&parts[part])))
    };
    let resize = |path: &std::path::Path, size| {
        fs::OpenOptions::new().write(true).open(path).unwrap().set_len(size).unwrap();
    };
    let cases: [(&str, Damage<'_>, Option<u64>, bool); 6] = [
        ("as it was", &|_| {}, Some(6_010), true),
        ("a part cut short", &|key| resize(&path(key, 0), 1_000), Some(1_010), false),
        ("a byte too many", &|key| resize(&path(key, 1), 11), Some(6_011), false),
        ("a part gone", &|key| fs::remove_file(path(key, 0)).unwrap(), Some(10), false),
        (
            "the right size altogether",
            &|key| {
                resize(&path(key, 0), 5_999);
                resize(&path(key, 1), 11);
            },
            None,
            false,
        ),
        (
            "no list of parts",
            &|key| fs::remove_file(local.layout.generation(key).join(segments::FILE)).unwrap(),
            None,
            false,
        ),
    ];
    for (number, (what, damage, size, is_complete)) in (10..).zip(cases) {
        let key = key(number);
        store(&local, &key, &parts).await;
        damage(&key);
        assert_eq!(local.stat(&key).await.ok().map(|stat| stat.size), size, "{what}");
        let done = super::back_up(local.layout.root(), backup.path(), &key, Recorded::Content).unwrap();
        assert_eq!(done.is_complete, is_complete, "{what}");
    }
}

/// Records are copied before contents, so an upload may have been completed meanwhile.
#[tokio::test]
async fn an_upload_that_is_completed_during_a_backup_goes_on_in_the_restored_server() {
    let (_folder, local) = folder().await;
    let backup = tempfile::tempdir().unwrap();
    let (first, second) = (bytes(1, 1000), bytes(2, 1000));
    store(&local, &key(1), &[first.clone(), second.clone()]).await;
    super::back_up(local.layout.root(), backup.path(), &key(1), Recorded::Upload).unwrap();

    let restored = open(backup.path()).await;
    let session = UploadSession::new("local");
    assert!(matches!(restored.stat(&key(1)).await, Err(Error::NotFound)), "nobody completed it there");
    let other = bytes(3, 1000);
    receive(&restored, &key(1), &part(2, &other), body(&other)).await.unwrap();
    restored.complete(&key(1), &session, &[part(1, &first), part(2, &other)]).await.unwrap();
    assert_eq!(read_all(&restored, &key(1)).await.unwrap(), [first, other].concat());
}

#[tokio::test]
async fn a_volume_that_is_not_mounted_is_not_taken_for_lost_contents() {
    let (_folder, local) = folder().await;
    store(&local, &key(1), &[bytes(1, 10)]).await;
    fs::rename(local.layout.content(), local.layout.trash().join("elsewhere")).unwrap();
    let unavailable = |result: Result<(), Error>| matches!(result, Err(Error::Unavailable { .. }));
    let session = UploadSession::new("local");
    assert!(unavailable(local.size(&key(1)).await.map(drop)));
    assert!(unavailable(local.read(&key(1), None).await.map(drop)));
    assert!(unavailable(local.delete(&key(1)).await));
    assert!(unavailable(local.begin(&key(1)).await.map(drop)));
    assert!(unavailable(local.uploaded_parts(&key(1), &session).await.map(drop)));
    assert!(unavailable(local.complete(&key(1), &session, &[part(1, &bytes(1, 10))]).await));
    assert!(unavailable(local.check().await));
    let received = receive(&local, &key(1), &part(1, &bytes(1, 10)), body(&bytes(1, 10))).await;
    assert!(matches!(received, Err(ReceiveError::Storage(Error::Unavailable { .. }))), "{received:?}");
}

#[tokio::test]
async fn a_deletion_that_broke_off_is_finished_by_the_next() {
    let (_folder, local) = folder().await;
    store(&local, &key(1), &[bytes(1, 10)]).await;
    fs::rename(local.layout.generation(&key(1)), local.layout.trashed(&key(1))).unwrap();
    local.delete(&key(1)).await.unwrap();
    assert_empty(&local);
}

#[tokio::test]
async fn hashing_stops_when_nobody_waits() {
    let (_folder, local) = folder().await;
    store(&local, &key(1), &[bytes(1, 5_000_000)]).await;
    let (progress, gone) = (Progress::new(), std::sync::Weak::new());
    let digest = read::digest(&local.layout, &key(1), &progress, &gone);
    assert!(matches!(digest, Err(Error::Cancelled)), "{digest:?}");
    assert!(progress.bytes() < 5_000_000);
}

#[tokio::test]
async fn urls_are_the_servers_own_and_permit_what_was_asked() {
    let (_folder, local) = folder().await;
    let expires_at = "2026-01-15T11:00:00Z".parse().unwrap();
    let now = "2026-01-15T10:00:00Z".parse().unwrap();
    let tokens = TokenKey::derive(b"secret");
    let planned = part(1, &bytes(1, 10));
    let target =
        local.part_target(&key(1), &UploadSession::new("local"), &planned, expires_at).await.unwrap();
    let token = target.url.strip_prefix("http://127.0.0.1:8080/content/").unwrap();
    let grant = tokens.verify_upload(token, now).unwrap();
    assert_eq!((target.method, grant.key, grant.part), ("PUT", key(1), planned));
    let download = Download { filename: Filename::sanitized("fw.bin"), expires_at };
    let url = local.download_target(&key(1), &download).await.unwrap().url;
    let token = url.strip_prefix("http://127.0.0.1:8080/content/").unwrap();
    assert_eq!(tokens.verify_download(token, now).unwrap().download, download);
}

#[tokio::test]
async fn folders_are_private() {
    use std::os::unix::fs::PermissionsExt;
    let (_folder, local) = folder().await;
    store(&local, &key(1), &[bytes(1, 10)]).await;
    let generation = local.layout.generation(&key(1));
    let part = fs::read_dir(&generation).unwrap().next().unwrap().unwrap().path();
    for path in [local.layout.tmp(), local.layout.content(), generation, part] {
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{path:?} has mode {mode:o}");
    }
}

#[tokio::test]
async fn a_part_that_is_a_link_is_neither_served_nor_backed_up() {
    let (folder, local) = folder().await;
    store(&local, &key(1), &[bytes(1, 1_000)]).await;
    let generation = Layout::at(&folder.path().join("new/root")).generation(&key(1));
    let names = std::fs::read_dir(&generation).unwrap().map(|entry| entry.unwrap().path());
    let part = names.into_iter().find(|path| path.to_string_lossy().contains("/part-")).unwrap();
    let secret = folder.path().join("secret");
    std::fs::copy(&part, &secret).unwrap();
    std::fs::remove_file(&part).unwrap();
    std::os::unix::fs::symlink(&secret, &part).unwrap();

    let read = local.read(&key(1), None).await;
    assert!(matches!(read, Err(Error::Corrupt { .. })), "{read:?}");
    assert_eq!(local.stat(&key(1)).await.unwrap().size, 0, "an audit says so and goes on");
    let copied = backup::link_or_copy(&part, &folder.path().join("copy"));
    assert!(copied.unwrap_err().to_string().contains("no plain file"));
}
