//! The event feed: the speed of numbering events, against inserting the same rows, and a thousand simultaneous event streams.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use olivine_domain::event_feed::FeedWord;
use olivine_domain::events::{Event, EventType, Subject};
use olivine_domain::organizations::Organization;
use olivine_domain::permissions::{Identity, Origin};
use olivine_domain::prn::Id;
use olivine_records::event_feed::{self, Numbering};
use olivine_records::{Database, Options, events};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use uuid::Uuid;

use crate::numbered::moment;
use crate::server::Server;
use crate::table::{Goal, Table, say};
use crate::{machine, memory, postgres};

/// How to measure the event feed.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The number of events to be numbered
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u64).range(1000..=10_000_000))]
    events: u64,
    /// The number of simultaneous streams
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(1..=20_000))]
    streams: u64,
    /// The number of new events per second during the streams
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    per_second: u64,
    /// The duration of the streams in seconds
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Use PostgreSQL instead of the embedded database
    #[arg(long)]
    postgres: bool,
    /// The folder for the database
    #[arg(long, value_name = "FOLDER", default_value_os_t = std::env::temp_dir())]
    folder: PathBuf,
}

/// The number of events in one transaction.
const AT_ONCE: u64 = 1_000;
/// The interval between writing events for the streams.
const TURN: Duration = Duration::from_millis(100);
/// The time in which the streams must have shown all events.
const PATIENCE: Duration = Duration::from_mins(1);

pub(crate) async fn run(args: &Args) -> anyhow::Result<()> {
    machine::describe();
    let folder = tempfile::Builder::new().prefix("olivine-bench-").tempdir_in(&args.folder);
    let folder = folder.context("making a temporary folder")?;
    let postgres = if args.postgres { Some(postgres::Database::create("feed")?) } else { None };
    let url = postgres.as_ref().map(postgres::Database::url).transpose()?;
    let unlimited = ["OLIVINE_STREAMS", "OLIVINE_STREAMS_PER_ORGANIZATION", "OLIVINE_STREAMS_PER_CALLER"];
    let settings = unlimited.map(|name| (name, args.streams.to_string()));
    let mut settings = settings.to_vec();
    settings.push(("OLIVINE_CONNECTIONS_PER_ADDRESS", "0".to_owned()));
    let data_dir = folder.path().join("data");
    let server = Server::start_with(&data_dir, url.as_deref(), &settings).await?;
    let organization = server.api()?.organization().await?;
    let sqlite = || format!("sqlite:{}", data_dir.join("olivine.db").display());
    let database = Database::open(&url.clone().unwrap_or_else(sqlite), Options::default()).await?;
    let mut table = Table::default();
    number(&database, organization, args.events, &mut table).await?;
    follow(&server, &database, organization, args, &mut table).await?;
    database.close().await;
    machine::say_load();
    table.print();
    Ok(())
}

fn event(organization: Id<Organization>, number: u64) -> Event {
    Event {
        id: Id::new(Uuid::from_u128((u128::from(number) << 64) | 0xfeed)),
        organization,
        kind: EventType::DeviceReleaseChanged.into(),
        identity: Identity::Device(Id::new(Uuid::from_u128(number.into()))).into(),
        person: None,
        subject: Subject { kind: Some("device".to_owned()), id: Uuid::from_u128(number.into()) },
        product: Some(Id::new(Uuid::from_u128(1))),
        cohort: Some(Id::new(Uuid::from_u128((number % 50).into()))),
        data: r#"{"from":{"release_version":"1.0.0"},"to":{"release_version":"1.1.0"}}"#.to_owned(),
        origin: Origin::default(),
        inserted_at: moment(number),
    }
}

/// Inserts the events of these numbers in one transaction.
pub(crate) async fn insert(
    database: &Database,
    organization: Id<Organization>,
    numbers: std::ops::Range<u64>,
) -> anyhow::Result<()> {
    let all: Vec<_> = numbers.map(|number| event(organization, number)).collect();
    let write = database.write().await?;
    events::insert_many(&write, &all).await?;
    Ok(write.commit().await?)
}

