//! The differences between the kinds of contents: how one is locked, what is written when its place changes, and its events. A new kind is
//! another arm in each of these functions.

use olivine_content::Filename;
use olivine_domain::binaries::Binary;
use olivine_domain::contents::{Content, ContentKey, ContentKind};
use olivine_domain::events::Subject;
use olivine_domain::permissions::{Actor, Origin};
use olivine_domain::prn::Id;
use olivine_domain::storage_backends::StorageBackend;
use olivine_records::binaries::BinaryHead;
use olivine_records::download_counts::{self, DownloadKind};
use olivine_records::{Write, binaries};

use crate::binaries::store::store;
use crate::events::{self, DownloadFinished, EventData, Noticed, ReplicationFailed, Storage, StoredContent};
use crate::work::Work;
use crate::{Context, Error};

/// A content that nobody else changes until the transaction ends, by the record that it is the content of.
pub(crate) enum Locked {
    Binary(Binary),
}

/// Locks a content, as it is now; `None` where there is none any more.
pub(crate) async fn lock(w: &Write, seen: &Content) -> Result<Option<Locked>, Error> {
    match seen.kind {
        ContentKind::Binary => {
            let locked = binaries::find_locked(w, seen.organization, binary(seen.id)).await?;
            Ok(locked.map(Locked::Binary))
        }
    }
}

impl Locked {
    /// Its record.
    pub(crate) fn content(&self) -> Content {
        match self {
            Self::Binary(binary) => binary.content(),
        }
    }

    /// Says that it may be served from other places than before, although no event says so.
    pub(crate) fn note_change(&self, w: &mut Work) {
        match self {
            Self::Binary(binary) => w.changed_binary(binary),
        }
    }

    /// Records that its first place is another one now.
    pub(crate) async fn move_to(
        &self,
        ctx: &Context,
        w: &mut Work,
        by: &Actor,
        storage: Id<StorageBackend>,
    ) -> Result<(), Error> {
        match self {
            Self::Binary(binary) => {
                let moved = store(ctx, w, binary, Binary { storage, ..binary.clone() }).await?;
                let data = EventData::BinaryMoved(events::Change { from: binary, to: &moved });
                w.event(by, Subject::of(moved.id), data);
            }
        }
        Ok(())
    }
}

/// What became of a content in one storage.
pub(crate) enum Fact {
    /// It was copied there.
    Copied,
    /// It could not be copied there, for this reason.
    NotCopied(String),
    /// It was deleted there, as was ordered.
    Deleted,
    /// It should be there and is not; when that was noticed.
    Missing(&'static str),
}

/// Writes the event that tells of a fact.
pub(crate) fn note(
    w: &mut Work,
    kind: ContentKind,
    key: ContentKey,
    storage: Id<StorageBackend>,
    fact: Fact,
) {
    let storage_backend_prn = Storage(storage, key.organization);
    let stored = StoredContent { storage_backend_prn, generation: key.generation.get() };
    let (subject, data) = match kind {
        ContentKind::Binary => {
            let data = match fact {
                Fact::Copied => EventData::BinaryReplicated(stored),
                Fact::NotCopied(error) => {
                    EventData::BinaryReplicationFailed(ReplicationFailed { storage_backend_prn, error })
                }
                Fact::Deleted => EventData::BinaryContentDeleted(stored),
                Fact::Missing(noticed) => EventData::BinaryContentMissing((stored, Noticed { noticed })),
            };
            (Subject::of(binary(key.content)), data)
        }
    };
    w.event(&Actor::system(key.organization), subject, data);
}

/// The name to save a content under: "main-firmware-1.2.3-arm-linux-gnueabihf.bin".
pub(super) async fn filename(ctx: &Context, content: &Content) -> Result<Filename, Error> {
    match content.kind {
        ContentKind::Binary => {
            let head = binaries::find_head_of_any_organization(ctx.db(), binary(content.id)).await?;
            Ok(filename_of(&head.ok_or(Error::ContentGone)?))
        }
    }
}

/// The same of a binary that is known.
pub(crate) fn filename_of(BinaryHead { artifact, version, target, .. }: &BinaryHead) -> Filename {
    Filename::sanitized(&format!("{artifact}-{version}-{target}.bin"))
}

/// Records that the server gave out a content to its last byte.
pub(super) async fn note_download(
    ctx: &Context,
    w: &mut Work,
    kind: ContentKind,
    key: ContentKey,
    origin: Origin,
) -> Result<(), Error> {
    let organization = key.organization;
    let actor = Actor { origin, ..Actor::system(organization) };
    match kind {
        ContentKind::Binary => {
            let id = binary(key.content);
            let data = EventData::BinaryDownloadFinished(DownloadFinished { via: "download_url" });
            w.event(&actor, Subject::of(id), data);
            let day = ctx.now().day();
            download_counts::add(w, organization, id, &day, DownloadKind::Finished, 1).await?;
        }
    }
    Ok(())
}

/// The binary whose content this is.
pub(super) const fn binary(content: Id<Content>) -> Id<Binary> {
    Id::new(content.uuid())
}
