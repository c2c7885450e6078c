//! `peridio events`: the audit trail, as a list or as a live stream.

mod export;

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use clap::{Args, Subcommand};
use olivine_api::events::Event;
use olivine_client::Query;
use olivine_domain::events::Event as EventRecord;
use olivine_domain::prn::Prn;
use serde::Serialize;

use crate::failure::Failure;
use crate::lists::ListOptions;
use crate::names;
use crate::output::{Format, Printer, Record, print, short};
use crate::session::Session;

impl Record for Event {
    const COLUMNS: &'static [&'static str] = &["time:inserted_at", "type", "actor", "resource:resource_prn"];

    fn prn(&self) -> Option<&str> {
        Some(&self.prn)
    }
}

/// An event as a row of a table, with names in place of PRNs.
#[derive(Serialize)]
struct Named {
    inserted_at: String,
    #[serde(rename = "type")]
    kind: String,
    actor: String,
    resource: String,
}

impl Record for Named {
    const COLUMNS: &'static [&'static str] = &["time:inserted_at", "type", "actor", "resource"];

    fn prn(&self) -> Option<&str> {
        None
    }
}

/// How many seconds the server waits for an event before it answers that there was none.
const WAITS_FOR: u64 = 25;

/// How long to wait before connecting again after a stream ended. Streams end, for example, when their server is restarted.
const AGAIN_AFTER: Duration = Duration::from_secs(2);

/// The result of following a stream.
enum Followed {
    /// The stream was open, and has ended.
    Ended,
    /// The server has no event streams.
    NoStream,
}

/// The commands about events.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Lists events
    #[command(
        after_help = "Example:\n  peridio events list --resource device:SN-000042 --order desc --limit 20"
    )]
    List(List),
    /// Shows an event
    #[command(after_help = "Example:\n  \
            peridio events get --prn $(peridio events list --order desc --limit 1 --output prn)")]
    Get(One),
    /// Shows the newest events, then each new event as it happens; ends with Ctrl-C
    #[command(after_help = "Example:\n  peridio events tail --type binary.signed\n\n\
            To miss nothing, go on after the cursor of the last event that you saw:\n  \
            peridio events tail --after 0 --output jsonl")]
    Tail(Tail),
    /// Prints all events of a period, at most a year, as CSV or JSON lines
    #[command(after_help = "Example:\n  peridio events export --format csv --since 30d > events.csv\n\n\
            It fails where the server could not send all of them: the file is incomplete then.")]
    Export(export::Export),
}

/// Which events.
#[derive(Debug, Args)]
pub(crate) struct Filter {
    /// Only events of this type, such as binary.signed
    #[arg(long = "type", value_name = "TYPE")]
    kind: Option<String>,
    /// Only events about this record, such as device:SN-000042
    #[arg(long, value_name = "PRN")]
    resource_prn: Option<String>,
    /// Only events caused by this API key
    #[arg(long, alias = "actor", value_name = "PRN")]
    actor_prn: Option<String>,
}

/// Which events to list.
#[derive(Debug, Args)]
pub(crate) struct List {
    #[command(flatten)]
    filter: Filter,
    #[command(flatten)]
    options: ListOptions,
}

/// One event.
#[derive(Debug, Args)]
pub(crate) struct One {
    /// The PRN of the event
    #[arg(long, visible_alias = "event-prn", value_name = "PRN")]
    prn: Prn<EventRecord>,
}

/// Which events to follow.
#[derive(Debug, Args)]
pub(crate) struct Tail {
    #[command(flatten)]
    filter: Filter,
    /// Begin with this many of the newest events
    #[arg(long, short = 'n', value_name = "COUNT", default_value_t = 10, conflicts_with = "after")]
    lines: usize,
    /// Go on after this place in the feed: the `cursor` of an event, or 0 for all events that there are
    #[arg(long, value_name = "CURSOR")]
    after: Option<String>,
}

impl Command {
    pub(crate) async fn run(self, session: &Session) -> Result<(), Failure> {
        match self {
            Self::List(list) if session.printer.list_format() == Format::Table => {
                list.print_table(session).await
            }
            Self::List(List { filter, options }) => session.list::<Event>(&options, filter.query()).await,
            Self::Get(One { prn }) => session.get::<Event>(&prn, &[]).await,
            Self::Tail(tail) => tail.run(session).await,
            Self::Export(export) => export.run(session).await,
        }
    }
}

