//! Damaged content: files that are cut off, changed or missing are reported, and never returned as if they were complete.

use std::os::unix::fs::FileExt as _;

use super::*;

#[tokio::test]
async fn damage_is_reported_as_damage() {
    let (_folder, local) = folder().await;
    store(&local, &key(1), &[bytes(1, 600_000), bytes(2, 10)]).await;
    let folder = local.layout.generation(&key(1));
    let name = segments::part_name(PartIndex::FIRST, &Sha256Digest::of(&bytes(1, 600_000)));
    let corrupt = |result: Result<Vec<u8>, Error>| matches!(result, Err(Error::Corrupt { .. }));
    fs::OpenOptions::new().write(true).open(folder.join(&name)).unwrap().set_len(400_000).unwrap();
    let read = local.read(&key(1), None).await;
    assert!(matches!(read, Err(Error::Corrupt { .. })), "a part cut short, before the first byte: {read:?}");
    let read = local.read(&key(1), Some(600_000..600_010)).await;
    assert!(read.is_ok(), "the other part is whole: {read:?}");
    let digest = local.digest(&key(1), &Progress::new()).await;
    assert!(matches!(digest, Err(Error::Corrupt { .. })), "{digest:?}");
    fs::remove_file(folder.join(&name)).unwrap();
    assert!(corrupt(read_all(&local, &key(1)).await), "a part gone");
    fs::write(folder.join(segments::FILE), [0xff; 9]).unwrap();
    assert!(corrupt(read_all(&local, &key(1)).await), "no list of parts");
    local.delete(&key(1)).await.unwrap();
    assert_empty(&local);
}

/// Changes bytes of a part without changing its size, as another process could.
fn change_bytes(file: &Path, offset: u64) {
    let file = fs::OpenOptions::new().write(true).open(file).unwrap();
    file.write_all_at(b"\0\xff\0\xff", offset).unwrap();
}

#[tokio::test]
async fn bytes_that_changed_are_not_given_out_as_the_whole() {
    let (_folder, local) = folder().await;
    let parts = [bytes(1, 600_000), bytes(2, 700_000), bytes(3, 10)];
    store(&local, &key(1), &parts).await;
    let second = segments::part_name(PartIndex::new(2).unwrap(), &Sha256Digest::of(&parts[1]));
    let second = local.layout.generation(&key(1)).join(second);
    assert_eq!(
        read_all(&local, &key(1)).await.unwrap(),
        parts.concat(),
        "known to be as promised from now on"
    );
    assert_eq!(read_all(&local, &key(1)).await.unwrap(), parts.concat());
    let is_damage = |read: &Result<_, Error>| matches!(read, Err(Error::Corrupt { .. }));
    for offset in [0, 500_000, 699_996] {
        change_bytes(&second, offset);
        let reader = local.read(&key(1), None).await.unwrap();
        let (mut given, mut chunks) = (0, reader);
        let end = loop {
            match chunks.next().await {
                Some(Ok(chunk)) => given += chunk.len(),
                other => break other,
            }
        };
        assert!(matches!(end, Some(Err(Error::Corrupt { .. }))), "{end:?}");
        assert!(given < 1_300_000, "the damaged part ends before its last bytes: {given}");
        let again = local.read(&key(1), None).await.map(drop);
        assert!(again.is_ok(), "the first part is whole: {again:?}");
        let within = local.read(&key(1), Some(600_010..600_020)).await.map(drop);
        assert!(is_damage(&within), "known to be damaged: {within:?}");
    }
    let unknown = open(local.layout.root()).await;
    let within = unknown.read(&key(1), Some(600_010..600_020)).await.map(drop);
    assert!(is_damage(&within), "a part of a part that this process never read: {within:?}");
    let other = unknown.read(&key(1), Some(1_300_000..1_300_005)).await.unwrap();
    assert_eq!(other.try_collect::<Vec<_>>().await.unwrap().concat(), parts[2][..5]);
}

/// A file is hashed before a range of it is returned. Reads that wait for their turn to hash must not block other access to the disk.
#[test]
fn waiting_for_a_hash_holds_no_thread() {
    let runtime = tokio::runtime::Builder::new_current_thread().max_blocking_threads(1).enable_all().build();
    runtime.unwrap().block_on(async {
        let (_folder, local) = folder().await;
        let whole = bytes(1, 600_000);
        store(&local, &key(1), std::slice::from_ref(&whole)).await;
        let turn = local.verified.turn().await;
        let waiting: Vec<_> = (0..4)
            .map(|_| {
                let local = local.clone();
                tokio::spawn(async move { local.read(&key(1), Some(10..20)).await })
            })
            .collect();
        for _ in 0..20 {
            // Other reads and writes continue in the meantime.
            local.stat(&key(1)).await.unwrap();
            tokio::task::yield_now().await;
        }
        assert!(waiting.iter().all(|read| !read.is_finished()), "nothing is given out before it is hashed");
        store(&local, &key(2), &[bytes(2, 10)]).await;
        drop(turn);
        for read in waiting {
            let chunks: Vec<Bytes> = read.await.unwrap().unwrap().try_collect().await.unwrap();
            assert_eq!(chunks.concat(), whole[10..20]);
        }
    });
}
