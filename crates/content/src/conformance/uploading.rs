//! Uploading, completing and deleting.

use futures_util::future::join;

use super::case::{Case, PART, plan};
use super::sending::{body, bytes};
use crate::digest::Progress;
use crate::error::Error;
use crate::uploads::{CompletedPart, ReceiveError, ReceivePart, UploadSession};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use olivine_domain::Sha256Digest;
use olivine_domain::binary_parts::PartIndex;
use olivine_domain::contents::Generation;

pub(super) async fn three_parts_in_any_order_become_one_content(case: Case<'_>) {
    let session = case.begin().await;
    let parts = [bytes(1, PART), bytes(2, PART), bytes(3, 1000)];
    let mut completed = Vec::new();
    for (index, bytes) in [(3, &parts[2]), (1, &parts[0]), (2, &parts[1])] {
        completed.push(case.upload(&session, index, bytes).await);
    }
    completed.sort_by_key(|part| part.index);
    assert_uploaded(case, &session, &completed).await;
    case.complete(&session, &completed).await.expect("completing");
    case.assert_holds(&parts.concat()).await;
}

pub(super) async fn an_empty_content_is_a_content(case: Case<'_>) {
    case.store(&[Bytes::new()]).await;
    case.assert_holds(b"").await;
    let digested = case.backend.digest(&case.key, &Progress::new()).await.expect("hashing");
    assert_eq!((digested.size, digested.sha256), (0, Sha256Digest::of(b"")));
}

pub(super) async fn refused_bytes_leave_nothing(case: Case<'_>) {
    let session = case.begin().await;
    let right = bytes(1, 200_000);
    let part = ReceivePart::planned(&plan(1, &right));
    let long = case.receive(&session, &part, body(&bytes(1, 200_001))).await;
    assert!(matches!(long, Err(ReceiveError::TooLong { expected: 200_000 })), "{long:?}");
    let short = case.receive(&session, &part, body(&right.slice(1..))).await;
    assert!(
        matches!(short, Err(ReceiveError::TooShort { expected: 200_000, received: 199_999 })),
        "{short:?}"
    );
    let other = case.receive(&session, &part, body(&bytes(2, 200_000))).await;
    assert!(matches!(other, Err(ReceiveError::WrongHash { .. })), "{other:?}");
    let broken = body(&right.slice(..100_000)).chain(stream::iter([Err("connection reset".into())])).boxed();
    let broken = case.receive(&session, &part, broken).await;
    assert!(matches!(broken, Err(ReceiveError::Interrupted { received: 100_000, .. })), "{broken:?}");
    assert_uploaded(case, &session, &[]).await;
    let part = case.upload(&session, 1, &right).await;
    case.complete(&session, &[part]).await.expect("completing after refusals");
    case.assert_holds(&right).await;
}

pub(super) async fn unplanned_bytes_are_taken_up_to_the_limit(case: Case<'_>) {
    let session = case.begin().await;
    let content = bytes(1, 100_000);
    let part = |max_size| ReceivePart {
        index: PartIndex::FIRST,
        expected_size: None,
        expected_sha256: None,
        max_size,
    };
    let over = case.receive(&session, &part(99_999), body(&content)).await;
    assert!(matches!(over, Err(ReceiveError::OverLimit { limit: 99_999 })), "{over:?}");
    assert_uploaded(case, &session, &[]).await;
    let received = case.receive(&session, &part(100_000), body(&content)).await.expect("receiving");
    let part = CompletedPart { index: PartIndex::FIRST, size: received.size, sha256: received.sha256 };
    case.complete(&session, &[part]).await.expect("completing");
    case.assert_holds(&content).await;
}

pub(super) async fn the_attempt_that_completion_names_counts(case: Case<'_>) {
    let session = case.begin().await;
    let (first, second) = (bytes(1, 1000), bytes(2, 2000));
    case.upload(&session, 1, &first).await;
    let part = case.upload(&session, 1, &second).await;
    case.upload(&session, 1, &second).await;
    case.complete(&session, &[part]).await.expect("completing");
    case.assert_holds(&second).await;
}

pub(super) async fn two_writers_at_one_index_never_mix(case: Case<'_>) {
    let session = case.begin().await;
    let (one, other) = (bytes(1, 300_000), bytes(2, 300_000));
    let (part, _) = join(case.upload(&session, 1, &one), case.upload(&session, 1, &other)).await;
    let uploaded = case.backend.uploaded_parts(&case.key, &session).await.expect("listing parts");
    let can_tell = uploaded.iter().all(|part| part.sha256.is_some());
    match case.complete(&session, &[part]).await {
        Ok(()) if can_tell => case.assert_holds(&one).await,
        // Verification finds out; but it must be one of the two.
        Ok(()) => {
            let read = case.read_all().await.expect("reading");
            assert!(read == one || read == other, "a mix of two attempts");
        }
        // A storage that keeps one attempt by index may have kept the other.
        Err(error) => assert!(matches!(error, Error::MissingPart { .. }), "{error:?}"),
    }
}

