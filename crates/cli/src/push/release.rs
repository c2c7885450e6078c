//! The steps after signing: a bundle of the version, and that bundle as a cohort's latest release.

use std::collections::BTreeSet;

use clap::Args;
use olivine_api::artifact_versions::ArtifactVersion;
use olivine_api::binaries::Binary;
use olivine_api::bundles::{Bundle, BundleCreate};
use olivine_api::cohorts::Cohort as CohortRecord;
use olivine_api::errors::ErrorCode;
use olivine_api::releases::{Release, ReleaseCreate};
use olivine_client::{Client, Query};
use olivine_domain::binaries::BinaryState;
use olivine_domain::cohorts::Cohort;
use olivine_domain::permissions::Scope;
use olivine_domain::prn::Prn;
use olivine_domain::text::Name;
use olivine_domain::versions::{Requirement, Version};

use super::ahead::{Found, Scopes};
use super::{find, find_or_create};
use crate::failure::{Failure, named};
use crate::releases::phases::Phases;
use crate::releases::versions;
use crate::uploads::UploadOptions;
use crate::{messages, names};

/// The options that say how far to go.
#[derive(Debug, Args)]
#[command(next_help_heading = "Release options")]
pub(super) struct ReleaseOptions {
    /// Create a bundle with this name from all signed binaries of the version
    #[arg(long, value_name = "NAME")]
    bundle: Option<Name>,
    /// Release the bundle to this cohort, as its latest release
    #[arg(long, value_name = "PRN", requires = "bundle")]
    cohort_prn: Option<Prn<Cohort>>,
    /// The name of the release [default: the name of the bundle]
    #[arg(long, value_name = "NAME", requires = "cohort_prn")]
    release: Option<Name>,
    /// The version of the release, such as 1.0.0: the version that the firmware reports
    #[arg(long, value_name = "VERSION", requires = "cohort_prn")]
    release_version: Option<Version>,
    /// The versions that devices must have to get the release, such as '>= 1.0.0 and < 2.0.0' [default: any]
    #[arg(long, value_name = "REQUIREMENT", requires = "cohort_prn")]
    version_requirement: Option<Requirement>,
    /// Devices must not skip the release: they get it before any later release
    #[arg(long, requires = "cohort_prn")]
    required: bool,
    #[command(flatten)]
    phases: Phases,
}

impl ReleaseOptions {
    /// An unverified binary can't be signed, and an unsigned binary can't be in a bundle.
    pub(super) fn check(&self, options: &UploadOptions) -> Result<(), Failure> {
        if self.cohort_prn.is_none() && self.phases.is_given() {
            return Err(Failure::usage("a phase is one of a release: give --cohort, too"));
        }
        self.phases.note_count();
        if self.bundle.is_some() && !options.waits() {
            return Err(Failure::usage(
                "--bundle takes what is verified and signed, so it can't be used with --no-wait",
            ));
        }
        Ok(())
    }

    /// Whether to create a bundle.
    pub(super) const fn wants_bundle(&self) -> bool {
        self.bundle.is_some()
    }

    /// The scopes for finding the records that already exist.
    pub(super) fn reading(&self) -> impl Iterator<Item = Scope> {
        let of_bundle = self.bundle.is_some().then_some(Scope::BundleRead);
        of_bundle.into_iter().chain(self.cohort_prn.is_some().then_some(Scope::ReleaseRead))
    }

    /// Refuses a release that would fail after the binary is signed.
    pub(super) async fn look_ahead(
        &self,
        client: &Client,
        scopes: &Scopes,
        found: &Found,
        has_key: bool,
    ) -> Result<(), Failure> {
        let Some(name) = &self.bundle else { return Ok(()) };
        let is_signed = |binary: &Option<Binary>| {
            binary.as_ref().is_some_and(|binary| binary.state == BinaryState::Signed.as_str())
        };
        if !has_key && !found.binaries.iter().all(is_signed) {
            return Err(Failure::usage(
                "--bundle takes what is signed: give --signing-key, or sign the binary first",
            ));
        }
        let query = Query::default().with("name", Some(name.as_str()));
        let bundle: Option<Bundle> = find(client, &query).await?;
        scopes.need_for(&[(bundle.is_none(), Scope::BundleCreate)])?;
        if let Some(bundle) = &bundle {
            whole_with(client, bundle, name, &found.binaries).await?;
        }
        let Some(cohort) = &self.cohort_prn else { return Ok(()) };
        if scopes.has(Scope::CohortRead) {
            client.get::<CohortRecord>(cohort).await?;
        }
        let query = Query::default().with("cohort_prn", Some(cohort));
        let release = self.release.as_ref().unwrap_or(name).as_str();
        if let Some(release) = find::<Release>(client, &query.clone().with("name", Some(release))).await? {
            return check_bundle(&release, bundle.as_ref().map(|bundle| bundle.prn.as_str()));
        }
        scopes.need(&[Scope::ReleaseCreate])?;
        if let Some(version) = &self.release_version {
            versions::warn_of_new(client, &cohort.to_string(), Some(&version.to_string())).await;
        }
        check_latest(&client.list::<Release>(&query).all().await?)
    }

