//! `olivine content`: moving contents between storages, and comparing them with the records. Also while the server is running.

use anyhow::{Context as _, bail};
use clap::Subcommand;
use olivine_domain::permissions::Authorized;
use olivine_domain::permissions::installation::{self, ServerOperator};
use olivine_domain::prn::Id;
use olivine_domain::storage_backends::StorageBackend;
use olivine_domain::text::Name;
use olivine_operations::content_audit::{self, Finding, Looked, Options, Problem, Repair};
use olivine_operations::moves::{self, Moved};
use olivine_operations::storages::{self, identity};
use olivine_operations::{Context, organizations};

use super::output::show;
use crate::config::{Config, Flags};
use crate::startup;

#[derive(Debug, Subcommand)]
pub(super) enum ContentCommand {
    /// Move content from one storage to another; each content is copied and verified before the database refers to the new place
    #[command(
        after_help = "The name of a storage is the name of its storage backend, or `server` (the storage of --storage-url), or \
                            `data-folder`.\n\nExamples:\n  olivine content move --from data-folder --to server \
                            --storage-url s3://firmware\n  olivine content move --to frankfurt"
    )]
    Move {
        #[command(flatten)]
        flags: Box<Flags>,
        /// The storage to move the content to
        #[arg(long, value_name = "STORAGE")]
        to: String,
        /// The storage to move the content from
        #[arg(long, value_name = "STORAGE", default_value = "data-folder")]
        from: String,
        /// The organization of the storage backend [default: the configured organization]
        #[arg(long)]
        organization: Option<Name>,
    },
    /// Accept a storage in its present state, after its identity was lost or its content was moved by other means
    #[command(
        after_help = "No running server may still use the previous folder or bucket. Afterwards, `olivine content audit` reports what is \
                            missing.\n\nExample: olivine content adopt --storage data-folder"
    )]
    Adopt {
        #[command(flatten)]
        flags: Box<Flags>,
        /// The storage: the name of a storage backend, or `server` (the storage of --storage-url), or `data-folder`
        #[arg(long, value_name = "STORAGE")]
        storage: String,
        /// The organization of the storage backend [default: the configured organization]
        #[arg(long)]
        organization: Option<Name>,
    },
    /// Compare the storages with the database: find content that is missing, orphaned, or has a wrong size or hash
    #[command(
        after_help = "The command fails if it finds a problem that was not repaired.\n\nExample: olivine content audit --hashes"
    )]
    Audit {
        #[command(flatten)]
        flags: Box<Flags>,
        /// Only check this storage [default: all storages]
        #[arg(long, value_name = "STORAGE")]
        storage: Option<String>,
        /// The organization of the storage backend [default: the configured organization]
        #[arg(long)]
        organization: Option<Name>,
        /// Also read all content and check its hashes
        #[arg(long)]
        hashes: bool,
        /// Repair what can be repaired: restore content from replicas, create missing replicas, delete orphaned content
        #[arg(long)]
        repair: bool,
    },
}

impl ContentCommand {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Move { flags, to, from, organization } => {
                let config = flags.load()?;
                let place = Place::open(&config, organization).await?;
                let (from, to) = (place.find(&from).await?, place.find(&to).await?);
                move_all(&place, from, to).await
            }
            Self::Adopt { flags, storage, organization } => {
                let place = Place::open(&flags.load()?, organization).await?;
                let id = place.find(&storage).await?;
                identity::accept(&place.ctx, &ServerOperator::on_this_machine().authorize(), id).await?;
                let name = storages::name_of(&place.ctx, id).await?;
                Ok(show(&format!(
                    "{name}: this is the storage that the records mean from now on; running servers go on as they were, so \
                    restart them\n"
                ))?)
            }
            Self::Audit { flags, storage, organization, hashes, repair } => {
                let config = flags.load()?;
                let place = Place::open(&config, organization).await?;
                startup::refuse_damage(&config, place.ctx.db()).await?;
                let by = ServerOperator::on_this_machine().authorize();
                let storages = match storage {
                    Some(named) => vec![place.find(&named).await?],
                    None => content_audit::storages(&place.ctx, &by).await?,
                };
                audit_all(&place.ctx, &by, &storages, Options { hashes, repair }).await
            }
        }
    }
}

