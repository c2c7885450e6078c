//! `archive`, `unarchive` and `list --archived`: the same for all kinds of records that can be archived.

use clap::Args;
use olivine_client::Query;
use olivine_domain::archiving::ArchivedFilter;

/// The option of lists that selects archived records.
#[derive(Debug, Args)]
pub(crate) struct Listed {
    /// Whether to list archived records: false (no), true (only archived ones) or any (both) [default: false]
    #[arg(long, value_name = "WHICH", value_parser = ArchivedFilter::NAMES, num_args = 0..=1, default_missing_value = "true")]
    archived: Option<String>,
}

impl Listed {
    /// Adds the option to the filters of a resource.
    pub(crate) fn apply(&self, query: Query) -> Query {
        query.with("archived", self.archived.as_ref())
    }
}

/// Declares the commands `archive` and `unarchive` for a kind of records.
macro_rules! archiving {
    ($module:ident: $record:ident, $one:literal, $plural:literal, $flag:literal, $example:literal, $archives:literal, $back:literal) => {
        pub(crate) mod $module {
            use clap::{Args, Subcommand};
            use olivine_api::$module::$record;
            use olivine_domain::prn::Prn;
            use olivine_domain::$module::$record as Named;

            use crate::failure::Failure;
            use crate::session::Session;

            /// Archiving and unarchiving.
            #[derive(Debug, Subcommand)]
            pub(crate) enum Command {
                #[command(
                            about = concat!("Archives ", $one, ": ", $archives),
                            after_help = concat!("Example:\n  peridio ", $plural, " archive ", $example)
                        )]
                Archive(One),
                #[command(
                            about = concat!("Takes ", $one, " back from the archive", $back),
                            after_help = concat!("Example:\n  peridio ", $plural, " unarchive ", $example)
                        )]
                Unarchive(Back),
            }

            /// One record.
            #[derive(Debug, Args)]
            pub(crate) struct One {
                /// The record, by its name or its PRN
                #[arg(long, visible_alias = $flag, value_name = "PRN")]
                prn: Prn<Named>,
            }

            /// One record to unarchive.
            #[derive(Debug, Args)]
            pub(crate) struct Back {
                #[command(flatten)]
                one: One,
            }

            impl Command {
                pub(crate) async fn run(self, session: &Session) -> Result<(), Failure> {
                    let record: $record = match self {
                        Self::Archive(One { prn }) => session.client.archive(&prn).await?,
                        Self::Unarchive(Back { one }) => session.client.unarchive(&one.prn, &()).await?,
                    };
                    session.show(&record).await
                }
            }
        }
    };
}

archiving!(
    bundles: Bundle, "a bundle", "bundles", "bundle-prn", "winter",
    "lists leave it out, and no new release or override can deliver it", ""
);
archiving!(
    artifact_versions: ArtifactVersion, "an artifact version", "artifact-versions", "artifact-version-prn", "main-firmware/0.9.0",
    "lists leave it out, and it gets no new binaries and bundles", ""
);
archiving!(
    artifacts: Artifact, "an artifact", "artifacts", "artifact-prn", "old-firmware",
    "lists leave it out, and it gets no new versions, binaries and bundles", ""
);
archiving!(
    cohorts: Cohort, "a cohort", "cohorts", "cohort-prn", "gateway/factory",
    "lists leave it out, and it gets no new devices and releases", ""
);
archiving!(
    products: Product, "a product", "products", "product-prn", "sensor",
    "lists leave it out, and it gets no new devices and cohorts", ""
);
