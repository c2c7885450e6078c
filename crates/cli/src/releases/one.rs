//! The arguments that select one release.

use clap::Args;
use olivine_domain::prn::Prn;
use olivine_domain::releases::Release;

/// One release.
#[derive(Debug, Args)]
pub(crate) struct One {
    /// The release by its PRN or its name, instead of the first argument
    #[arg(long, visible_alias = "release-prn", value_name = "PRN")]
    pub(crate) prn: Prn<Release>,
}
