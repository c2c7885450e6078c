//! `peridio lookup`: finds the record for a PRN, a hash, a fingerprint, or the beginning of a name.

use clap::Args;
use olivine_api::lookup::Hit;
use serde::Serialize;

use crate::failure::Failure;
use crate::names;
use crate::output::{Record, short};
use crate::session::Session;

/// What to look up.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  peridio lookup SN-0000\n  \
        peridio lookup $(sha256sum firmware.bin | cut -d' ' -f1)")]
pub(crate) struct Lookup {
    /// A PRN, a hash, a key id, a fingerprint, or the beginning of a name, a version or an identifier
    #[arg(value_name = "TEXT")]
    text: String,
}

impl Record for Hit {
    const COLUMNS: &'static [&'static str] = &["type", "name", "matched", "within:within_prn"];

    fn prn(&self) -> Option<&str> {
        Some(&self.prn)
    }
}

/// A found record as a row of a table, with the name of its parent.
#[derive(Serialize)]
struct Named {
    #[serde(rename = "type")]
    kind: String,
    name: String,
    matched: String,
    within: String,
}

impl Record for Named {
    const COLUMNS: &'static [&'static str] = &["type", "name", "matched", "within"];

    fn prn(&self) -> Option<&str> {
        None
    }
}

impl Lookup {
    pub(crate) async fn run(self, session: &Session) -> Result<(), Failure> {
        let hits = session.client.lookup(&self.text).await?;
        if !session.printer.is_for_people() {
            let mut list = session.printer.list::<Hit>();
            for hit in &hits {
                list.add(hit)?;
            }
            return list.finish();
        }
        let parents = hits.iter().filter_map(|hit| hit.within_prn.clone()).collect();
        let labels = names::labels(&session.client, parents).await;
        let mut list = session.printer.list::<Named>();
        for hit in hits {
            let within = hit.within_prn.map(|prn| labels.get(&prn).cloned().unwrap_or_else(|| short(&prn)));
            let name = hit.name.unwrap_or_else(|| short(&hit.prn));
            let name = if hit.archived { format!("{name} (archived)") } else { name };
            let named =
                Named { kind: hit.kind, name, matched: hit.matched, within: within.unwrap_or_default() };
            list.add(&named)?;
        }
        list.finish()
    }
}