async fn number_all(database: &Database) -> anyhow::Result<u64> {
    let mut all = 0;
    loop {
        let write = database.write().await?;
        let numbering = event_feed::number(&write, FeedWord(all + 1), || Uuid::from_u128(1)).await?;
        write.commit().await?;
        match numbering {
            Numbering::Done(0) => return Ok(all),
            Numbering::Done(count) => all += count,
            Numbering::Elsewhere => tokio::time::sleep(Duration::from_millis(1)).await,
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of events are far below 2^52")]
async fn number(
    database: &Database,
    organization: Id<Organization>,
    count: u64,
    table: &mut Table,
) -> anyhow::Result<()> {
    number_all(database).await?;
    let began = Instant::now();
    for first in (0..count).step_by(usize::try_from(AT_ONCE)?) {
        insert(database, organization, first..count.min(first + AT_ONCE)).await?;
    }
    let inserted = began.elapsed().as_secs_f64();
    let began = Instant::now();
    let numbered = number_all(database).await?;
    let took = began.elapsed().as_secs_f64();
    ensure!(numbered >= count, "{numbered} of {count} events were numbered");
    let (rate, reference) = (numbered as f64 / took, count as f64 / inserted);
    let (ours, theirs) = (format!("{rate:.0}/s"), format!("{reference:.0}/s inserted"));
    table.ratio(
        "events numbered, against inserting them in batches of 1,000",
        ours,
        theirs,
        rate / reference,
        Goal::None,
    );
    table.absolute("events numbered", rate, "/s", Goal::AtLeast(20_000.0));
    Ok(())
}

/// Reads one stream, and adds the events that it shows to `shown`.
async fn read(url: String, key: String, shown: Arc<AtomicU64>, open: Arc<AtomicU64>) -> anyhow::Result<()> {
    let address = url.strip_prefix("http://").context("plain HTTP")?;
    let mut stream = TcpStream::connect(address).await?;
    let request = format!(
        "GET /v1/events/stream?after=now HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {key}\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await?;
    let (mut buffer, mut kept) = (vec![0; 64 << 10], 0);
    let mut is_open = false;
    loop {
        let count = stream.read(&mut buffer[kept..]).await?;
        ensure!(count > 0, "a stream ended");
        let end = kept + count;
        if !is_open && buffer[..end].windows(6).any(|text| text == b"retry:") {
            is_open = true;
            open.fetch_add(1, Ordering::Relaxed);
        }
        let found =
            buffer[..end].split(|byte| *byte == b'\n').filter(|line| line.starts_with(b"event: d")).count();
        shown.fetch_add(found as u64, Ordering::Relaxed);
        // An incomplete line is examined again together with the next bytes, but not if it was already counted.
        let last = buffer[..end].iter().rposition(|byte| *byte == b'\n').map_or(0, |place| place + 1);
        let is_counted = buffer[last..end].starts_with(b"event: d");
        let rest = if is_counted { end } else { last };
        buffer.copy_within(rest..end, 0);
        kept = end - rest;
    }
}

async fn until(what: &str, count: &AtomicU64, expected: u64) -> anyhow::Result<()> {
    let began = Instant::now();
    while count.load(Ordering::Relaxed) < expected {
        ensure!(began.elapsed() < PATIENCE, "{what}: {} of {expected}", count.load(Ordering::Relaxed));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "counts and bytes are far below 2^52")]
async fn follow(
    server: &Server,
    database: &Database,
    organization: Id<Organization>,
    args: &Args,
    table: &mut Table,
) -> anyhow::Result<()> {
    let (shown, open) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    // The first stream makes the structures that all streams share. Open it first, so that they are not part of the others' memory.
    let mut streams = tokio::task::JoinSet::new();
    streams.spawn(read(server.url.clone(), server.key()?, shown.clone(), open.clone()));
    until("streams opened", &open, 1).await?;
    let before = memory::resident(server.pid())?;
    for _ in 1..args.streams {
        streams.spawn(read(server.url.clone(), server.key()?, shown.clone(), open.clone()));
    }
    until("streams opened", &open, args.streams).await?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let idle = memory::resident(server.pid())?;
    say(format!("  {} streams are open", args.streams));
    let peak = memory::Peak::watch(server.pid());
    let (began, mut first, turns) = (Instant::now(), 1 << 40, args.seconds * 10);
    let at_once = args.per_second.div_ceil(10);
    for turn in 1..=turns {
        insert(database, organization, first..first + at_once).await?;
        first += at_once;
        let due = TURN * u32::try_from(turn)?;
        tokio::time::sleep(due.saturating_sub(began.elapsed())).await;
    }
    let all = at_once * turns * args.streams;
    until("events shown", &shown, all).await?;
    let late = began.elapsed().saturating_sub(Duration::from_secs(args.seconds));
    let peak = peak.bytes()?;
    let each = |bytes: u64| bytes.saturating_sub(before) as f64 / args.streams as f64 / 1024.0;
    let what = format!("memory of one of {} streams", args.streams);
    table.absolute(&format!("{what}, idle"), each(idle), "KiB", Goal::AtMost(20.0));
    table.absolute(&format!("{what}, at {} events/s", args.per_second), each(peak), "KiB", Goal::None);
    table.absolute(
        "the last event at the last stream, after it was written",
        late.as_secs_f64(),
        "s",
        Goal::AtMost(1.0),
    );
    streams.shutdown().await;
    Ok(())
}
