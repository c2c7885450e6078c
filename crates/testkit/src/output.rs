//! What a server puts out, which no secret may be in.

use std::path::{Path, PathBuf};

use olivine_server::startup::ADMIN_KEY_FILE;
use olivine_tests::secrets;

use crate::log;

/// What a server put out and keeps: when this is dropped, no secret may be in it.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) url: String,
    pub(crate) data_dir: PathBuf,
    /// How much was logged before the server started.
    pub(crate) logged_before: usize,
}

impl Drop for Output {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let hosts = [self.url.trim_start_matches("http://").to_owned()];
        secrets::assert_not_in(&hosts, "the log", &log::since(self.logged_before));
        let hands_out = |file: &Path| file.ends_with(ADMIN_KEY_FILE) || file.ends_with("setup-link");
        secrets::assert_not_under(&hosts, &self.data_dir, hands_out);
    }
}
