//! Who may do what: scopes, roles, actors, and [`Authorized`], the proof that a permission was checked.
//!
//! An operation takes `&Authorized<S>`, so it can't be called without a check of the scope `S`. The only ways to make one are
//! [`Actor::authorize`] for scopes of an organization, and [`installation::ServerOperator::authorize`] for those of the installation. The
//! organization that an operation works on comes from the same value, so it can't be another one; the proof of a scope of the installation
//! has none.

use std::marker::PhantomData;
use std::net::IpAddr;
use std::ops::Deref;

use crate::devices::Device;
use crate::organizations::Organization;
use crate::prn::Id;
use crate::refusals::{Meaning, Refusal};
use crate::users::User;

mod grants;
mod identity;
pub mod installation;
mod reach;
mod roles;
mod scopes;

pub use grants::{Allowed, Grant, Grants};
pub use identity::{Identity, RecordedIdentity};
pub use reach::{Limits, MOST_PLACES, OutsideReach, Part, Reach, Tenancy};
pub use roles::Role;
pub use scopes::{OrganizationScope, Reaching, Scope, ScopeLevel, ScopeType, UnknownScope, scope};

impl ScopeLevel for Organization {
    type Actor = Actor;
}

/// The most characters of a caller's own id of a request that are noted.
pub const MAX_CALLER_ID: usize = 64;

/// Where a request came from, for the audit trail.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The request's id, as in logs and answers. The server makes it: callers can't choose what the audit trail says.
    pub request_id: Option<String>,
    /// The id that the caller gave it, at most [`MAX_CALLER_ID`] characters of it.
    pub caller_request_id: Option<String>,
    /// The caller's address.
    pub address: Option<IpAddr>,
}

/// Somebody who does something in one organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// Who it is.
    pub identity: Identity,
    /// The person behind it: themselves, or the owner of a personal API key.
    pub person: Option<Id<User>>,
    /// The only organization that it can see.
    pub organization: Id<Organization>,
    /// What it may do.
    pub grants: Grants,
    /// What the owner of a personal API key may do, beyond which the key has nothing; `None` for everybody else.
    pub owner_grants: Option<Grants>,
    /// Whether the caller authenticated a moment ago, as people must before actions that can't be undone or that change whom to trust.
    /// Always true for a key.
    pub is_fresh: bool,
    /// Where it comes from.
    pub origin: Origin,
}

/// Why an actor may not do something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAuthorized {
    /// It lacks the scope.
    #[error(transparent)]
    MissingScope(#[from] MissingScope),
    /// It has the scope for a part of the organization, and this concerns all of it.
    #[error(transparent)]
    OutsideReach(#[from] OutsideReach),
    /// It has the scope, but has to prove anew who it is.
    #[error(transparent)]
    Stale(#[from] Stale),
}

/// The person signed in too long ago for this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "you signed in more than 15 minutes ago, and '{}' takes a fresh session: prove again who you are (POST /v1/reauthenticate), then repeat this",
    .0.as_str()
)]
pub struct Stale(pub Scope);

impl Refusal for Stale {
    fn meaning(&self) -> Meaning {
        Meaning::Forbidden
    }

    fn code(&self) -> &'static str {
        "reauthentication_required"
    }
}

/// The actor lacks a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} the scope '{}'", .identity.lacks(), .scope.as_str())]
pub struct MissingScope {
    /// Who lacks it.
    pub identity: Identity,
    /// What they lack.
    pub scope: Scope,
}

impl MissingScope {
    /// What helps.
    pub const fn remedy(&self) -> &'static str {
        self.identity.remedy()
    }
}

impl Actor {
    /// The server itself, working in `organization`.
    pub fn system(organization: Id<Organization>) -> Self {
        Self {
            identity: Identity::System,
            person: None,
            organization,
            grants: Grants::of_role(Role::Admin),
            owner_grants: None,
            is_fresh: true,
            origin: Origin::default(),
        }
    }

