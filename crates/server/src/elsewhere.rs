//! The mark in a data folder whose records are in another database than its own `olivine.db`. Without it, a command that is called without
//! the database's URL, such as the cron line of a backup, would work with the records as they were before the move and say that all is well.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use crate::config::{Config, OWN_DATABASE, shown};
use crate::startup;

/// The mark's file.
const MARK: &str = "database-elsewhere";

/// Refuses to use the data folder's own database if the records are elsewhere.
pub fn refuse_stale(config: &Config) -> anyhow::Result<()> {
    if !uses_own_database(config) {
        return Ok(());
    }
    let mark = config.data_dir.join(MARK);
    let place = match fs::read_to_string(&mark) {
        Ok(place) => place,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error).with_context(|| format!("reading {}", mark.display())),
    };
    bail!(
        "the records of the data folder {} are in another database, {}: name it (--database-url or OLIVINE_DATABASE_URL). Its own {OWN_DATABASE} \
         is not up to date. To go back to it all the same, stop all servers and delete {}",
        config.data_dir.display(),
        place.lines().next().unwrap_or_default(),
        mark.display()
    )
}

/// Says in the data folder where its records are, after a server has found them there.
pub fn note(config: &Config) -> anyhow::Result<()> {
    if uses_own_database(config) { Ok(()) } else { write(&config.data_dir, &config.database_url()) }
}

/// After all records were copied between two databases: if the one that was read is a data folder's own, its records are now elsewhere; if
/// the one that was written is, they are there again. Returns the folder that was marked, and its mark.
pub fn note_copied(from: &str, to: &str) -> anyhow::Result<Option<(PathBuf, PathBuf)>> {
    if let Some(folder) = folder_of_own_database(to) {
        remove(&folder)?;
    }
    let Some(folder) = folder_of_own_database(from) else { return Ok(None) };
    write(&folder, to)?;
    let mark = folder.join(MARK);
    Ok(Some((folder, mark)))
}

fn write(folder: &Path, url: &str) -> anyhow::Result<()> {
    let mark = folder.join(MARK);
    let place = format!("{}\n", shown(url));
    if fs::read_to_string(&mark).is_ok_and(|before| before == place) {
        return Ok(());
    }
    startup::write_private(&mark, place.as_bytes())
}

fn remove(folder: &Path) -> anyhow::Result<()> {
    let mark = folder.join(MARK);
    match fs::remove_file(&mark) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("removing {}", mark.display()))
        }
        _ => Ok(()),
    }
}

/// By whatever way it is named.
fn uses_own_database(config: &Config) -> bool {
    let absolute = |path: &Path| fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    config.is_embedded() && {
        let (used, own) = (config.database_path(), config.data_dir.join(OWN_DATABASE));
        used == own || absolute(&used) == absolute(&own)
    }
}

/// The data folder whose own database this is: a server has locked it once.
fn folder_of_own_database(url: &str) -> Option<PathBuf> {
    let path = url.strip_prefix("sqlite:")?;
    let path = Path::new(path.strip_prefix("//").unwrap_or(path));
    let folder = path.parent().filter(|folder| folder.join("lock").exists())?;
    (path.file_name()? == OWN_DATABASE).then(|| folder.to_owned())
}
