//! Storage backends: where contents are kept, and which copy of a content a device is sent to.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

use crate::hash::Sha256Digest;
use crate::organizations::{Organization, Revision};
use crate::prn::{Id, Resource};
use crate::search::{Field, FieldKind, FieldTable, Searchable};
use crate::tags::Tags;
use crate::text::Name;
use crate::time::Timestamp;

/// The fields by which lists of storage backends can be searched.
pub const SEARCH: FieldTable = &[
    Field { name: "prn", kind: FieldKind::Prn },
    Field { name: "name", kind: FieldKind::Text },
    Field { name: "inserted_at", kind: FieldKind::DateTime },
    Field { name: "updated_at", kind: FieldKind::DateTime },
];

/// A place that holds contents, as an organization registered it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StorageBackend {
    /// Its key.
    pub id: Id<StorageBackend>,
    /// Its owner; `None` for those of the server itself, which organizations do not see.
    pub organization: Option<Id<Organization>>,
    /// Unique in the organization.
    pub name: Name,
    /// What and where it is. Never changes: contents that are there would be lost.
    pub url: StorageUrl,
    /// Where it answers, if that does not follow from the URL: `https://minio.example.com:9000`.
    pub endpoint: Option<String>,
    /// The cloud's name for the region that it is in: `eu-central-1`.
    pub region: Option<String>,
    /// What is needed to use it, as sealed by the server's secret key; `None` for the server's own credentials.
    pub sealed_credentials: Option<Sealed>,
    /// The CDN in front of it, with its key, sealed; `None` where devices are sent to the storage itself.
    pub sealed_cdn: Option<Sealed>,
    /// Devices with one of these tags are sent here if the content is here.
    pub near: Tags,
    /// Whether every verified content of the organization is copied here.
    pub replicates: bool,
    /// Devices whose tags match no storage backend are sent to the one with the lowest number that has the content.
    pub position: u16,
    /// Whether the storage is asked to check parts against their SHA-256 itself. Only one of S3's kind can be.
    pub checksums: bool,
    /// Grows with each change.
    pub revision: Revision,
    /// When it was created.
    pub inserted_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl Resource for StorageBackend {
    const TYPE: Option<&'static str> = Some("storage_backend");
    const A_NAME: &'static str = "a storage backend";
}

impl Searchable for StorageBackend {
    const FIELDS: FieldTable = SEARCH;
}

/// A secret as it is stored: encrypted with a key that the database does not have.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(Vec<u8>);

impl Sealed {
    /// As it was stored, or as it comes from encryption.
    pub const fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// To be stored, or to be decrypted.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealed")
    }
}

/// What and where a storage is: `s3://bucket/prefix`, `gs://bucket/prefix`, `az://container/prefix`, `file:///folder`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum StorageUrl {
    /// A folder of the machine, by its absolute path.
    File(String),
    /// Amazon S3, and everything that is compatible with it.
    S3(Bucket),
    /// Google Cloud Storage.
    Gcs(Bucket),
    /// Azure Blob Storage; the bucket is a container.
    Azure(Bucket),
}

/// A bucket, and where in it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Bucket {
    /// Its name: 3 to 63 lowercase letters, digits, dots, hyphens and underscores.
    pub name: String,
    /// What all keys begin with, without slashes at its ends; may be empty.
    pub prefix: String,
}

/// A URL that names no storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidStorageUrl {
    /// Another scheme, or none.
    #[error("it must begin with s3://, gs://, az:// or file:///")]
    Scheme,
    /// The folder is not absolute.
    #[error("file:// takes an absolute path without '..', as in file:///var/lib/olivine/content")]
    Folder,
    /// The bucket's name is not one.
    #[error(
        "a bucket's or container's name has 3 to 63 lowercase letters, digits, dots, hyphens or underscores"
    )]
    Bucket,
    /// The prefix can't be part of a key.
    #[error(
        "a prefix has up to 200 letters, digits, '-', '_', '.', and single slashes between names that are not '.' or '..'"
    )]
    Prefix,
}

impl StorageBackend {
    /// The folder `content` in the server's data folder: where contents are unless somebody decides otherwise.
    pub const DATA_FOLDER: Id<Self> = Id::new(Uuid::nil());

    /// The key of the server's own storage at that URL: the same whichever process asks, and no key of an organization's, which are
    /// made of the time.
    pub fn of_server(url: &StorageUrl) -> Id<Self> {
        let hash = Sha256Digest::of(url.to_string().as_bytes());
        let mut half = [0; 8];
        half.copy_from_slice(&hash.as_bytes()[..8]);
        Id::new(Uuid::from_u64_pair(0, u64::from_be_bytes(half)))
    }

    /// Whether that is a key of a storage of the server itself.
    pub fn is_of_server(id: Id<Self>) -> bool {
        id.uuid().as_u64_pair().0 == 0
    }
}

impl StorageUrl {
    /// The bucket, where it is not a folder.
    pub const fn bucket(&self) -> Option<&Bucket> {
        match self {
            Self::File(_) => None,
            Self::S3(bucket) | Self::Gcs(bucket) | Self::Azure(bucket) => Some(bucket),
        }
    }
}

impl FromStr for StorageUrl {
    type Err = InvalidStorageUrl;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (scheme, rest) = text.split_once("://").ok_or(InvalidStorageUrl::Scheme)?;
        match scheme {
            "file" if rest.starts_with('/') && !rest.split('/').any(|name| name == "..") => {
                Ok(Self::File(rest.to_owned()))
            }
            "file" => Err(InvalidStorageUrl::Folder),
            "s3" => rest.parse().map(Self::S3),
            "gs" => rest.parse().map(Self::Gcs),
            "az" => rest.parse().map(Self::Azure),
            _ => Err(InvalidStorageUrl::Scheme),
        }
    }
}

