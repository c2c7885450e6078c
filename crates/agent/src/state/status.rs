//! What is reported of an update.

/// The words of `POST /update/status`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// Contents are being fetched.
    Downloading,
    /// All is fetched and checked, and being installed.
    Installing,
    /// It runs.
    Installed,
    /// It could not be fetched, checked or installed.
    Failed,
    /// It was installed, but after the restart the version before it runs.
    RolledBack,
}

impl Status {
    /// The word itself.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Downloading => "downloading",
            Self::Installing => "installing",
            Self::Installed => "installed",
            Self::Failed => "failed",
            Self::RolledBack => "rolled_back",
        }
    }
}
