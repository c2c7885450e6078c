//! Reading a content as a stream.

use std::ops::Range;

use futures_util::{StreamExt, TryStreamExt, stream};
use object_store::{GetOptions, GetRange};

use super::bucket::ObjectStores;
use super::told::meaning;
use crate::downloads::{ContentReader, within};
use crate::error::Error;
use olivine_domain::contents::ContentKey;

impl ObjectStores {
    /// Opens a content, or some bytes of it. The stream continues by itself where a connection breaks off.
    pub(super) async fn open_reader(
        &self,
        key: &ContentKey,
        range: Option<Range<u64>>,
    ) -> Result<ContentReader, Error> {
        let path = self.path(key);
        let mut options = GetOptions::default();
        if let Some(range) = range {
            let total = self.size_of(&path).await?;
            let range = within(Some(range), total)?;
            if range.is_empty() {
                return Ok(ContentReader::new(total, range, stream::empty().boxed()));
            }
            options.range = Some(GetRange::Bounded(range));
        }
        let found = self.objects.get_opts(&path, options).await.map_err(|error| meaning(&error))?;
        let (total, range) = (found.meta.size, found.range.clone());
        let chunks = found.into_stream().map_err(|error| meaning(&error)).boxed();
        Ok(ContentReader::new(total, range, chunks))
    }
}