impl FromStr for Bucket {
    type Err = InvalidStorageUrl;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, prefix) = text.split_once('/').unwrap_or((text, ""));
        let is_name = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || b".-_".contains(&c);
        if !(3..=63).contains(&name.len()) || !name.bytes().all(is_name) || name.starts_with('.') {
            return Err(InvalidStorageUrl::Bucket);
        }
        let prefix = prefix.strip_suffix('/').unwrap_or(prefix);
        let is_part = |part: &str| {
            let known = |c: u8| c.is_ascii_alphanumeric() || b"-_.".contains(&c);
            !part.is_empty() && part != "." && part != ".." && part.bytes().all(known)
        };
        if prefix.len() > 200 || (!prefix.is_empty() && !prefix.split('/').all(is_part)) {
            return Err(InvalidStorageUrl::Prefix);
        }
        Ok(Self { name: name.to_owned(), prefix: prefix.to_owned() })
    }
}

impl fmt::Display for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        if self.prefix.is_empty() { Ok(()) } else { write!(f, "/{}", self.prefix) }
    }
}

impl fmt::Display for StorageUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "file://{path}"),
            Self::S3(bucket) => write!(f, "s3://{bucket}"),
            Self::Gcs(bucket) => write!(f, "gs://{bucket}"),
            Self::Azure(bucket) => write!(f, "az://{bucket}"),
        }
    }
}

/// A complete copy of a content, as far as it matters for choosing one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copy<K> {
    /// What the chooser is told.
    pub key: K,
    /// The tags of the devices that it is for first of all.
    pub near: Tags,
    /// The order of all others.
    pub position: u16,
}

/// The copy that a device with these tags is sent to: the first that is near to one of its tags, in the order of positions, else the
/// first of all. `None` where there is none.
pub fn nearest<'a, K>(copies: &'a [Copy<K>], tags: &Tags) -> Option<&'a Copy<K>> {
    copies.iter().min_by_key(|copy| place(copy, tags))
}

/// All copies in the order in which they are tried for a device with these tags: where the nearest can't be used, the next one may.
pub fn nearest_first<'a, K>(copies: &'a [Copy<K>], tags: &Tags) -> Vec<&'a Copy<K>> {
    let mut sorted: Vec<_> = copies.iter().collect();
    sorted.sort_by_key(|copy| place(copy, tags));
    sorted
}

fn place<K>(copy: &Copy<K>, tags: &Tags) -> (bool, u16) {
    (!copy.near.shares_any_with(tags), copy.position)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_shown_as_they_were_written() {
        for text in [
            "s3://firmware",
            "s3://firmware/team/a",
            "gs://firmware.example.com/x",
            "az://container/x_1",
            "file:///var/lib/olivine",
        ] {
            assert_eq!(text.parse::<StorageUrl>().map(|url| url.to_string()), Ok(text.to_owned()));
        }
        assert_eq!("s3://firmware/a/".parse::<StorageUrl>(), "s3://firmware/a".parse());
    }

    #[test]
    fn what_names_no_storage_is_refused() {
        use InvalidStorageUrl::{Bucket, Folder, Prefix, Scheme};
        for (text, reason) in [
            ("firmware", Scheme),
            ("https://firmware", Scheme),
            ("file://firmware", Folder),
            ("file:///var/../etc", Folder),
            ("s3://", Bucket),
            ("s3://Firmware", Bucket),
            ("s3://fi", Bucket),
            ("s3://user:secret@firmware", Bucket),
            ("gs://firmware//a", Prefix),
            ("az://firmware/../other", Prefix),
            ("s3://firmware/a?x=y", Prefix),
        ] {
            assert_eq!(text.parse::<StorageUrl>(), Err(reason), "{text}");
        }
    }

    #[test]
    fn the_servers_storages_are_told_from_those_of_organizations() {
        let of = |url: &str| StorageBackend::of_server(&url.parse().unwrap());
        assert_eq!(of("s3://firmware/a/"), of("s3://firmware/a"));
        assert_ne!(of("s3://firmware"), of("gs://firmware"));
        assert!(StorageBackend::is_of_server(of("s3://firmware")));
        assert!(StorageBackend::is_of_server(StorageBackend::DATA_FOLDER));
        let v7 = Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, 1_700_000_000, 0));
        assert!(!StorageBackend::is_of_server(Id::new(v7)));
    }

    #[test]
    fn a_device_is_sent_to_its_own_location_else_to_the_first() {
        let tags = |tags: &[&'static str]| Tags::new(tags.iter().copied()).unwrap();
        let copy = |key, near: &[&'static str], position| Copy { key, near: tags(near), position };
        let copies =
            [copy('a', &[], 2), copy('b', &["eu", "fr"], 3), copy('c', &["us"], 1), copy('d', &["eu"], 9)];
        for (device, expected) in
            [(&[][..], 'c'), (&["eu"], 'b'), (&["beta", "us"], 'c'), (&["asia"], 'c'), (&["fr"], 'b')]
        {
            let found = nearest(&copies, &tags(device));
            assert_eq!(found.map(|copy| copy.key), Some(expected), "{device:?}");
            let all: String = nearest_first(&copies, &tags(device)).iter().map(|copy| copy.key).collect();
            assert!(all.len() == 4 && all.starts_with(expected), "{device:?}: {all}");
        }
        assert!(nearest::<char>(&[], &Tags::default()).is_none());
    }
}
