//! Assembles a server: data folder, secrets, database, content, the first organization and the first key.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};
use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use olivine_content::{TokenKey, is_storage_full};
use olivine_domain::api_keys::ApiKeySecret;
use olivine_domain::hash::Sha256Digest;
use olivine_domain::organizations::Organization;
use olivine_domain::permissions::installation::ServerOperator;
use olivine_domain::permissions::{Grants, Role};
use olivine_operations::lists::NewId;
use olivine_operations::sealing::SealKey;
use olivine_operations::storages::{Folders, Own, Storages, identity};
use olivine_operations::{Clock, Context, Error, api_keys, jobs, organizations, storage_backends};
use olivine_records::{Database, Integrity, settings};

use crate::config::{Config, shown};
use crate::{elsewhere, restored, setup_link};

/// How long a start waits for content storage to say which one it is.
const STORE_ANSWERS_WITHIN: Duration = Duration::from_secs(5);
/// How long everything is tried that content storage will be asked for.
const STORE_IS_TRIED_FOR: Duration = Duration::from_mins(1);
/// How long a start waits while an embedded database is looked through for damage; then it is looked through while the server serves.
const LOOKS_FOR_DAMAGE: Duration = Duration::from_millis(250);
/// The same before its tables are changed: the change of a damaged database might lose more.
const LOOKS_BEFORE_MIGRATING: Duration = Duration::from_mins(1);
/// How long a database is looked through beside the work. Meanwhile its log can't be shortened.
const LOOKS_BESIDE_WORK: Duration = Duration::from_mins(5);
/// The name of the file that holds the first admin key.
pub const ADMIN_KEY_FILE: &str = "admin-api-key";

/// A server's parts, ready to serve. The data folder's lock is held as long as this lives.
#[derive(Debug)]
pub struct Started {
    /// What operations work with.
    pub ctx: Context,
    /// The organization that the configuration names.
    pub organization: Organization,
    _lock: File,
}

/// Opens all that a server needs, and makes what is missing. Processes go by the database's clock.
pub async fn start(config: &Config, address: SocketAddr) -> anyhow::Result<Started> {
    start_by(None, config, address).await
}

/// The same by another clock than the database's.
pub async fn start_by(clock: Option<Clock>, config: &Config, address: SocketAddr) -> anyhow::Result<Started> {
    let lock = lock_data_dir(&config.data_dir)?;
    // The database first: a secret key without one is a database that was lost.
    let db = open_database(config).await?;
    let secret = secret_key(config)?;
    check_integrity(config, &db).await?;
    db.migrate().await.context("bringing the database up to date")?;
    check_secret(&db, &secret).await?;
    let tokens = TokenKey::derive(&secret);
    let storages = Box::pin(storages(config, &db, config.public_url(address), &secret)).await?;
    let clock = match clock {
        Some(clock) => clock,
        None => Clock::of(&db).await?,
    };
    let ctx = Context::new(clock, db, storages, tokens, config.settings());
    check_storages(config, &ctx).await?;
    note_database(config)?;

    let name = config.organization()?;
    let operator = ServerOperator::on_this_machine();
    let organization = organizations::ensure(&ctx, &operator.authorize(), &name).await?;
    restored::begin_anew(&ctx, &operator, &config.data_dir).await?;
    ensure_admin_key(&ctx, &config.data_dir, &organization).await?;
    setup_link::ensure(&ctx, &operator.authorize(), &config.data_dir, &config.public_url(address)).await?;
    if config.is_embedded() {
        // The folder's lock proves that no other server uses this database, so the processes that had claimed jobs are gone.
        unless_full(jobs::take_over_all(&ctx).await)?;
    }
    unless_full(jobs::enqueue_recurring(&ctx).await)?;
    Ok(Started { ctx, organization, _lock: lock })
}

/// Other commands on this data folder must not take its own database for the records. A full disk does not hold the start up.
fn note_database(config: &Config) -> anyhow::Result<()> {
    match elsewhere::note(config) {
        Err(error) if is_full(&error) => {
            tracing::warn!("the disk is full: the data folder can't say in which database its records are");
            Ok(())
        }
        noted => noted,
    }
}

