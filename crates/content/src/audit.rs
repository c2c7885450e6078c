//! Information about a storage: everything that is in it, and why it can't be used.

use olivine_domain::Timestamp;
use olivine_domain::organizations::Organization;
use olivine_domain::prn::Id;
use uuid::Uuid;

use olivine_domain::contents::ContentKey;

/// The organization of what probes of storages write. A probe removes it again; a server that is killed meanwhile leaves it behind.
pub const PROBES: Id<Organization> = Id::new(Uuid::from_u128(0x6f6c_6976_696e_8000_8000_7072_6f62_6573));

/// What storage tells of a complete content without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContentStat {
    /// Its size in bytes.
    pub size: u64,
    /// When it was last written, by the storage's clock.
    pub modified: Timestamp,
}

/// Something that lies in storage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredContent {
    /// Its name below the storage's prefix.
    pub name: String,
    /// The content that it is or was to become; `None` for a name that is not one of ours.
    pub key: Option<ContentKey>,
    /// What it is.
    pub kind: StoredKind,
    /// Its size in bytes, as far as the storage tells.
    pub size: u64,
    /// When it was last written, or an upload was begun.
    pub modified: Timestamp,
}

/// What something in storage is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoredKind {
    /// A complete content.
    Content,
    /// The remains or the received parts of an upload; also files that are not Olivine's.
    Leftover,
}

/// Why a storage can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{step} failed{}: {told}", permission.map(|name| format!(" (this needs the permission {name})")).unwrap_or_default())]
pub struct ProbeFailed {
    /// What was tried.
    pub step: &'static str,
    /// The permission that this needs, in the words of the cloud; `None` where there is no such thing.
    pub permission: Option<&'static str>,
    /// What the storage said.
    pub told: String,
}

/// The content that a name in storage belongs to, and whether it is that content: `organization/content/generation`, or that
/// followed by `.part-` and more.
pub(crate) fn recognize(name: &str) -> (Option<ContentKey>, StoredKind) {
    match name.split_once(".part-") {
        Some((content, _)) => (parse_key(content), StoredKind::Leftover),
        None => match parse_key(name) {
            Some(key) => (Some(key), StoredKind::Content),
            None => (None, StoredKind::Leftover),
        },
    }
}

/// The key that displays as `name`.
pub(crate) fn parse_key(name: &str) -> Option<ContentKey> {
    use olivine_domain::Id;
    use olivine_domain::contents::Generation;
    let mut parts = name.split('/');
    let (organization, content, generation) = (parts.next()?, parts.next()?, parts.next()?);
    let key = ContentKey {
        organization: Id::new(organization.parse().ok()?),
        content: Id::new(content.parse().ok()?),
        generation: Generation::new(generation.parse().ok()?),
    };
    (key.to_string() == name).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_one_spelling_of_a_key_is_a_content() {
        let name = "01890a5d-ac96-774b-bcce-b302099a8057/01890a5d-ac96-774b-bcce-b302099a8058/3";
        let (key, kind) = recognize(name);
        assert_eq!((key.map(|key| key.to_string()).as_deref(), kind), (Some(name), StoredKind::Content));
        let (part, kind) = recognize(&format!("{name}.part-00001-ab"));
        assert_eq!((part, kind), (key, StoredKind::Leftover));
        for other in [
            "",
            "a/b/1",
            &name.to_uppercase(),
            &format!("{name}/4"),
            &format!("{name}x"),
            &name.replace("/3", "/03"),
        ] {
            assert_eq!(recognize(other), (None, StoredKind::Leftover), "{other}");
        }
    }

    #[test]
    fn a_failed_probe_is_a_sentence() {
        let failed = ProbeFailed { step: "writing", permission: Some("s3:PutObject"), told: "403".into() };
        assert_eq!(failed.to_string(), "writing failed (this needs the permission s3:PutObject): 403");
    }
}
