//! What must be true when nothing is under way: records, events, quota and content all say the same.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use olivine_content::{Digested, Error as ContentError, Progress};
use olivine_domain::binaries::{Binary, BinaryState};
use olivine_domain::binary_parts::PartState;
use olivine_domain::events::Event;
use olivine_domain::pages::{Limit, Page};
use olivine_domain::permissions::Tenancy;
use olivine_domain::prn::Id;
use olivine_operations::lists::ListQuery;
use olivine_records::{binaries, binary_parts, binary_signatures, events, organizations};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use serde_json::Value;

use crate::replay::Replayed;
use crate::world::World;

type Checked = Result<(), TestCaseError>;

/// Looks at everything.
pub(crate) fn check(world: &World) -> Checked {
    let (db, organization) = (world.ctx().db(), world.story.actor.organization);
    let reads = db.on_behalf_of(uuid::Uuid::nil());
    let all = world
        .look(pages(async |query| events::list(&reads, &Tenancy::of_server(organization), &query).await));
    let ids = world.story.binaries.lock().expect("no panics here").clone();
    let mut records = Vec::new();
    for id in ids {
        let record = world.look(binaries::find(db, organization, id)).expect("the database answers");
        check_events(world, id, record.as_ref(), &all)?;
        records.extend(record);
    }
    let listed = world.look(pages(async |query| binaries::list(&reads, organization, &query).await));
    prop_assert_eq!(listed.len(), records.len(), "binaries that nobody made");
    for record in &records {
        check_content(world, record)?;
    }
    let used = world.look(organizations::get(db, organization)).expect("the database answers").storage_used;
    prop_assert_eq!(used, records.iter().map(|record| record.content().reserved_bytes()).sum::<u64>());
    check_files(world, &records)
}

async fn pages<T>(list: impl AsyncFn(ListQuery) -> Result<Page<T>, olivine_records::Error>) -> Vec<T> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let query = ListQuery { limit: Limit::MOST, after, ..ListQuery::default() };
        let page = list(query).await.expect("the database answers");
        all.extend(page.items);
        after = page.next;
        if after.is_none() {
            return all;
        }
    }
}

/// Whether an event is about the binary, its parts or its signatures.
fn is_about(event: &Event, id: Id<Binary>) -> bool {
    let data: Value = serde_json::from_str(&event.data).unwrap_or_default();
    event.subject.id == id.uuid() || data["binary_prn"] == id.prn(event.organization).to_string()
}

/// The events are those of one way through the table, and lead to what is on record.
fn check_events(world: &World, id: Id<Binary>, record: Option<&Binary>, all: &[Event]) -> Checked {
    let own: Vec<_> = all.iter().filter(|event| is_about(event, id)).collect();
    let told: Vec<_> = own.iter().map(|event| event.kind.as_str()).collect();
    let mut replayed = Replayed::default();
    for event in &own {
        let taken = replayed.take(event);
        prop_assert!(taken.is_ok(), "{:?}: {:?}", taken, told);
    }
    prop_assert_eq!(replayed.state, record.map(|record| record.state), "{:?}", told);
    let Some(record) = record else { return Ok(()) };
    let parts = world.look(binary_parts::list_all(world.ctx().db(), record.content_key()));
    let parts = parts.expect("the database answers");
    let valid = parts.iter().filter(|part| part.state == PartState::Valid);
    let valid = valid.map(|part| (u64::from(part.index.get()), part.size)).collect();
    prop_assert_eq!(&replayed.valid, &valid, "{:?}", told);
    prop_assert_eq!(record.bytes_uploaded, valid.values().sum::<u64>(), "{:?}", told);
    check_state(world, record)
}

/// Nothing is stuck on its way, and `signed` is who has a signature.
fn check_state(world: &World, record: &Binary) -> Checked {
    let signatures = binary_signatures::count_valid(world.ctx().db(), record.organization, record.id);
    let signatures = world.look(signatures).expect("the database answers");
    match record.state {
        BinaryState::Hashing => prop_assert!(false, "stuck: {:?}", record),
        BinaryState::Hashable => prop_assert!(record.verification_error.is_some(), "stuck: {:?}", record),
        BinaryState::Signable => prop_assert_eq!(signatures, 0),
        BinaryState::Signed => prop_assert_eq!(signatures, 1),
        BinaryState::Uploadable | BinaryState::Destroyed => {}
    }
    Ok(())
}

/// What was verified is what the record says; what was destroyed is gone.
fn check_content(world: &World, record: &Binary) -> Checked {
    let key = record.content_key();
    let storage = world.look(world.ctx().storage(record.storage)).expect("a storage");
    let found = world.look(storage.backend.digest(&key, &Progress::new()));
    match record.state {
        BinaryState::Signable | BinaryState::Signed => {
            let Digested { size, sha256 } = found.expect("a verified content can be read");
            prop_assert_eq!((Some(size), sha256), (record.size, record.hash));
        }
        BinaryState::Uploadable | BinaryState::Destroyed => {
            prop_assert!(matches!(found, Err(ContentError::NotFound)), "{:?}", found);
        }
        BinaryState::Hashable | BinaryState::Hashing => {}
    }
    Ok(())
}

/// No file belongs to a binary or a generation that is gone, and none is a dead process's.
fn check_files(world: &World, records: &[Binary]) -> Checked {
    let root = world.folder.path().join("content");
    let live = records.iter().filter(|record| !record.is_destroyed());
    let live: BTreeSet<_> = live
        .map(|record| format!("content/{}/{}/{}", record.organization, record.id, record.generation))
        .collect();
    for file in files(&root) {
        if file == root.join(".olivine-storage-id") {
            continue;
        }
        let folder = file.parent().and_then(|folder| folder.strip_prefix(&root).ok());
        let folder = folder.expect("a file in the root").display().to_string();
        prop_assert!(live.contains(&folder), "left over: {}", file.display());
    }
    Ok(())
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder can be read");
    let paths = entries.map(|entry| entry.expect("a folder can be read").path());
    paths.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}
