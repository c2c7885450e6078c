//! `peridio api-keys create`. The server shows a new key's secret in one answer and never again. So the destination of the secret is
//! decided, and its file created, before the key is created. If the secret does not reach its destination, the error names the key, so that
//! it can be revoked.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use clap::Args;
use olivine_api::api_keys::{ApiKey, ApiKeyCreate};

use crate::failure::Failure;
use crate::memberships::Reach;
use crate::messages;
use crate::moments::Moment;
use crate::output::{Format, print};
use crate::private_files;
use crate::session::Session;

/// A new key.
#[derive(Debug, Args)]
pub(crate) struct Create {
    /// The name of the key: what it is for, such as ci
    #[arg(long)]
    name: String,
    #[arg(
        help = "The role of the key: reader, viewer, support, developer, signer, release_manager, writer or admin. A writer can release to all \
                devices; for CI, choose single scopes with --scope instead",
        long,
        required_unless_present = "scopes"
    )]
    role: Option<String>,
    /// A single scope, instead of a role or in addition to it, such as binary.create; can be repeated, or several with commas between them. 'peridio api-keys scopes' lists all scopes
    #[arg(long = "scope", alias = "scopes", value_name = "SCOPE", value_delimiter = ',')]
    scopes: Vec<String>,
    #[command(flatten)]
    reach: Reach,
    /// When the key expires: a date, a date and time, or a duration from now such as 90d [default: never]
    #[arg(long, value_name = "DATE-TIME")]
    expires_at: Option<Moment>,
    /// Write the secret to this file instead of printing it. The file must not exist yet; only its owner can read it
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
}

impl Create {
    pub(super) async fn run(self, session: &Session) -> Result<(), Failure> {
        let format = session.printer.format();
        self.check(format)?;
        let file = self.key_file.as_deref().map(KeyFile::create).transpose()?;
        let mut created: ApiKey = match session.client.create(&self.body()).await {
            Ok(created) => created,
            Err(error) => {
                file.iter().for_each(KeyFile::remove);
                return Err(error.into());
            }
        };
        let Some(secret) = created.key.take() else {
            file.iter().for_each(KeyFile::remove);
            return Err(lost(&created.prn, "the server's answer with its secret was lost on the way", None));
        };
        if let Some(mut file) = file {
            file.write(&secret).map_err(|error| {
                file.remove();
                lost(
                    &created.prn,
                    &format!("its secret can't be written to {}", file.path.display()),
                    Some(error),
                )
            })?;
            messages::note(&format!("the key is in {}: it is shown nowhere else", file.path.display()));
            return session.printer.one(&created);
        }
        let printed = if format == Some(Format::Key) {
            print(&format!("{secret}\n"))
        } else {
            created.key = Some(secret);
            session.printer.one(&created)
        };
        match printed {
            Ok(()) => messages::note("the key is shown this once: keep it safe"),
            Err(Failure::Printing(error)) => {
                return Err(lost(&created.prn, "its secret can't be printed", Some(error)));
            }
            Err(other) => return Err(other),
        }
        Ok(())
    }

    /// Refuses options with which the secret would be lost, before the key is created.
    fn check(&self, format: Option<Format>) -> Result<(), Failure> {
        match (format, &self.key_file) {
            (Some(Format::Prn), None) => Err(Failure::usage(
                "--output prn would lose the key's secret, which is shown only once: add --key-file FILE, or give --output key",
            )),
            (Some(Format::Key), Some(_)) => {
                Err(Failure::usage("give either --key-file or --output key: the secret goes to one place"))
            }
            (_, Some(file)) if file == Path::new("-") => {
                Err(Failure::usage("--key-file takes the name of a file; --output key prints the secret"))
            }
            _ => Ok(()),
        }
    }

    fn body(self) -> ApiKeyCreate {
        let scopes = Some(self.scopes).filter(|scopes| !scopes.is_empty());
        let expires_at = self.expires_at.map(|moment| moment.to_string());
        let (product_prns, cohort_prns) = self.reach.given();
        ApiKeyCreate { name: self.name, role: self.role, scopes, product_prns, cohort_prns, expires_at }
    }
}

/// The error when a key was created but its secret was lost.
fn lost(prn: &str, what: &str, source: Option<io::Error>) -> Failure {
    let message = format!(
        "the key {prn} was created, but {what}: revoke it with 'peridio api-keys revoke --prn {prn}', and create another one"
    );
    match source {
        Some(source) => Failure::with_source(message, source),
        None => Failure::new(message),
    }
}

/// The file for a secret.
struct KeyFile {
    path: PathBuf,
    file: File,
}

impl KeyFile {
    /// Never overwrites a file: a key in it would be lost.
    fn create(path: &Path) -> Result<Self, Failure> {
        match private_files::create(path) {
            Ok(file) => Ok(Self { path: path.to_owned(), file }),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(Failure::usage(format!(
                "{} is there already, and is not overwritten: name another file with --key-file",
                path.display()
            ))),
            Err(error) => Err(Failure::with_source(format!("can't make {}", path.display()), error)),
        }
    }

    fn write(&mut self, secret: &str) -> io::Result<()> {
        writeln!(self.file, "{secret}")?;
        self.file.sync_all()
    }

    /// Removes the empty file of a key that was not created.
    fn remove(&self) {
        if let Err(error) = std::fs::remove_file(&self.path) {
            messages::warning(&format!("can't remove {}: {error}", self.path.display()));
        }
    }
}
