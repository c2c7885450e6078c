//! The event feed: each event that was committed gets one number, in each organization 1, 2, 3 …, whoever writes, numbers and dies meanwhile.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use olivine_domain::cohorts::Cohort;
use olivine_domain::event_feed::{EventFilter, FeedState, FeedWord, Named};
use olivine_domain::permissions::{Limits, Part, Reach};
use olivine_domain::products::Product;
use sea_orm::{ConnectionTrait as _, DbBackend};

use super::*;
use crate::database::Reader as _;
use crate::event_feed::{FedEvent, FeedPart, MOST_AT_ONCE, Numbering};
use crate::testing::TestDatabase;
use crate::{Options, copying, event_feed, events, lists, migrations, testing};

async fn number(database: &Database, word: u64) -> Numbering {
    commit!(database, |write| event_feed::number(&write, FeedWord(word), fresh_uuid).await).unwrap()
}

async fn write(database: &Database, events: &[Event]) {
    commit!(database, |write| events::insert_many(&write, events).await).unwrap();
}

async fn read(database: &Database, owner: &Organization, after: u64) -> FeedPart {
    let filter = EventFilter::default();
    event_feed::read(database, owner.id, after, &filter, 1_000).await.unwrap().unwrap()
}

fn numbers(events: &[FedEvent]) -> Vec<u64> {
    events.iter().map(|fed| fed.number).collect()
}

/// What a reader reaches.
fn seen(products: &[Id<Product>], cohorts: &[Id<Cohort>]) -> Limits {
    let part =
        Part { products: products.iter().copied().collect(), cohorts: cohorts.iter().copied().collect() };
    Limits::of_all([Reach::Part(part)])
}

fn ids(events: &[FedEvent]) -> Vec<Id<Event>> {
    events.iter().map(|fed| fed.event.id).collect()
}

/// A reader that numbers what is pending and reads on, until all is written and read.
async fn follow(
    database: Arc<TestDatabase>,
    owner: Id<Organization>,
    is_over: Arc<AtomicBool>,
) -> Vec<FedEvent> {
    let mut seen: Vec<FedEvent> = Vec::new();
    loop {
        let was_over = is_over.load(Ordering::Acquire);
        let word = FeedWord(u64::try_from(fresh_uuid().as_u128() >> 32).unwrap());
        let numbering =
            commit!(database, |write| event_feed::number(&write, word, fresh_uuid).await).unwrap();
        // Small answers, so that numbers are given between them.
        let after = seen.last().map_or(0, |last| last.number);
        let part = event_feed::read(&**database, owner, after, &EventFilter::default(), 7).await.unwrap();
        let Some(part) = part else { continue };
        if let Some(last) = seen.last() {
            assert_eq!(part.found, Some(last.word));
        }
        let is_all = part.events.is_empty();
        seen.extend(part.events);
        if was_over && is_all && numbering == Numbering::Done(0) {
            return seen;
        }
    }
}