/// Passes over what a start could not write because the disk is full: jobs whose process is dead are taken over when their lease ends, and
/// recurring ones are there from an earlier start. What the server has, it can still give out.
fn unless_full<T>(written: Result<T, Error>) -> Result<(), Error> {
    match written {
        Err(Error::StorageFull) => {
            tracing::warn!("the disk is full: only what needs no space can be done until some is freed");
            Ok(())
        }
        written => written.map(drop),
    }
}

/// Opens what a command beside a running server needs: records only.
pub async fn open_database(config: &Config) -> anyhow::Result<Database> {
    create_private_dir(&config.data_dir)?;
    elsewhere::refuse_stale(config)?;
    refuse_to_begin_anew(config)?;
    let opened = Database::open(&config.database_url(), config.database.options()).await;
    opened.with_context(|| format!("opening the database {}", shown(&config.database_url())))
}

/// An empty database beside what an earlier one knew would be a server that has lost everything without saying so.
fn refuse_to_begin_anew(config: &Config) -> anyhow::Result<()> {
    if !config.is_embedded() || config.database_path().exists() {
        return Ok(());
    }
    let has_contents = std::fs::read_dir(config.data_dir.join("content").join("content"))
        .is_ok_and(|mut contents| contents.next().is_some());
    let left = match config.data_dir.join("secret-key").exists() {
        _ if has_contents => "contents",
        true => "a secret key",
        false => return Ok(()),
    };
    bail!(
        "there is no database {}, but the data folder {} has {left} of an earlier one, which a new and empty database would not know. Bring \
         the database back (`olivine restore` from a backup), or name the right one (--database-url, OLIVINE_DATABASE_URL). To begin anew, use \
         another data folder",
        config.database_path().display(),
        config.data_dir.display()
    )
}

/// Refuses to work with a database that is damaged: answers would be wrong, and changes would make it worse. A large one is looked through to
/// its end while the server serves already; what is found then stands in the log and in the metrics.
async fn check_integrity(config: &Config, db: &Database) -> anyhow::Result<()> {
    let is_up_to_date = db.pending_migrations().await.is_ok_and(|pending| pending == 0);
    let within = if is_up_to_date { LOOKS_FOR_DAMAGE } else { LOOKS_BEFORE_MIGRATING };
    let path = config.database_path();
    match db.check_integrity(within).await.context("looking for damage in the database")? {
        Integrity::Sound => Ok(()),
        Integrity::Unfinished => {
            tokio::spawn(look_further(db.clone(), path));
            Ok(())
        }
        Integrity::Damaged { what } => bail!("{}", damaged(&path, &what)),
    }
}

async fn look_further(db: Database, path: PathBuf) {
    match db.check_integrity(LOOKS_BESIDE_WORK).await {
        Ok(Integrity::Sound) => tracing::info!("the database was looked through: it is sound"),
        Ok(Integrity::Unfinished) => tracing::warn!(
            minutes = LOOKS_BESIDE_WORK.as_secs() / 60,
            "the database is too large to be looked through in time; `olivine content audit` does that"
        ),
        Ok(Integrity::Damaged { what }) => {
            metrics::gauge!("olivine_database_damaged").set(1.0);
            tracing::error!("{}", damaged(&path, &what));
        }
        Err(error) => {
            tracing::warn!(error = &error as &dyn std::error::Error, "looking for damage in the database");
        }
    }
}

/// Refuses to go on with a database that is damaged anywhere, however long it takes to see that.
pub(crate) async fn refuse_damage(config: &Config, db: &Database) -> anyhow::Result<()> {
    let found = db.check_integrity_thoroughly().await;
    match found.context("looking for damage in the database")? {
        Integrity::Damaged { what } => bail!("{}", damaged(&config.database_path(), &what)),
        Integrity::Sound | Integrity::Unfinished => Ok(()),
    }
}

/// What to do about a damaged database.
fn damaged(path: &Path, what: &str) -> String {
    format!(
        "the database {} is damaged ({what}). Stop all that uses it, keep a copy of the file, and restore it from a backup (`olivine \
         restore`); without one, `sqlite3 {} .recover` saves what can still be read",
        path.display(),
        path.display()
    )
}

