//! Who an actor is: a kind and, for all kinds but the server itself, the key of a record. This is also how events name their actors.
//!
//! Code that decides by the kind must match each kind by its name, never with a wildcard: then a new kind does not compile until each of
//! these places says what it means there.

use uuid::Uuid;

use crate::api_keys::ApiKey;
use crate::devices::Device;
use crate::organizations::Organization;
use crate::prn::{Id, Prn};
use crate::users::{self, User};

/// Who an actor is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Identity {
    /// A person who signed in.
    User(Id<User>),
    /// A caller of the Admin API that is no person: CI, a script.
    ApiKey(Id<ApiKey>),
    /// A device, known by its credential.
    Device(Id<Device>),
    /// The server itself: a job, or a command of its operator.
    System,
}

impl Identity {
    /// The name of its kind in storage. Where it is a record, this is also the type in its PRN.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::User(_) => "user",
            Self::ApiKey(_) => "api_key",
            Self::Device(_) => "device",
            Self::System => "system",
        }
    }

    /// The key of its record; `None` for the server itself, which has no record.
    pub const fn id(self) -> Option<Uuid> {
        match self {
            Self::User(user) => Some(user.uuid()),
            Self::ApiKey(key) => Some(key.uuid()),
            Self::Device(device) => Some(device.uuid()),
            Self::System => None,
        }
    }

    /// The beginning of a sentence about something that it does not have.
    pub(super) const fn lacks(self) -> &'static str {
        match self {
            Self::User(_) => "you lack",
            Self::ApiKey(_) => "this API key lacks",
            Self::Device(_) => "this device lacks",
            Self::System => "the server lacks",
        }
    }

    /// How a sentence that named it goes on about it.
    pub const fn pronoun(self) -> &'static str {
        match self {
            Self::User(_) => "you",
            Self::ApiKey(_) | Self::Device(_) | Self::System => "it",
        }
    }

    /// What helps where it lacks a scope.
    pub(super) const fn remedy(self) -> &'static str {
        match self {
            Self::User(_) => "ask an administrator of your organization for a role that has it",
            Self::ApiKey(_) => "use a key that has it, or ask an administrator of your organization",
            Self::Device(_) => "devices have no scopes, so use an API key that has it",
            Self::System => "this is a fault of the server",
        }
    }

    /// The identity that is stored as this kind and key; `None` where this version does not know the kind.
    pub fn from_stored(kind: &str, id: Option<Uuid>) -> Option<Self> {
        match (kind, id) {
            ("user", Some(id)) => Some(Self::User(Id::new(id))),
            ("api_key", Some(id)) => Some(Self::ApiKey(Id::new(id))),
            ("device", Some(id)) => Some(Self::Device(Id::new(id))),
            ("system", None) => Some(Self::System),
            _ => None,
        }
    }

    /// Its name in the API: the PRN of its record, or `system`.
    pub fn name(self, organization: Id<Organization>) -> String {
        match self {
            Self::User(user) => user.prn(organization).to_string(),
            Self::ApiKey(key) => key.prn(organization).to_string(),
            Self::Device(device) => device.prn(organization).to_string(),
            Self::System => self.kind().to_owned(),
        }
    }

    /// The identity whose record has this PRN; `None` where it is of another organization, or of a type that does nothing by itself.
    pub fn from_prn(prn: &str, organization: Id<Organization>) -> Option<Self> {
        if let Ok(user) = prn.parse::<Prn<User>>() {
            return Some(Self::User(user.id));
        }
        let key = || prn.parse::<Prn<ApiKey>>().map(|prn| (prn.organization, Self::ApiKey(prn.id)));
        let device = || prn.parse::<Prn<Device>>().map(|prn| (prn.organization, Self::Device(prn.id)));
        let (owner, identity) = key().or_else(|_| device()).ok()?;
        (owner == organization).then_some(identity)
    }
}

/// Who caused an event that is on record. A later version may have written kinds of actors that this one does not know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordedIdentity {
    /// One of the kinds.
    Known(Identity),
    /// A kind of another version.
    Other {
        /// The kind's name in storage.
        kind: String,
        /// The key of its record, if it is one.
        id: Option<Uuid>,
    },
}

