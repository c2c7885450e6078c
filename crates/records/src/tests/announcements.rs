//! The log of announcements: each is seen once, whenever its transaction ends, and another log is noticed.

use std::collections::BTreeSet;

use sea_orm::ConnectionTrait as _;

use super::*;
use crate::announcements::{self, News, Position};
use crate::database::Reader as _;
use crate::*;

const ALL: u64 = 1_000;

async fn announce(database: &Database, subject: u128) {
    commit!(database, |write| announcements::add(&write, "device", Uuid::from_u128(subject), at(0)).await)
        .unwrap();
}

async fn news(database: &Database, position: &Position) -> News {
    announcements::news_since(database, position, ALL).await.unwrap()
}

fn subjects(news: &News) -> BTreeSet<u128> {
    news.announcements.iter().map(|one| one.subject.as_u128()).collect()
}

on_both! {
    async fn each_announcement_is_seen_once(database) {
        announce(&database, 1).await;
        let begun = announcements::position(&*database).await.unwrap();
        assert_eq!(subjects(&news(&database, &begun).await), BTreeSet::new());
        announce(&database, 2).await;
        announce(&database, 3).await;
        let first = news(&database, &begun).await;
        assert_eq!((subjects(&first), first.is_all), (BTreeSet::from([2, 3]), true));
        assert!(first.position.continues(&begun));
        announce(&database, 4).await;
        let second = news(&database, &first.position).await;
        assert_eq!(subjects(&second), BTreeSet::from([4]));
        assert!(!begun.continues(&second.position), "the log never goes back");
    }

    async fn more_than_the_limit_is_said(database) {
        let begun = announcements::position(&*database).await.unwrap();
        for subject in 0..5 {
            announce(&database, subject).await;
        }
        let some = announcements::news_since(&*database, &begun, 5).await.unwrap();
        assert!(!some.is_all, "it may be all, but that is not known");
        assert!(announcements::news_since(&*database, &begun, 6).await.unwrap().is_all);
    }
}

/// Numbers that are never used, as many as are not worth remembering.
const HOLES: usize = 600;

#[tokio::test]
async fn what_becomes_visible_late_is_seen_whatever_is_missing_before_it() {
    let database = crate::testing::postgres().await;
    let begun = announcements::position(&*database).await.unwrap();
    let skip = format!(
        "SELECT nextval(pg_get_serial_sequence('announcements', 'number')) FROM generate_series(1, {HOLES})"
    );
    let late = database.write().await.unwrap();
    announcements::add(&late, "device", Uuid::from_u128(1), at(0)).await.unwrap();
    let write = database.write().await.unwrap();
    write.executor().execute_unprepared(&skip).await.unwrap();
    drop(write);
    announce(&database, 2).await;
    let younger = news(&database, &begun).await;
    assert_eq!(subjects(&younger), BTreeSet::from([2]));
    let again = news(&database, &younger.position).await;
    assert_eq!(subjects(&again), BTreeSet::new());
    late.commit().await.unwrap();
    assert_eq!(subjects(&news(&database, &again.position).await), BTreeSet::from([1]));
}

#[tokio::test]
async fn another_table_is_another_log() {
    let database = crate::testing::postgres().await;
    let begun = announcements::position(&*database).await.unwrap();
    let write = database.write().await.unwrap();
    let renew = "CREATE TABLE renewed (LIKE announcements INCLUDING ALL); DROP TABLE announcements; \
                 ALTER TABLE renewed RENAME TO announcements";
    write.executor().execute_unprepared(renew).await.unwrap();
    write.commit().await.unwrap();
    assert!(!news(&database, &begun).await.position.continues(&begun));
}
