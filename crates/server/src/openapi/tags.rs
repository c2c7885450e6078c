//! The groups of operations, in the order in which a reader needs them: firmware, then the fleet, then what brings one to the other.

use utoipa::openapi::tag::{Tag, TagBuilder};

const TAGS: &[(&str, &str)] = &[
    ("artifacts", "Kinds of firmware, such as the software of one board."),
    ("artifact_versions", "The versions of an artifact."),
    (
        "binaries",
        "The files of an artifact version, one for each target (hardware). A file is uploaded, verified, signed, and then immutable.",
    ),
    ("binary_parts", "The parts of a large upload. They can be sent at the same time, and sent again."),
    ("signing_keys", "The public keys that signatures are checked with. Private keys stay with you."),
    ("binary_signatures", "Signatures of verified binaries, made with your private keys."),
    ("bundles", "Fixed sets of signed binaries that a device installs together."),
    ("products", "Types of devices, with the target (hardware) that they have."),
    ("cohorts", "Groups of a product's devices that get the same releases."),
    (
        "devices",
        "The devices of the fleet: what they are, what they run, and which update each of them would get.",
    ),
    ("bulk_operations", "One change to many devices, which the server makes in the background."),
    ("device_certificates", "The client certificates by which the server recognizes devices."),
    (
        "ca_certificates",
        "Certificate authorities whose devices may connect. A device's record can be created when it first connects.",
    ),
    (
        "releases",
        "Releases bring a bundle to the devices of a cohort: to all, to some first, or from a certain time on.",
    ),
    (
        "bundle_overrides",
        "Exceptions: chosen devices get a bundle for some time, in place of what their releases give them.",
    ),
    ("events", "The audit trail: who or which device did what, and when."),
    ("api_keys", "The keys for this API, with a role or with single scopes."),
    ("sign_in", "People sign in with a browser, whose session is in a cookie. API keys don't need this."),
    (
        "users",
        "The caller and its permissions, your own account, and the accounts of the organization's members.",
    ),
    ("memberships", "Which people are in the organization, and what they may do there."),
    ("invitations", "Links by which people join the organization."),
    (
        "views",
        "Pages of the web console that people saved with a search, for themselves or for the organization.",
    ),
    (
        "organization",
        "The settings of the organization of the request, its emergency stops, and all organizations of the installation.",
    ),
    (
        "jobs",
        "The work that the server does by itself after a change, such as verifying and copying contents.",
    ),
    ("server", "The server process that answers, and its database."),
    ("storage_backends", "Your own object storages for the content of binaries."),
];

/// The groups with their descriptions.
pub(super) fn described() -> Vec<Tag> {
    TAGS.iter().map(|(name, says)| TagBuilder::new().name(*name).description(Some(*says)).build()).collect()
}