impl List {
    /// Fetches one page after the other, because the names on each page are looked up together.
    async fn print_table(self, session: &Session) -> Result<(), Failure> {
        let mut pages = session.client.list::<Event>(&self.options.apply(self.filter.query()));
        let mut list = session.printer.list::<Named>();
        while let Some(page) = pages.next().await? {
            let prns = page.iter().flat_map(|event| [event.actor.clone(), event.resource_prn.clone()]);
            let labels = names::labels(&session.client, prns.collect()).await;
            for event in &page {
                list.add(&named(event, &labels))?;
            }
        }
        list.finish()?;
        self.options.note_more(&pages);
        Ok(())
    }
}

/// The event with names in place of PRNs. A record whose name is not known any more is shown by the end of its id.
fn named(event: &Event, labels: &HashMap<String, String>) -> Named {
    let name = |prn: &str| labels.get(prn).cloned().unwrap_or_else(|| short(prn));
    Named {
        inserted_at: event.inserted_at.clone(),
        kind: event.kind.clone(),
        actor: name(&event.actor),
        resource: name(&event.resource_prn),
    }
}

impl Filter {
    fn query(&self) -> Query {
        let query =
            Query::default().with("type", self.kind.as_ref()).with("actor_prn", self.actor_prn.as_ref());
        query.with("resource_prn", self.resource_prn.as_ref())
    }
}

impl Tail {
    async fn run(self, session: &Session) -> Result<(), Failure> {
        let mut shown = HashSet::new();
        let mut after = match &self.after {
            Some(after) => after.clone(),
            None => self.show_newest(session, &mut shown).await?,
        };
        loop {
            // Remember the events that were shown until the stream has passed them.
            match self.follow(session, &mut after, &mut shown).await {
                Ok(Followed::Ended) => tokio::time::sleep(AGAIN_AFTER).await,
                Ok(Followed::NoStream) => break,
                // Ask once more without a stream: this passes proxies that hold streams back, and the answer says what is wrong.
                Err(_) => self.ask(session, &mut after, &mut shown).await?,
            }
        }
        loop {
            self.ask(session, &mut after, &mut shown).await?;
        }
    }

    /// Follows the stream until it ends. `after` is the position from which to continue.
    async fn follow(
        &self,
        session: &Session,
        after: &mut String,
        shown: &mut HashSet<String>,
    ) -> Result<Followed, Failure> {
        let stream = session.client.event_stream(after, &self.filter.query()).await?;
        let Some(mut stream) = stream else { return Ok(Followed::NoStream) };
        while let Some(message) = stream.next().await? {
            if let Some(event) = message.event.filter(|event| !shown.remove(&event.prn)) {
                show(session, &event).await?;
            }
            *after = message.cursor.unwrap_or_else(|| std::mem::take(after));
        }
        Ok(Followed::Ended)
    }

    /// Asks for the next part of the feed, waiting until there is one.
    async fn ask(
        &self,
        session: &Session,
        after: &mut String,
        shown: &mut HashSet<String>,
    ) -> Result<(), Failure> {
        let query = self.filter.query().with("wait", Some(WAITS_FOR));
        let part = session.client.events_after(after, &query).await?;
        for event in &part.events {
            if !shown.remove(&event.prn) {
                show(session, event).await?;
            }
        }
        // A server of an earlier version has no feed, and its answer says so.
        *after = part.cursor.unwrap_or_else(|| std::mem::take(after));
        Ok(())
    }

    /// Shows the newest events, and returns the position from which the feed continues.
    async fn show_newest(&self, session: &Session, shown: &mut HashSet<String>) -> Result<String, Failure> {
        // Asked before the list, so that an event between the two requests is in both of them instead of in neither.
        let part = session.client.events_after("now", &Query::default()).await?;
        let newest = ListOptions::newest(self.lines.max(1)).apply(self.filter.query());
        let mut events = session.client.list::<Event>(&newest).all().await?;
        events.truncate(self.lines);
        events.reverse();
        for event in &events {
            show(session, event).await?;
            shown.insert(event.prn.clone());
        }
        Ok(part.cursor.unwrap_or_else(|| "now".to_owned()))
    }
}

async fn show(session: &Session, event: &Event) -> Result<(), Failure> {
    match session.printer.format() {
        Some(Format::Table) => {
            let prns = [event.actor.clone(), event.resource_prn.clone()].into();
            let labels = names::labels(&session.client, prns).await;
            let Named { kind, actor, resource, .. } = named(event, &labels);
            print(&format!("{}  {kind:<28}  {actor}  {resource}\n", event.inserted_at))
        }
        Some(_) => session.printer.one(event),
        // One event per line, so that the next program in a pipe sees each event immediately.
        None => Printer::new(Some(Format::Jsonl)).one(event),
    }
}