    /// A device, which may do nothing that takes a scope.
    pub const fn device(organization: Id<Organization>, device: Id<Device>, origin: Origin) -> Self {
        Self {
            identity: Identity::Device(device),
            person: None,
            organization,
            grants: Grants::none(),
            owner_grants: None,
            is_fresh: true,
            origin,
        }
    }

    /// All that it may do: of a personal key, what its owner may do as well.
    fn all_grants(&self) -> impl Iterator<Item = &Grants> {
        std::iter::once(&self.grants).chain(&self.owner_grants)
    }

    /// Whether it has the scope, somewhere.
    pub fn may(&self, scope: Scope) -> bool {
        self.limits(&[scope]).is_some()
    }

    /// Whether anything that it was given reaches a part of the organization only.
    pub fn is_limited(&self) -> bool {
        let mut all = self.all_grants().flat_map(Grants::as_slice);
        all.any(|grant| matches!(grant.reach, Reach::Part(_)))
    }

    /// The scopes that it has, in the order of their declaration.
    pub fn scopes(&self) -> impl Iterator<Item = Scope> + '_ {
        Scope::ALL.iter().copied().filter(|scope| self.may(*scope))
    }

    /// The first scope of `others` that this actor lacks, or does not reach as far with: callers can't grant more than they have.
    pub fn first_exceeded_by(&self, others: &Grants) -> Option<Scope> {
        self.all_grants().find_map(|own| own.first_exceeded_by(others))
    }

    /// Whether it is a personal key, and the scope would let it hand out rights.
    fn never_has(&self, scope: Scope) -> bool {
        self.owner_grants.is_some() && scope.hands_out_rights()
    }

    /// Within what it has any of the scopes; `None` where it has none.
    fn limits(&self, scopes: &[Scope]) -> Option<Limits> {
        if scopes.iter().any(|scope| self.never_has(*scope)) {
            return None;
        }
        let reaches: Option<Vec<_>> = self.all_grants().map(|grants| grants.reach(scopes)).collect();
        reaches.map(Limits::of_all)
    }

    /// Checks for the scope `S` or one that was split off from it. Which one it takes depends on what is changed.
    pub fn authorize_in_part<S: OrganizationScope>(&self) -> Result<InPart<S>, NotAuthorized> {
        if !S::SCOPE.parts().any(|part| self.may(part)) {
            self.authorize::<S>()?;
        }
        Ok(InPart { actor: self.clone(), scope: PhantomData })
    }

    /// Checks for the scope `S`; the only way to an [`Authorized`] of an organization's scope.
    pub fn authorize<S: OrganizationScope>(&self) -> Result<Authorized<S>, NotAuthorized> {
        let scope = S::SCOPE;
        if !self.may(scope) {
            let has_it = |grants: &Grants| grants.as_slice().iter().any(|grant| grant.contains(scope));
            let has_it_in_part = !self.never_has(scope) && self.all_grants().all(has_it);
            Err(if has_it_in_part {
                OutsideReach::Organization(scope).into()
            } else {
                MissingScope { identity: self.identity, scope }.into()
            })
        } else if scope.takes_fresh_session() && !self.is_fresh {
            Err(Stale(scope).into())
        } else {
            Ok(Authorized { actor: self.clone(), scope: PhantomData })
        }
    }
}

/// An actor that has the scope `S`, or one that was split off from it: enough to look at what the request wants to change, which says which
/// of them it takes. That one is then asked for by [`Actor::authorize`].
#[derive(Clone, Debug)]
pub struct InPart<S: OrganizationScope> {
    actor: Actor,
    scope: PhantomData<fn() -> S>,
}

impl<S: OrganizationScope> From<Authorized<S>> for InPart<S> {
    fn from(whole: Authorized<S>) -> Self {
        Self { actor: whole.actor, scope: PhantomData }
    }
}

impl<S: OrganizationScope> Deref for InPart<S> {
    type Target = Actor;

    fn deref(&self) -> &Actor {
        &self.actor
    }
}

