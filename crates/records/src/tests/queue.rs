//! Jobs: each is done once at a time, none is lost, and orders that belong together become one.

use std::collections::BTreeSet;
use std::time::Duration;

use super::*;
use crate::jobs::{self, Job, JobId, JobState, NewJob};
use crate::*;

const KINDS: &[&str] = &["verify", "delete"];
const LEASE: Duration = Duration::from_micros(10);

fn job(dedup_key: Option<&str>) -> NewJob {
    NewJob {
        id: JobId(fresh_uuid()),
        kind: "verify".to_owned(),
        organization: None,
        dedup_key: dedup_key.map(str::to_owned),
        payload: "{\"n\": 1}".to_owned(),
        run_at: at(0),
        now: at(0),
    }
}

async fn enqueue(database: &Database, job: NewJob) -> JobId {
    let id = job.id;
    commit!(database, |write| jobs::enqueue(&write, job).await).unwrap();
    id
}

async fn claim(database: &Database, owner: &str, now: u64) -> Option<Job> {
    jobs::claim(database, KINDS, owner, at(now), LEASE).await.unwrap()
}

async fn finish(database: &Database, id: JobId, owner: &str, now: u64) -> bool {
    commit!(database, |write| jobs::finish(&write, id, owner, at(now)).await).unwrap()
}

async fn state(database: &Database, id: JobId) -> JobState {
    jobs::find(database, id).await.unwrap().unwrap().state
}

