//! Releases: the steps of a cohort's update paths.

/// A step of a cohort's update path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Release {}
