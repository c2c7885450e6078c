//! What can be found out by reading, before anything is created or sent: a push that can't succeed changes nothing.

use olivine_api::artifact_versions::ArtifactVersion;
use olivine_api::artifacts::Artifact;
use olivine_api::binaries::Binary;
use olivine_client::{Client, Query};
use olivine_domain::binaries::BinaryState;
use olivine_domain::permissions::Scope;

use super::{Push, find};
use crate::failure::Failure;
use crate::signing::Signer;

/// What of a push is there by now.
#[derive(Default)]
pub(super) struct Found {
    pub(super) artifact: Option<Artifact>,
    pub(super) version: Option<ArtifactVersion>,
    pub(super) binary: Option<Binary>,
}

impl Push {
    /// Looks for what is there already, and refuses what is known to fail later.
    pub(super) async fn look_ahead(
        &self,
        client: &Client,
        signer: Option<&Signer>,
        size: u64,
    ) -> Result<(), Failure> {
        let scopes = Scopes::of(client).await?;
        scopes.need(&[
            Scope::ArtifactRead,
            Scope::ArtifactVersionRead,
            Scope::BinaryRead,
            Scope::BinaryUpload,
            Scope::BinaryUpdate,
        ])?;
        if signer.is_some() {
            scopes.need(&[Scope::BinarySign])?;
        }
        let found = self.found(client).await?;
        scopes.need_for(&[
            (found.artifact.is_none(), Scope::ArtifactCreate),
            (found.version.is_none(), Scope::ArtifactVersionCreate),
            (found.binary.is_none(), Scope::BinaryCreate),
        ])?;
        if scopes.has(Scope::OrganizationRead) {
            self.check_organization(client, &found, signer, size).await?;
        }
        self.release.look_ahead(client, &scopes, &found, signer.is_some()).await
    }

    async fn found(&self, client: &Client) -> Result<Found, Failure> {
        let mut found = Found::default();
        let query = Query::default().with("name", Some(self.artifact.as_str()));
        found.artifact = find::<Artifact>(client, &query).await?;
        let Some(artifact) = &found.artifact else { return Ok(found) };
        let query = Query::default().with("artifact_prn", Some(&artifact.prn));
        found.version =
            find::<ArtifactVersion>(client, &query.with("version", Some(self.version.as_str()))).await?;
        let Some(version) = &found.version else { return Ok(found) };
        let query = Query::default().with("artifact_version_prn", Some(&version.prn));
        let all = client.list::<Binary>(&query.with("target", Some(self.target.as_str()))).all().await?;
        found.binary = all.into_iter().find(|binary| binary.state != BinaryState::Destroyed.as_str());
        Ok(found)
    }

    /// The quota, and how many signatures it takes.
    async fn check_organization(
        &self,
        client: &Client,
        found: &Found,
        signer: Option<&Signer>,
        size: u64,
    ) -> Result<(), Failure> {
        let organization = client.organization().await?;
        let used = organization.storage_used;
        if let Some(quota) = organization.storage_quota.filter(|_| found.binary.is_none())
            && used.saturating_add(size) > quota
        {
            return Err(Failure::new(format!(
                "{} has {size} bytes, but of the storage quota of {quota} bytes {used} are used: destroy what is no longer needed, or \
                 raise the quota",
                self.file.display()
            )));
        }
        let others = found.binary.as_ref().map_or(0, |binary| {
            let other = |keyid: &str| signer.is_none_or(|signer| signer.registered().keyid != keyid);
            binary.signatures.iter().filter(|signature| other(&signature.keyid)).count()
        });
        let signatures = others + usize::from(signer.is_some());
        let required = usize::from(organization.required_signatures);
        if self.release.wants_bundle() && signer.is_some() && signatures < required {
            return Err(Failure::new(format!(
                "--bundle takes what is signed, and here this takes signatures by {required} keys, but the binary would have {signatures}: \
                 push without --bundle, let the others sign, then push again with it"
            )));
        }
        Ok(())
    }
}

/// What the API key may do.
pub(super) struct Scopes(Vec<String>);

impl Scopes {
    async fn of(client: &Client) -> Result<Self, Failure> {
        Ok(Self(client.me().await?.scopes))
    }

    pub(super) fn has(&self, scope: Scope) -> bool {
        self.0.iter().any(|own| own == scope.as_str())
    }

    /// Names all that are missing, so that nobody has to find out one by one.
    pub(super) fn need(&self, scopes: &[Scope]) -> Result<(), Failure> {
        let missing: Vec<_> =
            scopes.iter().filter(|scope| !self.has(**scope)).map(|scope| scope.as_str()).collect();
        if missing.is_empty() {
            return Ok(());
        }
        Err(Failure::new(format!(
            "this API key lacks what the push takes: {}; nothing was changed. Use a key that has it",
            missing.join(", ")
        )))
    }

    /// The same for those that are needed.
    pub(super) fn need_for(&self, scopes: &[(bool, Scope)]) -> Result<(), Failure> {
        let needed: Vec<_> =
            scopes.iter().filter(|(is_needed, _)| *is_needed).map(|(_, scope)| *scope).collect();
        self.need(&needed)
    }
}
