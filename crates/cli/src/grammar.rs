//! The grammar's top: all commands.

use clap::{Parser, Subcommand};

use crate::changes::explain_removal;
use crate::failure::Failure;
use crate::globals::Globals;
use crate::output::{Format, NO_KEY};
use crate::session::Session;
use crate::{
    api_keys, artifact_versions, artifacts, binaries, binary_parts, binary_signatures, bundle_overrides,
    bundles, ca_certificates, cohorts, completions, device_certificates, devices, events, organizations,
    products, profiles, push, releases, signing_keys, status, storage_backends, users,
};

/// Manage firmware: upload, sign, distribute.
#[derive(Debug, Parser)]
#[command(
    name = "peridio",
    version,
    mut_subcommands(explain_removal),
    after_help = "Example:\n  peridio push firmware.bin --artifact main-firmware --version 1.2.3 \\\n    --target arm-linux-gnueabihf \
                  --signing-key private_key.pem"
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
    /// The types of binaries
    #[command(subcommand, visible_alias = "artifact")]
    Artifacts(artifacts::Command),
    /// The versions of artifacts
    #[command(subcommand, visible_alias = "artifact-version")]
    ArtifactVersions(artifact_versions::Command),
    /// Binaries: records, contents, signatures, lifecycle
    #[command(subcommand, visible_alias = "binary")]
    Binaries(binaries::Command),
    /// The parts of an upload, one by one
    #[command(subcommand, visible_alias = "binary-part")]
    BinaryParts(binary_parts::Command),
    /// Signatures of binaries
    #[command(subcommand, visible_alias = "binary-signature")]
    BinarySignatures(binary_signatures::Command),
    /// The public keys that may sign
    #[command(subcommand, visible_alias = "signing-key")]
    SigningKeys(signing_keys::Command),
    /// Immutable sets of binaries, ready to be released
    #[command(subcommand, visible_alias = "bundle")]
    Bundles(bundles::Command),
    /// The types of devices
    #[command(subcommand, visible_alias = "product")]
    Products(products::Command),
    /// Groups of a product's devices
    #[command(subcommand, visible_alias = "cohort")]
    Cohorts(cohorts::Command),
    /// Devices: what they are, and why they do or do not update
    #[command(subcommand, visible_alias = "device")]
    Devices(devices::Command),
    /// The certificates that devices are known by
    #[command(subcommand, visible_alias = "device-certificate")]
    DeviceCertificates(device_certificates::Command),
    /// Authorities whose devices are welcome
    #[command(subcommand, visible_alias = "ca-certificate")]
    CaCertificates(ca_certificates::Command),
    /// What a cohort's devices get, step by step
    #[command(subcommand, visible_alias = "release")]
    Releases(releases::Command),
    /// Bundles forced on chosen devices
    #[command(subcommand, visible_alias = "bundle-override")]
    BundleOverrides(bundle_overrides::Command),
    /// Where the organization keeps its contents
    #[command(subcommand, visible_alias = "storage-backend")]
    StorageBackends(storage_backends::Command),
    /// The keys that callers of the API prove themselves with
    #[command(subcommand, visible_alias = "api-key")]
    ApiKeys(api_keys::Command),
    /// The audit trail
    #[command(subcommand, visible_alias = "event")]
    Events(events::Command),
    /// Which server this is, who is asking, and how much storage is used
    Status(status::Status),
    /// Who the caller is
    #[command(subcommand, visible_alias = "user")]
    Users(users::Command),
    /// The organization's settings
    #[command(subcommand, visible_alias = "organizations")]
    Organization(organizations::Command),
    /// This command's own settings
    #[command(subcommand)]
    Config(profiles::Config),
    /// From a file to a signed binary: finds or creates artifact and version, uploads, signs
    Push(push::Push),
    /// Prints completions for a shell
    Completions(completions::Completions),
}

impl Cli {
    /// Does what was asked for.
    pub(crate) async fn run(self) -> Result<(), Failure> {
        let Self { globals, command } = self;
        let creates_key = matches!(command, Command::ApiKeys(api_keys::Command::Create(_)));
        if globals.output == Some(Format::Key) && !creates_key {
            return Err(Failure::usage(NO_KEY));
        }
        let command = match command {
            Command::ApiKeys(api_keys::Command::Scopes(scopes)) => return scopes.run(&globals),
            Command::Config(config) => return config.run(&globals),
            Command::Completions(completions) => return completions.run(),
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
            Command::Status(status) => status.run(session).await,
            Command::Users(command) => command.run(session).await,
            Command::Organization(command) => command.run(session).await,
            Command::Push(push) => push.run(session).await,
            Command::Config(_) | Command::Completions(_) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
