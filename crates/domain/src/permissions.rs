//! Who may do what: scopes, roles, actors, and [`Authorized`], the proof that a permission was checked.
//!
//! An operation takes `&Authorized<S>` and so can't be called by who was not asked for the scope `S`. The only ways to make one are
//! [`Actor::authorize`] for scopes of an organization, and [`installation::ServerOperator::authorize`] for those of the installation. The
//! organization that an operation works on comes from the same value, so it can't be another one; the proof of a scope of the installation
//! has none.

use std::collections::BTreeSet;
use std::fmt;
use std::marker::PhantomData;
use std::net::IpAddr;
use std::ops::Deref;

use crate::devices::Device;
use crate::organizations::Organization;
use crate::prn::Id;

mod identity;
pub mod installation;

pub use identity::{Identity, RecordedIdentity};

/// Declares all scopes: the enum, their names, and a marker type each for [`Authorized`].
macro_rules! scopes {
    ($($variant:ident = $name:literal, $least:ident, $doc:literal;)*) => {
        /// One thing that a key may do.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Scope {
            $(#[doc = $doc] $variant,)*
        }

        impl Scope {
            /// All scopes.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name in the API and in storage.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The lowest role that has this scope.
            pub const fn least_role(self) -> Role {
                match self { $(Self::$variant => Role::$least,)* }
            }

            /// What it allows, in a sentence.
            pub const fn description(self) -> &'static str {
                match self { $(Self::$variant => $doc,)* }
            }
        }

        /// The scopes as types, for [`Authorized`].
        pub mod scope {
            use super::{Organization, OrganizationScope, Scope, ScopeType};
            $(
                #[doc = $doc]
                #[derive(Debug)]
                pub enum $variant {}
                impl ScopeType for $variant {
                    type Level = Organization;
                }
                impl OrganizationScope for $variant {
                    const SCOPE: Scope = Scope::$variant;
                }
            )*
        }
    };
}

scopes! {
    ArtifactRead = "artifact.read", Reader, "See artifacts.";
    ArtifactCreate = "artifact.create", Writer, "Create artifacts.";
    ArtifactUpdate = "artifact.update", Writer, "Change artifacts.";
    ArtifactDelete = "artifact.delete", Writer, "Delete artifacts.";
    ArtifactVersionRead = "artifact_version.read", Reader, "See artifact versions.";
    ArtifactVersionCreate = "artifact_version.create", Writer, "Create artifact versions.";
    ArtifactVersionUpdate = "artifact_version.update", Writer, "Change artifact versions.";
    ArtifactVersionDelete = "artifact_version.delete", Writer, "Delete artifact versions.";
    BinaryRead = "binary.read", Reader, "See binaries, their parts and their signatures.";
    BinaryCreate = "binary.create", Writer, "Create binaries.";
    BinaryUpdate = "binary.update", Writer, "Change binaries, and complete or restart their uploads.";
    BinaryUpload = "binary.upload", Writer, "Upload the content of binaries.";
    BinarySign = "binary.sign", Writer, "Attach signatures to binaries, and delete them.";
    BinaryDownload = "binary.download", Reader, "Download the content of binaries.";
    BinaryDelete = "binary.delete", Writer, "Delete binaries that were never signed.";
    BinaryDestroy = "binary.destroy", Admin, "Destroy the content of binaries, which cannot be undone.";
    SigningKeyRead = "signing_key.read", Reader, "See signing keys.";
    SigningKeyCreate = "signing_key.create", Admin, "Register signing keys.";
    SigningKeyUpdate = "signing_key.update", Admin, "Rename, disable and revoke signing keys.";
    SigningKeyDelete = "signing_key.delete", Admin, "Delete signing keys that have made no signatures.";
    EventRead = "event.read", Reader, "See the audit trail.";
    ApiKeyRead = "api_key.read", Admin, "See API keys (never their secrets).";
    ApiKeyCreate = "api_key.create", Admin, "Create API keys.";
    ApiKeyUpdate = "api_key.update", Admin, "Rename API keys, and change when they expire.";
    ApiKeyRevoke = "api_key.revoke", Admin, "Revoke API keys.";
    BundleRead = "bundle.read", Reader, "See bundles.";
    BundleCreate = "bundle.create", Writer, "Create bundles.";
    BundleUpdate = "bundle.update", Writer, "Rename bundles.";
    BundleDelete = "bundle.delete", Writer, "Delete bundles that nothing uses.";
    BundleOverrideRead = "bundle_override.read", Reader, "See bundle overrides.";
    BundleOverrideCreate = "bundle_override.create", Writer, "Create bundle overrides, which give bundles to chosen devices.";
    BundleOverrideUpdate = "bundle_override.update", Writer, "Change bundle overrides.";
    BundleOverrideDelete = "bundle_override.delete", Writer, "Delete bundle overrides.";
    CaCertificateRead = "ca_certificate.read", Reader, "See CA certificates.";
    CaCertificateCreate = "ca_certificate.create", Admin, "Register CA certificates, whose devices may then connect.";
    CaCertificateUpdate = "ca_certificate.update", Admin, "Change CA certificates, and how new devices with their certificates are registered.";
    CaCertificateDelete = "ca_certificate.delete", Admin, "Delete CA certificates.";
    CohortRead = "cohort.read", Reader, "See cohorts.";
    CohortCreate = "cohort.create", Writer, "Create cohorts.";
    CohortUpdate = "cohort.update", Writer, "Change cohorts.";
    CohortDelete = "cohort.delete", Writer, "Delete cohorts that have neither devices nor releases.";
    DeviceRead = "device.read", Reader, "See devices.";
    DeviceCreate = "device.create", Writer, "Create and import devices.";
    DeviceUpdate = "device.update", Writer, "Change, move and quarantine devices.";
    DeviceDelete = "device.delete", Writer, "Delete devices.";
    DeviceCheckForUpdate = "device.check_for_update", Writer, "Check for updates on behalf of devices.";
    DeviceCertificateRead = "device_certificate.read", Reader, "See device certificates.";
    DeviceCertificateCreate = "device_certificate.create", Writer, "Register device certificates.";
    DeviceCertificateDelete = "device_certificate.delete", Writer, "Remove device certificates.";
    ProductRead = "product.read", Reader, "See products.";
    ProductCreate = "product.create", Writer, "Create products.";
    ProductUpdate = "product.update", Writer, "Change products.";
    ProductDelete = "product.delete", Writer, "Delete products that have neither cohorts nor devices.";
    ReleaseRead = "release.read", Reader, "See releases, and how many devices are on them.";
    ReleaseCreate = "release.create", Writer, "Create releases.";
    ReleaseUpdate = "release.update", Writer, "Change releases.";
    ReleaseDelete = "release.delete", Writer, "Delete releases.";
    StorageBackendRead = "storage_backend.read", Reader, "See storage backends (never their credentials).";
    StorageBackendCreate = "storage_backend.create", Admin, "Register storage backends.";
    StorageBackendUpdate = "storage_backend.update", Admin, "Change storage backends, their credentials and CDNs.";
    StorageBackendDelete = "storage_backend.delete", Admin, "Remove storage backends that contain nothing.";
    OrganizationRead = "organization.read", Reader, "See the organization, and how much storage it uses.";
    OrganizationUpdate = "organization.update", Admin, "Change the settings of the organization, such as required signatures and the quota.";
}

