//! Checks before anything is created or sent: a push that can't succeed must change nothing.

use indicatif::BinaryBytes;
use olivine_api::artifact_versions::ArtifactVersion;
use olivine_api::artifacts::Artifact;
use olivine_api::binaries::Binary;
use olivine_client::files::FileHashes;
use olivine_client::{Client, Query};
use olivine_domain::binaries::BinaryState;
use olivine_domain::permissions::Scope;

use super::files::Content;
use super::{Push, find};
use crate::binaries::check_content;
use crate::failure::Failure;
use crate::signing::Signer;

/// The records of a push that already exist.
#[derive(Default)]
pub(super) struct Found {
    pub(super) artifact: Option<Artifact>,
    pub(super) version: Option<ArtifactVersion>,
    /// One for each pushed content, in the same order.
    pub(super) binaries: Vec<Option<Binary>>,
}

impl Found {
    /// Refuses a content that differs from the content of an existing binary.
    pub(super) fn check_hashes(&self, hashes: &[FileHashes]) -> Result<(), Failure> {
        let pairs = self.binaries.iter().zip(hashes);
        pairs
            .filter_map(|(binary, hashes)| Some((binary.as_ref()?, hashes)))
            .try_for_each(|(binary, hashes)| check_content(binary, hashes))
    }
}

impl Push {
    /// Finds the records that already exist, and refuses a push that would fail later.
    pub(super) async fn look_ahead(
        &self,
        client: &Client,
        signer: Option<&Signer>,
        contents: &[Content],
    ) -> Result<Found, Failure> {
        let scopes = Scopes::of(client).await?;
        let mut needed = vec![
            Scope::ArtifactRead,
            Scope::ArtifactVersionRead,
            Scope::BinaryRead,
            Scope::BinaryUpload,
            Scope::BinaryUpdate,
        ];
        needed.extend(signer.map(|_| Scope::BinarySign));
        needed.extend(self.release.reading());
        scopes.need(&needed)?;
        let found = self.found(client, contents).await?;
        scopes.need_for(&[
            (found.artifact.is_none(), Scope::ArtifactCreate),
            (found.version.is_none(), Scope::ArtifactVersionCreate),
            (found.binaries.iter().any(Option::is_none), Scope::BinaryCreate),
        ])?;
        if scopes.has(Scope::OrganizationRead) {
            self.check_organization(client, &found, signer, contents).await?;
        }
        self.release.look_ahead(client, &scopes, &found, signer.is_some()).await?;
        Ok(found)
    }

    async fn found(&self, client: &Client, contents: &[Content]) -> Result<Found, Failure> {
        let mut found = Found { binaries: vec![None; contents.len()], ..Found::default() };
        let query = Query::default().with("name", Some(self.artifact.as_str()));
        found.artifact = find::<Artifact>(client, &query).await?;
        let Some(artifact) = &found.artifact else { return Ok(found) };
        let query = Query::default().with("artifact_prn", Some(&artifact.prn));
        found.version =
            find::<ArtifactVersion>(client, &query.with("version", Some(self.version.as_str()))).await?;
        let Some(version) = &found.version else { return Ok(found) };
        let query = Query::default().with("artifact_version_prn", Some(&version.prn));
        for (content, found) in contents.iter().zip(&mut found.binaries) {
            let query = query.clone().with("target", Some(content.target.as_str()));
            let all = client.list::<Binary>(&query).all().await?;
            *found = all.into_iter().find(|binary| binary.state != BinaryState::Destroyed.as_str());
        }
        Ok(found)
    }

    /// Checks the storage quota, and whether the number of signatures is sufficient.
    async fn check_organization(
        &self,
        client: &Client,
        found: &Found,
        signer: Option<&Signer>,
        contents: &[Content],
    ) -> Result<(), Failure> {
        let organization = client.organization().await?;
        let used = organization.storage_used;
        let missing = contents.iter().zip(&found.binaries).filter(|(_, binary)| binary.is_none());
        let size = missing.fold(0_u64, |sum, (content, _)| sum.saturating_add(content.size));
        if let Some(quota) = organization.storage_quota
            && size > 0
            && used.saturating_add(size) > quota
        {
            return Err(Failure::new(format!(
                "this takes {} more, but {} of the storage quota of {} are used: free space ('peridio binaries prune'), or raise the quota",
                BinaryBytes(size),
                BinaryBytes(used),
                BinaryBytes(quota)
            )));
        }
        let required = usize::from(organization.required_signatures);
        for binary in &found.binaries {
            let signatures = signatures(binary.as_ref(), signer);
            if self.release.wants_bundle() && signer.is_some() && signatures < required {
                return Err(Failure::new(format!(
                    "--bundle takes what is signed, and here this takes signatures by {required} keys, but the binary would have \
                     {signatures}: push without --bundle, let the others sign, then push again with it"
                )));
            }
        }
        Ok(())
    }
}

/// The number of keys that will have signed a binary after the signer has signed it.
fn signatures(binary: Option<&Binary>, signer: Option<&Signer>) -> usize {
    let others = binary.map_or(0, |binary| {
        let other = |keyid: &str| signer.is_none_or(|signer| signer.registered().keyid != keyid);
        binary.signatures.iter().filter(|signature| other(&signature.keyid)).count()
    });
    others + usize::from(signer.is_some())
}

/// The scopes of the API key.
pub(super) struct Scopes(Vec<String>);

impl Scopes {
    async fn of(client: &Client) -> Result<Self, Failure> {
        Ok(Self(client.me().await?.scopes))
    }

    pub(super) fn has(&self, scope: Scope) -> bool {
        self.0.iter().any(|own| own == scope.as_str())
    }

    /// Fails if scopes are missing, and names all of them, so that nobody has to find them one by one.
    pub(super) fn need(&self, scopes: &[Scope]) -> Result<(), Failure> {
        let missing: Vec<_> =
            scopes.iter().filter(|scope| !self.has(**scope)).map(|scope| scope.as_str()).collect();
        if missing.is_empty() {
            return Ok(());
        }
        Err(Failure::new(format!(
            "this API key lacks scopes that this push needs: {}; nothing was changed. Use a key that has them",
            missing.join(", ")
        )))
    }

    /// Like `need`, but only for the scopes whose condition is true.
    pub(super) fn need_for(&self, scopes: &[(bool, Scope)]) -> Result<(), Failure> {
        let needed: Vec<_> =
            scopes.iter().filter(|(is_needed, _)| *is_needed).map(|(_, scope)| *scope).collect();
        self.need(&needed)
    }
}
