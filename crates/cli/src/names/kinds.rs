//! The kinds of records that can be given by name, and the kind that each flag takes.

use clap::{Arg, Command};
use olivine_domain::prn::Resource;
use olivine_domain::{
    api_keys, artifact_versions, artifacts, binaries, binary_signatures, bulk_operations, bundle_overrides,
    bundles, ca_certificates, cohorts, device_certificates, devices, events, invitations, jobs, memberships,
    organizations, products, releases, signing_keys, storage_backends, users, views,
};

use super::values::{Names, accept};

macro_rules! kinds {
    ($($kind:ident = $type:ty, $form:literal;)+) => {
        /// A kind of record.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum Kind {
            $(#[doc = $form] $kind,)+
        }

        impl Kind {
            /// Every kind.
            const ALL: &'static [Self] = &[$(Self::$kind),+];

            /// The kind as written in a PRN, such as `artifact_version`.
            pub(crate) const fn word(self) -> &'static str {
                match self {
                    $(Self::$kind => match <$type as Resource>::TYPE {
                        Some(word) => word,
                        None => "organization",
                    },)+
                }
            }

            /// The kind for people, with its article: "an artifact version".
            pub(crate) const fn a_name(self) -> &'static str {
                match self {
                    $(Self::$kind => <$type as Resource>::A_NAME,)+
                }
            }

            /// The form of its names, as help shows it.
            pub(crate) const fn form(self) -> &'static str {
                match self {
                    $(Self::$kind => $form,)+
                }
            }

            /// Makes an argument that takes a PRN of this kind accept a name as well.
            pub(super) fn accept(self, arg: Arg, names: &Names) -> Arg {
                match self {
                    $(Self::$kind => accept::<$type>(arg, self, names),)+
                }
            }
        }
    };
}

kinds! {
    ApiKey = api_keys::ApiKey, "NAME";
    Artifact = artifacts::Artifact, "NAME";
    ArtifactVersion = artifact_versions::ArtifactVersion, "ARTIFACT/VERSION";
    Binary = binaries::Binary, "ARTIFACT/VERSION/TARGET";
    BinarySignature = binary_signatures::BinarySignature, "ARTIFACT/VERSION/TARGET/SIGNING-KEY";
    Bundle = bundles::Bundle, "NAME";
    BundleOverride = bundle_overrides::BundleOverride, "NAME";
    CaCertificate = ca_certificates::CaCertificate, "DESCRIPTION";
    BulkOperation = bulk_operations::BulkOperation, "PRN";
    Cohort = cohorts::Cohort, "PRODUCT/COHORT";
    Device = devices::Device, "IDENTIFIER";
    DeviceCertificate = device_certificates::DeviceCertificate, "IDENTIFIER/FINGERPRINT";
    Event = events::Event, "PRN";
    Job = jobs::Job, "PRN";
    Invitation = invitations::Invitation, "EMAIL";
    Membership = memberships::Membership, "EMAIL";
    Organization = organizations::Organization, "NAME";
    Product = products::Product, "NAME";
    Release = releases::Release, "PRODUCT/COHORT/RELEASE";
    SigningKey = signing_keys::SigningKey, "NAME";
    StorageBackend = storage_backends::StorageBackend, "NAME";
    User = users::User, "EMAIL";
    View = views::View, "NAME";
}

impl Kind {
    /// The kind for people, without an article: "artifact version".
    pub(crate) fn name(self) -> &'static str {
        self.a_name().split_once(' ').map_or(self.a_name(), |(_, name)| name)
    }

    /// A name with fewer slashes can't identify one record.
    pub(super) const fn fewest_slashes(self) -> usize {
        match self {
            Self::ArtifactVersion | Self::Binary => 1,
            Self::BinarySignature => 3,
            _ => 0,
        }
    }

    /// Whether records of this kind can be archived. Lists leave archived records out.
    pub(super) const fn can_be_archived(self) -> bool {
        matches!(
            self,
            Self::Artifact
                | Self::ArtifactVersion
                | Self::Bundle
                | Self::Cohort
                | Self::Product
                | Self::Release
        )
    }

    /// The kind that an argument takes, by its id: `next_release_prn` takes a release, and `prn` takes the kind that the group of commands
    /// is about.
    pub(super) fn of(id: &str, group: &Command) -> Option<Self> {
        let id = id.strip_suffix("_prns").or_else(|| id.strip_suffix("_prn")).unwrap_or(id);
        if id == "prn" {
            return Self::of_group(group);
        }
        Self::ALL.iter().copied().find(|kind| {
            id.strip_suffix(kind.word()).is_some_and(|before| before.is_empty() || before.ends_with('_'))
        })
    }

    /// The kind that a group of commands is about, by the singular of the group's name.
    fn of_group(group: &Command) -> Option<Self> {
        let named = |kind: &&Self| {
            let singular = kind.word().replace('_', "-");
            group.get_visible_aliases().any(|alias| alias == singular)
        };
        Self::ALL.iter().find(named).copied()
    }

    /// The kind with this name: `signing_key` or `signing-key`.
    pub(super) fn called(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.word() == word.replace('-', "_"))
    }
}
