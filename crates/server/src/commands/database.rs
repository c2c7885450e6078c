//! `olivine database`: what an operator does to the records as a whole.

use std::fmt::Write as _;
use std::fs::File;
use std::path::Path;

use anyhow::{Context as _, ensure};
use clap::Subcommand;
use olivine_records::{Database, Options, copying};
use uuid::Uuid;

use super::output::show;
use crate::config::shown;
use crate::elsewhere;
use crate::startup::lock_data_dir;

#[derive(Debug, Subcommand)]
pub(super) enum DatabaseCommand {
    /// Copy all records into another, empty database; no server may use one of the two databases meanwhile
    #[command(
        after_help = "Example:\n  olivine database copy --from sqlite:olivine-data/olivine.db --to postgres://olivine@db/olivine"
    )]
    Copy {
        /// The database to read: sqlite:PATH or postgres://…
        #[arg(long, value_name = "URL")]
        from: String,
        /// The empty database to write to: sqlite:PATH or postgres://…
        #[arg(long, value_name = "URL")]
        to: String,
    },
}

pub(super) async fn run(command: DatabaseCommand) -> anyhow::Result<()> {
    let DatabaseCommand::Copy { from, to } = command;
    show(&copy(&from, &to).await?)?;
    Ok(())
}

/// Copies; returns what there is to say.
async fn copy(from: &str, to: &str) -> anyhow::Result<String> {
    if let Some(path) = file(from) {
        ensure!(path.is_file(), "there is no database at {}", path.display());
    }
    let _locks = [lock(from)?, lock(to)?];
    let source = Database::open(from, Options::default())
        .await
        .with_context(|| format!("opening the source, {}", shown(from)))?;
    let target = Database::open(to, Options::default())
        .await
        .with_context(|| format!("opening the target, {}", shown(to)))?;
    let copied = copying::copy(&source, &target, new_feed).await;
    source.close().await;
    target.close().await;
    let copied = copied?;
    let marked = elsewhere::note_copied(from, to)?;
    let mut text = format!("{:<26}{:>12}  SHA-256 over all rows, read from both\n", "table", "rows");
    for table in &copied {
        // Writing to a string can't fail.
        let _ = writeln!(text, "{:<26}{:>12}  {}", table.table, table.rows, table.hash.to_hex());
    }
    let rows: u64 = copied.iter().map(|table| table.rows).sum();
    let _ = write!(
        text,
        "{rows} rows copied from {} to {}, and compared.\n\
         Servers on the new database need the same secret key: 'secret-key' in the data folder, or OLIVINE_SECRET_KEY. Contents stay where \
         they are. Who follows the event feed is told that it is another one, and where to go on.\n",
        shown(from),
        shown(to)
    );
    if let Some((folder, mark)) = marked {
        let _ = writeln!(
            text,
            "From now on, commands on the data folder {} need --database-url (or OLIVINE_DATABASE_URL). To go on with {} instead, delete {}.",
            folder.display(),
            shown(from),
            mark.display()
        );
    }
    Ok(text)
}

/// The id of a feed of events in the copy.
fn new_feed() -> Uuid {
    let mut random = [0; 16];
    aws_lc_rs::rand::fill(&mut random).expect("the system's random numbers never run out");
    uuid::Builder::from_random_bytes(random).into_uuid()
}

/// The file of a SQLite database.
fn file(url: &str) -> Option<&Path> {
    let path = url.strip_prefix("sqlite:")?;
    Some(Path::new(path.strip_prefix("//").unwrap_or(path)))
}

/// Held while no server may use the data folder that a SQLite database is in.
fn lock(url: &str) -> anyhow::Result<Option<File>> {
    let folder = file(url).and_then(Path::parent).filter(|folder| folder.join("lock").exists());
    folder.map(lock_data_dir).transpose()
}
