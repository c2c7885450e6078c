//! Changes must reach other processes also if the numbers of their announcements are missing, become visible late, or are used twice.

use std::time::Instant;

use olivine_tests::PostgresDatabase;
use serde_json::json;

use crate::fleet::Member;
use crate::offers::Offers;
use crate::{pair, wait_until};

/// More than a process could query one by one.
const MISSING: usize = 600;
/// How far the numbers go back.
const BACK: usize = 50;
const SEQUENCE: &str = "pg_get_serial_sequence('announcements', 'number')";

/// Blocks every transaction that announces a change of this device, after it has got its number, until [`let_pass`].
fn hold_back(database: &PostgresDatabase, device: &Member) {
    let id = device.prn.rsplit(':').next().expect("a PRN ends with an id");
    database.query(&format!(
        "create table held (); insert into held default values;
         create function hold() returns trigger language plpgsql as $$ begin
             while exists (select from held) loop perform pg_sleep(0.01); end loop;
             return null;
         end $$;
         create constraint trigger hold after insert on announcements for each row
             when (new.subject_id = '{id}') execute function hold();"
    ));
}

fn let_pass(database: &PostgresDatabase) {
    database.query("delete from held");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_late_change_is_received_despite_missing_numbers() {
    let database = PostgresDatabase::create();
    let (one, other) = pair(&database);
    let offers = Offers::new(one.api(), "gateway", json!({})).await;
    let known = offers.known(&one, &other, &["SN-late", "SN-younger", "SN-last"]).await;
    let [late, younger, last] = &known[..] else { panic!("three devices") };
    hold_back(&database, late);

    // Numbers of transactions that were rolled back.
    database.query(&format!("select count(nextval({SEQUENCE})) from generate_series(1, {MISSING})"));
    let is_held =
        "select count(*) from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'";
    let change = async {
        offers.quarantine(late, json!(true)).await;
        Instant::now()
    };
    let meanwhile = async {
        wait_until("the change has its number", async || database.query(is_held) == "1").await;
        let watched = offers.acts_on_quarantine(younger).await;
        println!("the younger change: {watched:?}");
        assert_eq!(offers.asks(late).await, "update", "it is not committed yet");
        let_pass(&database);
    };
    let (committed, ()) = tokio::join!(change, meanwhile);
    println!("the late change: {:?}", offers.watch(late, "device_quarantine", committed).await);
    println!("one afterwards: {:?}", offers.acts_on_quarantine(last).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_are_received_after_numbers_went_back() {
    let database = PostgresDatabase::create();
    let (one, other) = pair(&database);
    let offers = Offers::new(one.api(), "gateway", json!({})).await;
    let known = offers.known(&one, &other, &["SN-1", "SN-2", "SN-3", "SN-4", "SN-undone"]).await;
    let (undone, known) = known.split_last().expect("several devices");
    let backup = database.dump();
    for _ in 0..BACK {
        offers.quarantine(undone, json!(false)).await;
        offers.quarantine(undone, json!(true)).await;
    }
    offers.watch(undone, "device_quarantine", Instant::now()).await;

    database.query(&format!(
        "with last as (select max(number) - {BACK} as number from announcements)
             select setval({SEQUENCE}, number) from last;
         delete from announcements where number > (select max(number) - {BACK} from announcements)"
    ));
    println!("numbers set back by {BACK}: {:?}", offers.acts_on_quarantine(&known[0]).await);
    println!("one more: {:?}", offers.acts_on_quarantine(&known[1]).await);

    // A backup that is restored while processes run: all changes since then are undone.
    database.restore(&backup);
    let restored = Instant::now();
    println!("what was undone: {:?}", offers.watch(undone, "update", restored).await);
    println!("also undone: {:?}", offers.watch(&known[0], "update", restored).await);
    let here = Member { device: undone.device.at(&one), prn: undone.prn.clone() };
    println!("at the other process: {:?}", offers.watch(&here, "update", restored).await);
    for there in known {
        println!("a change afterwards: {:?}", offers.acts_on_quarantine(there).await);
    }
    println!("at the other process: {:?}", offers.acts_on_quarantine(&here).await);
}