    /// Creates the bundle and the release, if they are asked for and don't exist yet.
    pub(super) async fn bring_about(
        self,
        client: &Client,
        version: &ArtifactVersion,
        binaries: &[Binary],
    ) -> Result<(), Failure> {
        let Some(name) = self.bundle else { return Ok(()) };
        let bundle = bundle(client, &name, version, binaries).await?;
        let Some(cohort) = self.cohort_prn else { return Ok(()) };
        let new = self.phases.of(ReleaseCreate {
            cohort_prn: cohort.to_string(),
            bundle_prn: bundle.prn,
            name: self.release.unwrap_or(name).to_string(),
            version: self.release_version.map(|version| version.to_string()),
            version_requirement: self.version_requirement.map(|requirement| requirement.to_string()),
            required: self.required.then_some(true),
            ..ReleaseCreate::default()
        });
        release(client, &new).await
    }
}

/// The bundle with this name, with its binaries. It is created if it does not exist.
async fn bundle(
    client: &Client,
    name: &Name,
    version: &ArtifactVersion,
    binaries: &[Binary],
) -> Result<Bundle, Failure> {
    let query = Query::default().with("name", Some(name.as_str()));
    let new = BundleCreate {
        name: Some(name.to_string()),
        artifact_version_prns: Some(vec![version.prn.clone()]),
        ..BundleCreate::default()
    };
    let bundle: Bundle =
        find_or_create(client, &query, &new, ErrorCode::NameTaken, &format!("the bundle '{name}'")).await?;
    let binaries: Vec<_> = binaries.iter().cloned().map(Some).collect();
    whole_with(client, &bundle, name, &binaries).await
}

/// The bundle with its binaries, if it contains all of these binaries.
async fn whole_with(
    client: &Client,
    bundle: &Bundle,
    name: &Name,
    binaries: &[Option<Binary>],
) -> Result<Bundle, Failure> {
    let prn = named(&bundle.prn)?;
    let whole: Bundle = client.get(&prn).await?;
    let has = |binary: &Binary| whole.binaries.iter().flatten().any(|member| member.prn == binary.prn);
    if binaries.iter().all(|binary| binary.as_ref().is_some_and(has)) {
        return Ok(whole);
    }
    Err(Failure::new(format!(
        "there is a bundle '{name}' already, without what is pushed here, and bundles do not change: give another name with --bundle. To put \
         several targets into one bundle, push them together: peridio push TARGET=FILE TARGET=FILE …"
    )))
}

/// Creates the release, unless a release with this name and bundle exists.
async fn release(client: &Client, new: &ReleaseCreate) -> Result<(), Failure> {
    let query = Query::default().with("cohort_prn", Some(&new.cohort_prn)).with("name", Some(&new.name));
    let what = format!("the release '{}'", new.name);
    let release: Release = find_or_create(client, &query, new, ErrorCode::NameTaken, &what).await?;
    check_bundle(&release, Some(&new.bundle_prn))?;
    let labels = names::labels(client, BTreeSet::from([release.cohort_prn.clone()])).await;
    let cohort = labels.get(&release.cohort_prn).unwrap_or(&release.cohort_prn);
    messages::note(&format!("'{}' is released to {cohort}", release.name));
    Ok(())
}

/// Checks that an existing release with the wanted name has the wanted bundle.
fn check_bundle(release: &Release, bundle: Option<&str>) -> Result<(), Failure> {
    if Some(release.bundle_prn.as_str()) == bundle {
        return Ok(());
    }
    Err(Failure::new(format!(
        "the cohort has a release '{}' already, with another bundle ({}): give another name with --release",
        release.name, release.bundle_prn
    )))
}

/// Checks that a release may follow the latest release. Whether its schedule date has passed is left to the server's clock.
fn check_latest(releases: &[Release]) -> Result<(), Failure> {
    let latest = releases.iter().find(|release| release.next_release_prn.is_none());
    match latest.filter(|latest| latest.phase_value.is_none_or(|value| (value - 1.0).abs() > f64::EPSILON)) {
        None => Ok(()),
        Some(latest) => Err(Failure::new(format!(
            "no release can follow '{}' while it is phased; nothing was pushed. If it is good, open it to every device first:\n  peridio \
             releases update --prn {1} --phase-value 1\nIf it is bad, take it back:\n  peridio releases rollback --prn {1}",
            latest.name, latest.prn
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn release(phase_mode: &str, phase_value: Option<f64>) -> Release {
        let release = json!({
            "prn": "prn:r", "organization_prn": "prn:o", "cohort_prn": "prn:c", "bundle_prn": "prn:b", "next_release_prn": null,
            "phase_mode": phase_mode, "phase_value": phase_value, "phase_tags": [], "name": "spring", "description": null,
            "version": null, "version_requirement": null, "required": false, "disabled": false, "schedule_date": null,
            "claims": 0, "affected_by": [], "inserted_at": "", "updated_at": ""
        });
        serde_json::from_value(release).unwrap()
    }

    #[test]
    fn a_phased_latest_release_is_refused_before_the_push() {
        assert!(check_latest(&[]).is_ok());
        assert!(check_latest(&[release("numeric", Some(1.0))]).is_ok());
        assert!(check_latest(&[release("numeric", Some(0.5))]).is_err());
        assert!(check_latest(&[release("tags", None)]).is_err());
        assert!(check_bundle(&release("numeric", Some(1.0)), Some("prn:b")).is_ok());
        assert!(check_bundle(&release("numeric", Some(1.0)), None).is_err());
    }
}
