//! The S3 operations that a storage backend uses, as strict as the real ones: a part with a wrong checksum is refused, a finished upload
//! does not exist any more, and a completed object appears at once and complete.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use s3s::dto::{
    AbortMultipartUploadInput, AbortMultipartUploadOutput, CompleteMultipartUploadInput,
    CompleteMultipartUploadOutput, CompletedPart, CopyObjectInput, CopyObjectOutput, CopyObjectResult,
    CopySource, CreateBucketInput, CreateBucketOutput, CreateMultipartUploadInput,
    CreateMultipartUploadOutput, DeleteObjectInput, DeleteObjectOutput, ETag, GetObjectInput,
    GetObjectOutput, HeadObjectInput, HeadObjectOutput, ListMultipartUploadsInput,
    ListMultipartUploadsOutput, ListObjectsV2Input, ListObjectsV2Output, ListPartsInput, ListPartsOutput,
    MultipartUpload, Part, PutObjectInput, PutObjectOutput, UploadPartInput, UploadPartOutput,
};
use s3s::{S3, S3Request, S3Response, S3Result, s3_error};

use super::Knobs;
use super::state::{Bucket, Object, Piece, State, Upload, now};

/// The minimum size of all parts except the last one.
const MIN_PART: u64 = 5 * 1024 * 1024;

/// The objects of a server.
pub(super) struct Store {
    pub(super) state: Arc<State>,
    pub(super) knobs: Arc<Knobs>,
}

impl Store {
    fn with<T>(&self, bucket: &str, work: impl FnOnce(&mut Bucket) -> S3Result<T>) -> S3Result<T> {
        work(self.state.buckets().get_mut(bucket).ok_or_else(|| s3_error!(NoSuchBucket))?)
    }

    fn object(&self, bucket: &str, key: &str) -> S3Result<Object> {
        self.with(bucket, |bucket| bucket.objects.get(key).cloned().ok_or_else(|| s3_error!(NoSuchKey)))
    }

    fn upload(&self, bucket: &str, key: &str, id: &str) -> S3Result<Upload> {
        self.with(bucket, |bucket| upload(bucket, key, id).cloned())
    }
}

fn upload<'a>(bucket: &'a mut Bucket, key: &str, id: &str) -> S3Result<&'a mut Upload> {
    let found = bucket.uploads.get_mut(id).filter(|upload| upload.key == key);
    found.ok_or_else(|| s3_error!(NoSuchUpload, "the upload was completed, aborted or never begun"))
}

fn place(bucket: &mut Bucket, key: &str, object: Object, if_none_match: bool) -> S3Result<()> {
    if if_none_match && bucket.objects.contains_key(key) {
        return Err(s3_error!(PreconditionFailed, "there is such an object"));
    }
    bucket.objects.insert(key.to_owned(), object);
    Ok(())
}

/// Checks the parts with which an upload is completed, and assembles them.
fn assemble(upload: &Upload, parts: &[CompletedPart]) -> S3Result<Vec<Arc<Piece>>> {
    let mut pieces = Vec::new();
    let mut last = 0;
    for (position, part) in parts.iter().enumerate() {
        let number = part.part_number.unwrap_or(0);
        let piece = upload.parts.get(&number).ok_or_else(|| s3_error!(InvalidPart))?;
        let same_tag = part.e_tag.as_ref().is_some_and(|e_tag| e_tag.value() == piece.e_tag());
        let same_bytes = part.checksum_sha256.as_ref().is_none_or(|checksum| *checksum == piece.checksum());
        let has_checksum = part.checksum_sha256.is_some() || !upload.checked;
        if number <= last || !same_tag || !same_bytes || !has_checksum {
            return Err(s3_error!(InvalidPart, "part {number} is not what was uploaded"));
        }
        if position + 1 < parts.len() && piece.size < MIN_PART {
            return Err(s3_error!(EntityTooSmall));
        }
        last = number;
        pieces.push(piece.clone());
    }
    if pieces.is_empty() { Err(s3_error!(InvalidPart, "no parts")) } else { Ok(pieces) }
}

#[async_trait::async_trait]
impl S3 for Store {
    async fn create_bucket(
        &self,
        request: S3Request<CreateBucketInput>,
    ) -> S3Result<S3Response<CreateBucketOutput>> {
        self.state.add_bucket(&request.input.bucket);
        Ok(S3Response::new(CreateBucketOutput::default()))
    }

    async fn put_object(&self, request: S3Request<PutObjectInput>) -> S3Result<S3Response<PutObjectOutput>> {
        let input = request.input;
        let piece = self.write(input.body, input.checksum_sha256.as_deref()).await?;
        let e_tag = piece.e_tag();
        let object = Object {
            pieces: vec![piece],
            e_tag: e_tag.clone(),
            modified: now(),
            content_type: input.content_type,
        };
        self.with(&input.bucket, |bucket| place(bucket, &input.key, object, input.if_none_match.is_some()))?;
        Ok(S3Response::new(PutObjectOutput { e_tag: Some(ETag::Strong(e_tag)), ..Default::default() }))
    }