on_both! {
    async fn a_job_runs_when_it_is_due_and_ends(database) {
        let owner = fresh();
        let id = enqueue(&database, NewJob { organization: Some(owner), run_at: at(5), ..job(None) }).await;
        assert_eq!(claim(&database, "a", 4).await, None);
        assert_eq!(jobs::next_due(&*database, KINDS).await.unwrap(), Some(at(5)));
        assert_eq!(jobs::next_due(&*database, &["other"]).await.unwrap(), None);
        assert_eq!(jobs::claim(&database, &["other"], "a", at(9), LEASE).await.unwrap(), None);
        assert_eq!(jobs::claim(&database, &[], "a", at(9), LEASE).await.unwrap(), None);
        let claimed = claim(&database, "a", 5).await.unwrap();
        assert_eq!((claimed.id, claimed.organization, claimed.attempts), (id, Some(owner), 1));
        assert_eq!((claimed.state, claimed.due_at), (JobState::Running, at(15)));
        assert_eq!((claimed.payload.as_str(), claimed.owner.as_deref()), ("{\"n\": 1}", Some("a")));
        assert_eq!(claim(&database, "b", 14).await, None);
        assert!(!finish(&database, id, "b", 15).await, "only the owner ends it");
        assert!(finish(&database, id, "a", 15).await);
        assert!(!finish(&database, id, "a", 15).await);
        assert_eq!(state(&database, id).await, JobState::Finished);
        assert_eq!(jobs::next_due(&*database, KINDS).await.unwrap(), None);
        assert_eq!(commit!(database, |write| jobs::purge(&write, at(15), 10).await).unwrap(), 0);
        assert_eq!(commit!(database, |write| jobs::purge(&write, at(16), 10).await).unwrap(), 1);
        assert_eq!(jobs::find(&*database, id).await.unwrap(), None);
    }

    async fn a_dead_owners_job_is_taken_over(database) {
        let id = enqueue(&database, job(None)).await;
        claim(&database, "dead", 0).await.unwrap();
        assert!(jobs::heartbeat(&database, id, "dead", at(20)).await.unwrap());
        assert_eq!(claim(&database, "b", 19).await, None);
        let taken = claim(&database, "b", 20).await.unwrap();
        assert_eq!((taken.id, taken.attempts), (id, 2));
        assert!(!jobs::heartbeat(&database, id, "dead", at(99)).await.unwrap());
        assert!(!jobs::retry_at(&database, id, "dead", at(99), "late", at(21)).await.unwrap());
        assert!(!finish(&database, id, "dead", 21).await);
        assert_eq!(jobs::release_leases_of_dead(&database, at(22)).await.unwrap(), 1);
        assert_eq!(claim(&database, "c", 22).await.unwrap().attempts, 3);
    }

    async fn a_failed_job_waits_gives_up_and_is_run_again(database) {
        let (owner, other) = (Id::<Organization>::new(fresh_uuid()), Id::<Organization>::new(fresh_uuid()));
        let of_owner = || NewJob { organization: Some(owner), ..job(Some("x")) };
        let rerun = async |of, id: JobId, now| {
            commit!(database, |write| jobs::rerun(&write, of, Id::new(id.0), at(now)).await).unwrap()
        };
        let id = enqueue(&database, of_owner()).await;
        claim(&database, "a", 0).await.unwrap();
        assert!(jobs::retry_at(&database, id, "a", at(50), "no disk", at(1)).await.unwrap());
        assert_eq!(claim(&database, "a", 49).await, None);
        let claimed = claim(&database, "a", 50).await.unwrap();
        assert_eq!((claimed.attempts, claimed.last_error.as_deref()), (2, Some("no disk")));
        assert!(commit!(database, |write| jobs::give_up(&write, id, "a", "still no disk", at(51)).await).unwrap());
        assert_eq!(state(&database, id).await, JobState::GivenUp);
        assert_eq!(claim(&database, "a", 99).await, None);

        let newer = enqueue(&database, of_owner()).await;
        let write = database.write().await.unwrap();
        assert!(!jobs::rerun(&write, owner, Id::new(id.0), at(60)).await.unwrap(), "another one is live");
        drop(write);
        claim(&database, "a", 60).await.unwrap();
        assert!(finish(&database, newer, "a", 61).await);
        assert!(!rerun(other, id, 62).await, "it is somebody else's");
        assert!(rerun(owner, id, 62).await);
        assert!(rerun(owner, id, 62).await, "it waits, and begins now");
        assert_eq!(claim(&database, "a", 62).await.unwrap().attempts, 1);
        let counts = jobs::count_by_state(&*database).await.unwrap();
        let expected = [(("verify".to_owned(), JobState::Running), 1), (("verify".to_owned(), JobState::Finished), 1)];
        assert_eq!(counts, expected.into());
    }

    async fn orders_with_one_key_become_one(database) {
        let first = enqueue(&database, NewJob { run_at: at(10), ..job(Some("x")) }).await;
        enqueue(&database, NewJob { run_at: at(20), ..job(Some("x")) }).await;
        assert_eq!(jobs::next_due(&*database, KINDS).await.unwrap(), Some(at(10)));
        enqueue(&database, NewJob { run_at: at(5), ..job(Some("x")) }).await;
        let other = enqueue(&database, NewJob { run_at: at(6), ..job(Some("y")) }).await;
        assert_eq!(claim(&database, "a", 6).await.unwrap().id, first, "the earliest order counts");
        assert_eq!(claim(&database, "b", 6).await.unwrap().id, other);
        assert_eq!(claim(&database, "c", 6).await, None);

        // Ordered while it runs: once more afterwards, but only once.
        for _ in 0..3 {
            enqueue(&database, job(Some("x"))).await;
        }
        assert_eq!(claim(&database, "c", 7).await, None, "never two at a time");
        assert!(finish(&database, first, "a", 8).await);
        let again = claim(&database, "c", 8).await.unwrap();
        assert_eq!((again.id, again.attempts), (first, 1));
        assert!(finish(&database, first, "c", 9).await);
        assert_eq!(claim(&database, "c", 9).await, None);
        let second = enqueue(&database, job(Some("x"))).await;
        assert_eq!(claim(&database, "c", 9).await.unwrap().id, second);
        enqueue(&database, job(Some("x"))).await;
        assert!(commit!(database, |write| jobs::give_up(&write, second, "c", "no", at(10)).await).unwrap());
        assert_eq!(state(&database, second).await, JobState::Waiting, "it was ordered again");
    }

    async fn an_order_is_as_good_as_its_transaction(database) {
        let write = database.write().await.unwrap();
        jobs::enqueue(&write, job(Some("x"))).await.unwrap();
        drop(write);
        assert_eq!(claim(&database, "a", 9).await, None);
        let id = enqueue(&database, job(None)).await;
        claim(&database, "a", 9).await.unwrap();
        let write = database.write().await.unwrap();
        assert!(jobs::finish(&write, id, "a", at(9)).await.unwrap());
        drop(write);
        assert_eq!(state(&database, id).await, JobState::Running);
    }

    async fn thirty_two_claimers_do_each_job_once(database) {
        const JOBS: usize = 100;
        let write = database.write().await.unwrap();
        for number in 0..JOBS {
            let key = number.is_multiple_of(2).then(|| number.to_string());
            jobs::enqueue(&write, job(key.as_deref())).await.unwrap();
        }
        write.commit().await.unwrap();
        let claimers: Vec<_> = (0..32)
            .map(|number| {
                let database = Database::clone(&database);
                tokio::spawn(async move {
                    let mut done = Vec::new();
                    for _ in 0..=JOBS {
                        let name = number.to_string();
                        let lease = Duration::from_mins(1);
                        let Some(job) = jobs::claim(&database, KINDS, &name, at(1), lease).await.unwrap() else { break };
                        assert!(finish(&database, job.id, &name, 2).await);
                        done.push(job.id);
                    }
                    done
                })
            })
            .collect();
        let mut done = Vec::new();
        for claimer in claimers {
            done.extend(claimer.await.unwrap());
        }
        assert_eq!(done.len(), JOBS);
        assert_eq!(done.into_iter().collect::<BTreeSet<_>>().len(), JOBS);
    }
}
