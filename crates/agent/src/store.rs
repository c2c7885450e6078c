//! The agent's folder: its state and its journal, each in one file that is replaced as a whole, the contents that were fetched, and the lock
//! that keeps a second agent out.

use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use olivine_domain::hash::Sha256Digest;
use serde::Serialize;

use crate::Error;
use crate::files;
use crate::installing::{self, Journal};
use crate::state::{Current, FORMAT, State};

/// The agent's folder. Nobody else has it while this lives.
#[derive(Debug)]
pub(crate) struct Store {
    folder: PathBuf,
    _lock: File,
}

impl Store {
    /// Takes the folder, which is made where it is missing.
    pub(crate) fn open(folder: &Path) -> Result<Self, Error> {
        let failed = |source| Error::Folder { path: folder.to_owned(), source };
        let downloads = folder.join("downloads");
        fs::DirBuilder::new().recursive(true).mode(0o700).create(downloads).map_err(failed)?;
        let lock = File::options().write(true).create(true).truncate(false).open(folder.join("lock"));
        let lock = lock.map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Error::Busy { path: folder.to_owned() }),
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        Ok(Self { folder: folder.to_owned(), _lock: lock })
    }

    /// The state as it was saved last; `factory` where none was. What can't be read is set aside: a device must go on.
    pub(crate) fn load(&self, factory: Current) -> Result<State, Error> {
        let path = self.state_file();
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(State::new(factory)),
            Err(source) => return Err(Error::Folder { path, source }),
        };
        match serde_json::from_slice::<State>(&text) {
            Ok(state) if state.format == FORMAT => Ok(state),
            unreadable => {
                set_aside(&path, unreadable.err())?;
                Ok(State::new(factory))
            }
        }
    }

    /// Saves the state, durably, before it is acted on.
    pub(crate) fn save(&self, state: &State) -> Result<(), Error> {
        write(self.state_file(), state)
    }

    /// The journal of a bundle that is being installed, if there is one. Without it, installing begins anew.
    pub(crate) fn load_journal(&self) -> Result<Option<Journal>, Error> {
        let path = self.journal_file();
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(Error::Folder { path, source }),
        };
        match serde_json::from_slice::<Journal>(&text) {
            Ok(journal) if journal.format == installing::FORMAT => Ok(Some(journal)),
            unreadable => {
                set_aside(&path, unreadable.err())?;
                Ok(None)
            }
        }
    }

    /// Saves the journal, durably, before the step that it announces.
    pub(crate) fn save_journal(&self, journal: &Journal) -> Result<(), Error> {
        write(self.journal_file(), journal)
    }

    /// The bundle is done.
    pub(crate) fn remove_journal(&self) -> Result<(), Error> {
        let path = self.journal_file();
        files::remove(&path)
            .and_then(|()| files::sync_folder(&path))
            .map_err(|source| Error::Folder { path, source })
    }

    fn journal_file(&self) -> PathBuf {
        self.folder.join("install.json")
    }

    fn state_file(&self) -> PathBuf {
        self.folder.join("state.json")
    }

    /// The folder that contents are fetched to.
    pub(crate) fn downloads(&self) -> PathBuf {
        self.folder.join("downloads")
    }

    /// How many bytes of a content are there already, whole or not.
    pub(crate) fn arrived(&self, hash: &Sha256Digest) -> u64 {
        let whole = hash.to_hex();
        let parts = format!("{whole}.");
        let Ok(found) = fs::read_dir(self.downloads()) else { return 0 };
        let sizes = found.flatten().filter_map(|file| {
            let name = file.file_name().to_string_lossy().into_owned();
            let is_partial =
                name.strip_prefix(&parts).is_some_and(|rest| rest.split('.').any(|end| end == "part"));
            (name == whole || is_partial).then(|| file.metadata().map_or(0, |metadata| metadata.len()))
        });
        sizes.max().unwrap_or_default()
    }

    /// Where a content is kept until it is installed.
    pub(crate) fn content(&self, hash: &Sha256Digest) -> PathBuf {
        self.downloads().join(hash.to_hex())
    }

    /// Where an installer finds what comes with a content.
    pub(crate) fn metadata(&self, hash: &Sha256Digest) -> PathBuf {
        self.content(hash).with_extension("json")
    }

    /// The file that an installer holds locked while it runs.
    pub(crate) fn install_lock(&self) -> PathBuf {
        self.folder.join("install.lock")
    }

    /// Removes contents that are of no more use: all but those of `keep`, with what of them arrived so far.
    pub(crate) fn tidy(&self, keep: &[Sha256Digest]) {
        let keep: Vec<_> = keep.iter().map(Sha256Digest::to_hex).collect();
        let Ok(found) = fs::read_dir(self.downloads()) else { return };
        for file in found.flatten() {
            let name = file.file_name();
            let is_kept = keep.iter().any(|hash| name.to_string_lossy().starts_with(hash));
            if !is_kept && let Err(error) = fs::remove_file(file.path()) {
                tracing::warn!(%error, "a content of no more use can't be removed");
            }
        }
    }
}

fn write(path: PathBuf, value: &impl Serialize) -> Result<(), Error> {
    let text = serde_json::to_vec_pretty(value).map_err(io::Error::other);
    text.and_then(|text| files::replace(&path, &text)).map_err(|source| Error::Folder { path, source })
}

fn set_aside(path: &Path, error: Option<serde_json::Error>) -> Result<(), Error> {
    let reason = error.map_or_else(|| "of another format".to_owned(), |error| error.to_string());
    let aside = path.with_added_extension("unreadable");
    tracing::error!(reason, file = %path.display(), aside = %aside.display(), "what this agent knew can't be read; it is set aside, and begun anew");
    fs::rename(path, aside).map_err(|source| Error::Folder { path: path.to_owned(), source })
}
