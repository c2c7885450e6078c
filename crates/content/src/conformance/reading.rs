//! Reading, hashing and signed URLs.

use super::case::{Case, PART, moment, plan, read_range};
use super::sending::bytes;
use crate::digest::Progress;
use crate::downloads::Download;
use crate::error::Error;
use crate::filename::Filename;
use olivine_domain::Sha256Digest;

pub(super) async fn nothing_is_there_before_completion(case: Case<'_>) {
    case.assert_gone().await;
    let session = case.begin().await;
    case.assert_gone().await;
    case.upload(&session, 1, &bytes(1, 1000)).await;
    case.assert_gone().await;
    let digest = case.backend.digest(&case.key, &Progress::new()).await;
    assert!(matches!(digest, Err(Error::NotFound)), "{digest:?}");
}

pub(super) async fn every_range_reads_its_bytes(case: Case<'_>) {
    let parts = [bytes(1, PART), bytes(2, PART), bytes(3, 1000)];
    case.store(&parts).await;
    let (content, part) = (parts.concat(), PART as u64);
    let total = content.len() as u64;
    for range in [
        0..total,
        0..0,
        total..total,
        0..1,
        total - 1..total,
        part - 1..part + 1,
        part..part,
        part..2 * part,
        1..2 * part + 1,
        part + 12_345..total - 7,
    ] {
        let read = read_range(case.backend, &case.key, Some(range.clone())).await.expect("reading a range");
        let bounds = usize::try_from(range.start).expect("small")..usize::try_from(range.end).expect("small");
        assert!(read == content[bounds], "other bytes in {range:?}");
    }
    for range in
        [0..total + 1, total + 1..total + 1, u64::MAX - 1..u64::MAX, std::ops::Range { start: 2, end: 1 }]
    {
        let read = read_range(case.backend, &case.key, Some(range)).await;
        assert!(matches!(read, Err(Error::OutOfRange { total: t }) if t == total), "{read:?}");
    }
}

pub(super) async fn hashing_can_be_watched_and_stopped(case: Case<'_>) {
    let parts = [bytes(1, PART), bytes(2, PART), bytes(3, 1000)];
    case.store(&parts).await;
    let (content, progress) = (parts.concat(), Progress::new());
    let digested = case.backend.digest(&case.key, &progress).await.expect("hashing");
    assert_eq!((digested.size, digested.sha256), (content.len() as u64, Sha256Digest::of(&content)));
    assert_eq!(progress.bytes(), digested.size);
    progress.cancel();
    let stopped = case.backend.digest(&case.key, &progress).await;
    assert!(matches!(stopped, Err(Error::Cancelled)), "{stopped:?}");
}

pub(super) async fn urls_end_when_they_were_asked_to(case: Case<'_>) {
    case.backend.check().await.expect("storage works");
    let session = case.begin().await;
    let target = case.backend.part_target(&case.key, &session, &plan(1, &bytes(1, 10)), moment()).await;
    let target = target.expect("a target for a part");
    assert!(target.url.starts_with("http") && target.expires_at <= moment());
    let download = Download { filename: Filename::sanitized("a b"), expires_at: moment() };
    let url = case.backend.download_target(&case.key, &download).await.expect("a signed URL");
    assert!(url.url.starts_with("http") && url.expires_at <= moment());
    for shown in [format!("{target:?}"), format!("{url:?}")] {
        assert!(!shown.contains("http"), "a permission would end in the log: {shown}");
    }
}
