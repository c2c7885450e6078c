//! Importing, listing and probing.

use futures_util::{StreamExt, TryStreamExt, stream};

use super::case::{Case, PART, plan};
use super::sending::{body, bytes};
use crate::audit::{StoredContent, StoredKind};
use crate::error::Error;
use crate::identity::StorageIdentity;
use crate::uploads::{ReceiveError, ReceivePart};
use bytes::Bytes;
use futures_util::future::join;
use olivine_domain::Sha256Digest;
use uuid::Uuid;

pub(super) async fn an_import_is_there_once_all_of_it_is_right(case: Case<'_>) {
    let content = bytes(1, 300_000);
    let (size, sha256) = (content.len() as u64, Sha256Digest::of(&content));
    let import = |size, sha256, bytes: &Bytes| case.backend.import(&case.key, size, sha256, body(bytes));
    let other = import(size, sha256, &bytes(2, 300_000)).await;
    assert!(matches!(other, Err(ReceiveError::WrongHash { .. })), "{other:?}");
    let short = import(size, sha256, &content.slice(1..)).await;
    assert!(matches!(short, Err(ReceiveError::TooShort { .. })), "{short:?}");
    let long = import(size - 1, sha256, &content).await;
    assert!(matches!(long, Err(ReceiveError::TooLong { .. })), "{long:?}");
    let broken = body(&content).chain(stream::iter([Err("connection reset".into())])).boxed();
    let broken = case.backend.import(&case.key, size + 1, sha256, broken).await;
    assert!(matches!(broken, Err(ReceiveError::Interrupted { .. })), "{broken:?}");
    case.assert_gone().await;
    import(size, sha256, &content).await.expect("importing");
    case.assert_holds(&content).await;
    import(size, sha256, &content).await.expect("importing again");
    let other = bytes(3, 10);
    let other = import(10, Sha256Digest::of(&other), &other).await;
    assert!(matches!(other, Err(ReceiveError::Storage(Error::AlreadyComplete))), "{other:?}");
    case.assert_holds(&content).await;
}

pub(super) async fn an_import_of_many_chunks_is_whole(case: Case<'_>) {
    let content = bytes(1, 3 * PART + 12_345);
    let sha256 = Sha256Digest::of(&content);
    let wrong = Sha256Digest::of(b"another");
    let refused = case.backend.import(&case.key, content.len() as u64, wrong, body(&content)).await;
    assert!(matches!(refused, Err(ReceiveError::WrongHash { .. })), "{refused:?}");
    case.assert_gone().await;
    case.backend.import(&case.key, content.len() as u64, sha256, body(&content)).await.expect("importing");
    case.assert_holds(&content).await;
}

pub(super) async fn lists_tell_contents_from_leftovers(case: Case<'_>) {
    let mut next = case;
    next.key.generation = olivine_domain::contents::Generation::new(12);
    case.store(&[bytes(1, 1000)]).await;
    let session = next.begin().await;
    let staged = bytes(2, 2000);
    let part = ReceivePart::planned(&plan(1, &staged));
    next.receive(&session, &part, body(&staged)).await.expect("a part through the server");
    let found = list(case).await;
    let of = |case: Case<'_>| found.iter().filter(move |found| found.key == Some(case.key));
    let [content] = of(case).collect::<Vec<_>>()[..] else { panic!("{found:?}") };
    assert_eq!((content.kind, content.size), (StoredKind::Content, 1000));
    assert_eq!(content.name, case.key.to_string());
    assert!(content.modified.as_seconds() > 1_700_000_000, "{content:?}");
    assert!(of(next).count() > 0 && of(next).all(|found| found.kind == StoredKind::Leftover), "{found:?}");
    let everything: Vec<_> = case.backend.list(None).try_collect().await.expect("listing everything");
    assert!(everything.iter().any(|other| other == content), "{everything:?}");
    next.backend.delete(&next.key).await.expect("deleting the leftovers");
    assert!(list(case).await.iter().all(|found| found.key != Some(next.key)));
    case.assert_holds(&bytes(1, 1000)).await;
}

pub(super) async fn what_is_held_is_told_until_it_is_deleted(case: Case<'_>) {
    let holds = || async { case.backend.holds(&case.key).await.expect("asking") };
    assert!(!holds().await);
    let session = case.begin().await;
    let staged = bytes(2, 2000);
    let part = ReceivePart::planned(&plan(1, &staged));
    case.receive(&session, &part, body(&staged)).await.expect("a part through the server");
    assert!(holds().await, "what is uploaded counts");
    case.backend.delete(&case.key).await.expect("deleting an unfinished upload");
    assert!(!holds().await);
    case.store(&[bytes(1, 1000)]).await;
    let stat = case.backend.stat(&case.key).await.expect("it is complete");
    assert_eq!(stat.size, 1000);
    assert!(stat.modified.as_seconds() > 1_700_000_000, "{stat:?}");
    assert!(holds().await);
    case.backend.delete(&case.key).await.expect("deleting");
    assert!(!holds().await);
}

/// The last cases show that it is in no list.
pub(super) async fn a_storage_has_one_identity(case: Case<'_>) {
    let proposed = |number| StorageIdentity::new(Uuid::from_u128(number));
    let claim = |number| case.backend.claim_identity(proposed(number));
    let (one, other) = join(claim(1), claim(2)).await;
    let (one, other) = (one.expect("claiming"), other.expect("claiming at once"));
    assert_eq!(one, other);
    assert!(one == proposed(1) || one == proposed(2));
    assert_eq!(claim(3).await.expect("claiming again"), one);
    assert_eq!(case.backend.identity().await.expect("asking"), Some(one));
}

pub(super) async fn deletions_leave_nothing_in_the_list(case: Case<'_>) {
    case.begin().await;
    let session = case.store(&[bytes(1, PART), bytes(2, 10)]).await;
    let late = bytes(3, 2000);
    let part = ReceivePart::planned(&plan(1, &late));
    let late = case.receive(&session, &part, body(&late)).await;
    assert!(matches!(late, Err(ReceiveError::Storage(Error::SessionGone))), "{late:?}");
    case.backend.delete(&case.key).await.expect("deleting");
    let left: Vec<_> = list(case).await.into_iter().filter(|found| found.key == Some(case.key)).collect();
    assert_eq!(left, []);
}

pub(super) async fn a_probe_leaves_nothing(case: Case<'_>) {
    case.backend.check().await.expect("storage works");
    case.backend.probe().await.expect("everything can be done");
    let left: Vec<StoredContent> = case.backend.list(None).try_collect().await.expect("listing everything");
    assert_eq!(left, [], "all cases before have cleaned up");
}

async fn list(case: Case<'_>) -> Vec<StoredContent> {
    case.backend.list(Some(case.key.organization)).try_collect().await.expect("listing")
}
