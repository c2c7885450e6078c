//! `Idempotency-Key`: the first answer to a POST is given again, so that a client can repeat it blindly.
//!
//! The first request is given the key of the record that it will create. Should the server die between creating the record and keeping
//! the answer, the repeated request tries to create the same record again, and finds it.

use olivine_domain::permissions::{Actor, Identity};
use olivine_domain::refusals::{Meaning, Refusal};
use olivine_records::idempotency_keys::{self, Claimed, IdempotencyClaim, StoredAnswer};
use uuid::Uuid;

use crate::error::Unauthenticated;
use crate::{Context, Error};

/// The `Idempotency-Key` belongs to another request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this Idempotency-Key was used for another request: use a new key for a new request")]
pub struct KeyReused;

impl Refusal for KeyReused {
    fn meaning(&self) -> Meaning {
        Meaning::Invalid
    }

    fn code(&self) -> &'static str {
        "idempotency_key_reused"
    }
}

/// What to do with a request that has an `Idempotency-Key`.
#[derive(Debug)]
pub enum Plan {
    /// Carry it out.
    Execute(Execution),
    /// Give the first answer again.
    Replay(StoredAnswer),
}

/// A request to carry out.
#[derive(Debug)]
pub struct Execution {
    /// The key that a record which it creates gets.
    pub resource: Uuid,
    claim: IdempotencyClaim,
}

/// Looks whether a request was answered before. `fingerprint` tells different requests apart.
pub async fn begin(ctx: &Context, actor: &Actor, key: &str, fingerprint: &str) -> Result<Plan, Error> {
    let caller = match actor.identity {
        Identity::User(user) => user.uuid(),
        Identity::ApiKey(key) => key.uuid(),
        Identity::Device(_) | Identity::System => return Err(Unauthenticated::Missing.into()),
    };
    let claim = IdempotencyClaim {
        organization: actor.organization,
        caller,
        key: key.to_owned(),
        fingerprint: fingerprint.to_owned(),
        resource_id: ctx.new_uuid(),
        now: ctx.now(),
    };
    let w = ctx.work().await?;
    let claimed = idempotency_keys::claim(&w, &claim).await?;
    w.commit().await?;
    match claimed {
        Claimed::New { resource_id } => Ok(Plan::Execute(Execution { resource: resource_id, claim })),
        Claimed::Existing { fingerprint: first, .. } if first != fingerprint => {
            Err(Error::refused(KeyReused))
        }
        Claimed::Existing { answer: Some(answer), .. } => Ok(Plan::Replay(answer)),
        Claimed::Existing { resource_id, .. } => {
            Ok(Plan::Execute(Execution { resource: resource_id, claim }))
        }
    }
}

/// Keeps the first answer.
pub async fn keep_answer(ctx: &Context, execution: &Execution, answer: &StoredAnswer) -> Result<(), Error> {
    let w = ctx.work().await?;
    idempotency_keys::store_answer(&w, &execution.claim, answer).await?;
    w.commit().await
}

pub use olivine_records::idempotency_keys::StoredAnswer as Answer;
