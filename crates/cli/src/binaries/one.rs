//! The arguments that select one binary.

use clap::Args;
use olivine_domain::binaries::Binary;
use olivine_domain::prn::Prn;

/// One binary.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct One {
    /// The binary by its PRN or its name, instead of the first argument
    #[arg(long, visible_alias = "binary-prn", value_name = "PRN")]
    pub(crate) prn: Prn<Binary>,
}
