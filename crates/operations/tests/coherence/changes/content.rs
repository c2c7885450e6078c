//! Changes of signing keys, binaries, signatures and the organization.

use std::time::{Duration, Instant};

use aws_lc_rs::signature::KeyPair as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures_util::stream;
use olivine_domain::artifacts::Artifact;
use olivine_domain::binaries::{Binary, BinaryState};
use olivine_domain::hash::Sha256Digest;
use olivine_domain::organizations::{DownloadUrlStyle, SignaturePolicy};
use olivine_domain::prn::Id;
use olivine_domain::signing_keys::{KeyMaterial, KeyStatus};
use olivine_operations::binary_signatures::KeyName;
use olivine_operations::{
    Context, Error, artifact_versions, artifacts, binaries, binary_signatures, content, jobs, organizations,
    signing_keys,
};
use tokio_util::sync::CancellationToken;

use super::{any, one_of};
use crate::steps::Picks;
use crate::world::{World, all, new_id};

const VERIFIED_WITHIN: Duration = Duration::from_secs(30);
const POLL_EVERY: Duration = Duration::from_millis(1);

/// Two signing keys, and two artifacts: of one a binary for each kind of device, of the other one for all.
pub(super) async fn begin(ctx: &Context, world: &World<'_>) -> Result<(), Error> {
    for pair in 0..2 {
        create_key(ctx, world, pair).await?;
    }
    for targets in [&["gateway", "sensor"][..], &["universal"]] {
        let artifact = create_artifact(ctx, world).await?;
        world.artifacts.lock().expect("no panics here").push(artifact);
        create_binaries(ctx, world, artifact, targets).await?;
    }
    Ok(())
}

async fn create_artifact(ctx: &Context, world: &World<'_>) -> Result<Id<Artifact>, Error> {
    let name = world.name("artifact").parse().expect("a name");
    let new = artifacts::New { name, description: None, custom_metadata: None };
    Ok(artifacts::create(ctx, &world.may(), new_id(ctx), new).await?.id)
}

async fn create_key(ctx: &Context, world: &World<'_>, pair: u8) -> Result<(), Error> {
    let pair = &world.pairs[usize::from(pair) % world.pairs.len()];
    let material = KeyMaterial::parse(&STANDARD.encode(pair.public_key())).expect("a public key");
    let name = world.name("key").parse().expect("a name");
    signing_keys::create(ctx, &world.may(), new_id(ctx), signing_keys::New { name, material }).await.map(drop)
}

/// A new version of an artifact, with a signed binary for each of these targets.
async fn create_binaries(
    ctx: &Context,
    world: &World<'_>,
    artifact: Id<Artifact>,
    targets: &[&str],
) -> Result<(), Error> {
    let new = artifact_versions::New {
        artifact,
        version: world.name("version").parse().expect("a version"),
        description: None,
        custom_metadata: None,
    };
    let version = artifact_versions::create(ctx, &world.may(), new_id(ctx), new).await?.id;
    let mut made = Vec::new();
    for target in targets {
        let content = world.name("content").into_bytes();
        let new = binaries::Create {
            id: new_id(ctx),
            artifact_version: version,
            target: target.parse().expect("a target"),
            hash: Sha256Digest::of(&content),
            size: Some(content.len() as u64),
            description: None,
            custom_metadata: None,
        };
        let binary = binaries::create(ctx, &world.may(), new).await?.binary.id;
        world.contents.lock().expect("no panics here").insert(binary, content.clone());
        let body = Box::pin(stream::iter([Ok(Bytes::from(content))]));
        content::upload(ctx, &world.may(), binary, None, body).await?;
        ask(ctx, world, binary, BinaryState::Hashable).await?;
        made.push(binary);
    }
    verify(ctx, world, &made).await?;
    for binary in made {
        sign_with(ctx, world, binary, 0).await?;
    }
    Ok(())
}

async fn ask(ctx: &Context, world: &World<'_>, binary: Id<Binary>, state: BinaryState) -> Result<(), Error> {
    let update =
        binaries::Update { state: Some(state), confirm: Some(binary), ..binaries::Update::default() };
    binaries::update(ctx, &world.may(), binary, None, update).await.map(drop)
}

/// Lets a process do its jobs until these binaries are verified.
async fn verify(ctx: &Context, world: &World<'_>, made: &[Id<Binary>]) -> Result<(), Error> {
    let stop = CancellationToken::new();
    let runner = tokio::spawn(jobs::run(ctx.clone(), ctx.new_uuid().to_string(), stop.clone()));
    ctx.ring();
    let deadline = Instant::now() + VERIFIED_WITHIN;
    for binary in made {
        while binaries::get(ctx, &world.may(), *binary).await?.binary.state != BinaryState::Signable {
            assert!(Instant::now() < deadline, "a content is not verified within {VERIFIED_WITHIN:?}");
            tokio::time::sleep(POLL_EVERY).await;
        }
    }
    stop.cancel();
    runner.await.expect("no panics here");
    Ok(())
}

