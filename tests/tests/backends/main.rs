//! Contents in several storages: where they are stored, how devices download them, what happens when a storage fails, and what remains
//! after they are destroyed. The storages are real S3 servers that belong to the tests.

#![expect(clippy::unwrap_used, reason = "a test says what it expects by failing")]

mod archive;
mod care;
mod failures;
mod links;
mod locations;
mod refusals;
mod registering;
mod team;

use olivine_tests::on_both;

use archive::archived_contents_move_and_come_back;
use care::{
    a_move_compares_what_is_there_already, an_audit_finds_and_repairs,
    an_object_lost_by_the_store_is_noticed_when_a_device_fails, changed_bytes_are_never_a_complete_download,
    contents_move_while_devices_are_served, lost_content_is_not_reported_as_deleted,
};
use failures::{
    a_store_that_is_down_is_waited_for, a_store_that_is_slow_is_waited_for, copies_survive_kills,
    parts_go_straight_to_the_store,
};
use links::{a_cdn_signs_what_devices_get, short_urls_lead_to_the_content};
use locations::{a_failing_location_holds_nothing_up, copies_are_made_near_and_deleted_everywhere};
use refusals::{
    a_permanent_refusal_of_a_store_is_not_reported_as_temporary, a_store_that_knows_no_checksums_can_be_used,
    an_organizations_store_that_knows_no_checksums_can_be_used,
};
use registering::{a_backend_is_tried_before_it_is_taken, the_servers_network_is_out_of_reach};

on_both!(
    async a_backend_is_tried_before_it_is_taken,
    async the_servers_network_is_out_of_reach,
    async copies_are_made_near_and_deleted_everywhere,
    async a_failing_location_holds_nothing_up,
    async contents_move_while_devices_are_served,
    async archived_contents_move_and_come_back,
    async an_audit_finds_and_repairs,
    async lost_content_is_not_reported_as_deleted,
    async an_object_lost_by_the_store_is_noticed_when_a_device_fails,
    async a_move_compares_what_is_there_already,
    async changed_bytes_are_never_a_complete_download,
    async parts_go_straight_to_the_store,
    async a_store_that_is_down_is_waited_for,
    async a_store_that_is_slow_is_waited_for,
    async a_permanent_refusal_of_a_store_is_not_reported_as_temporary,
    async a_store_that_knows_no_checksums_can_be_used,
    async an_organizations_store_that_knows_no_checksums_can_be_used,
    async copies_survive_kills,
    async short_urls_lead_to_the_content,
    async a_cdn_signs_what_devices_get,
);
