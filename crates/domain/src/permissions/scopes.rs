//! Scopes: the single things that somebody may do, as values and as types.

use std::fmt;

use super::roles::Role;
use crate::organizations::Organization;

/// Declares all scopes: the enum, their names, and a marker type each for `Authorized`.
macro_rules! scopes {
    ($($variant:ident = $name:literal, $role:ident, $doc:literal;)*) => {
        /// One thing that a key or a person may do.
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

            /// The role that has this scope of itself. Those that include that role have it too.
            pub const fn role(self) -> Role {
                match self { $(Self::$variant => Role::$role,)* }
            }

            /// Whether servers of the version before know it. They refuse to read a record with another one.
            pub fn is_earlier(self) -> bool {
                !LATER.contains(&self)
            }

            /// What it allows, in a sentence.
            pub const fn description(self) -> &'static str {
                match self { $(Self::$variant => $doc,)* }
            }
        }

        /// The scopes as types, for `Authorized`.
        pub mod scope {
            use crate::organizations::Organization;
            use crate::permissions::scopes::{OrganizationScope, Scope, ScopeType};
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
    ArtifactCreate = "artifact.create", Developer, "Create artifacts.";
    ArtifactUpdate = "artifact.update", Developer, "Change artifacts.";
    ArtifactDelete = "artifact.delete", Developer, "Delete artifacts.";
    ArtifactVersionRead = "artifact_version.read", Reader, "See artifact versions.";
    ArtifactVersionCreate = "artifact_version.create", Developer, "Create artifact versions.";
    ArtifactVersionUpdate = "artifact_version.update", Developer, "Change artifact versions.";
    ArtifactVersionDelete = "artifact_version.delete", Developer, "Delete artifact versions.";
    BinaryRead = "binary.read", Reader, "See binaries, their parts and their signatures.";
    BinaryCreate = "binary.create", Developer, "Create binaries.";
    BinaryUpdate = "binary.update", Developer, "Change binaries, and complete or restart their uploads.";
    BinaryUpload = "binary.upload", Developer, "Upload the content of binaries.";
    BinarySign = "binary.sign", Signer, "Attach signatures to binaries, and delete them.";
    BinaryDownload = "binary.download", Reader, "Download the content of binaries.";
    BinaryDelete = "binary.delete", Developer, "Delete binaries that were never signed.";
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
    BundleCreate = "bundle.create", Developer, "Create bundles.";
    BundleUpdate = "bundle.update", Developer, "Rename bundles.";
    BundleDelete = "bundle.delete", Developer, "Delete bundles that nothing uses.";
    BundleOverrideRead = "bundle_override.read", Reader, "See bundle overrides.";
    BundleOverrideCreate = "bundle_override.create", ReleaseManager, "Create bundle overrides, which give bundles to chosen devices.";
    BundleOverrideForDevice = "bundle_override.for_device", Support, "Create bundle overrides for at most 10 devices, named one by one. Keys with `bundle_override.create` may do this too.";
    BundleOverrideUpdate = "bundle_override.update", ReleaseManager, "Change bundle overrides.";
    BundleOverrideDelete = "bundle_override.delete", ReleaseManager, "Delete bundle overrides.";
    CaCertificateRead = "ca_certificate.read", Reader, "See CA certificates.";
    CaCertificateCreate = "ca_certificate.create", Admin, "Register CA certificates, whose devices may then connect.";
    CaCertificateUpdate = "ca_certificate.update", Admin, "Change CA certificates, and how new devices with their certificates are registered.";
    CaCertificateDelete = "ca_certificate.delete", Admin, "Delete CA certificates.";
    CohortRead = "cohort.read", Reader, "See cohorts.";
    CohortCreate = "cohort.create", ReleaseManager, "Create cohorts.";
    CohortUpdate = "cohort.update", ReleaseManager, "Change cohorts.";
    CohortDelete = "cohort.delete", ReleaseManager, "Delete cohorts that have neither devices nor releases.";
    DeviceRead = "device.read", Reader, "See devices.";
    DeviceCreate = "device.create", ReleaseManager, "Create and import devices.";
    DeviceUpdate = "device.update", ReleaseManager, "Change, move, tag and quarantine devices.";
    DeviceQuarantine = "device.quarantine", Support, "Quarantine devices, and end their quarantine. Keys with `device.update` may do this too.";
    DeviceMove = "device.move", Support, "Move devices to another cohort of their product. Keys with `device.update` may do this too.";
    DeviceTag = "device.tag", Support, "Change the tags of devices. Keys with `device.update` may do this too.";
    DeviceDelete = "device.delete", ReleaseManager, "Delete devices.";
    DeviceCheckForUpdate = "device.check_for_update", Support, "Check for updates on behalf of devices.";
    DeviceCertificateRead = "device_certificate.read", Reader, "See device certificates.";
    DeviceCertificateCreate = "device_certificate.create", ReleaseManager, "Register device certificates.";
    DeviceCertificateDelete = "device_certificate.delete", ReleaseManager, "Remove device certificates.";
    ProductRead = "product.read", Reader, "See products.";
    ProductCreate = "product.create", ReleaseManager, "Create products.";
    ProductUpdate = "product.update", ReleaseManager, "Change products.";
    ProductDelete = "product.delete", ReleaseManager, "Delete products that have neither cohorts nor devices.";
    ReleaseRead = "release.read", Reader, "See releases, and how many devices are on them.";
    ReleaseCreate = "release.create", ReleaseManager, "Create releases.";
    ReleaseUpdate = "release.update", ReleaseManager, "Change releases.";
    ReleaseDelete = "release.delete", ReleaseManager, "Delete releases.";
    ReleaseStop = "release.stop", Support, "Stop distribution (emergency stop). Keys with `release.update` may do this too.";
    StorageBackendRead = "storage_backend.read", Reader, "See storage backends (never their credentials).";
    StorageBackendCreate = "storage_backend.create", Admin, "Register storage backends.";
    StorageBackendUpdate = "storage_backend.update", Admin, "Change storage backends, their credentials and CDNs.";
    StorageBackendDelete = "storage_backend.delete", Admin, "Remove storage backends that contain nothing.";
    UserRead = "user.read", Admin, "See the accounts of the organization's members.";
    UserUpdate = "user.update", Admin, "Disable and delete accounts that belong to nobody else, and make links to choose a new password.";
    MembershipRead = "membership.read", Admin, "See who is a member of the organization, and what they may do.";
    MembershipUpdate = "membership.update", Admin, "Change what members may do.";
    MembershipDelete = "membership.delete", Admin, "End memberships.";
    InvitationRead = "invitation.read", Admin, "See invitations (never their links).";
    InvitationCreate = "invitation.create", Admin, "Invite people to the organization.";
    InvitationRevoke = "invitation.revoke", Admin, "Revoke invitations.";
    OrganizationRead = "organization.read", Reader, "See the organization, and how much storage it uses.";
    OrganizationUpdate = "organization.update", Admin, "Change the settings of the organization, such as required signatures and the quota.";
}