/// Signs with a registered key.
async fn sign_with(ctx: &Context, world: &World<'_>, binary: Id<Binary>, key: u8) -> Result<(), Error> {
    let Some(key) = any(signing_keys::list(ctx, &world.may(), &all()), key).await? else { return Ok(()) };
    let content = world.contents.lock().expect("no panics here").get(&binary).cloned();
    let own = |pair: &&aws_lc_rs::signature::Ed25519KeyPair| {
        key.public_key().public_value() == STANDARD.encode(pair.public_key())
            || KeyMaterial::parse(&STANDARD.encode(pair.public_key())).is_ok_and(|one| one == key.material)
    };
    let Some((content, pair)) = content.zip(world.pairs.iter().find(own)) else { return Ok(()) };
    let signature = pair.sign(Sha256Digest::of(&content).to_hex().as_bytes());
    let signature = STANDARD.encode(signature);
    let new = binary_signatures::Create { id: new_id(ctx), binary, key: KeyName::Id(key.id), signature };
    binary_signatures::create(ctx, &world.may(), new).await.map(drop)
}

async fn any_binary(ctx: &Context, world: &World<'_>, pick: u8) -> Result<Option<Id<Binary>>, Error> {
    Ok(any(binaries::list(ctx, &world.may(), &all()), pick).await?.map(|view| view.binary.id))
}

pub(super) async fn create_binary(ctx: &Context, world: &World<'_>, picks: Picks) -> Result<(), Error> {
    let artifacts = world.artifacts.lock().expect("no panics here").clone();
    let Some(artifact) = one_of(artifacts, picks[0]) else { return Ok(()) };
    let target = ["gateway", "sensor", "universal"][usize::from(picks[1]) % 3];
    create_binaries(ctx, world, artifact, &[target]).await
}

pub(super) async fn ask_binary(ctx: &Context, world: &World<'_>, picks: Picks) -> Result<(), Error> {
    let Some(binary) = any_binary(ctx, world, picks[0]).await? else { return Ok(()) };
    let state = if picks[1].is_multiple_of(4) { BinaryState::Uploadable } else { BinaryState::Destroyed };
    ask(ctx, world, binary, state).await
}

pub(super) async fn sign(ctx: &Context, world: &World<'_>, picks: Picks) -> Result<(), Error> {
    let Some(binary) = any_binary(ctx, world, picks[0]).await? else { return Ok(()) };
    sign_with(ctx, world, binary, picks[1]).await
}

pub(super) async fn unsign(ctx: &Context, world: &World<'_>, picks: Picks) -> Result<(), Error> {
    let Some(one) = any(binary_signatures::list(ctx, &world.may(), &all()), picks[0]).await? else {
        return Ok(());
    };
    binary_signatures::delete(ctx, &world.may(), one.id).await
}

/// Registers, renames, disables, enables or revokes a key.
pub(super) async fn change_key(ctx: &Context, world: &World<'_>, picks: Picks) -> Result<(), Error> {
    let [key, what, pair, ..] = picks;
    let mut change = signing_keys::Change::default();
    match what % 6 {
        0 => return create_key(ctx, world, pair).await,
        1 => change.name = Some(world.name("key").parse().expect("a name")),
        2 => change.status = Some(KeyStatus::Disabled),
        3 => change.status = Some(KeyStatus::Active),
        _ => change.status = Some(KeyStatus::Revoked),
    }
    let Some(key) = any(signing_keys::list(ctx, &world.may(), &all()), key).await? else { return Ok(()) };
    signing_keys::update(ctx, &world.may(), key.id, None, change).await.map(drop)
}

pub(super) async fn change_organization(ctx: &Context, world: &World<'_>, picks: Picks) -> Result<(), Error> {
    let [what, how, ..] = picks;
    let mut change = organizations::Change::default();
    match what % 4 {
        0 | 1 => change.strict_certificate_expiry = Some(how % 2 == 0),
        2 => change.signature_policy = Some(SignaturePolicy::new(how % 2 + 1).expect("one or two")),
        _ => change.download_url_style = Some(DownloadUrlStyle::ALL[usize::from(how) % 3]),
    }
    organizations::update(ctx, &world.may(), None, change).await.map(drop)
}