impl<S: OrganizationScope> Authorized<S> {
    /// Where the records are that the scope is for: what the actor may see of them, and of that, what it may change.
    pub fn tenancy(&self) -> Tenancy {
        let (scope, reading) = (S::SCOPE, S::SCOPE.reading());
        let none = || Limits::of_all([Reach::Part(Part::default())]);
        let of = |scopes: &[Scope]| self.actor.limits(scopes).unwrap_or_else(none);
        let (changed, seen) = (of(&[scope]), of(&[scope, reading]));
        let is_limited = scope != reading && !changed.is_whole();
        Tenancy::new(self.actor.organization, seen, is_limited.then_some(changed))
    }
}

/// An actor that was found to have the scope `S`. What it is of follows from the scope. One of an organization's scopes knows which:
///
/// ```
/// use olivine_domain::organizations::Organization;
/// use olivine_domain::permissions::{Authorized, scope};
/// use olivine_domain::prn::Id;
///
/// fn works_in(by: &Authorized<scope::ProductRead>) -> Id<Organization> {
///     by.organization
/// }
/// ```
///
/// With one of the installation's scopes, no organization can be taken for the one that was asked for:
///
/// ```compile_fail,E0609
/// use olivine_domain::organizations::Organization;
/// use olivine_domain::permissions::{Authorized, installation};
/// use olivine_domain::prn::Id;
///
/// fn works_in(by: &Authorized<installation::OrganizationCreate>) -> Id<Organization> {
///     by.organization
/// }
/// ```
///
/// Nobody who acts in an organization, and so no API key, has a scope of the installation:
///
/// ```compile_fail,E0277
/// use olivine_domain::permissions::{Actor, Authorized, installation};
///
/// fn proves(actor: &Actor) -> Authorized<installation::OrganizationCreate> {
///     actor.authorize().unwrap()
/// }
/// ```
#[derive(Debug)]
pub struct Authorized<S: ScopeType> {
    actor: <S::Level as ScopeLevel>::Actor,
    scope: PhantomData<fn() -> S>,
}

impl<S: ScopeType> Clone for Authorized<S> {
    fn clone(&self) -> Self {
        Self { actor: self.actor.clone(), scope: PhantomData }
    }
}

impl<S: ScopeType> Deref for Authorized<S> {
    type Target = <S::Level as ScopeLevel>::Actor;