    async fn copy_object(
        &self,
        request: S3Request<CopyObjectInput>,
    ) -> S3Result<S3Response<CopyObjectOutput>> {
        let input = request.input;
        let CopySource::Bucket { bucket, key, .. } = &input.copy_source else {
            return Err(s3_error!(NotImplemented));
        };
        let object = Object { modified: now(), ..self.object(bucket, key)? };
        let copy_object_result = CopyObjectResult {
            e_tag: Some(ETag::Strong(object.e_tag.clone())),
            last_modified: Some(object.modified.into()),
            ..Default::default()
        };
        self.with(&input.bucket, |bucket| place(bucket, &input.key, object, false))?;
        let output = CopyObjectOutput { copy_object_result: Some(copy_object_result), ..Default::default() };
        Ok(S3Response::new(output))
    }

    async fn get_object(&self, request: S3Request<GetObjectInput>) -> S3Result<S3Response<GetObjectOutput>> {
        let input = request.input;
        let object = self.object(&input.bucket, &input.key)?;
        let size = object.size();
        let range = match input.range {
            None => 0..size,
            Some(range) => range.check(size)?,
        };
        let content_range =
            input.range.map(|_| format!("bytes {}-{}/{size}", range.start, range.end.saturating_sub(1)));
        let output = GetObjectOutput {
            accept_ranges: Some("bytes".to_owned()),
            content_length: i64::try_from(range.end - range.start).ok(),
            content_range,
            body: Some(self.stream(&object, range)),
            e_tag: Some(ETag::Strong(object.e_tag.clone())),
            last_modified: Some(object.modified.into()),
            content_disposition: input.response_content_disposition,
            content_type: input.response_content_type.or(object.content_type),
            ..Default::default()
        };
        Ok(S3Response::new(output))
    }

    async fn head_object(
        &self,
        request: S3Request<HeadObjectInput>,
    ) -> S3Result<S3Response<HeadObjectOutput>> {
        let object = self.object(&request.input.bucket, &request.input.key)?;
        let output = HeadObjectOutput {
            content_length: i64::try_from(object.size()).ok(),
            e_tag: Some(ETag::Strong(object.e_tag)),
            last_modified: Some(object.modified.into()),
            ..Default::default()
        };
        Ok(S3Response::new(output))
    }

    async fn delete_object(
        &self,
        request: S3Request<DeleteObjectInput>,
    ) -> S3Result<S3Response<DeleteObjectOutput>> {
        self.with(&request.input.bucket, |bucket| Ok(bucket.objects.remove(&request.input.key)))?;
        Ok(S3Response::new(DeleteObjectOutput::default()))
    }

    async fn list_objects_v2(
        &self,
        request: S3Request<ListObjectsV2Input>,
    ) -> S3Result<S3Response<ListObjectsV2Output>> {
        let input = request.input;
        let prefix = input.prefix.clone().unwrap_or_default();
        let most = usize::try_from(input.max_keys.unwrap_or(1000)).unwrap_or(0).min(1000);
        let after = input.continuation_token.or(input.start_after);
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let (contents, more) = self.with(&input.bucket, |bucket| {
            let mut found = bucket
                .objects
                .range((from, Bound::Unbounded))
                .filter(|(key, _)| key.starts_with(&prefix))
                .map(|(key, object)| s3s::dto::Object {
                    key: Some(key.clone()),
                    size: i64::try_from(object.size()).ok(),
                    e_tag: Some(ETag::Strong(object.e_tag.clone())),
                    last_modified: Some(object.modified.into()),
                    ..Default::default()
                });
            let contents: Vec<_> = found.by_ref().take(most).collect();
            Ok((contents, found.next().is_some()))
        })?;
        let output = ListObjectsV2Output {
            is_truncated: Some(more),
            next_continuation_token: contents.last().filter(|_| more).and_then(|last| last.key.clone()),
            key_count: i32::try_from(contents.len()).ok(),
            contents: Some(contents),
            prefix: Some(prefix),
            name: Some(input.bucket),
            ..Default::default()
        };
        Ok(S3Response::new(output))
    }

    async fn create_multipart_upload(
        &self,
        request: S3Request<CreateMultipartUploadInput>,
    ) -> S3Result<S3Response<CreateMultipartUploadOutput>> {
        let input = request.input;
        let id = uuid::Uuid::from_bytes(std::array::from_fn(|_| {
            let mut byte = [0];
            aws_lc_rs::rand::fill(&mut byte).expect("randomness");
            byte[0]
        }))
        .to_string();
        let checked = input.checksum_algorithm.is_some_and(|algorithm| algorithm.as_str() == "SHA256");
        let upload = Upload { key: input.key.clone(), begun: now(), checked, parts: BTreeMap::new() };
        self.with(&input.bucket, |bucket| Ok(bucket.uploads.insert(id.clone(), upload)))?;
        let output = CreateMultipartUploadOutput {
            bucket: Some(input.bucket),
            key: Some(input.key),
            upload_id: Some(id),
            ..Default::default()
        };
        Ok(S3Response::new(output))
    }

