//! Compares the number of bytes of a body with the announced size. Excess bytes are never passed on.

use bytes::Bytes;
use futures_util::StreamExt;

use crate::uploads::{Body, ReceiveError, ReceivePart};

/// The bytes that have arrived, and the announced number.
pub(crate) struct Intake {
    part: ReceivePart,
    received: u64,
}

impl Intake {
    /// Nothing came yet.
    pub(crate) const fn new(part: &ReceivePart) -> Self {
        Self { part: *part, received: 0 }
    }

    /// How many bytes came.
    pub(crate) const fn received(&self) -> u64 {
        self.received
    }

    /// The next piece; `None` at the end.
    pub(crate) async fn next(&mut self, body: &mut Body<'_>) -> Result<Option<Bytes>, ReceiveError> {
        let Some(piece) = body.next().await else { return Ok(None) };
        let piece = piece.map_err(|source| ReceiveError::Interrupted { received: self.received, source })?;
        self.count(piece.len() as u64)?;
        Ok(Some(piece))
    }

    const fn count(&mut self, bytes: u64) -> Result<(), ReceiveError> {
        self.received += bytes;
        match self.part.expected_size {
            Some(expected) if self.received > expected => Err(ReceiveError::TooLong { expected }),
            _ if self.received > self.part.max_size => {
                Err(ReceiveError::OverLimit { limit: self.part.max_size })
            }
            _ => Ok(()),
        }
    }

    /// Whether all came that was promised.
    pub(crate) fn check_size(&self) -> Result<(), ReceiveError> {
        match self.part.expected_size {
            Some(expected) if self.received != expected => {
                Err(ReceiveError::TooShort { expected, received: self.received })
            }
            _ => Ok(()),
        }
    }
}
