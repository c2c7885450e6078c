//! `peridio events`: the audit trail, as a list or as it grows.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use clap::{Args, Subcommand};
use olivine_api::events::Event;
use olivine_client::Query;
use olivine_domain::Timestamp;
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

/// An event as a table shows it: with names in place of PRNs.
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

/// What is written at one moment may become visible a little later than what was written after it.
const LATE: Duration = Duration::from_secs(10);

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
    #[command(after_help = "Example:\n  peridio events tail --type binary.signed")]
    Tail(Tail),
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
    #[arg(long, short = 'n', value_name = "COUNT", default_value_t = 10)]
    lines: usize,
    /// Ask for new events after this many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 1.0, value_parser = seconds)]
    interval: f64,
}

fn seconds(text: &str) -> Result<f64, String> {
    let number: f64 = text.parse().map_err(|_| "it takes a number of seconds".to_owned())?;
    if (0.1..=3600.0).contains(&number) { Ok(number) } else { Err("it takes 0.1 to 3600 seconds".to_owned()) }
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
        }
    }
}

impl List {
    /// A page at a time, because each page's names are looked up together.
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

/// What has no name any more keeps the end of its id.
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
        let newest = ListOptions::newest(self.lines.max(1)).apply(self.filter.query());
        let mut events = session.client.list::<Event>(&newest).all().await?;
        events.reverse();
        let mut seen = Seen::default();
        // Those that are not to be shown still say where to go on.
        for (index, event) in events.iter().enumerate() {
            seen.add(event);
            if index >= events.len().saturating_sub(self.lines) {
                show(session, event).await?;
            }
        }
        loop {
            tokio::time::sleep(Duration::from_secs_f64(self.interval)).await;
            let query = self.filter.query().with("order", Some("asc")).with("search", seen.search());
            for event in session.client.list::<Event>(&query).all().await? {
                if seen.add(&event) {
                    show(session, &event).await?;
                }
            }
        }
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
        // One per line, so that what follows in a pipe sees each one at once.
        None => Printer::new(Some(Format::Jsonl)).one(event),
    }
}

/// Which events were seen, as far back as others may still turn up between them.
#[derive(Default)]
struct Seen {
    newest: Option<Timestamp>,
    recent: Vec<(Timestamp, String)>,
    prns: HashSet<String>,
}

impl Seen {
    /// Whether it is new.
    fn add(&mut self, event: &Event) -> bool {
        if !self.prns.insert(event.prn.clone()) {
            return false;
        }
        let Ok(moment) = event.inserted_at.parse::<Timestamp>() else { return true };
        self.recent.push((moment, event.prn.clone()));
        let newest = self.newest.map_or(moment, |newest| newest.max(moment));
        self.newest = Some(newest);
        let prns = &mut self.prns;
        // Those that the next search does not find again can be forgotten.
        self.recent.retain(|(moment, prn)| *moment >= newest.minus(LATE) || !prns.remove(prn));
        true
    }

    fn search(&self) -> Option<String> {
        self.newest.map(|newest| format!("inserted_at>='{}'", newest.minus(LATE)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(number: u8, inserted_at: &str) -> Event {
        serde_json::from_value(serde_json::json!({
            "prn": format!("prn:{number}"), "organization_prn": "", "type": "binary.signed", "actor": "system",
            "resource_prn": "", "data": {}, "request_id": null, "address": null, "inserted_at": inserted_at,
        }))
        .unwrap()
    }

    #[test]
    fn each_event_is_new_once_and_late_ones_are_not_missed() {
        let mut seen = Seen::default();
        assert_eq!(seen.search(), None);
        assert!(seen.add(&event(1, "2026-01-01T00:00:20Z")));
        assert!(!seen.add(&event(1, "2026-01-01T00:00:20Z")));
        assert!(seen.add(&event(2, "2026-01-01T00:00:15Z")), "written earlier, visible later");
        assert_eq!(seen.search().unwrap(), "inserted_at>='2026-01-01T00:00:10.000000Z'");
        assert!(seen.add(&event(3, "2026-01-01T00:01:00Z")));
        assert_eq!((seen.prns.len(), seen.recent.len()), (1, 1));
    }
}
