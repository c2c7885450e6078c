//! Binary parts: the chunks of a multipart upload.

use std::ops::Range;
use std::path::Path;

use olivine_api::binary_parts::{
    BinaryPart, BinaryPartEnvelope, BinaryPartList, BinaryPartPut, UploadTarget,
};
use olivine_domain::binaries::Binary;
use olivine_domain::binary_parts::{BinaryPart as Named, PartIndex, PartState};
use olivine_domain::prn::Prn;
use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use crate::connection::origin;
use crate::requests::Request;
use crate::resource::resource;
use crate::{Client, Error, Notice, Pages, Query, Step, files};

resource!(BinaryPart, "binary_parts", Named, BinaryPartEnvelope { binary_part }, BinaryPartList);

impl Client {
    /// Lists the parts of a binary.
    pub fn parts(&self, binary: &Prn<Binary>, query: &Query) -> Pages<'_, BinaryPart> {
        Pages::new(self, &self.url(&format!("binaries/{binary}/parts")), query)
    }

    /// Reads a part's record.
    pub async fn part(&self, binary: &Prn<Binary>, index: PartIndex) -> Result<BinaryPart, Error> {
        let request = Request::new(Method::GET, self.url(&format!("binaries/{binary}/parts/{index}")));
        self.send(&request).await.map(|envelope: BinaryPartEnvelope| envelope.binary_part)
    }

    /// Creates a part's record, or creates it anew, and sends a whole file as its bytes. The answer is the part as it is then.
    pub async fn upload_part(
        &self,
        binary: &Prn<Binary>,
        index: PartIndex,
        file: &Path,
        expected_binary_size: Option<u64>,
    ) -> Result<BinaryPart, Error> {
        let range = 0..files::size(file)?;
        let hash = files::hash(file, range.clone(), None).await?;
        let put = BinaryPartPut { size: range.end, hash: hash.to_string(), expected_binary_size };
        self.notify(Notice::Began(Step::Uploading, range.end));
        let request =
            Request::new(Method::PUT, self.url(&format!("binaries/{binary}/parts/{index}"))).json(&put);
        self.retrying(|| self.try_part(&request, file, &range)).await?;
        self.part(binary, index).await
    }

    /// Each try announces the part anew: where the bytes were refused early and the reason was lost with the connection, the
    /// announcement is told it; and where they arrived and only the answer was lost, the part is found valid.
    pub(crate) async fn try_part(
        &self,
        request: &Request,
        file: &Path,
        range: &Range<u64>,
    ) -> Result<(), Error> {
        let envelope: BinaryPartEnvelope = self.send_once(request).await?;
        let part = envelope.binary_part;
        match &part.upload {
            None if part.state == PartState::Valid.as_str() => Ok(()),
            None => {
                Err(Error::Unexpected { origin: origin(self.base_url()), status: 200, retry_after: None })
            }
            Some(target) => self.send_to(target, file, range).await,
        }
    }

    async fn send_to(&self, target: &UploadTarget, file: &Path, range: &Range<u64>) -> Result<(), Error> {
        let unexpected =
            || Error::Unexpected { origin: origin(self.base_url()), status: 200, retry_after: None };
        let method = target.method.parse::<Method>().map_err(|_| unexpected())?;
        let url = self.base_url().join(&target.url).map_err(|_| unexpected())?;
        let mut headers = HeaderMap::new();
        for (name, value) in &target.headers {
            let name = name.parse::<HeaderName>().map_err(|_| unexpected())?;
            headers.insert(name, HeaderValue::from_str(value).map_err(|_| unexpected())?);
        }
        let request = self.content().request(method, url).headers(headers);
        self.send_file(request, file, range).await
    }
}