impl Scope {
    /// The scope of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|scope| scope.as_str() == name)
    }

    /// The scope of that name, or an error that lists all scopes.
    pub fn parse(name: &str) -> Result<Self, UnknownScope> {
        Self::from_name(name).ok_or_else(|| UnknownScope { name: name.to_owned() })
    }
}

/// There is no scope of this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{name}' is not a scope; the scopes are {}", Scope::ALL.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(", "))]
pub struct UnknownScope {
    name: String,
}

/// What scopes can be of: one organization, or the whole [`Installation`](installation::Installation).
pub trait ScopeLevel {
    /// Somebody who may have such scopes.
    type Actor: Clone + fmt::Debug;
}

impl ScopeLevel for Organization {
    type Actor = Actor;
}

/// A scope as a type.
pub trait ScopeType {
    /// What it is of.
    type Level: ScopeLevel;
}

/// A scope of an organization as a type. These can be given to API keys.
pub trait OrganizationScope: ScopeType<Level = Organization> {
    /// The scope.
    const SCOPE: Scope;
}

/// A set of scopes with a name. Each contains those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Sees everything but API keys, and downloads. Changes nothing.
    Reader,
    /// Does all the daily work: uploads, signs, and distributes. It creates, changes and deletes artifacts, bundles, products, cohorts,
    /// devices and releases, so it can release to the whole fleet. It can't destroy binaries, nor decide whom to trust.
    Writer,
    /// Everything.
    Admin,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 3] = [Self::Reader, Self::Writer, Self::Admin];

    /// The name in the API and in storage.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reader => "reader",
            Self::Writer => "writer",
            Self::Admin => "admin",
        }
    }

    /// The role of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == name)
    }

    /// What a key with this role may do, in a sentence.
    pub const fn description(self) -> &'static str {
        match self {
            Self::Reader => "Sees everything except API keys, and downloads contents; changes nothing.",
            Self::Writer => {
                "Does the daily work, releases included: uploads and signs, and creates, changes and deletes artifacts, bundles, products, \
                 cohorts, devices and releases. It can release to the whole fleet. It can't destroy binaries, nor change signing keys, CA \
                 certificates, API keys, storage backends and the organization."
            }
            Self::Admin => "Everything.",
        }
    }
}

/// What an actor may do: a role, or single scopes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Grants {
    /// All scopes of a role, also those that later versions add to it.
    Role(Role),
    /// Just these.
    Scopes(BTreeSet<Scope>),
}

impl Grants {
    /// Whether `scope` is among them.
    pub fn contains(&self, scope: Scope) -> bool {
        match self {
            Self::Role(role) => scope.least_role() <= *role,
            Self::Scopes(scopes) => scopes.contains(&scope),
        }
    }

