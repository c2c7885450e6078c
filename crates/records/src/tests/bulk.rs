//! Bulk operations read back as they were written, and the devices that they go through, piece by piece.

use olivine_domain::bulk_operations::{
    Action, BulkOperation, Position, Principal, Progress, Refused, Selection, State,
};
use olivine_domain::devices::Device;
use olivine_domain::permissions::{Identity, Tenancy};
use olivine_domain::search::{Searchable as _, parse};
use olivine_domain::tags::Tags;

use super::fleet::{cohort, device, product};
use super::*;
use crate::devices::{Piece, lock_many, next_piece};
use crate::*;

fn operation(organization: &Organization, action: Action, selection: Selection) -> BulkOperation {
    BulkOperation {
        id: fresh(),
        organization: organization.id,
        action,
        selection,
        matched: 3,
        is_exact: true,
        state: State::Running,
        stopped_because: None,
        progress: Progress::default(),
        principal: Principal {
            identity: Identity::ApiKey(fresh()).into(),
            person: Some(fresh()),
            reach: "[cohort:1]".to_owned(),
            request_id: Some("request".to_owned()),
        },
        revision: Revision::FIRST,
        inserted_at: at(5),
        updated_at: at(5),
        finished_at: None,
    }
}

on_both! {
    async fn what_is_done_to_whom_and_how_far_it_is_reads_back(database) {
        let organization = organization();
        let tags = Tags::new(["eu", "beta"]).unwrap();
        let all = [
            operation(&organization, Action::Move(fresh()), Selection::Search("tag:'eu'".to_owned())),
            operation(&organization, Action::Tag(tags.clone()), Selection::Devices(vec![fresh(), fresh()])),
            operation(&organization, Action::Untag(tags), Selection::Search(String::new())),
            operation(&organization, Action::Quarantine, Selection::Devices(Vec::new())),
            operation(&organization, Action::Lift, Selection::Search(String::new())),
        ];
        commit!(database, |write| async {
            organizations::insert(&write, &organization).await?;
            for operation in &all {
                bulk_operations::insert(&write, operation).await?;
            }
            Ok::<_, Error>(())
        }.await).unwrap();
        for operation in &all {
            let found = bulk_operations::get(&*database, organization.id, operation.id).await.unwrap();
            assert_eq!(found, *operation);
            assert_eq!(bulk_operations::find(&*database, fresh(), operation.id).await.unwrap(), None);
        }
        let mut progress = Progress { changed: 4, unchanged: 5, ..Progress::default() };
        progress.refuse(Refused { device: fresh(), code: "invalid".to_owned(), message: "no, 'never'".to_owned() });
        progress.refuse(Refused { device: fresh(), code: "x".to_owned(), message: String::new() });
        progress.position = Some(Position { inserted_at: at(7), id: fresh() });
        let further = all[0].further(progress, at(8));
        commit!(database, |write| bulk_operations::update(&write, &all[0], &further).await).unwrap();
        let again = commit!(database, |write| bulk_operations::update(&write, &all[0], &further).await);
        assert!(matches!(again, Err(Error::Conflict)));
        let ended = further.ended(State::Stopped, Some("it is over".to_owned()), at(9));
        commit!(database, |write| bulk_operations::update(&write, &further, &ended).await).unwrap();
        assert_eq!(bulk_operations::get(&*database, organization.id, ended.id).await.unwrap(), ended);

        assert_eq!(bulk_operations::count_running(&*database, organization.id).await.unwrap(), 4);
        let listed = bulk_operations::list(&reads(&database), organization.id, None, &ListQuery::default()).await;
        assert_eq!(listed.unwrap().items.len(), 5);
        let own = Some(&all[2].principal.identity);
        let listed = bulk_operations::list(&reads(&database), organization.id, own, &ListQuery::default()).await;
        assert_eq!(listed.unwrap().items, [all[2].clone()]);
        let purged = commit!(database, |write| bulk_operations::purge(&write, at(9), 10).await).unwrap();
        assert_eq!(purged, 0);
        let purged = commit!(database, |write| bulk_operations::purge(&write, at(10), 10).await).unwrap();
        assert_eq!(purged, 1);
    }

    async fn pieces_of_a_search_have_each_device_once(database) {
        let organization = organization();
        let product = product(&organization);
        let cohort = cohort(&product);
        let tagged = |number: u64| Device {
            inserted_at: at(number / 2),
            tags: Tags::new([if number.is_multiple_of(3) { "eu" } else { "us" }]).unwrap(),
            ..device(&cohort)
        };
        let all: Vec<_> = (0..30).map(tagged).collect();
        commit!(database, |write| async {
            organizations::insert(&write, &organization).await?;
            products::insert(&write, &product).await?;
            cohorts::insert(&write, &cohort).await?;
            devices::insert_many(&write, &all).await
        }.await).unwrap();
        let everywhere = Tenancy::of_server(organization.id);
        for (search, expected) in [("", 28), ("tag:'eu'", 10), ("tag:'nothing'", 0)] {
            let clauses = if search.is_empty() { Vec::new() } else { parse(search, Device::FIELDS).unwrap() };
            let (mut found, mut after) = (Vec::new(), None);
            loop {
                let piece = next_piece(&*database, &everywhere, &clauses, after, at(13), 4).await.unwrap();
                let Piece { devices, position } = piece;
                found.extend(devices);
                after = position;
                if after.is_none() {
                    break;
                }
            }
            let unique: std::collections::BTreeSet<_> = found.iter().collect();
            let is_found = |device: &&Device| {
                device.inserted_at <= at(13) && (search.is_empty() || (search == "tag:'eu'" && device.tags.contains("eu")))
            };
            assert_eq!((found.len(), unique.len()), (all.iter().filter(is_found).count(), found.len()), "{search}");
            assert_eq!(found.len(), expected, "{search}");
        }
        let ids: Vec<_> = all.iter().rev().map(|device| device.id).chain([fresh()]).collect();
        let locked = commit!(database, |write| lock_many(&write, &everywhere, &ids).await).unwrap();
        assert_eq!(locked.len(), 30);
        assert!(locked.windows(2).all(|pair| pair[0].id < pair[1].id));
    }
}
