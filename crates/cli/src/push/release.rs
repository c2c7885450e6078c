//! The way on from a signed binary: a bundle of its version, and the bundle as a cohort's latest release.

use clap::Args;
use olivine_api::artifact_versions::ArtifactVersion;
use olivine_api::binaries::Binary;
use olivine_api::bundles::{Bundle, BundleCreate};
use olivine_api::errors::ErrorCode;
use olivine_api::releases::{Release, ReleaseCreate};
use olivine_client::{Client, Query};
use olivine_domain::cohorts::Cohort;
use olivine_domain::prn::Prn;

use super::find_or_create;
use crate::failure::Failure;
use crate::messages;
use crate::uploads::UploadOptions;

/// How far to go.
#[derive(Debug, Args)]
#[command(next_help_heading = "Release options")]
pub(super) struct ReleaseOptions {
    /// Then put all signed binaries of the version into a bundle of this name
    #[arg(long, value_name = "NAME")]
    bundle: Option<String>,
    /// And release the bundle to this cohort, as its latest release
    #[arg(long, value_name = "PRN", requires = "bundle")]
    cohort_prn: Option<Prn<Cohort>>,
    /// The release's name [default: the bundle's]
    #[arg(long, value_name = "NAME", requires = "cohort_prn")]
    release: Option<String>,
    /// The release's version, such as 1.2.3
    #[arg(long, value_name = "VERSION", requires = "cohort_prn")]
    release_version: Option<String>,
}

impl ReleaseOptions {
    /// What is not verified is not signed, and what is not signed can't be in a bundle.
    pub(super) fn check(&self, options: &UploadOptions) -> Result<(), Failure> {
        if self.bundle.is_some() && !options.waits() {
            return Err(Failure::usage(
                "--bundle takes what is verified and signed, so it can't be used with --no-wait",
            ));
        }
        Ok(())
    }

    /// Creates bundle and release, whichever of them is asked for and not there yet.
    pub(super) async fn bring_about(
        self,
        client: &Client,
        version: &ArtifactVersion,
        binary: &Binary,
    ) -> Result<(), Failure> {
        let Some(name) = self.bundle else { return Ok(()) };
        let bundle = bundle(client, name.clone(), version, binary).await?;
        let Some(cohort) = self.cohort_prn else { return Ok(()) };
        let new = ReleaseCreate {
            cohort_prn: cohort.to_string(),
            bundle_prn: bundle.prn,
            name: self.release.unwrap_or(name),
            version: self.release_version,
            ..ReleaseCreate::default()
        };
        release(client, &new).await
    }
}

/// The bundle of that name, with the binary in it.
async fn bundle(
    client: &Client,
    name: String,
    version: &ArtifactVersion,
    binary: &Binary,
) -> Result<Bundle, Failure> {
    let query = Query::default().with("name", Some(&name));
    let new = BundleCreate {
        name: Some(name.clone()),
        artifact_version_prns: Some(vec![version.prn.clone()]),
        ..BundleCreate::default()
    };
    let bundle: Bundle = find_or_create(client, &query, &new, ErrorCode::NameTaken).await?;
    let prn = bundle.prn.parse().map_err(|_| Failure::new("the server gave a malformed PRN"))?;
    let whole: Bundle = client.get(&prn).await?;
    if whole.binaries.iter().flatten().any(|member| member.prn == binary.prn) {
        return Ok(whole);
    }
    Err(Failure::new(format!(
        "there is a bundle '{name}' already, without this binary, and bundles do not change: give another name with --bundle"
    )))
}

/// The release of that name, with that bundle.
async fn release(client: &Client, new: &ReleaseCreate) -> Result<(), Failure> {
    let query = Query::default().with("cohort_prn", Some(&new.cohort_prn)).with("name", Some(&new.name));
    let release: Release = find_or_create(client, &query, new, ErrorCode::NameTaken).await?;
    if release.bundle_prn != new.bundle_prn {
        return Err(Failure::new(format!(
            "the cohort has a release '{}' already, with another bundle ({}): give another name with --release",
            release.name, release.bundle_prn
        )));
    }
    messages::note(&format!("'{}' is released to {}", release.name, release.cohort_prn));
    Ok(())
}