impl RecordedIdentity {
    /// The identity that is stored as this kind and key.
    pub fn from_stored(kind: &str, id: Option<Uuid>) -> Self {
        let other = || Self::Other { kind: kind.to_owned(), id };
        Identity::from_stored(kind, id).map_or_else(other, Self::Known)
    }

    /// The name of its kind in storage.
    pub fn kind(&self) -> &str {
        match self {
            Self::Known(identity) => identity.kind(),
            Self::Other { kind, .. } => kind,
        }
    }

    /// The key of its record.
    pub const fn id(&self) -> Option<Uuid> {
        match self {
            Self::Known(identity) => identity.id(),
            Self::Other { id, .. } => *id,
        }
    }

    /// Its name in the API: the PRN of its record, or the name of its kind.
    pub fn name(&self, organization: Id<Organization>) -> String {
        match self {
            Self::Known(identity) => identity.name(organization),
            Self::Other { kind, id: Some(id) } if users::is_of_installation(kind) => {
                format!("prn:1:{kind}:{id}")
            }
            Self::Other { kind, id: Some(id) } => format!("prn:1:{organization}:{kind}:{id}"),
            Self::Other { kind, id: None } => kind.clone(),
        }
    }
}

impl From<Identity> for RecordedIdentity {
    fn from(identity: Identity) -> Self {
        Self::Known(identity)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORGANIZATION: Id<Organization> = Id::new(Uuid::from_u128(1));

    fn all() -> Vec<Identity> {
        let all = vec![
            Identity::User(Id::new(Uuid::from_u128(4))),
            Identity::ApiKey(Id::new(Uuid::from_u128(2))),
            Identity::Device(Id::new(Uuid::from_u128(3))),
            Identity::System,
        ];
        for identity in &all {
            // A new kind belongs into the list above, too.
            match identity {
                Identity::User(_) | Identity::ApiKey(_) | Identity::Device(_) | Identity::System => {}
            }
        }
        all
    }

    #[test]
    fn each_identity_is_read_as_it_was_stored() {
        for identity in all() {
            let stored = RecordedIdentity::from_stored(identity.kind(), identity.id());
            assert_eq!(stored, RecordedIdentity::Known(identity));
            assert_eq!((stored.kind(), stored.id()), (identity.kind(), identity.id()));
        }
    }

    #[test]
    fn each_identity_with_a_record_is_found_by_its_prn() {
        for identity in all() {
            let name = identity.name(ORGANIZATION);
            let Some(id) = identity.id() else {
                assert_eq!((name.as_str(), Identity::from_prn(&name, ORGANIZATION)), ("system", None));
                continue;
            };
            assert_eq!(Identity::from_prn(&name, ORGANIZATION), Some(identity));
            if users::is_of_installation(identity.kind()) {
                assert_eq!(name, format!("prn:1:{}:{id}", identity.kind()));
                continue;
            }
            assert_eq!(name, format!("prn:1:{ORGANIZATION}:{}:{id}", identity.kind()));
            assert_eq!(Identity::from_prn(&name, Id::new(Uuid::nil())), None, "of another organization");
        }
        assert_eq!(Identity::from_prn(&format!("prn:1:{ORGANIZATION}"), ORGANIZATION), None);
    }

    #[test]
    fn an_actor_of_a_later_version_keeps_its_kind_and_its_name() {
        let id = Uuid::from_u128(7);
        let robot = RecordedIdentity::from_stored("robot", Some(id));
        assert_eq!((robot.kind(), robot.id()), ("robot", Some(id)));
        assert_eq!(robot.name(ORGANIZATION), format!("prn:1:{ORGANIZATION}:robot:{id}"));
        assert_eq!(RecordedIdentity::from_stored("moon", None).name(ORGANIZATION), "moon");
        let half = RecordedIdentity::from_stored("api_key", None);
        assert!(matches!(half, RecordedIdentity::Other { .. }), "a key without an id is not the server");
    }
}