/// What commands beside a running server work with. The content folder is opened, but nothing in it is used.
pub async fn records_only(config: &Config) -> anyhow::Result<Context> {
    let db = open_database(config).await?;
    db.migrate().await.context("bringing the database up to date")?;
    let secret = secret_key(config)?;
    let url = config.public_url(config.server.listen);
    let storages = Box::pin(storages(config, &db, url, &secret)).await?;
    Ok(Context::new(Clock::of(&db).await?, db, storages, TokenKey::derive(&secret), config.settings()))
}

/// Where contents are, as far as that is not on record.
async fn storages(
    config: &Config,
    db: &Database,
    base_url: String,
    secret: &[u8],
) -> anyhow::Result<Storages> {
    let folders = Folders { base_url, tokens: TokenKey::derive(secret) };
    let data_folder = folders.open(&config.data_dir.join("content")).await;
    let data_folder = data_folder.context("opening the content folder")?;
    let storages = Storages::new(data_folder, folders, SealKey::derive(secret)).alone(config.is_embedded());
    let Some(url) = config.storage.url()? else { return Ok(storages) };
    let own = Own {
        url,
        endpoint: config.storage.endpoint.clone(),
        region: config.storage.region.clone(),
        cdn: config.storage.cdn()?,
        checksums: config.storage.checksums,
    };
    Box::pin(storages.with_own(db, own)).await.context("putting the storage on record")
}

/// Refuses to start on a storage that is not the one that the records mean. One that does not answer is checked when it is first used.
async fn check_storages(config: &Config, ctx: &Context) -> anyhow::Result<()> {
    let checked = tokio::time::timeout(STORE_ANSWERS_WITHIN, identity::check_at_start(ctx)).await;
    match checked {
        Ok(Ok(())) => {}
        Ok(Err(Error::WrongStorage(wrong))) => bail!("{wrong}. {}", advice(config)),
        Ok(Err(error @ Error::Misconfigured { .. })) => {
            tracing::error!(error = &error as &dyn std::error::Error, "content storage can't be used");
        }
        Ok(Err(error)) => tracing::warn!(
            error = &error as &dyn std::error::Error,
            "content storage can't be checked now; it will be when it is first used"
        ),
        Err(_) => {
            tracing::warn!("content storage does not answer; it is checked when it is first used");
        }
    }
    Ok(())
}

/// Tries everything that content storage will be asked for, and says what fails. It goes on without it: what needs no storage works, and a
/// storage that is down at the start may come back.
pub async fn try_storage(ctx: Context) {
    match tokio::time::timeout(STORE_IS_TRIED_FOR, storage_backends::probe_own(&ctx)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::error!(
            error = &error as &dyn std::error::Error,
            "content storage does not do all that it will be asked for"
        ),
        Err(_) => tracing::warn!("content storage takes very long; `/readyz` says whether it answers"),
    }
}

/// What to do about a storage that is not the right one.
fn advice(config: &Config) -> String {
    let folder = config.data_dir.join("content");
    let folder = folder.display();
    if config.is_embedded() {
        format!(
            "The content folder is {folder}: mount it, or restore the data folder from a backup. If it is right as it is, `olivine content \
             adopt --storage data-folder` accepts it, and `olivine content audit` says what is missing"
        )
    } else {
        format!(
            "Set --storage-url (OLIVINE_STORAGE_URL) to the storage that the other processes use, or mount the folder that they share at \
             {folder}. If this storage is right as it is, `olivine content adopt --storage server` (or data-folder) accepts it"
        )
    }
}

/// Makes the folder, for its owner only, if it is missing.
pub(crate) fn create_private_dir(dir: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .with_context(|| format!("making the data folder {}", dir.display()))
}

/// Two servers on one data folder would each believe the other dead.
pub(crate) fn lock_data_dir(dir: &Path) -> anyhow::Result<File> {
    create_private_dir(dir)?;
    let busy = format!("another olivine is running on the data folder {}: stop it first", dir.display());
    lock(&dir.join("lock"), &busy)
}

