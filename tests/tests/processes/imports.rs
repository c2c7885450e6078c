//! An import that changes many devices: for other processes, its last line takes effect as soon as a single change would.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use olivine_tests::{Api, PostgresDatabase, send};
use reqwest::Method;
use serde_json::{Value, json};

use crate::fleet::Member;
use crate::offers::Offers;
use crate::pair;

/// The number of devices in the file, unless `OLIVINE_TEST_IMPORT_LINES` is set.
const LINES: usize = 5_000;
/// How many of them another process has cached: some in the file, and the one in its last line.
const REMEMBERED: usize = 6;
const PATIENCE: Duration = Duration::from_mins(10);
/// The interval between other changes during the import.
const PAUSE: Duration = Duration::from_millis(100);

fn lines() -> usize {
    std::env::var("OLIVINE_TEST_IMPORT_LINES").map_or(LINES, |text| text.parse().expect("a number"))
}

async fn import(api: &Api, csv: String) -> Value {
    let request = api.request(Method::POST, "/v1/devices/import").timeout(PATIENCE);
    send(request.header("content-type", "text/csv").body(csv)).await.expect(200).json
}

/// Makes other changes until the import is done.
async fn others_change(offers: &Offers, device: &Member, is_over: &AtomicBool) -> usize {
    let mut changes = 0;
    while !is_over.load(Ordering::Relaxed) {
        offers.quarantine(device, json!(changes % 2 == 0)).await;
        changes += 1;
        tokio::time::sleep(PAUSE).await;
    }
    changes
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_line_of_an_import_is_acted_on_at_once() {
    let (database, lines) = (PostgresDatabase::create(), lines());
    let (one, other) = pair(&database);
    let offers = Offers::new(one.api(), "gateway", json!({})).await;
    let names: Vec<_> = (0..REMEMBERED).map(|number| format!("SN-known-{number}")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let known = offers.known(&one, &other, &names).await;
    let busy = offers.device(&one, &other, "SN-busy").await;
    let (mut create, mut change) =
        ("identifier,product,cohort\n".to_owned(), "identifier,quarantined\n".to_owned());
    for number in 0..lines {
        // The cached devices are spread over the file. The last of them is at its end.
        if number % (lines / (REMEMBERED - 1)) == 0 {
            writeln!(change, "{},true", names[number * (REMEMBERED - 1) / lines]).unwrap();
        }
        writeln!(create, "SN-{number},gateway,production").unwrap();
        writeln!(change, "SN-{number},true").unwrap();
    }
    writeln!(change, "{},true", names[REMEMBERED - 1]).unwrap();
    let began = Instant::now();
    let report = import(&one.api(), create).await;
    println!("{} devices created in {:?}", report["created"], began.elapsed());

    // The import costs other processes no more than a few changes.
    let announced =
        || database.query("select count(*) from announcements").parse::<usize>().expect("a number");
    let announced_before = announced();
    let is_over = AtomicBool::new(false);
    let imported = async {
        let began = Instant::now();
        let report = import(&one.api(), change).await;
        let acknowledged = Instant::now();
        println!("{} devices quarantined in {:?}", report["updated"], began.elapsed());
        assert_eq!(report["updated"], json!(lines + REMEMBERED));
        for (name, there) in names.iter().zip(&known).rev() {
            println!("{name}: {:?}", offers.watch(there, "device_quarantine", acknowledged).await);
        }
        is_over.store(true, Ordering::Relaxed);
    };
    let ((), changes) = tokio::join!(imported, others_change(&offers, &busy, &is_over));
    let announced = announced() - announced_before;
    println!("{changes} other changes meanwhile, {announced} announcements in all");
    assert!(announced < lines / 2, "{announced} announcements of {lines} lines and {changes} other changes");
}
