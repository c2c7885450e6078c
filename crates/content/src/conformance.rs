//! What every storage backend must do, as tests over the trait: each backend's own tests call [`run`]. A server must never call it.
//!
//! It is no feature, because with one, tests and executables would be compiled apart, and all crates above with them.
//!
//! A case must not depend on how a backend stores anything, only on what [`Backend`] promises.

mod case;
mod keeping;
mod reading;
mod sending;
mod uploading;

use futures_util::future::BoxFuture;
use olivine_domain::Id;
use olivine_domain::contents::Generation;
use olivine_domain::organizations::Organization;
use uuid::Uuid;

use self::case::Case;
pub use self::sending::{InProcess, Sender, Sent, body, bytes};
use crate::backend::Backend;
use olivine_domain::contents::ContentKey;

/// Runs every case against `backend`, one after the other, on contents of `organization`, of which there must be none yet. Takes
/// some 11 MiB of storage at a time.
///
/// # Panics
/// Where the backend does not keep its promise.
pub async fn run(backend: &dyn Backend, sender: &dyn Sender, organization: Id<Organization>) {
    for (number, case) in (1..).zip(CASES) {
        let key = ContentKey {
            organization,
            content: Id::new(Uuid::from_u128(organization.uuid().as_u128() ^ number)),
            generation: Generation::new(1),
        };
        case(Case { backend, sender, key }).await;
        backend.delete(&key).await.expect("cleaning up");
    }
}

type CaseFunction = for<'a> fn(Case<'a>) -> BoxFuture<'a, ()>;

const CASES: [CaseFunction; 24] = [
    |case| Box::pin(uploading::three_parts_in_any_order_become_one_content(case)),
    |case| Box::pin(uploading::an_empty_content_is_a_content(case)),
    |case| Box::pin(uploading::refused_bytes_leave_nothing(case)),
    |case| Box::pin(uploading::unplanned_bytes_are_taken_up_to_the_limit(case)),
    |case| Box::pin(uploading::the_attempt_that_completion_names_counts(case)),
    |case| Box::pin(uploading::two_writers_at_one_index_never_mix(case)),
    |case| Box::pin(uploading::a_writer_that_outlives_its_upload_is_refused(case)),
    |case| Box::pin(uploading::a_complete_content_takes_no_more_parts(case)),
    |case| Box::pin(uploading::completion_needs_every_part(case)),
    |case| Box::pin(uploading::completing_again_and_at_once_is_a_success(case)),
    |case| Box::pin(uploading::beginning_again_does_no_harm(case)),
    |case| Box::pin(uploading::deleting_again_or_nothing_is_a_success(case)),
    |case| Box::pin(uploading::generations_are_apart(case)),
    |case| Box::pin(reading::nothing_is_there_before_completion(case)),
    |case| Box::pin(reading::every_range_reads_its_bytes(case)),
    |case| Box::pin(reading::hashing_can_be_watched_and_stopped(case)),
    |case| Box::pin(reading::urls_end_when_they_were_asked_to(case)),
    |case| Box::pin(keeping::an_import_is_there_once_all_of_it_is_right(case)),
    |case| Box::pin(keeping::an_import_of_many_chunks_is_whole(case)),
    |case| Box::pin(keeping::lists_tell_contents_from_leftovers(case)),
    |case| Box::pin(keeping::what_is_held_is_told_until_it_is_deleted(case)),
    |case| Box::pin(keeping::a_storage_has_one_identity(case)),
    |case| Box::pin(keeping::deletions_leave_nothing_in_the_list(case)),
    |case| Box::pin(keeping::a_probe_leaves_nothing(case)),
];