    /// All scopes, in the order of their declaration.
    pub fn scopes(&self) -> impl Iterator<Item = Scope> + '_ {
        Scope::ALL.iter().copied().filter(|scope| self.contains(*scope))
    }

    /// The first scope that `other` has and these don't: nobody hands out more than they have.
    pub fn first_exceeded_by(&self, other: &Self) -> Option<Scope> {
        other.scopes().find(|scope| !self.contains(*scope))
    }
}

/// The most characters of a caller's own id of a request that are noted.
pub const MAX_CALLER_ID: usize = 64;

/// Where a request came from, for the audit trail.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The request's id, as in logs and answers. The server makes it: who calls can't choose what the audit trail says.
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
    /// The only organization that it can see.
    pub organization: Id<Organization>,
    /// What it may do.
    pub grants: Grants,
    /// Where it comes from.
    pub origin: Origin,
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
            organization,
            grants: Grants::Role(Role::Admin),
            origin: Origin::default(),
        }
    }

    /// A device, which may do nothing that takes a scope.
    pub const fn device(organization: Id<Organization>, device: Id<Device>, origin: Origin) -> Self {
        let grants = Grants::Scopes(BTreeSet::new());
        Self { identity: Identity::Device(device), organization, grants, origin }
    }

    /// Checks for the scope `S`; the only way to an [`Authorized`] of an organization's scope.
    pub fn authorize<S: OrganizationScope>(&self) -> Result<Authorized<S>, MissingScope> {
        if self.grants.contains(S::SCOPE) {
            Ok(Authorized { actor: self.clone(), scope: PhantomData })
        } else {
            Err(MissingScope { identity: self.identity, scope: S::SCOPE })
        }
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
            let has = |role| Grants::Role(role).contains(*scope);
            assert!(has(Role::Admin));
            assert!(has(Role::Writer) || !has(Role::Reader));
            assert_eq!(Scope::from_name(scope.as_str()), Some(*scope));
        }
        let reader: Vec<_> = Grants::Role(Role::Reader).scopes().map(Scope::as_str).collect();
        assert!(
            reader.iter().all(|name| name.split('.').nth(1) == Some("read") || *name == "binary.download"),
            "{reader:?}"
        );
    }

    /// What the description of `writer` says is what the table of scopes says.
    #[test]
    fn roles_are_what_their_descriptions_say() {
        let only = |role: Role| {
            let own = Scope::ALL.iter().filter(move |scope| scope.least_role() == role);
            own.map(|scope| scope.as_str().split_once('.').unwrap()).collect::<Vec<_>>()
        };
        for (resource, action) in only(Role::Admin) {
            let is_kept_from_writers = (resource, action) == ("binary", "destroy")
                || ["signing_key", "ca_certificate", "api_key", "storage_backend", "organization"]
                    .contains(&resource);
            assert!(is_kept_from_writers, "{resource}.{action} is not what the descriptions of roles say");
        }
        for (resource, _) in only(Role::Writer) {
            let distributes =
                ["product", "cohort", "device", "device_certificate", "release", "bundle", "bundle_override"];
            let publishes = ["artifact", "artifact_version", "binary"];
            assert!([&distributes[..], &publishes].concat().contains(&resource), "{resource}");
        }
        assert_eq!(
            only(Role::Reader).iter().filter(|(_, action)| *action != "read").count(),
            1,
            "binary.download"
        );
    }

    #[test]
    fn an_unknown_scope_is_answered_with_those_that_there_are() {
        let error = Scope::parse("binary.signn").unwrap_err().to_string();
        assert!(Scope::ALL.iter().all(|scope| error.contains(scope.as_str())), "{error}");
        assert_eq!(Scope::parse("binary.sign"), Ok(Scope::BinarySign));
    }

    #[test]
    fn a_permission_is_proven_or_missing() {
        let signer = actor(Grants::Scopes(BTreeSet::from([Scope::BinarySign])));
        assert!(signer.authorize::<scope::BinarySign>().is_ok());
        assert!(signer.authorize::<scope::BinaryDestroy>().is_err());
        assert!(actor(Grants::Role(Role::Writer)).authorize::<scope::BinaryDestroy>().is_err());
    }

    #[test]
    fn a_missing_scope_is_told_in_the_words_of_its_kind_of_actor() {
        let says = |identity| {
            let grants = Grants::Role(Role::Reader);
            let actor = Actor { identity, ..actor(grants) };
            actor.authorize::<scope::BinaryDestroy>().unwrap_err().to_string()
        };
        let id = uuid::Uuid::nil();
        for (identity, words) in [
            (Identity::ApiKey(Id::new(id)), "this API key lacks the scope 'binary.destroy'"),
            (Identity::Device(Id::new(id)), "this device lacks the scope 'binary.destroy'"),
            (Identity::System, "the server lacks the scope 'binary.destroy'"),
        ] {
            assert_eq!(says(identity), words);
        }
    }

    #[test]
    fn nobody_hands_out_more_than_they_have() {
        let writer = Grants::Role(Role::Writer);
        assert_eq!(writer.first_exceeded_by(&Grants::Role(Role::Reader)), None);
        assert_eq!(writer.first_exceeded_by(&Grants::Role(Role::Admin)), Some(Scope::BinaryDestroy));
    }
}
