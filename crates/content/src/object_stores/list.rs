//! Everything that lies in a storage, for the audit.

use futures_util::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt, stream};
use object_store::ObjectMeta;
use object_store::list::PaginatedListOptions;
use olivine_domain::organizations::Organization;
use olivine_domain::{Id, Timestamp};

use super::bucket::ObjectStores;
use super::told::trouble;
use super::xml::Upload;
use crate::audit::{StoredContent, StoredKind, recognize};
use crate::error::Error;
use crate::identity::IDENTITY_NAME;

/// Where the list is: at its beginning, at a page, or after the last one.
enum Place {
    Page(Option<String>),
    Uploads,
    End,
}

impl ObjectStores {
    /// All objects, and then all open uploads.
    pub(super) fn list_contents(
        &self,
        organization: Option<Id<Organization>>,
    ) -> BoxStream<'_, Result<StoredContent, Error>> {
        let prefix = match organization {
            Some(organization) => format!("{}{organization}/", self.prefix()),
            None => self.prefix(),
        };
        let pages = stream::try_unfold(Place::Page(None), move |place| {
            let prefix = prefix.clone();
            async move { self.next_page(&prefix, place).await }
        });
        pages.map_ok(|page| stream::iter(page.into_iter().map(Ok))).try_flatten().boxed()
    }

    async fn next_page(
        &self,
        prefix: &str,
        place: Place,
    ) -> Result<Option<(Vec<StoredContent>, Place)>, Error> {
        match place {
            Place::Page(page_token) => {
                let options = PaginatedListOptions { page_token, ..Default::default() };
                let wanted = Some(prefix).filter(|prefix| !prefix.is_empty());
                let page = self.lists.list_paginated(wanted, options).await;
                let page = page.map_err(|error| trouble(&error))?;
                let next = page.page_token.map_or(Place::Uploads, |token| Place::Page(Some(token)));
                let found = page.result.objects.iter().map(|object| self.stored(object));
                // It belongs to the storage, not to what is in it.
                let found = found.filter(|stored| stored.name != IDENTITY_NAME).collect();
                Ok(Some((found, next)))
            }
            Place::Uploads => {
                let uploads = self.uploads(prefix).await?;
                let found = uploads.iter().map(|upload| self.begun(upload)).collect();
                Ok(Some((found, Place::End)))
            }
            Place::End => Ok(None),
        }
    }

    fn stored(&self, object: &ObjectMeta) -> StoredContent {
        let name = self.below(object.location.as_ref());
        let (key, kind) = recognize(&name);
        StoredContent { name, key, kind, size: object.size, modified: modified(object) }
    }

    fn begun(&self, upload: &Upload) -> StoredContent {
        let name = self.below(&upload.key);
        let (key, _) = recognize(&name);
        StoredContent { name, key, kind: StoredKind::Leftover, size: 0, modified: upload.begun() }
    }

    fn below(&self, name: &str) -> String {
        name.strip_prefix(&self.prefix()).unwrap_or(name).to_owned()
    }
}

/// When an object was last written.
pub(super) fn modified(object: &ObjectMeta) -> Timestamp {
    Timestamp::from_micros(object.last_modified.timestamp_micros()).unwrap_or(Timestamp::EPOCH)
}
