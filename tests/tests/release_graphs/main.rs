//! Bundles, releases and overrides over HTTP: a cohort's graph is valid after every step, even if several people edit it at the same time;
//! bundles never change; and destroying a binary that devices are to get needs a confirmation.

mod archived;
mod bundles;
mod destroyed;
mod edits;
mod overrides;
mod workshop;

use olivine_tests::on_both;

use archived::the_command_archives_and_unarchives;
use bundles::{bundles_are_frozen, bundles_keep_what_they_need, contents_that_make_no_bundle};
use destroyed::destroying_what_devices_get_asks_first;
use edits::{
    each_edit_says_what_it_did, edits_at_once_keep_the_graph_valid, refusals_say_which_rule_and_which_release,
};
use overrides::{adoption_follows_reports, overrides_change_at_any_time};

on_both!(
    async edits_at_once_keep_the_graph_valid,
    async each_edit_says_what_it_did,
    async refusals_say_which_rule_and_which_release,
    async bundles_are_frozen,
    async bundles_keep_what_they_need,
    async contents_that_make_no_bundle,
    async destroying_what_devices_get_asks_first,
    async overrides_change_at_any_time,
    async adoption_follows_reports,
    async the_command_archives_and_unarchives
);
