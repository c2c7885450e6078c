//! The options that all uploading commands share, and the upload with its progress.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use olivine_api::binaries::Binary;
use olivine_client::files::FileHashes;
use olivine_client::uploads::{Options, Uploaded, upload};
use olivine_domain::binaries::Binary as Named;
use olivine_domain::prn::Prn;

use crate::failure::Failure;
use crate::session::Session;
use crate::{messages, sizes};

/// The options of an upload.
#[derive(Debug, Args)]
#[command(next_help_heading = "Upload options")]
pub(crate) struct UploadOptions {
    /// Do not wait until the server has verified the content
    #[arg(long)]
    no_wait: bool,
    /// Wait at most this many seconds for the verification
    #[arg(long, value_name = "SECONDS", conflicts_with = "no_wait")]
    wait_timeout: Option<u64>,
    /// How many parts to send at the same time
    #[arg(long, value_name = "COUNT", default_value_t = Options::default().parallel)]
    parallel: usize,
    /// The size of a part, such as 64M [default: 16M]
    #[arg(long, value_name = "BYTES", value_parser = sizes::parse)]
    part_size: Option<u64>,
    /// Send files of at most this size in one request
    #[arg(long, value_name = "BYTES", value_parser = sizes::parse, hide = true)]
    direct_limit: Option<u64>,
}

impl UploadOptions {
    /// The size of a part, increased if there would be too many parts.
    pub(crate) fn part_size(&self) -> u64 {
        self.part_size.unwrap_or(Options::default().part_size)
    }

    /// Whether to wait for the verification.
    pub(crate) const fn waits(&self) -> bool {
        !self.no_wait
    }

    fn options(&self, hashes: Option<FileHashes>) -> Options {
        let usual = Options::default();
        let patience = self.wait_timeout.map(Duration::from_secs).or(usual.wait);
        Options {
            direct_limit: self.direct_limit.unwrap_or(usual.direct_limit),
            part_size: self.part_size(),
            parallel: self.parallel,
            wait: patience.filter(|_| self.waits()),
            hashes,
        }
    }

    /// Uploads a file, and reports the result on stderr.
    pub(crate) async fn upload(
        &self,
        session: &Session,
        prn: Prn<Named>,
        file: PathBuf,
        hashes: Option<FileHashes>,
    ) -> Result<Binary, Failure> {
        let (begin, name) = (Instant::now(), file.display().to_string());
        let result = upload(&session.client, prn, file, self.options(hashes)).await;
        session.progress.clear();
        let Uploaded { binary, was_there } = result?;
        if was_there {
            messages::note(&format!("{name} was uploaded before; its binary is '{}'", binary.state));
        } else {
            let seconds = begin.elapsed().as_secs_f64();
            messages::note(&format!("uploaded {name} in {seconds:.1} s; its binary is '{}'", binary.state));
        }
        Ok(binary)
    }
}
