//! The names of binaries' contents in storage.

use olivine_content::ContentKey;
use olivine_domain::binaries::Binary;
use olivine_records::binary_parts::Upload;

/// The name of a binary's content in storage.
pub(crate) const fn content_key(binary: &Binary) -> ContentKey {
    key_of(Upload::of(binary))
}

/// The name in storage of what an upload brings.
pub(crate) const fn key_of(upload: Upload) -> ContentKey {
    ContentKey { organization: upload.organization, binary: upload.binary, generation: upload.generation }
}