/// The scopes that servers of the version before don't know.
const LATER: &[Scope] = &[
    Scope::UserRead,
    Scope::UserUpdate,
    Scope::MembershipRead,
    Scope::MembershipUpdate,
    Scope::MembershipDelete,
    Scope::InvitationRead,
    Scope::InvitationCreate,
    Scope::InvitationRevoke,
    Scope::ReleaseStop,
    Scope::DeviceQuarantine,
    Scope::DeviceMove,
    Scope::DeviceTag,
    Scope::BundleOverrideForDevice,
];

impl Scope {
    /// The scope of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|scope| scope.as_str() == name)
    }

    /// The scope that this one was split off from: it includes this one, so that keys that have it can do what they could.
    pub const fn implied_by(self) -> Option<Self> {
        match self {
            Self::ReleaseStop => Some(Self::ReleaseUpdate),
            Self::DeviceQuarantine | Self::DeviceMove | Self::DeviceTag => Some(Self::DeviceUpdate),
            Self::BundleOverrideForDevice => Some(Self::BundleOverrideCreate),
            _ => None,
        }
    }

    /// Whether it is this scope, or one that was split off from it.
    fn is_part_of(self, wider: Self) -> bool {
        self == wider || self.implied_by() == Some(wider)
    }

    /// This scope and those that were split off from it.
    pub(super) fn parts(self) -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied().filter(move |scope| scope.is_part_of(self))
    }

    /// Whether it allows to see something, and nothing else.
    pub(super) fn only_reads(self) -> bool {
        self.as_str().split_once('.').is_some_and(|(_, action)| action == "read")
    }

    /// Whether a person must have proved a moment ago who they are: for whatever only administrators may change. So what can't be undone,
    /// and whom to trust, takes more than a browser that somebody left open.
    pub fn takes_fresh_session(self) -> bool {
        self.role() == Role::Admin && !self.only_reads()
    }

    /// Whether it decides what others may do. A personal API key has no such scope, because the rights that it granted would outlast its
    /// owner's membership.
    pub fn hands_out_rights(self) -> bool {
        let resource = self.as_str().split_once('.').map_or("", |(resource, _)| resource);
        !self.only_reads() && matches!(resource, "api_key" | "user" | "membership" | "invitation")
    }

    /// What it concerns of an organization, and so whether the reach of a grant counts.
    pub fn reaching(self) -> Reaching {
        let resource = self.as_str().split_once('.').map_or("", |(resource, _)| resource);
        match resource {
            _ if self == Self::BinaryDestroy || self == Self::ProductCreate => Reaching::Organization,
            "artifact" | "artifact_version" | "binary" | "bundle" => Reaching::Anywhere,
            "signing_key" | "storage_backend" | "organization" if self.only_reads() => Reaching::Anywhere,
            "product" | "cohort" | "device" | "device_certificate" | "release" | "bundle_override"
            | "ca_certificate" | "event" => Reaching::Places,
            _ => Reaching::Organization,
        }
    }

    /// The scope by which one sees what this one changes; itself where it only reads.
    pub(super) fn reading(self) -> Self {
        let read =
            |resource| Self::ALL.iter().copied().find(|other| other.only_reads() && other.is_of(resource));
        self.as_str().split_once('.').and_then(|(resource, _)| read(resource)).unwrap_or(self)
    }

    fn is_of(self, resource: &str) -> bool {
        self.as_str().split_once('.').is_some_and(|(own, _)| own == resource)
    }

    /// The scope of that name, or an error that lists all scopes.
    pub fn parse(name: &str) -> Result<Self, UnknownScope> {
        Self::from_name(name).ok_or_else(|| UnknownScope { name: name.to_owned() })
    }
}

/// What a scope concerns of an organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reaching {
    /// Products and cohorts, and what is of them: as far as a grant reaches.
    Places,
    /// What is of no product, such as firmware and its signing keys: however far a grant reaches. One who releases to a single cohort has to
    /// read all of it.
    Anywhere,
    /// The organization as a whole, such as its people and keys: only a grant that reaches all of it has the scope.
    Organization,
}

/// There is no scope of this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{name}' is not a scope; the scopes are {}", Scope::ALL.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(", "))]
pub struct UnknownScope {
    name: String,
}

/// What scopes can be of: one organization, or the whole `Installation`.
pub trait ScopeLevel {
    /// Somebody who may have such scopes.
    type Actor: Clone + fmt::Debug;
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