on_both! {
    async fn every_reader_sees_each_event_once_and_without_a_gap(database) {
        let (owner, database) = (organization(), Arc::new(database));
        let is_over = Arc::new(AtomicBool::new(false));
        // A transaction that hangs, and ends after all others.
        let (hanging, late) = (event(&owner), database.backend() == DbBackend::Postgres);
        let open = if late {
            let open = database.write().await.unwrap();
            events::insert_many(&open, std::slice::from_ref(&hanging)).await.unwrap();
            Some(open)
        } else {
            None
        };
        let readers: Vec<_> =
            (0..3).map(|_| tokio::spawn(follow(Arc::clone(&database), owner.id, Arc::clone(&is_over)))).collect();
        let writers: Vec<_> = (0..8_u64).map(|writer| {
            let (database, owner) = (Arc::clone(&database), owner.clone());
            tokio::spawn(async move {
                let mut committed = Vec::new();
                for turn in 0..20 {
                    let events: Vec<_> = (0..=turn % 3).map(|_| event(&owner)).collect();
                    let write = database.write().await.unwrap();
                    events::insert_many(&write, &events).await.unwrap();
                    // Those that are thrown away leave no gap.
                    if (turn + writer) % 4 == 0 {
                        drop(write);
                    } else {
                        write.commit().await.unwrap();
                        committed.push(events.into_iter().map(|event| event.id).collect::<Vec<_>>());
                    }
                }
                committed
            })
        }).collect();
        let mut committed = Vec::new();
        for writer in writers {
            committed.push(writer.await.unwrap());
        }
        if let Some(open) = open {
            while event_feed::has_pending(&**database).await.unwrap() {
                tokio::task::yield_now().await;
            }
            open.commit().await.unwrap();
            committed.push(vec![vec![hanging.id]]);
        }
        is_over.store(true, Ordering::Release);
        let all: BTreeSet<_> = committed.iter().flatten().flatten().copied().collect();
        let mut first: Option<Vec<FedEvent>> = None;
        for reader in readers {
            let seen = reader.await.unwrap();
            assert_eq!(numbers(&seen), (1..=all.len() as u64).collect::<Vec<_>>());
            assert_eq!(ids(&seen).into_iter().collect::<BTreeSet<_>>(), all);
            // What one writer wrote first has the smaller number.
            let order = |id: &Id<Event>| seen.iter().position(|fed| fed.event.id == *id);
            for written in &committed {
                assert!(written.iter().flatten().map(order).is_sorted(), "a writer's own order");
            }
            if let Some(first) = &first {
                assert_eq!(*first, seen, "all readers see the same");
            }
            first = Some(seen);
        }
        if late {
            let last = first.unwrap().last().unwrap().event.id;
            assert_eq!(last, hanging.id, "a transaction that hangs delays its own events only");
        }
    }

    async fn organizations_have_numbers_of_their_own(database) {
        let (one, other) = (organization(), organization());
        assert_eq!(event_feed::state(&*database, one.id).await.unwrap(), None);
        let written = [event(&one), event(&other), event(&one)];
        write(&database, &written).await;
        assert!(event_feed::has_pending(&*database).await.unwrap());
        assert_eq!(number(&database, 5).await, Numbering::Done(3));
        assert_eq!(number(&database, 6).await, Numbering::Done(0));
        assert!(!event_feed::has_pending(&*database).await.unwrap());
        let [ones, others] = [read(&database, &one, 0).await, read(&database, &other, 0).await];
        assert_eq!(ids(&ones.events), [written[0].id, written[2].id]);
        assert_eq!((numbers(&ones.events), numbers(&others.events)), (vec![1, 2], vec![1]));
        assert_eq!((ones.looked_at, ones.found), ((2, FeedWord(5)), None));
        assert_ne!(ones.state.feed, others.state.feed);
        let state = FeedState { last_number: 2, last_word: FeedWord(5), complete_from: 1, ..ones.state };
        assert_eq!(event_feed::state(&*database, one.id).await.unwrap(), Some(state));
        // Words are 64 bits.
        write(&database, &[event(&one)]).await;
        number(&database, u64::MAX).await;
        let rest = read(&database, &one, 2).await;
        assert_eq!((numbers(&rest.events), rest.events[0].word, rest.found), (vec![3], FeedWord(u64::MAX), Some(FeedWord(5))));
        assert_eq!(read(&database, &one, 9).await.events, []);
    }

    async fn numberings_are_of_bounded_size_and_events_that_have_a_number_keep_it(database) {
        let owner = organization();
        let most = usize::try_from(MOST_AT_ONCE).unwrap();
        let written: Vec<_> = (0..most + 3).map(|_| event(&owner)).collect();
        write(&database, &written).await;
        assert_eq!(number(&database, 1).await, Numbering::Done(MOST_AT_ONCE));
        // As data that are loaded once more, with the trigger on.
        let again = "INSERT INTO event_pending (event_id, organization_id) SELECT id, organization_id FROM events ORDER BY id";
        let once_more = database.write().await.unwrap();
        once_more.executor().execute_unprepared(again).await.unwrap();
        once_more.commit().await.unwrap();
        while number(&database, 2).await != Numbering::Done(0) {}
        let filter = EventFilter::default();
        let part = event_feed::read(&*database, owner.id, 0, &filter, 5_000).await.unwrap().unwrap();
        assert_eq!(ids(&part.events), written.iter().map(|event| event.id).collect::<Vec<_>>());
        assert_eq!(numbers(&part.events), (1..=most as u64 + 3).collect::<Vec<_>>());
    }

    async fn filters_pass_over_numbers_and_say_how_far_they_looked(database) {
        let owner = organization();
        let (product, cohort, key) = (fresh(), fresh(), fresh());
        let mut written: Vec<_> = (0..30).map(|_| event(&owner)).collect();
        written[4].kind = EventType::BinarySigned.into();
        written[9].product = Some(product);
        written[9].cohort = Some(cohort);
        written[20].identity = Identity::ApiKey(key).into();
        written[21].subject = Subject::of(key);
        write(&database, &written).await;
        number(&database, 1).await;
        let named = vec![Named::from_prn(&key.prn(owner.id).to_string(), owner.id)];
        let none = EventFilter::default();
        for (filter, limit, expected, looked_at) in [
            (EventFilter { kinds: vec![EventType::BinarySigned, EventType::BinaryReset], ..none.clone() }, 10, vec![5], 30),
            (EventFilter { products: vec![product], ..none.clone() }, 10, vec![10], 30),
            (EventFilter { cohorts: vec![cohort], ..none.clone() }, 10, vec![10], 30),
            (EventFilter { products: vec![product], cohorts: vec![fresh()], ..none.clone() }, 10, vec![], 30),
            (EventFilter { seen: seen(&[product], &[]), ..none.clone() }, 10, vec![10], 30),
            (EventFilter { seen: seen(&[], &[cohort]), ..none.clone() }, 10, vec![10], 30),
            (EventFilter { seen: seen(&[fresh()], &[fresh()]), ..none.clone() }, 10, vec![], 30),
            (EventFilter { actors: named.clone(), ..none.clone() }, 10, vec![21], 30),
            (EventFilter { resources: named.clone(), ..none.clone() }, 10, vec![22], 30),
            (EventFilter { about: named.clone(), ..none.clone() }, 10, vec![21, 22], 30),
            (EventFilter { about: named, ..none.clone() }, 1, vec![21], 21),
            (none, 3, vec![1, 2, 3], 3),
        ] {
            let part = event_feed::read(&*database, owner.id, 0, &filter, limit).await.unwrap().unwrap();
            assert_eq!((numbers(&part.events), part.looked_at.0), (expected.clone(), looked_at), "{filter:?}");
            // Streams ask the same of each event.
            let passed = (1..).zip(&written).filter(|(_, event)| filter.passes(event)).map(|(number, _)| number);
            assert_eq!(passed.take(usize::try_from(limit).unwrap()).collect::<Vec<u64>>(), expected, "{filter:?}");
        }
    }

    async fn a_filter_looks_at_a_bounded_number_of_rows(database) {
        let owner = organization();
        let written: Vec<_> = (0..event_feed::MOST_LOOKED_AT + 5).map(|_| event(&owner)).collect();
        for some in written.chunks(1_000) {
            write(&database, some).await;
        }
        while number(&database, 1).await != Numbering::Done(0) {}
        let filter = EventFilter { kinds: vec![EventType::BinarySigned], ..EventFilter::default() };
        let part = event_feed::read(&*database, owner.id, 2, &filter, 10).await.unwrap().unwrap();
        assert_eq!((part.events.len(), part.looked_at), (0, (event_feed::MOST_LOOKED_AT + 2, FeedWord(1))));
    }

    async fn what_time_deletes_is_gone_from_the_feed_and_told(database) {
        let owner = organization();
        let written: Vec<_> = (0..5).map(|_| event(&owner)).collect();
        write(&database, &written).await;
        number(&database, 1).await;
        let old = [written[1].id, written[3].id];
        commit!(database, |write| events::delete(&write, owner.id, &old).await).unwrap();
        let part = read(&database, &owner, 2).await;
        assert_eq!((numbers(&part.events), part.found, part.state.complete_from), (vec![3, 5], None, 5));
        // An older one that goes later does not take that back.
        commit!(database, |write| events::delete(&write, owner.id, &[written[0].id]).await).unwrap();
        let part = read(&database, &owner, 0).await;
        assert_eq!((numbers(&part.events), part.state.complete_from, part.state.last_number), (vec![3, 5], 5, 5));
    }

    async fn feeds_get_new_ids(database) {
        let (one, other) = (organization(), organization());
        write(&database, &[event(&one)]).await;
        number(&database, 1).await;
        commit!(database, |write| event_feed::begin(&write, other.id, fresh_uuid()).await).unwrap();
        commit!(database, |write| event_feed::begin(&write, one.id, fresh_uuid()).await).unwrap();
        let before = [read(&database, &one, 0).await.state, read(&database, &other, 0).await.state];
        assert_eq!(commit!(database, |write| event_feed::renew(&write, fresh_uuid).await).unwrap(), 2);
        let after = [read(&database, &one, 0).await.state, read(&database, &other, 0).await.state];
        for (before, after) in before.iter().zip(&after) {
            assert_ne!(before.feed, after.feed);
            assert_eq!(FeedState { feed: after.feed, ..*before }, *after);
        }
    }
}

