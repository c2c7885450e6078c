//! Pages: complete, in order, without repetition, also while rows come and go.

use std::collections::BTreeSet;

use olivine_domain::devices::Device;
use olivine_domain::pages::{Limit, Order, Page, Sort};
use olivine_domain::permissions::Tenancy;

use super::fleet::{Fleet, device, fleet};
use super::*;
use crate::*;

fn query(order: Order, after: Option<olivine_domain::pages::Cursor>, limit: u64) -> ListQuery {
    ListQuery { order, after, limit: Limit::new(limit).unwrap(), ..ListQuery::default() }
}

async fn page(database: &Database, owner: &Organization, query: &ListQuery) -> Page<Artifact> {
    artifacts::list(&reads(database), owner.id, query).await.unwrap()
}

on_both! {
    async fn pages_cover_a_list_in_both_orders(database) {
        let owner = organization();
        let write = database.write().await.unwrap();
        organizations::insert(&write, &owner).await.unwrap();
        let mut expected = Vec::new();
        for number in 0..25 {
            // Of one moment each five, so that the id decides.
            let record = Artifact { inserted_at: at(number / 5), ..artifact(&owner) };
            artifacts::insert(&write, &record).await.unwrap();
            expected.push(record.id);
        }
        write.commit().await.unwrap();
        for (order, limit) in [(Order::Asc, 1), (Order::Asc, 7), (Order::Desc, 5), (Order::Desc, 25), (Order::Asc, 100)] {
            let (mut seen, mut after) = (Vec::new(), None);
            for _ in 0..26 {
                let page = page(&database, &owner, &query(order, after, limit)).await;
                seen.extend(page.items.iter().map(|artifact| artifact.id));
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
            if order == Order::Desc {
                seen.reverse();
            }
            assert_eq!(seen, expected, "{order:?} by {limit}");
        }
    }

    async fn pages_are_stable_while_rows_come_and_go(database) {
        let owner = organization();
        commit!(database, |write| organizations::insert(&write, &owner).await).unwrap();
        let mut records: Vec<Artifact> = (0..40).map(|n| Artifact { inserted_at: at(10 * n), ..artifact(&owner) }).collect();
        let write = database.write().await.unwrap();
        for record in &records {
            artifacts::insert(&write, record).await.unwrap();
        }
        write.commit().await.unwrap();
        let (mut seen, mut after) = (Vec::new(), None);
        for round in 0..20_u64 {
            let page = page(&database, &owner, &query(Order::Asc, after, 3)).await;
            seen.extend(page.items.iter().map(|artifact| artifact.id));
            after = page.next;
            let Some(last) = page.items.last().filter(|_| after.is_some()) else { break };
            // The very record that the cursor names goes, and one comes before it.
            let new = Artifact { inserted_at: at(round), ..artifact(&owner) };
            let write = database.write().await.unwrap();
            artifacts::delete(&write, owner.id, last.id).await.unwrap();
            artifacts::insert(&write, &new).await.unwrap();
            write.commit().await.unwrap();
        }
        let unique: BTreeSet<_> = seen.iter().copied().collect();
        assert_eq!(unique.len(), seen.len(), "nothing twice");
        records.retain(|record| !unique.contains(&record.id));
        assert_eq!(records, [], "nothing left out");
    }

    async fn parts_have_pages_of_their_own(database) {
        let Frame { version, .. } = frame(&database).await;
        let parent = binary(&version);
        let write = database.write().await.unwrap();
        binaries::insert(&write, &parent).await.unwrap();
        for index in [1, 2, 3] {
            binary_parts::upsert(&write, &part(&parent, index)).await.unwrap();
        }
        write.commit().await.unwrap();
        let upload = parent.content_key();
        let first = binary_parts::list(&reads(&database), upload, &query(Order::Desc, None, 2)).await.unwrap();
        assert_eq!(first.items.iter().map(|part| part.index.get()).collect::<Vec<_>>(), [3, 2]);
        let second = binary_parts::list(&reads(&database), upload, &query(Order::Desc, first.next, 2)).await.unwrap();
        assert_eq!(second.items.iter().map(|part| part.index.get()).collect::<Vec<_>>(), [1]);
        assert_eq!(second.next, None);
    }

    async fn devices_are_sorted_by_identifier_byte_by_byte(database) {
        let Fleet { organization, cohort, .. } = fleet(&database).await;
        let elsewhere = fleet(&database).await;
        let identifiers = ["B", "SN-10", "SN-9", "a", "a b", "aa", "é", "固件"];
        let write = database.write().await.unwrap();
        for (number, identifier) in (0..).zip(identifiers) {
            // They were made in another order, and some at one moment.
            let identifier = identifier.parse().unwrap();
            let record = Device { identifier, inserted_at: at(number * 5 % 4), ..device(&cohort) };
            devices::insert(&write, &record).await.unwrap();
            devices::insert(&write, &device(&elsewhere.cohort)).await.unwrap();
        }
        write.commit().await.unwrap();
        for (order, limit) in [(Order::Asc, 1), (Order::Asc, 3), (Order::Desc, 3), (Order::Desc, 8), (Order::Asc, 100)] {
            let (mut seen, mut after) = (Vec::new(), None);
            for _ in 0..9 {
                let query = ListQuery { sort: Sort::Identifier, ..query(order, after, limit) };
                let page = devices::list(&reads(&database), &Tenancy::of_server(organization.id), &query).await.unwrap();
                seen.extend(page.items.iter().map(|device| device.identifier.to_string()));
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
            if order == Order::Desc {
                seen.reverse();
            }
            assert_eq!(seen, identifiers, "{order:?} by {limit}");
        }
        let sorted = ListQuery { sort: Sort::Identifier, ..ListQuery::default() };
        let refused = artifacts::list(&reads(&database), organization.id, &sorted).await;
        assert!(matches!(refused, Err(Error::Unsearchable { .. })), "artifacts have no identifier");
    }

    async fn what_a_list_does_not_have_can_not_be_searched(database) {
        let clauses = olivine_domain::search::parse("size:1", olivine_domain::binaries::SEARCH).unwrap();
        let query = ListQuery { clauses, ..ListQuery::default() };
        let refused = artifacts::list(&reads(&database), fresh(), &query).await;
        assert!(matches!(refused, Err(Error::Unsearchable { field }) if field == "size"));
    }
}