    fn deref(&self) -> &Self::Target {
        &self.actor
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn actor(grants: Grants) -> Actor {
        Actor { grants, ..Actor::system(Id::new(uuid::Uuid::nil())) }
    }

    #[test]
    fn roles_contain_those_below() {
        for scope in Scope::ALL {
            let has = |role| Grants::of_role(role).contains(*scope);
            assert!(has(Role::Admin));
            assert!(has(Role::Writer) || !has(Role::Reader));
            assert_eq!(Scope::from_name(scope.as_str()), Some(*scope));
        }
        let reader: Vec<_> = Grants::of_role(Role::Reader).scopes().map(Scope::as_str).collect();
        assert!(
            reader.iter().all(|name| name.split('.').nth(1) == Some("read") || *name == "binary.download"),
            "{reader:?}"
        );
    }

    /// What the descriptions of the roles say is what the table of scopes says.
    #[test]
    fn roles_are_what_their_descriptions_say() {
        let own = |role: Role| Scope::ALL.iter().copied().filter(move |scope| scope.role() == role);
        let only = |role: Role| own(role).map(Scope::as_str).collect::<Vec<_>>();
        let of = |resources: &[&str], names: Vec<&str>| {
            for name in names {
                let resource = name.split_once('.').unwrap().0;
                assert!(resources.contains(&resource), "{name} is not what the descriptions of roles say");
            }
        };
        let admin = only(Role::Admin).into_iter().filter(|name| *name != "binary.destroy").collect();
        of(
            &[
                "signing_key",
                "ca_certificate",
                "api_key",
                "storage_backend",
                "organization",
                "user",
                "membership",
                "invitation",
            ],
            admin,
        );
        of(&["artifact", "artifact_version", "binary", "bundle"], only(Role::Developer));
        of(
            &["product", "cohort", "device", "device_certificate", "release", "bundle_override"],
            only(Role::ReleaseManager),
        );
        assert_eq!(only(Role::Signer), ["binary.sign"]);
        assert_eq!(
            only(Role::Support),
            [
                "bundle_override.for_device",
                "device.quarantine",
                "device.move",
                "device.tag",
                "device.check_for_update",
                "release.stop"
            ]
        );
        assert!(only(Role::Viewer).is_empty() && only(Role::Writer).is_empty(), "they are what others have");
        assert!(own(Role::Reader).all(|scope| scope.only_reads() || scope == Scope::BinaryDownload));
    }

    #[test]
    fn an_unknown_scope_is_answered_with_those_that_there_are() {
        let error = Scope::parse("binary.signn").unwrap_err().to_string();
        assert!(Scope::ALL.iter().all(|scope| error.contains(scope.as_str())), "{error}");
        assert_eq!(Scope::parse("binary.sign"), Ok(Scope::BinarySign));
    }

    #[test]
    fn a_permission_is_proven_or_missing() {
        let signer = actor(Grants::of_scopes([Scope::BinarySign]));
        assert!(signer.authorize::<scope::BinarySign>().is_ok());
        assert!(signer.authorize::<scope::BinaryDestroy>().is_err());
        assert!(actor(Grants::of_role(Role::Writer)).authorize::<scope::BinaryDestroy>().is_err());
    }

    #[test]
    fn a_part_of_a_scope_is_enough_to_be_asked_which_one_it_takes() {
        let tagger = actor(Grants::of_scopes([Scope::DeviceTag]));
        let by = tagger.authorize_in_part::<scope::DeviceUpdate>().unwrap();
        assert!(by.authorize::<scope::DeviceTag>().is_ok() && by.authorize::<scope::DeviceMove>().is_err());
        assert!(by.authorize::<scope::DeviceUpdate>().is_err());
        let reader = actor(Grants::of_role(Role::Reader));
        let lacks = reader.authorize_in_part::<scope::DeviceUpdate>().unwrap_err();
        assert!(lacks.to_string().ends_with("lacks the scope 'device.update'"), "{lacks}");
        let manager = actor(Grants::of_scopes([Scope::DeviceUpdate]));
        assert!(manager.authorize_in_part::<scope::DeviceUpdate>().is_ok());
    }

    #[test]
    fn what_only_administrators_change_takes_a_fresh_session() {
        let left_open = Actor { is_fresh: false, ..actor(Grants::of_role(Role::Admin)) };
        assert!(left_open.authorize::<scope::ReleaseCreate>().is_ok());
        assert!(left_open.authorize::<scope::ApiKeyRead>().is_ok());
        let stale = left_open.authorize::<scope::BinaryDestroy>().unwrap_err();
        assert_eq!(stale, NotAuthorized::Stale(Stale(Scope::BinaryDestroy)));
        let lacks = Actor { grants: Grants::of_role(Role::Writer), ..left_open };
        assert!(matches!(lacks.authorize::<scope::BinaryDestroy>(), Err(NotAuthorized::MissingScope(_))));
    }

    #[test]
    fn a_missing_scope_is_told_in_the_words_of_its_kind_of_actor() {
        let says = |identity| {
            let grants = Grants::of_role(Role::Reader);
            let actor = Actor { identity, ..actor(grants) };
            actor.authorize::<scope::BinaryDestroy>().unwrap_err().to_string()
        };
        let id = uuid::Uuid::nil();
        for (identity, words) in [
            (Identity::User(Id::new(id)), "you lack the scope 'binary.destroy'"),
            (Identity::ApiKey(Id::new(id)), "this API key lacks the scope 'binary.destroy'"),
            (Identity::Device(Id::new(id)), "this device lacks the scope 'binary.destroy'"),
            (Identity::System, "the server lacks the scope 'binary.destroy'"),
        ] {
            assert_eq!(says(identity), words);
        }
    }

    #[test]
    fn nobody_hands_out_more_than_they_have() {
        let writer = Grants::of_role(Role::Writer);
        assert_eq!(writer.first_exceeded_by(&Grants::of_role(Role::Reader)), None);
        assert_eq!(writer.first_exceeded_by(&Grants::of_role(Role::Admin)), Some(Scope::BinaryDestroy));
    }
}