/// What was not numbered yet is numbered in the copy, in the same order, and numbers and words are the same; only the feed is another one.
#[tokio::test]
async fn a_copy_takes_numbers_words_and_what_is_pending_along() {
    for (source, target) in [
        (testing::sqlite().await, testing::empty_postgres().await),
        (testing::postgres().await, testing::empty_sqlite().await),
    ] {
        let owner = organization();
        let written: Vec<_> = (0..6).map(|_| event(&owner)).collect();
        write(&source, &[written[4].clone(), written[2].clone()]).await;
        number(&source, 7).await;
        // Not in the order of their keys.
        write(&source, &[written[5].clone(), written[0].clone(), written[3].clone()]).await;
        copying::copy(&source, &target, fresh_uuid).await.unwrap();
        let (before, copy) = (read(&source, &owner, 0).await, read(&target, &owner, 0).await);
        assert_eq!(before.events, copy.events);
        assert_ne!(before.state.feed, copy.state.feed);
        assert_eq!(number(&target, 8).await, Numbering::Done(3));
        let rest = read(&target, &owner, 2).await;
        assert_eq!(ids(&rest.events), [written[5].id, written[0].id, written[3].id]);
        assert_eq!(numbers(&rest.events), [3, 4, 5]);
        // What is written in the copy comes after that.
        write(&target, &[written[1].clone()]).await;
        number(&target, 9).await;
        assert_eq!(ids(&read(&target, &owner, 5).await.events), [written[1].id]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_numbering_passes_by_one_that_is_at_work_and_outlives_one_that_froze() {
    let database = testing::postgres().await;
    let owner = organization();
    write(&database, &[event(&owner)]).await;
    let frozen = database.write().await.unwrap();
    assert_eq!(event_feed::number(&frozen, FeedWord(1), fresh_uuid).await.unwrap(), Numbering::Done(1));
    assert_eq!(number(&database, 2).await, Numbering::Elsewhere);
    // The database ends it after two seconds.
    let began = std::time::Instant::now();
    while number(&database, 3).await == Numbering::Elsewhere {
        assert!(
            began.elapsed() < Duration::from_secs(20),
            "a frozen numbering holds the feed up for two seconds"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(read(&database, &owner, 0).await.events[0].word, FeedWord(3));
    drop(frozen);
}

/// A migration that has to wait for a transaction gives the others their turn, and tries again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn making_the_trigger_waits_for_open_writers_without_stopping_all_others() {
    let database = testing::empty_postgres().await;
    migrations::run_before(database.begin_at_length().await.unwrap(), "0014_event_feed").await.unwrap();
    let insert = "INSERT INTO events (id, organization_id, kind, subject_id, data, inserted_at) \
                  VALUES (gen_random_uuid(), gen_random_uuid(), 'binary.signed', gen_random_uuid(), '{}', 0)";
    let open = database.begin_at_length().await.unwrap();
    open.execute_unprepared(insert).await.unwrap();
    let migrating = {
        let other = Database::open(database.url(), Options::default()).await.unwrap();
        tokio::spawn(async move { other.migrate().await })
    };
    // Longer than the migration waits: somebody who comes meanwhile writes nevertheless.
    let began = std::time::Instant::now();
    while began.elapsed() < Duration::from_secs(4) {
        let write = database.write().await.unwrap();
        write.executor().execute_unprepared(insert).await.unwrap();
        write.commit().await.unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(!migrating.is_finished());
    open.commit().await.unwrap();
    migrating.await.unwrap().unwrap();
    // What was there before has no number; what comes now has.
    assert!(!event_feed::has_pending(&*database).await.unwrap());
    write(&database, &[event(&organization())]).await;
    assert!(event_feed::has_pending(&*database).await.unwrap());
}

on_both! {
    async fn reading_a_feed_costs_the_same_wherever_it_is_read(database) {
        super::plans::fill(&database).await;
        let scope = lists::Scope { backend: database.backend(), organization: Id::new(Uuid::from_u128((0xaa << 120) | 1)) };
        let by_kind = EventFilter { kinds: vec![EventType::BinarySigned], ..EventFilter::default() };
        for filter in [EventFilter::default(), by_kind] {
            let select = event_feed::select(&scope, 5_000, &filter, 100);
            let plan = super::plans::plan(&database, scope.backend.build(&select)).await;
            let bad = ["Seq Scan on event_feed ", "Seq Scan on events", "SCAN event_feed", "SCAN events", "events_by_kind", "events_list"];
            assert!(!bad.iter().any(|word| plan.contains(word)), "{filter:?}\n{plan}");
        }
    }
}
