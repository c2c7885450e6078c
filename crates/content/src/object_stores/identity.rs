//! The identity of a bucket and prefix: a small object that is made once.

use object_store::path::Path;
use object_store::{GetOptions, PutMode, PutOptions};

use super::bucket::ObjectStores;
use super::told::{meaning, trouble};
use crate::error::Error;
use crate::identity::{IDENTITY_NAME, StorageIdentity};

impl ObjectStores {
    /// Which bucket and prefix this is; `None` if nobody gave it an identity yet. One request, for one object.
    pub(super) async fn find_identity(&self) -> Result<Option<StorageIdentity>, Error> {
        let found = match self.objects.get_opts(&self.identity_path(), GetOptions::default()).await {
            Err(error) => match meaning(&error) {
                Error::NotFound => return Ok(None),
                other => return Err(other),
            },
            Ok(found) => found,
        };
        if found.meta.size > crate::identity::MOST_BYTES as u64 {
            return StorageIdentity::decode(&[]).map(Some);
        }
        let bytes = found.bytes().await.map_err(|error| trouble(&error))?;
        StorageIdentity::decode(&bytes).map(Some)
    }

    /// Gives the bucket this identity, unless it has one; returns the one that it has now.
    pub(super) async fn claim(&self, proposed: StorageIdentity) -> Result<StorageIdentity, Error> {
        if let Some(found) = self.find_identity().await? {
            return Ok(found);
        }
        let options = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
        let put = self.objects.put_opts(&self.identity_path(), proposed.encode().into(), options).await;
        match put {
            Ok(_)
            | Err(object_store::Error::AlreadyExists { .. } | object_store::Error::Precondition { .. }) => {}
            Err(error) => return Err(trouble(&error)),
        }
        // A store that knows no conditions may have replaced what another process wrote: what is read is what counts.
        let found = self.find_identity().await?;
        found.ok_or_else(|| Error::unavailable("the identity that was just written is gone"))
    }

    fn identity_path(&self) -> Path {
        Path::from(format!("{}{IDENTITY_NAME}", self.prefix()))
    }
}
