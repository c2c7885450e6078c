//! The confirmation that destroying a binary needs if releases or overrides deliver it.

use olivine_domain::Timestamp;
use olivine_domain::archiving::ArchivedFilter;
use olivine_domain::binaries::Binary;
use olivine_domain::bundle_overrides::BundleOverride;
use olivine_domain::pages::Limit;
use olivine_domain::permissions::Tenancy;
use olivine_domain::prn::Id;
use olivine_domain::refusals::{Fact, Facts, Meaning, Refusal};
use olivine_domain::releases::Release;
use olivine_records::{ListReader, Write, bundle_overrides, releases};

use crate::lists::ListQuery;
use crate::{Context, Error};

/// Who would no longer be served if a binary was destroyed. Of many, not all are named.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "releases or overrides that are in force bring this binary to devices: {}; destroying it can't be undone, and they would stop \
     being served. To go on, repeat the request with ?confirm={confirm}",
    self.in_words()
)]
pub struct ConfirmationRequired {
    /// What to repeat the request with.
    pub confirm: String,
    /// The PRNs and names of the releases.
    pub releases: Vec<(String, String)>,
    /// The PRNs and names of the overrides.
    pub bundle_overrides: Vec<(String, String)>,
}

impl ConfirmationRequired {
    fn in_words(&self) -> String {
        let name = |kind: &str, (_, name): &(String, String)| format!("the {kind} '{name}'");
        let releases = self.releases.iter().map(|one| name("release", one));
        let overrides = self.bundle_overrides.iter().map(|one| name("bundle override", one));
        let all: Vec<_> = releases.chain(overrides).collect();
        let (first, rest) = all.split_at(all.len().min(5));
        let more = if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
        first.join(", ") + &more
    }
}

impl Refusal for ConfirmationRequired {
    fn meaning(&self) -> Meaning {
        Meaning::Conflict
    }

    fn code(&self) -> &'static str {
        "confirmation_required"
    }

    fn facts(&self) -> Facts {
        let record = |(prn, name): &(String, String)| {
            Fact::Record(vec![("prn", prn.as_str().into()), ("name", name.as_str().into())])
        };
        vec![
            ("confirm", self.confirm.as_str().into()),
            ("releases", self.releases.iter().map(record).collect()),
            ("bundle_overrides", self.bundle_overrides.iter().map(record).collect()),
        ]
    }
}

/// The releases and overrides that bring a binary to devices. Destroying it needs a confirmation because of them, and its impact is
/// calculated from them. This is the only place that decides which of them count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Deliveries {
    /// Releases that are not archived, at most 100.
    pub(super) releases: Vec<Release>,
    /// Overrides that are not over, without the devices that they are for.
    pub(super) overrides: Vec<BundleOverride>,
}

impl Deliveries {
    pub(super) async fn read(
        reader: &impl ListReader,
        binary: &Binary,
        now: Timestamp,
    ) -> Result<Self, Error> {
        let (organization, id) = (binary.organization, binary.id);
        // An archived release brings nothing to devices.
        let archived = ArchivedFilter::Without;
        let query = ListQuery { limit: Limit::MOST, archived, ..ListQuery::default() };
        let tenancy = Tenancy::of_server(organization);
        let releases = releases::list_with_binary(reader, &tenancy, id, &query).await?.items;
        let overrides = bundle_overrides::list_current_with_binary(reader, organization, id, now).await?;
        Ok(Self { releases, overrides })
    }

    pub(super) const fn need_confirmation(&self) -> bool {
        !self.releases.is_empty() || !self.overrides.is_empty()
    }
}

/// Refuses unless the binary itself is named, or neither a release nor an override that is not over brings it to devices.
pub(super) async fn check(
    ctx: &Context,
    w: &Write,
    binary: &Binary,
    confirm: Option<Id<Binary>>,
) -> Result<(), Error> {
    if confirm == Some(binary.id) {
        return Ok(());
    }
    let (organization, id) = (binary.organization, binary.id);
    let deliveries = Deliveries::read(w, binary, ctx.now()).await?;
    if !deliveries.need_confirmation() {
        return Ok(());
    }
    let Deliveries { releases, overrides } = deliveries;
    let releases = releases.iter().map(|one| (one.id.prn(organization).to_string(), one.name.to_string()));
    let overrides = overrides
        .iter()
        .take(Limit::MOST.get())
        .map(|one| (one.id.prn(organization).to_string(), one.name.to_string()));
    Err(Error::refused(ConfirmationRequired {
        confirm: id.prn(organization).to_string(),
        releases: releases.collect(),
        bundle_overrides: overrides.collect(),
    }))
}