/// Locks a file, which is made if need be, until the value is dropped or the process dies; `busy` says that another process has it.
pub(crate) fn lock(path: &Path, busy: &str) -> anyhow::Result<File> {
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(path);
    let file = file.with_context(|| format!("opening {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => bail!("{busy}"),
        Err(TryLockError::Error(error)) => Err(error).with_context(|| format!("locking {}", path.display())),
    }
}

/// The secret from which keys are derived: configured, or made at the first start.
fn secret_key(config: &Config) -> anyhow::Result<Vec<u8>> {
    if let Some(secret) = &config.secret_key {
        return Ok(secret.clone().into_bytes());
    }
    let path = config.data_dir.join("secret-key");
    match std::fs::read(&path) {
        Ok(secret) if secret.trim_ascii().len() >= 32 => Ok(secret.trim_ascii().to_vec()),
        Ok(_) => bail!("{} is too short to be the secret key: restore it from a backup", path.display()),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let mut random = [0; 32];
            SystemRandom::new()
                .fill(&mut random)
                .map_err(|_| anyhow::anyhow!("the system has no random numbers"))?;
            let secret = Sha256Digest::from_bytes(random).to_hex();
            write_private(&path, secret.as_bytes())?;
            Ok(secret.into_bytes())
        }
        Err(error) => Err(error).with_context(|| format!("reading {}", path.display())),
    }
}

/// Processes that share a database must share the secret, else each refuses the others' URLs.
async fn check_secret(db: &Database, secret: &[u8]) -> anyhow::Result<()> {
    let fingerprint = Sha256Digest::of(&[b"olivine secret key fingerprint 1", secret].concat()).to_hex();
    let w = db.write().await?;
    let first = settings::put_if_absent(&w, "secret_key_fingerprint", &fingerprint).await?;
    w.commit().await?;
    if first != fingerprint {
        bail!(
            "this server's secret key is another than the one that the database was first used with: set OLIVINE_SECRET_KEY to \
             that one, or restore 'secret-key' in the data folder"
        );
    }
    Ok(())
}

/// The first start makes a key that may do everything, and puts it where only the operator can read it.
async fn ensure_admin_key(ctx: &Context, dir: &Path, organization: &Organization) -> anyhow::Result<()> {
    let path = dir.join(ADMIN_KEY_FILE);
    let name = "admin (made at the first start)".parse().context("the name of the first key")?;
    let new = api_keys::Create {
        id: NewId::Fresh,
        name,
        grants: Grants::of_role(Role::Admin),
        expires_at: None,
        owner: None,
    };
    let keep = |secret: &ApiKeySecret| {
        write_private(&path, format!("{}\n", secret.reveal()).as_bytes()).map_err(std::io::Error::other)
    };
    let by = ServerOperator::on_this_machine().authorize();
    api_keys::create_first(ctx, &by, organization.id, new, keep).await.context("making the first API key")?;
    Ok(())
}

/// Writes a file that only its owner can read, whole or not at all.
pub fn write_private(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let temporary = path.with_file_name(format!(".{name}.new"));
    let write = || -> std::io::Result<()> {
        // What an earlier attempt left, or a link that somebody put there to have another file overwritten.
        match std::fs::remove_file(&temporary) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = OpenOptions::new().create_new(true).write(true).mode(0o600).open(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&temporary, path)?;
        // Only then the new name outlives a loss of power.
        path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
    };
    let written = write();
    if written.is_err() {
        // What is left of a file that was not finished only takes space.
        drop(std::fs::remove_file(&temporary));
    }
    written.with_context(|| format!("writing {}", path.display()))
}

/// Whether it failed because there is no space left.
pub fn is_full(error: &anyhow::Error) -> bool {
    error.downcast_ref::<std::io::Error>().is_some_and(|error| is_storage_full(error.kind()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_in_place_of_a_new_secret_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let (path, victim) = (folder.path().join("admin-api-key"), folder.path().join("victim"));
        std::fs::write(&victim, "precious").unwrap();
        std::os::unix::fs::symlink(&victim, folder.path().join(".admin-api-key.new")).unwrap();
        write_private(&path, b"secret").unwrap();
        assert_eq!(std::fs::read_to_string(&victim).unwrap(), "precious");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "secret");
        assert!(std::fs::symlink_metadata(&path).unwrap().is_file());
    }
}
