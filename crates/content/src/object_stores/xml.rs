//! The lists that `object_store` has no call for, as stores write them.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use olivine_domain::{Sha256Digest, Timestamp};
use serde::Deserialize;

use super::told::StoreAnswer;
use crate::error::Error;

/// A page of the parts of an upload, on S3 and Google Cloud Storage.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PartsPage {
    #[serde(default)]
    pub(super) is_truncated: bool,
    #[serde(default)]
    pub(super) next_part_number_marker: Option<String>,
    #[serde(default, rename = "Part")]
    pub(super) parts: Vec<Part>,
}

/// One part of an upload.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Part {
    #[serde(rename = "PartNumber")]
    pub(super) number: u64,
    #[serde(rename = "ETag")]
    pub(super) e_tag: String,
    pub(super) size: u64,
    #[serde(default, rename = "ChecksumSHA256")]
    pub(super) checksum: Option<String>,
}

/// A page of the uploads in a bucket that are not over.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UploadsPage {
    #[serde(default)]
    pub(super) is_truncated: bool,
    #[serde(default)]
    pub(super) next_key_marker: Option<String>,
    #[serde(default)]
    pub(super) next_upload_id_marker: Option<String>,
    #[serde(default, rename = "Upload")]
    pub(super) uploads: Vec<Upload>,
}

/// One upload that is not over.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Upload {
    pub(super) key: String,
    #[serde(rename = "UploadId")]
    pub(super) id: String,
    #[serde(default)]
    initiated: Option<String>,
}

impl Upload {
    /// When it was begun.
    pub(super) fn begun(&self) -> Timestamp {
        self.initiated.as_deref().and_then(|text| text.parse().ok()).unwrap_or(Timestamp::EPOCH)
    }
}

/// The blocks of a blob on Azure.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct BlockList {
    #[serde(default)]
    pub(super) uncommitted_blocks: Blocks,
}

/// Blocks of one kind.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Blocks {
    #[serde(default, rename = "Block")]
    pub(super) blocks: Vec<Block>,
}

/// One block.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Block {
    name: String,
    pub(super) size: u64,
}

impl Block {
    /// Its name as it was given; `None` for one that is not of ours.
    pub(super) fn id(&self) -> Option<String> {
        String::from_utf8(BASE64_STANDARD.decode(&self.name).ok()?).ok()
    }
}

/// Reads such a list; anything else is a store that does not work.
pub(super) fn parse<'de, T: Deserialize<'de>>(text: &'de str) -> Result<T, Error> {
    let text = text.trim_start_matches('\u{feff}');
    quick_xml::de::from_str(text).map_err(|_| {
        Error::unavailable(StoreAnswer("the store answered with a list that can't be read".to_owned()))
    })
}

/// The SHA-256 that a store tells in base64; `None` also for the checksum of an object made of parts.
pub(super) fn digest(text: &str) -> Option<Sha256Digest> {
    let bytes: [u8; 32] = BASE64_STANDARD.decode(text).ok()?.try_into().ok()?;
    Some(Sha256Digest::from_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_lists_of_the_documentation() {
        let page: PartsPage = parse(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><ListPartsResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
             <Bucket>b</Bucket><Key>k</Key><UploadId>u</UploadId><PartNumberMarker>1</PartNumberMarker>\
             <NextPartNumberMarker>3</NextPartNumberMarker><MaxParts>2</MaxParts><IsTruncated>true</IsTruncated>\
             <Part><PartNumber>2</PartNumber><LastModified>2010-11-10T20:48:34.000Z</LastModified>\
             <ETag>\"7778aef83f66abc1fa1e8477f296d394\"</ETag><Size>10485760</Size></Part>\
             <Part><PartNumber>3</PartNumber><ETag>&quot;aaaa&quot;</ETag><Size>1</Size>\
             <ChecksumSHA256>47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=</ChecksumSHA256></Part></ListPartsResult>",
        )
        .unwrap();
        assert_eq!((page.is_truncated, page.next_part_number_marker.as_deref()), (true, Some("3")));
        assert_eq!((page.parts[1].number, page.parts[1].e_tag.as_str()), (3, "\"aaaa\""));
        assert_eq!(page.parts[1].checksum.as_deref().and_then(digest), Some(Sha256Digest::of(b"")));

        let page: UploadsPage = parse(
            "<ListMultipartUploadsResult><Prefix/><IsTruncated>false</IsTruncated><Upload><Key>a/b</Key>\
             <UploadId>x</UploadId><Initiator><ID>1</ID></Initiator><Initiated>2010-11-10T20:48:33.000Z</Initiated></Upload>\
             </ListMultipartUploadsResult>",
        )
        .unwrap();
        assert_eq!(page.uploads[0].begun().to_string(), "2010-11-10T20:48:33.000000Z");

        let list: BlockList = parse(
            "\u{feff}<?xml version=\"1.0\"?><BlockList><CommittedBlocks /><UncommittedBlocks><Block><Name>QUFBQUFB</Name>\
             <Size>5</Size></Block></UncommittedBlocks></BlockList>",
        )
        .unwrap();
        assert_eq!(list.uncommitted_blocks.blocks[0].id().as_deref(), Some("AAAAAA"));
        assert!(parse::<BlockList>("<html>").is_err());
    }
}
