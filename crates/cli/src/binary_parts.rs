//! `peridio binary-parts`: uploading a content part by part, by hand.

mod number;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use olivine_api::binary_parts::BinaryPart;
use olivine_client::Query;
use olivine_domain::binaries::Binary;
use olivine_domain::binary_parts::{InvalidPartIndex, PartIndex};
use olivine_domain::prn::Prn;

use crate::failure::Failure;
use crate::lists::ListOptions;
use crate::messages;
use crate::output::record;
use crate::session::Session;

record!(BinaryPart, "index", "size", "state", "hash");

/// The commands about parts.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Uploads a file as one part of a binary
    #[command(after_help = "Example:\n  \
            split -b 10M firmware.bin part_\n  \
            for part in part_*; do\n    \
            peridio binary-parts create --binary main-firmware/1.0.0 --file $part\n  \
            done\n  \
            peridio binaries update main-firmware/1.0.0 --state hashable    # the upload is complete\n\n\
            'peridio binaries upload' does all of this in one step, and continues an interrupted upload.")]
    Create(Create),
    /// Lists the parts of a binary
    #[command(after_help = "Example:\n  peridio binary-parts list main-firmware/1.0.0")]
    List(List),
    /// Shows a part
    #[command(after_help = "Example:\n  peridio binary-parts get main-firmware/1.0.0 --part-number 1")]
    Get(Get),
}

/// A part to upload.
#[derive(Debug, Args)]
pub(crate) struct Create {
    /// The binary that the part belongs to
    #[arg(long, visible_alias = "prn", value_name = "PRN")]
    binary_prn: Prn<Binary>,
    #[arg(help = "The number of the part, from 1 [default: follows from the file's name as 'split' makes it: part_aa is 1, part_ab is 2]", long, alias = "index", value_name = "NUMBER", num_args = 0..=1, value_parser = index)]
    // A list, because the documents' loop gives the flag without a value.
    part_number: Vec<PartIndex>,
    /// The file with the bytes of the part
    #[arg(long, value_name = "FILE")]
    file: PathBuf,
    /// The size of the whole binary; the server refuses the part if the binary has another size
    #[arg(long, value_name = "BYTES")]
    expected_binary_size: Option<u64>,
}

/// Which parts to list.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// The binary whose parts to list
    #[arg(long, visible_alias = "prn", value_name = "PRN")]
    binary_prn: Prn<Binary>,
    #[command(flatten)]
    options: ListOptions,
}

/// One part.
#[derive(Debug, Args)]
pub(crate) struct Get {
    /// The binary that the part belongs to
    #[arg(long, visible_alias = "prn", value_name = "PRN")]
    binary_prn: Prn<Binary>,
    /// The number of the part, from 1
    #[arg(long, alias = "index", value_name = "NUMBER", value_parser = index)]
    part_number: PartIndex,
}

fn index(text: &str) -> Result<PartIndex, String> {
    let number = text.parse().map_err(|_| "it takes a whole number".to_owned())?;
    PartIndex::new(number).map_err(|error: InvalidPartIndex| error.to_string())
}

impl Command {
    pub(crate) async fn run(self, session: &Session) -> Result<(), Failure> {
        match self {
            Self::Create(create) => create.run(session).await,
            Self::List(List { binary_prn, options }) => list(session, &binary_prn, &options).await,
            Self::Get(Get { binary_prn, part_number }) => {
                session.printer.one(&session.client.part(&binary_prn, part_number).await?)
            }
        }
    }
}

impl Create {
    async fn run(self, session: &Session) -> Result<(), Failure> {
        let index = match self.part_number.first().copied() {
            Some(index) => index,
            None => self.infer()?,
        };
        let part =
            session.client.upload_part(&self.binary_prn, index, &self.file, self.expected_binary_size).await;
        session.progress.clear();
        session.printer.one(&part?)
    }

    fn infer(&self) -> Result<PartIndex, Failure> {
        let number = number::infer(&self.file).map_err(|problem| {
            Failure::usage(format!(
                "--part-number is missing, and {} does not tell it: {problem}",
                self.file.display()
            ))
        })?;
        messages::note(&format!("{} is part {number}, by its name", self.file.display()));
        Ok(number)
    }
}

async fn list(session: &Session, binary: &Prn<Binary>, options: &ListOptions) -> Result<(), Failure> {
    let pages = session.client.parts(binary, &options.apply(Query::default()));
    session.print_pages(pages, options).await
}