    async fn upload_part(
        &self,
        request: S3Request<UploadPartInput>,
    ) -> S3Result<S3Response<UploadPartOutput>> {
        let input = request.input;
        let open = self.upload(&input.bucket, &input.key, &input.upload_id)?;
        if open.checked && input.checksum_sha256.is_none() {
            return Err(s3_error!(InvalidRequest, "this upload needs the header x-amz-checksum-sha256"));
        }
        let piece = self.write(input.body, input.checksum_sha256.as_deref()).await?;
        let output = UploadPartOutput {
            e_tag: Some(ETag::Strong(piece.e_tag())),
            checksum_sha256: Some(piece.checksum()).filter(|_| open.checked),
            ..Default::default()
        };
        self.with(&input.bucket, |bucket| {
            Ok(upload(bucket, &input.key, &input.upload_id)?.parts.insert(input.part_number, piece))
        })?;
        Ok(S3Response::new(output))
    }

    async fn list_parts(&self, request: S3Request<ListPartsInput>) -> S3Result<S3Response<ListPartsOutput>> {
        let input = request.input;
        let upload = self.upload(&input.bucket, &input.key, &input.upload_id)?;
        let most = usize::try_from(input.max_parts.unwrap_or(1000)).unwrap_or(0).min(1000);
        let after = input.part_number_marker.unwrap_or(0);
        let mut found = upload.parts.iter().filter(|(number, _)| **number > after);
        let parts: Vec<_> = found
            .by_ref()
            .take(most)
            .map(|(number, piece)| Part {
                part_number: Some(*number),
                e_tag: Some(ETag::Strong(piece.e_tag())),
                size: i64::try_from(piece.size).ok(),
                checksum_sha256: Some(piece.checksum()).filter(|_| upload.checked),
                last_modified: Some(upload.begun.into()),
                ..Default::default()
            })
            .collect();
        let output = ListPartsOutput {
            is_truncated: Some(found.next().is_some()),
            next_part_number_marker: parts.last().and_then(|part| part.part_number),
            parts: Some(parts),
            bucket: Some(input.bucket),
            key: Some(input.key),
            upload_id: Some(input.upload_id),
            ..Default::default()
        };
        Ok(S3Response::new(output))
    }

    async fn list_multipart_uploads(
        &self,
        request: S3Request<ListMultipartUploadsInput>,
    ) -> S3Result<S3Response<ListMultipartUploadsOutput>> {
        let input = request.input;
        let prefix = input.prefix.unwrap_or_default();
        let uploads = self.with(&input.bucket, |bucket| {
            let found = bucket.uploads.iter().filter(|(_, upload)| upload.key.starts_with(&prefix));
            let found = found.map(|(id, upload)| MultipartUpload {
                key: Some(upload.key.clone()),
                upload_id: Some(id.clone()),
                initiated: Some(upload.begun.into()),
                ..Default::default()
            });
            Ok(found.collect())
        })?;
        let output = ListMultipartUploadsOutput {
            bucket: Some(input.bucket),
            is_truncated: Some(false),
            uploads: Some(uploads),
            ..Default::default()
        };
        Ok(S3Response::new(output))
    }

    async fn complete_multipart_upload(
        &self,
        request: S3Request<CompleteMultipartUploadInput>,
    ) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
        let input = request.input;
        let parts = input.multipart_upload.and_then(|upload| upload.parts).unwrap_or_default();
        let (bucket, key, id) = (&input.bucket, &input.key, &input.upload_id);
        let e_tag = self.with(bucket, |bucket| {
            let pieces = assemble(upload(bucket, key, id)?, &parts)?;
            let e_tag = format!("{}-{}", pieces[0].e_tag(), pieces.len());
            let object = Object { pieces, e_tag: e_tag.clone(), modified: now(), content_type: None };
            place(bucket, key, object, input.if_none_match.is_some())?;
            bucket.uploads.remove(id);
            Ok(e_tag)
        })?;
        let output = CompleteMultipartUploadOutput {
            bucket: Some(input.bucket),
            key: Some(input.key),
            e_tag: Some(ETag::Strong(e_tag)),
            ..Default::default()
        };
        Ok(S3Response::new(output))
    }

    async fn abort_multipart_upload(
        &self,
        request: S3Request<AbortMultipartUploadInput>,
    ) -> S3Result<S3Response<AbortMultipartUploadOutput>> {
        let input = request.input;
        self.with(&input.bucket, |bucket| {
            upload(bucket, &input.key, &input.upload_id)?;
            Ok(bucket.uploads.remove(&input.upload_id))
        })?;
        Ok(S3Response::new(AbortMultipartUploadOutput::default()))
    }
}
