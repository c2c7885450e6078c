//! A disk that fills up in the middle of an upload, as a real file system of 4 MiB where this user may mount one.
//!
//! Elsewhere `receive::tests` covers the same error on `/dev/full`, which exists everywhere.

use std::process::Command;

use super::*;

/// A small file system, unmounted when dropped.
struct Small(TempDir);

impl Small {
    fn mount() -> Option<Self> {
        let small = tempfile::tempdir().unwrap();
        let options = ["-t", "tmpfs", "-o", "size=4m,nr_inodes=200", "none"];
        let mounted = Command::new("mount")
            .args(options)
            .arg(small.path())
            .status()
            .is_ok_and(|status| status.success());
        mounted.then_some(Self(small))
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

#[tokio::test]
async fn a_full_disk_refuses_cleanly_and_loses_nothing() {
    let Some(small) = Small::mount() else {
        eprintln!("may not mount: a full disk was tried on /dev/full only");
        return;
    };
    let local = open(small.0.path()).await;
    let (kept, large) = (bytes(1, 1_000_000), bytes(2, 5_000_000));
    store(&local, &key(1), std::slice::from_ref(&kept)).await;
    local.begin(&key(2)).await.unwrap();
    for _ in 0..3 {
        let full = receive(&local, &key(2), &part(1, &large), body(&large)).await;
        assert!(matches!(full, Err(ReceiveError::Storage(Error::StorageFull { .. }))), "{full:?}");
        assert!(is_empty(local.layout.tmp()), "{:?}", files(&local));
    }
    assert_eq!(read_all(&local, &key(1)).await.unwrap(), kept);
    let fits = bytes(3, 2_000_000);
    store(&local, &key(2), std::slice::from_ref(&fits)).await;
    assert_eq!(read_all(&local, &key(2)).await.unwrap(), fits);

    let filler = small.0.path().join("filler");
    let _ = fs::write(&filler, vec![1; 4 << 20]);
    assert!(matches!(local.check().await, Err(Error::StorageFull { .. })));
    assert!(matches!(
        receive(&local, &key(3), &part(1, &fits), body(&fits)).await,
        Err(ReceiveError::Storage(_))
    ));
    local.delete(&key(1)).await.expect("deleting needs no space");
    local.check().await.unwrap();
}
