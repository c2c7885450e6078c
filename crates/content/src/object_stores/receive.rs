//! Taking the bytes of a part through the server: into an object of their own, visible only once they are known to be right.

use olivine_domain::Sha256Digest;
use olivine_domain::hash::Sha256Hasher;

use super::bucket::{CHUNK, ObjectStores};
use super::uploads::random;
use super::writer::Writer;
use crate::error::Error;
use crate::intake::Intake;
use crate::uploads::{Body, ReceiveError, ReceivePart, ReceivedPart, UploadSession};
use object_store::path::Path;
use olivine_domain::contents::ContentKey;

impl ObjectStores {
    /// Receives one part.
    pub(super) async fn receive(
        &self,
        key: &ContentKey,
        session: &UploadSession,
        part: &ReceivePart,
        mut body: Body<'_>,
    ) -> Result<ReceivedPart, ReceiveError> {
        self.check_open(key, session).await?;
        let path = match &part.expected_sha256 {
            Some(sha256) => self.staged(key, part.index, sha256),
            None => Path::from(format!("{}.part-{}", self.name(key), random()?)),
        };
        let mut writer = Writer::new(self, path.clone(), CHUNK);
        let received = match write_all(&mut writer, part, &mut body).await {
            Ok(received) => received,
            Err(error) => {
                writer.abort().await;
                return Err(error);
            }
        };
        if let Err(error) = self.check_open(key, session).await {
            writer.abort().await;
            return Err(error.into());
        }
        writer.finish().await?;
        self.settle(key, session, part, &path, &received.sha256).await?;
        Ok(received)
    }

    /// Gives a part its name, unless the upload has ended meanwhile.
    async fn settle(
        &self,
        key: &ContentKey,
        session: &UploadSession,
        part: &ReceivePart,
        path: &Path,
        sha256: &Sha256Digest,
    ) -> Result<(), Error> {
        let staged = self.staged(key, part.index, sha256);
        if *path != staged {
            self.copy(path, &staged).await?;
            self.remove_object(path).await?;
        }
        match self.check_open(key, session).await {
            Err(Error::SessionGone) => {
                self.remove_object(&staged).await?;
                Err(Error::SessionGone)
            }
            open => open,
        }
    }
}

/// Sends all bytes on, and checks them against what was promised.
pub(super) async fn write_all(
    writer: &mut Writer,
    part: &ReceivePart,
    body: &mut Body<'_>,
) -> Result<ReceivedPart, ReceiveError> {
    let mut intake = Intake::new(part);
    let mut hasher = Sha256Hasher::new();
    while let Some(piece) = intake.next(body).await? {
        hasher.update(&piece);
        writer.write(piece).await?;
    }
    intake.check_size()?;
    let received = ReceivedPart { size: intake.received(), sha256: hasher.finish() };
    match part.expected_sha256.filter(|expected| *expected != received.sha256) {
        Some(expected) => Err(ReceiveError::WrongHash { expected, received: received.sha256 }),
        None => Ok(received),
    }
}