/// What both commands work with.
struct Place {
    ctx: Context,
    organization: olivine_domain::organizations::Organization,
}

impl Place {
    async fn open(config: &Config, organization: Option<Name>) -> anyhow::Result<Self> {
        let ctx = startup::records_only(config).await?;
        let name = match organization {
            Some(name) => name,
            None => config.organization()?,
        };
        let by = ServerOperator::on_this_machine().authorize();
        let organization = organizations::find(&ctx, &by, &name).await?;
        Ok(Self { ctx, organization })
    }

    async fn find(&self, named: &str) -> anyhow::Result<Id<StorageBackend>> {
        let by = ServerOperator::on_this_machine().authorize();
        Ok(moves::find_storage(&self.ctx, &by, self.organization.id, named).await?)
    }
}

async fn move_all(place: &Place, from: Id<StorageBackend>, to: Id<StorageBackend>) -> anyhow::Result<()> {
    if from == to {
        bail!("the contents are to move from a storage to itself: name another one with --from or --to");
    }
    let by = ServerOperator::on_this_machine().authorize();
    let (mut after, mut moved, mut busy) = (None, 0_u64, 0_u64);
    loop {
        let (contents, last) = moves::list(&place.ctx, &by, place.organization.id, from, to, after).await?;
        for content in &contents {
            match moves::move_content(&place.ctx, &by, content, to).await {
                Ok(Moved::Done) => moved += 1,
                Ok(Moved::Busy) => busy += 1,
                Err(error) => {
                    let done = format!("after {moved} contents; what was moved stays moved, so run it again");
                    return Err(error)
                        .with_context(|| format!("moving the content {} ({done})", content.key()));
                }
            }
        }
        let Some(last) = last else { break };
        after = Some(last);
    }
    let later = match busy {
        0 => String::new(),
        some => format!("; {some} are being uploaded, verified or cleared away and stay: run it again later"),
    };
    Ok(show(&format!("{moved} contents moved{later}\n"))?)
}

async fn audit_all(
    ctx: &Context,
    by: &Authorized<installation::ContentAudit>,
    storages: &[Id<StorageBackend>],
    options: Options,
) -> anyhow::Result<()> {
    let (mut wrong, mut is_lost) = (0_u64, false);
    for storage in storages {
        let name = storages::name_of(ctx, *storage).await?;
        let mut lines = Vec::new();
        let mut found = |finding: Finding| {
            let repair = said_of(&finding.repair);
            lines.push(format!("  {}: {}{repair}\n", finding.name, finding.problem.as_str()));
            if finding.repair != Repair::Done && finding.problem != Problem::Foreign {
                wrong += 1;
            }
            is_lost |= finding.repair == Repair::NoCopy;
            if lines.len() >= 100 {
                // What was found is shown soon, also when a later step fails.
                let _ = show(&lines.drain(..).collect::<String>());
            }
        };
        let looked = content_audit::audit(ctx, by, *storage, options, &mut found).await;
        let looked = looked.with_context(|| format!("looking through {name}"))?;
        show(&lines.concat())?;
        let compared = match looked {
            Looked { contents, read } if read == contents => {
                "all of them read and compared by hash".to_owned()
            }
            Looked { read: 0, .. } => {
                "compared by size; --hashes reads them and compares their bytes".to_owned()
            }
            Looked { read, .. } => format!(
                "compared by size; {read} that were written after their record last changed were read and compared by hash, --hashes does \
                 so with all"
            ),
        };
        show(&format!("{name}: {} contents on record, {compared}\n", looked.contents))?;
    }
    if is_lost {
        show(LOST)?;
    }
    match wrong {
        0 => Ok(()),
        some => bail!("{some} contents are not as they should be"),
    }
}

const LOST: &str = "Contents without a right copy in any storage can't be repaired from here. Bring them back to the same place from a backup \
    or from the bucket's earlier versions, and run the audit again; or destroy the binary, so that no device is sent there, and publish its \
    content anew.\n";

fn said_of(repair: &Repair) -> String {
    match repair {
        Repair::NotTried => String::new(),
        Repair::Done => ", repaired".to_owned(),
        Repair::NoCopy => ", not repaired: no other storage has a right copy".to_owned(),
        Repair::Failed { why } => format!(", not repaired: {why}"),
    }
}
