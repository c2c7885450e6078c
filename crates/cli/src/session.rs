//! The context of a command: the client and the printer.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use olivine_client::{Client, Create, Delete, Error, Pages, Query, Resource, Settings, Update};
use olivine_domain::prn::Prn;

use crate::failure::Failure;
use crate::globals::Globals;
use crate::lists::{ListOptions, Weak};
use crate::messages;
use crate::names;
use crate::output::{Format, Printer, Record};
use crate::progress::Progress;
use crate::settings::{self, Resolved};

/// The maximum number of other records whose names are fetched for the table of one record. Each takes a request.
const MOST_NAMES: usize = 50;

/// Whether the server refused the request because it can't expand something. It does so before it lists anything.
fn is_about_expansions(error: &Error) -> bool {
    error.fact("parameter").and_then(serde_json::Value::as_str) == Some("expand[]")
}

/// The context of a command.
pub(crate) struct Session {
    pub(crate) client: Client,
    pub(crate) printer: Printer,
    pub(crate) progress: Progress,
}

impl Session {
    /// Combines the settings. Nothing is sent yet.
    pub(crate) fn open(globals: &Globals) -> Result<Self, Failure> {
        let Resolved { api_key, base_url, ca_path } = settings::resolve(globals)?;
        let Some(api_key) = api_key else {
            return Err(Failure::usage(
                "there is no API key: set PERIDIO_API_KEY, give --api-key, or keep one in a profile \
                 ('peridio config profiles create')",
            ));
        };
        let progress = Progress::new();
        let defaults = Settings::default();
        let client = Client::new(Settings {
            base_url: base_url.unwrap_or(defaults.base_url),
            api_key: Some(api_key),
            ca_path: ca_path.map(Into::into),
            retries: globals.retries.unwrap_or(defaults.retries),
            patience: globals.timeout.map_or(defaults.patience, Duration::from_secs),
            pace: None,
            observer: progress.observer(),
        })?;
        Ok(Self { client, printer: Printer::new(globals.output), progress })
    }

    /// Fetches a record and prints it.
    pub(crate) async fn get<R: Resource + Record>(
        &self,
        prn: &Prn<R::Named>,
        expand: &[String],
    ) -> Result<(), Failure> {
        let record: R = self.client.get_with(prn, &Query::default().expand(expand)).await?;
        self.show(&record).await
    }

    /// Prints a record. In a table, names replace the PRNs of other records.
    pub(crate) async fn show(&self, record: &impl Record) -> Result<(), Failure> {
        let mut labels = HashMap::new();
        if self.printer.format() == Some(Format::Table) {
            let text = serde_json::to_string(record).unwrap_or_default();
            let own = record.prn().unwrap_or_default();
            let others = names::prns_in(&text).into_iter().filter(|prn| *prn != own).map(str::to_owned);
            let others: BTreeSet<String> = others.collect();
            labels = names::labels(&self.client, others.into_iter().take(MOST_NAMES).collect()).await;
        }
        self.printer.one_with(record, &labels)
    }

    /// Fetches a list and prints it.
    pub(crate) async fn list<R: Resource + Record>(
        &self,
        options: &ListOptions,
        query: Query,
    ) -> Result<(), Failure> {
        let (expansions, plain) = (self.printer.expansions::<R>(), query.clone());
        let query = query.expand(&expansions);
        let listed = self.print_pages(self.client.list::<R>(&options.apply(query)), options).await;
        match listed {
            // A server of an earlier version can expand less. A table leaves out what is missing.
            Err(Failure::Client(error)) if error.status() == Some(400) && is_about_expansions(&error) => {
                let fewer = expansions.iter().filter_map(|path| path.split('.').next().map(str::to_owned));
                let query = plain.expand(&fewer.collect::<Vec<_>>());
                self.print_pages(self.client.list::<R>(&options.apply(query)), options).await
            }
            listed => listed,
        }
    }

    /// Prints a list of certificates. The server can't search for warnings. To list only certificates with warnings, all pages are read
    /// until enough are found.
    pub(crate) async fn list_certificates<R: Resource + Record>(
        &self,
        options: &ListOptions,
        query: Query,
        weak: &Weak,
        warnings: impl Fn(&R) -> &[String],
    ) -> Result<(), Failure> {
        if !weak.with_warnings {
            return self.list::<R>(options, query).await;
        }
        let query = query.expand(&self.printer.expansions::<R>());
        let mut pages = self.client.list::<R>(&options.apply(query).limit(None));
        let mut left = options.most().unwrap_or(usize::MAX);
        let mut list = self.printer.list();
        while left > 0
            && let Some(page) = pages.next().await?
        {
            let wanted = page.iter().filter(|record| !warnings(record).is_empty()).take(left);
            left -= wanted.map(|record| list.add(record)).collect::<Result<Vec<()>, _>>()?.len();
        }
        list.finish()?;
        if left == 0 {
            options.note_more(&pages);
        }
        Ok(())
    }

    /// Prints a list page by page, and notes whether there is more.
    pub(crate) async fn print_pages<R: Resource + Record>(
        &self,
        mut pages: Pages<'_, R>,
        options: &ListOptions,
    ) -> Result<(), Failure> {
        let mut list = self.printer.list();
        while let Some(page) = pages.next().await? {
            page.iter().try_for_each(|record| list.add(record))?;
        }
        list.finish()?;
        options.note_more(&pages);
        Ok(())
    }

    /// Creates a record and prints it.
    pub(crate) async fn create<R: Create + Record>(&self, new: &R::New) -> Result<(), Failure> {
        let record: R = self.client.create(new).await?;
        self.show(&record).await
    }

    /// Changes a record and prints it.
    pub(crate) async fn update<R: Update + Record>(
        &self,
        prn: &Prn<R::Named>,
        change: &R::Change,
    ) -> Result<(), Failure> {
        let record: R = self.client.update(prn, change).await?;
        self.show(&record).await
    }

    /// Deletes a record, and prints only that it is done.
    pub(crate) async fn delete<R: Delete>(&self, prn: &Prn<R::Named>) -> Result<(), Failure> {
        self.client.delete::<R>(prn).await?;
        messages::note(&format!("deleted {prn}"));
        Ok(())
    }
}