pub(super) async fn a_writer_that_outlives_its_upload_is_refused(case: Case<'_>) {
    let session = case.begin().await;
    let content = bytes(1, 2_000_000);
    let part = ReceivePart::planned(&plan(1, &content));
    let deletion = stream::once(async move {
        case.backend.delete(&case.key).await.expect("deleting during an upload");
        Ok(Bytes::new())
    });
    let late =
        body(&content.slice(..1_000_000)).chain(deletion).chain(body(&content.slice(1_000_000..))).boxed();
    assert_session_gone(&case.receive(&session, &part, late).await);
    assert_session_gone(&case.receive(&session, &part, body(&content)).await);
    assert!(matches!(case.backend.uploaded_parts(&case.key, &session).await, Err(Error::SessionGone)));
    let completion = case.complete(&session, &[plan(1, &content)]).await;
    assert!(matches!(completion, Err(Error::SessionGone)), "{completion:?}");
    case.assert_gone().await;
}

pub(super) async fn a_complete_content_takes_no_more_parts(case: Case<'_>) {
    let session = case.begin().await;
    let content = bytes(1, 100_000);
    let late = bytes(2, 2_000_000);
    let part = ReceivePart::planned(&plan(1, &late));
    let completed = case.upload(&session, 1, &content).await;
    let during = session.clone();
    let completion = stream::once(async move {
        case.complete(&during, &[completed]).await.expect("completing during an upload");
        Ok(Bytes::new())
    });
    let sent = body(&late.slice(..1_000_000)).chain(completion).chain(body(&late.slice(1_000_000..))).boxed();
    assert_session_gone(&case.receive(&session, &part, sent).await);
    assert_session_gone(&case.receive(&session, &part, body(&late)).await);
    assert!(matches!(case.backend.uploaded_parts(&case.key, &session).await, Err(Error::SessionGone)));
    case.assert_holds(&content).await;
}

pub(super) async fn completion_needs_every_part(case: Case<'_>) {
    let session = case.begin().await;
    let (first, last) = (bytes(1, PART), bytes(3, 10));
    let [one, three] = [case.upload(&session, 1, &first).await, case.upload(&session, 3, &last).await];
    for (parts, index) in
        [(vec![], 1), (vec![one, plan(2, &last)], 2), (vec![one, three], 2), (vec![three], 1)]
    {
        let completion = case.complete(&session, &parts).await;
        let missing =
            |index| move |error: &Error| matches!(error, Error::MissingPart { index: i } if i.get() == index);
        assert!(completion.as_ref().is_err_and(missing(index)), "{completion:?}");
    }
    case.assert_gone().await;
    let two = case.upload(&session, 2, &last).await;
    case.complete(&session, &[one, two]).await.expect("completing");
    case.assert_holds(&[first, last].concat()).await;
}

pub(super) async fn completing_again_and_at_once_is_a_success(case: Case<'_>) {
    let session = case.begin().await;
    let content = bytes(1, 1000);
    let part = [case.upload(&session, 1, &content).await];
    let (one, other) = join(case.complete(&session, &part), case.complete(&session, &part)).await;
    one.and(other).expect("completing twice at once");
    case.complete(&session, &part).await.expect("completing again");
    case.assert_holds(&content).await;
}

pub(super) async fn beginning_again_does_no_harm(case: Case<'_>) {
    let session = case.begin().await;
    let other = case.begin().await;
    let content = bytes(1, 1000);
    let part = case.upload(&session, 1, &content).await;
    case.backend.abandon(&case.key, &other).await.expect("giving up the other one");
    case.backend.abandon(&case.key, &other).await.expect("giving it up again");
    case.complete(&session, &[part]).await.expect("completing");
    case.begin().await;
    case.assert_holds(&content).await;
}

pub(super) async fn deleting_again_or_nothing_is_a_success(case: Case<'_>) {
    case.backend.delete(&case.key).await.expect("deleting nothing");
    let session = case.begin().await;
    case.upload(&session, 1, &bytes(1, 1000)).await;
    case.backend.delete(&case.key).await.expect("deleting an unfinished upload");
    case.store(&[bytes(1, PART), bytes(2, 10)]).await;
    let (one, other) = join(case.backend.delete(&case.key), case.backend.delete(&case.key)).await;
    one.and(other).expect("deleting twice at once");
    case.backend.delete(&case.key).await.expect("deleting again");
    case.assert_gone().await;
}

pub(super) async fn generations_are_apart(case: Case<'_>) {
    let mut next = case;
    next.key.generation = Generation::new(2);
    let (first, second) = (bytes(1, 1000), bytes(2, 1000));
    case.store(std::slice::from_ref(&first)).await;
    next.store(std::slice::from_ref(&second)).await;
    case.assert_holds(&first).await;
    case.backend.delete(&case.key).await.expect("deleting the older generation");
    case.assert_gone().await;
    next.assert_holds(&second).await;
    next.backend.delete(&next.key).await.expect("deleting the newer generation");
}

async fn assert_uploaded(case: Case<'_>, session: &UploadSession, expected: &[CompletedPart]) {
    let uploaded = case.backend.uploaded_parts(&case.key, session).await.expect("listing parts");
    assert_eq!(uploaded.len(), expected.len(), "{uploaded:?}");
    for (uploaded, part) in uploaded.iter().zip(expected) {
        assert_eq!((uploaded.index, uploaded.size), (part.index, part.size));
        assert!(uploaded.sha256.is_none_or(|sha256| sha256 == part.sha256));
    }
}

fn assert_session_gone<T: std::fmt::Debug>(result: &Result<T, ReceiveError>) {
    assert!(matches!(result, Err(ReceiveError::Storage(Error::SessionGone))), "{result:?}");
}
