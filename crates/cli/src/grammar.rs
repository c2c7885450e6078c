//! The top level of the grammar: all commands.

use clap::{Parser, Subcommand};

use crate::changes::explain_removal;
use crate::failure::Failure;
use crate::globals::Globals;
use crate::names;
use crate::output::{Format, NO_KEY};
use crate::session::Session;
use crate::{
    api_keys, artifact_versions, artifacts, binaries, binary_parts, binary_signatures, bundle_overrides,
    bundles, ca_certificates, cohorts, completions, device_certificates, devices, events, invitations, jobs,
    lookup, memberships, organizations, products, profiles, push, releases, signing_keys, status,
    storage_backends, users, views,
};

/// Manage firmware: upload it, sign it, and release it to devices.
#[derive(Debug, Parser)]
#[command(
    name = "peridio",
    version,
    mut_subcommands(explain_removal),
    after_help = "Examples:\n  \
        peridio push firmware.bin --artifact main-firmware --version 1.1.0 \\\n    \
        --target arm-linux-gnueabihf --signing-key private_key.pem\n  \
        peridio status\n  \
        peridio devices why SN-000042\n\n\
        Commands take names: gateway/daily is the cohort 'daily' of the product 'gateway'.\n\
        'peridio COMMAND --help' has examples of each command."
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) globals: Globals,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Uploads and signs files, and releases them if you ask for it; creates the artifact and the version if needed
    Push(push::Push),
    /// Shows the server and its version, the API key in use, and how much storage is used
    Status(status::Status),
    /// Finds records by a PRN, a hash, a key id, a fingerprint, or the beginning of a name
    Lookup(lookup::Lookup),
    /// The kinds of firmware that you build, such as main-firmware
    #[command(subcommand, visible_alias = "artifact")]
    Artifacts(artifacts::Command),
    /// The versions of artifacts
    #[command(subcommand, visible_alias = "artifact-version")]
    ArtifactVersions(artifact_versions::Command),
    /// The content of an artifact version for one target: upload, sign, download, destroy
    #[command(subcommand, visible_alias = "binary")]
    Binaries(binaries::Command),
    /// The parts of a large upload ('binaries upload' handles them for you)
    #[command(subcommand, visible_alias = "binary-part")]
    BinaryParts(binary_parts::Command),
    /// The signatures of binaries
    #[command(subcommand, visible_alias = "binary-signature")]
    BinarySignatures(binary_signatures::Command),
    /// The public keys with which signatures are checked
    #[command(subcommand, visible_alias = "signing-key")]
    SigningKeys(signing_keys::Command),
    /// Fixed sets of signed binaries that can be released
    #[command(subcommand, visible_alias = "bundle")]
    Bundles(bundles::Command),
    /// The types of devices
    #[command(subcommand, visible_alias = "product")]
    Products(products::Command),
    /// Groups of a product's devices, each with its own releases
    #[command(subcommand, visible_alias = "cohort")]
    Cohorts(cohorts::Command),
    /// Devices, and the reason why a device gets an update or not ('devices why')
    #[command(subcommand, visible_alias = "device")]
    Devices(devices::Command),
    /// The certificates with which devices authenticate
    #[command(subcommand, visible_alias = "device-certificate")]
    DeviceCertificates(device_certificates::Command),
    /// Certificate authorities whose devices may connect
    #[command(subcommand, visible_alias = "ca-certificate")]
    CaCertificates(ca_certificates::Command),
    /// The releases of cohorts: which bundle devices get, in which order
    #[command(subcommand, visible_alias = "release")]
    Releases(releases::Command),
    /// Bundles that chosen devices get instead of the release of their cohort
    #[command(subcommand, visible_alias = "bundle-override")]
    BundleOverrides(bundle_overrides::Command),
    /// Storage services (S3, Google Cloud, Azure) that store content
    #[command(subcommand, visible_alias = "storage-backend")]
    StorageBackends(storage_backends::Command),
    /// The keys with which people and programs use the API
    #[command(subcommand, visible_alias = "api-key")]
    ApiKeys(api_keys::Command),
    /// The audit trail: who changed what, and when
    #[command(subcommand, visible_alias = "event")]
    Events(events::Command),
    /// The work that the server does by itself, such as verifying and copying contents
    #[command(subcommand, visible_alias = "job")]
    Jobs(jobs::Command),
    /// Which people are in the organization, and what they may do
    #[command(subcommand, visible_alias = "membership")]
    Memberships(memberships::Command),
    /// Links by which people join the organization
    #[command(subcommand, visible_alias = "invitation")]
    Invitations(invitations::Command),
    /// The caller ('users me'), and the accounts of the organization's members
    #[command(subcommand, visible_alias = "user")]
    Users(users::Command),
    /// Pages of the web console that people saved, for themselves or for the organization
    #[command(subcommand, visible_alias = "view")]
    Views(views::Command),
    /// The organization's settings
    #[command(subcommand, visible_alias = "organizations")]
    Organization(organizations::Command),
    /// The settings of this command: profiles with a server and an API key
    #[command(subcommand)]
    Config(profiles::Config),
    /// Prints the script with which a shell completes commands
    Completions(completions::Completions),
}

impl Cli {
    /// Runs the command.
    pub(crate) async fn run(self) -> Result<(), Failure> {
        let Self { globals, command } = self;
        let creates_key = matches!(command, Command::ApiKeys(api_keys::Command::Create(_)));
        if globals.output == Some(Format::Key) && !creates_key {
            return Err(Failure::usage(NO_KEY));
        }
        let command = match command {
            Command::ApiKeys(api_keys::Command::Scopes(scopes)) => return scopes.run(&globals),
            Command::Config(config) => return config.run(&globals),
            Command::Completions(completions) => return completions.run(names::grammar::<Self>()),
            command => command,
        };
        let session = &Session::open(&globals)?;
        match command {
            Command::Artifacts(command) => command.run(session).await,
            Command::ArtifactVersions(command) => command.run(session).await,
            Command::Binaries(command) => command.run(session).await,
            Command::BinaryParts(command) => command.run(session).await,
            Command::BinarySignatures(command) => command.run(session).await,
            Command::SigningKeys(command) => command.run(session).await,
            Command::Bundles(command) => command.run(session).await,
            Command::Products(command) => command.run(session).await,
            Command::Cohorts(command) => command.run(session).await,
            Command::Devices(command) => command.run(session).await,
            Command::DeviceCertificates(command) => command.run(session).await,
            Command::CaCertificates(command) => command.run(session).await,
            Command::Releases(command) => command.run(session).await,
            Command::BundleOverrides(command) => command.run(session).await,
            Command::StorageBackends(command) => command.run(session).await,
            Command::ApiKeys(command) => Box::pin(command.run(session)).await,
            Command::Events(command) => command.run(session).await,
            Command::Jobs(command) => command.run(session).await,
            Command::Status(status) => status.run(session).await,
            Command::Lookup(lookup) => lookup.run(session).await,
            Command::Memberships(command) => command.run(session).await,
            Command::Invitations(command) => command.run(session).await,
            Command::Users(command) => command.run(session).await,
            Command::Views(command) => command.run(session).await,
            Command::Organization(command) => command.run(session).await,
            Command::Push(push) => push.run(session).await,
            Command::Config(_) | Command::Completions(_) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
