//! `peridio devices count`: how many devices a search finds, also grouped by what they have in common.

use clap::Args;
use olivine_api::devices::{DeviceCount, DeviceFacet};
use olivine_client::Query;
use olivine_domain::devices::Facet;

use crate::failure::Failure;
use crate::messages;
use crate::output::Record;
use crate::session::Session;

impl Record for DeviceCount {
    const COLUMNS: &'static [&'static str] = &[];

    fn prn(&self) -> Option<&str> {
        None
    }
}

impl Record for DeviceFacet {
    const COLUMNS: &'static [&'static str] = &["value", "devices"];

    fn prn(&self) -> Option<&str> {
        None
    }
}

/// Which devices to count.
#[derive(Debug, Args)]
pub(crate) struct Count {
    /// Only devices that match, for example: "tag:'beta' and quarantined:false"
    #[arg(long, value_name = "CLAUSES")]
    search: Option<String>,
    /// Count the devices in groups by this property
    #[arg(long, value_name = "FACET", value_parser = Facet::NAMES.to_vec())]
    by: Option<String>,
}

impl Count {
    pub(super) async fn run(self, session: &Session) -> Result<(), Failure> {
        let query = Query::default().with("search", self.search);
        let Some(by) = self.by else {
            return session.printer.one(&session.client.count_devices(&query).await?);
        };
        let found = session.client.device_facets(&query.with("by", Some(by))).await?;
        session.printer.all(&found.facets)?;
        if !found.exact {
            messages::note(&format!(
                "there are more devices; these are the numbers of {} of them",
                found.counted
            ));
        }
        Ok(())
    }
}
