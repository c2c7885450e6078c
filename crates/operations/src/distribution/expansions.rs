//! The records around an answer, where they are asked for. Releases and bundles, which agents ask for, are remembered; the others are one
//! more query each.

use std::collections::HashMap;
use std::sync::Arc;

use olivine_domain::artifacts::Artifact;
use olivine_domain::bundle_overrides::{Audience, BundleOverride};
use olivine_domain::bundles::Bundle;
use olivine_domain::cohorts::Cohort;
use olivine_domain::permissions::Tenancy;
use olivine_domain::prn::Id;
use olivine_domain::resolution::Source;
use olivine_domain::text::Name;
use olivine_records::{artifacts, bundle_overrides, cohorts};

use super::check::Answer;
use super::facts::DeviceFacts;
use crate::releases::view::View;
use crate::{Context, Error};

/// A record around an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expansion {
    /// The release that the update comes from.
    Release,
    /// The override that the update comes from.
    BundleOverride,
    /// What is to be installed.
    Bundle,
    /// The device's cohort.
    Cohort,
    /// The names of the artifacts of what is to be installed.
    ArtifactNames,
}

/// The records around an answer, as far as they were asked for. One that the answer does not name, or that was deleted since the answer
/// was found, is `None`.
#[derive(Clone, Debug, Default)]
pub struct Expanded {
    /// The release that the update comes from.
    pub release: Option<Arc<View>>,
    /// The override that the update comes from. Of the devices that it names, a device learns only of itself.
    pub bundle_override: Option<BundleOverride>,
    /// What is to be installed.
    pub bundle: Option<Arc<Bundle>>,
    /// The device's cohort.
    pub cohort: Option<Cohort>,
    /// The names of the artifacts of what is to be installed.
    pub artifact_names: HashMap<Id<Artifact>, Name>,
}

/// The same answer with these records.
pub(super) async fn expand(
    ctx: &Context,
    device: &DeviceFacts,
    answer: Answer,
    wanted: &[Expansion],
) -> Result<Answer, Error> {
    let mut expanded = Expanded::default();
    for wanted in wanted {
        match (wanted, answer.source) {
            (Expansion::Release, Some(Source::Release(id))) => {
                expanded.release = ctx.memory().release(ctx, device.belongs.organization, id).await?;
            }
            (Expansion::BundleOverride, Some(Source::BundleOverride(id))) => {
                expanded.bundle_override = bundle_override(ctx, device, id).await?;
            }
            (Expansion::Release | Expansion::BundleOverride, _) => {}
            (Expansion::Bundle, _) => {
                if let Some(id) = answer.bundle {
                    expanded.bundle = ctx.memory().bundle(ctx, device.belongs.organization, id).await?;
                }
            }
            (Expansion::Cohort, _) => {
                if let Some(id) = answer.cohort {
                    expanded.cohort =
                        cohorts::find(ctx.db(), &Tenancy::of_server(device.belongs.organization), id).await?;
                }
            }
            (Expansion::ArtifactNames, _) => {
                let manifest = answer.manifest.iter();
                let ids: Vec<_> = manifest
                    .flat_map(|manifest| &manifest.template().entries)
                    .map(|entry| entry.artifact)
                    .collect();
                let found = artifacts::get_many(ctx.db(), device.belongs.organization, &ids).await?;
                let names = found.into_iter().map(|artifact| (artifact.id, artifact.name));
                expanded.artifact_names = names.collect();
            }
        }
    }
    Ok(Answer { expanded, ..answer })
}

async fn bundle_override(
    ctx: &Context,
    device: &DeviceFacts,
    id: Id<BundleOverride>,
) -> Result<Option<BundleOverride>, Error> {
    let mut found =
        bundle_overrides::find(ctx.db(), &Tenancy::of_server(device.belongs.organization), id).await?;
    if let Some(BundleOverride { audience: Audience::Devices(devices), .. }) = &mut found {
        devices.retain(|named| *named == device.id);
    }
    Ok(found)
}
