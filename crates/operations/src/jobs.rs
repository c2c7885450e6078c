//! Jobs: work that has to happen after a change was committed, even if the process that made the change dies.
//!
//! A `Job` is ordered in the transaction that causes it. Runners of all processes claim jobs with a lease; each can be carried out twice
//! without harm, because a runner may die at any line. A new kind is a file here with a type that implements `Job`, and a line in the
//! list below: without it, the kind can't be ordered. Payloads that operations order are in `orders.rs`, so that operations don't name how
//! jobs are carried out.

mod archive_contents;
mod carry_out_bulk_operation;
mod check_contents;
mod delete_content;
mod expire_events;
mod expire_uploads;
pub(crate) mod job;
mod move_content;
pub(crate) mod orders;
mod payload;
mod purge;
mod replicate;
mod runner;
mod shown;
mod spread;
mod verify_binary;

pub use runner::{run, run_due};
pub use shown::{About, get, list, retry};

use olivine_records::jobs;

use self::expire_events::ExpireEvents;
use self::expire_uploads::ExpireUploads;
use self::job::{Claimed, Job, Lane, Listed, Outcome};
use self::orders::{
    ArchiveContents, CarryOutBulkOperation, CheckContents, DeleteContent, MoveContent, Replicate, Spread,
    VerifyBinary,
};
use self::purge::Purge;
use crate::{Context, Error};

/// Generates all code that has to know every kind from one list.
macro_rules! listed {
    ($($job:ty),* $(,)?) => {
        $(impl Listed for $job {})*

        /// All kinds, with their lanes.
        const LANES: &[(&str, Lane)] = &[$((<$job as Job>::KIND, <$job as Job>::LANE)),*];

        /// All kinds.
        pub(crate) const KINDS: &[&str] = &[$(<$job as Job>::KIND),*];

        /// Does a job.
        async fn carry_out(ctx: &Context, claimed: Claimed<'_>) -> Result<Outcome, Error> {
            match claimed.record.kind.as_str() {
                $(<$job as Job>::KIND => match serde_json::from_str::<$job>(&claimed.record.payload) {
                    Ok(job) => Box::pin(job.run(ctx, claimed)).await,
                    Err(error) => Ok(Outcome::GivenUp(format!("this version can't read the job: {error}"))),
                },)*
                _ => Ok(Outcome::GivenUp("this version does not know the kind of job".to_owned())),
            }
        }

        /// Makes sure that the jobs that come back by themselves are there; for the start of a server.
        pub async fn enqueue_recurring(ctx: &Context) -> Result<(), Error> {
            let mut w = ctx.work().await?;
            $(if let Some(job) = <$job as Job>::RECURRING {
                w.order(None, &job);
            })*
            w.commit().await
        }
    };
}

listed!(
    VerifyBinary,
    DeleteContent,
    Replicate,
    CheckContents,
    Spread,
    ArchiveContents,
    MoveContent,
    CarryOutBulkOperation,
    ExpireUploads,
    ExpireEvents,
    Purge,
);

/// Takes all running jobs from their runners: for a server that knows to be alone, because it holds its data folder's lock.
pub async fn take_over_all(ctx: &Context) -> Result<u64, Error> {
    Ok(jobs::release_leases_of_dead(ctx.db(), ctx.now()).await?)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use olivine_domain::binaries::Binary;
    use olivine_domain::contents::Generation;
    use olivine_domain::prn::Id;
    use olivine_domain::storage_backends::StorageBackend;
    use uuid::Uuid;

    use super::orders::Held;
    use super::*;

    fn written<J: Job>(job: &J) -> (String, String) {
        (job.subject(), serde_json::to_string(job).unwrap())
    }

    /// Other versions read these, and order the same work.
    #[test]
    fn subjects_and_payloads_are_what_earlier_versions_write() {
        let (binary, storage) =
            (Id::<Binary>::new(Uuid::from_u128(1)), Id::<StorageBackend>::new(Uuid::from_u128(2)));
        let id = Binary::content_of(binary);
        let (b, s) = ("00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000002");
        let generation = Generation::new(3);
        let verify = VerifyBinary { binary, generation };
        let content = format!(r#"{{"binary":"{b}","generation":3}}"#);
        assert_eq!(written(&verify), (format!("{b}:3"), content.clone()));
        let placed = format!(r#"{{"binary":"{b}","generation":3,"storage":"{s}"}}"#);
        let copy = Replicate { content: id, generation, storage };
        assert_eq!(written(&copy), (format!("{b}:3:{s}"), placed.clone()));
        let deletion = |storage, held| DeleteContent { content: id, generation, storage, held };
        assert_eq!(written(&deletion(Some(storage), Held::Anything)), (format!("{b}:3:{s}"), placed.clone()));
        let complete = format!(r#"{{"binary":"{b}","generation":3,"storage":"{s}","held":"complete"}}"#);
        assert_eq!(
            written(&deletion(Some(storage), Held::Complete)),
            (format!("{b}:3:{s}"), complete.clone())
        );
        assert_eq!(written(&deletion(None, Held::Anything)), (format!("{b}:3"), content.clone()));
        for (text, storage, held) in [
            (content, None, Held::Anything),
            (placed, Some(storage), Held::Anything),
            (complete, Some(storage), Held::Complete),
        ] {
            let read: DeleteContent = serde_json::from_str(&text).unwrap();
            assert_eq!((read.storage, read.held), (storage, held), "{text}");
        }
        let bundle = Id::new(Uuid::from_u128(1));
        assert_eq!(written(&CheckContents { bundle }), (b.to_owned(), format!(r#"{{"bundle":"{b}"}}"#)));
        assert_eq!(written(&Spread {}), (String::new(), "{}".to_owned()));
        let moving = MoveContent { content: id, generation };
        assert_eq!(written(&moving), (format!("{b}:3"), format!(r#"{{"content":"{b}","generation":3}}"#)));
        let look = ArchiveContents { organization: None };
        assert_eq!(written(&look), (String::new(), "{}".to_owned()));
        let look = ArchiveContents { organization: Some(Id::new(Uuid::from_u128(1))) };
        assert_eq!(written(&look), (b.to_owned(), format!(r#"{{"organization":"{b}"}}"#)));
    }

    #[test]
    fn each_kind_has_a_name_of_its_own_and_a_lane() {
        assert_eq!(KINDS.iter().collect::<BTreeSet<_>>().len(), KINDS.len());
        assert!(LANES.iter().all(|(_, lane)| Lane::ALL.contains(lane)));
    }
}
