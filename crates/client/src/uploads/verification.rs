//! Completing an upload, and waiting for the server's verdict.

use std::time::Duration;

use olivine_api::binaries::{Binary, VerificationError};
use olivine_api::errors::ErrorCode;
use olivine_domain::binaries::BinaryState;
use tokio::time::Instant;

use super::{Error, Upload, Uploaded};
use crate::{Notice, Step};

/// The binary's state.
pub(super) fn state(binary: &Binary) -> Result<BinaryState, Error> {
    BinaryState::from_name(&binary.state).ok_or_else(|| Error::UnknownState { state: binary.state.clone() })
}

impl Upload<'_> {
    /// Says that all is there. Fine if somebody else said so before, or if this was said before and the answer was lost.
    pub(super) async fn complete(&self) -> Result<Binary, Error> {
        match self.client.ask(&self.prn, BinaryState::Hashable).await {
            Err(error) if error.is(ErrorCode::InvalidTransition) => {
                let binary = self.client.get::<Binary>(&self.prn).await?;
                match state(&binary)? {
                    BinaryState::Uploadable => Err(error.into()),
                    _ => Ok(binary),
                }
            }
            result => Ok(result?),
        }
    }

    /// Waits until the content is verified, if one wants to. `old` is the failure of an earlier verification.
    pub(super) async fn finish(
        &self,
        mut binary: Binary,
        was_there: bool,
        old: Option<&VerificationError>,
    ) -> Result<Uploaded, Error> {
        let Some(patience) = self.options.wait else { return Ok(Uploaded { binary, was_there }) };
        let begin = Instant::now();
        let mut told = false;
        while !is_verified(&binary, old)? {
            let waited = begin.elapsed();
            if waited > patience {
                return Err(Error::StillVerifying { after: patience });
            }
            if !std::mem::replace(&mut told, true) {
                self.client.notify(Notice::Began(Step::Verifying, 0));
            }
            tokio::time::sleep(pause(waited)).await;
            binary = self.client.get::<Binary>(&self.prn).await?;
        }
        Ok(Uploaded { binary, was_there })
    }
}

fn is_verified(binary: &Binary, old: Option<&VerificationError>) -> Result<bool, Error> {
    match (state(binary)?, &binary.verification_error) {
        (BinaryState::Signable | BinaryState::Signed, _) => Ok(true),
        (BinaryState::Hashable, Some(error)) if Some(error) != old => {
            Err(Error::VerificationFailed(error.clone()))
        }
        (BinaryState::Hashable | BinaryState::Hashing, _) => Ok(false),
        (BinaryState::Uploadable, _) => Err(Error::Reset),
        (BinaryState::Destroyed, _) => Err(Error::Destroyed),
    }
}

/// Asks often at first and then less and less: an answer is never noticed later than a tenth of the time it took.
fn pause(waited: Duration) -> Duration {
    (waited / 10).clamp(Duration::from_millis(20), Duration::from_secs(2))
}
