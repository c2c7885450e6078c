//! Bundles, releases and overrides over HTTP: a cohort's graph is valid after every step, whoever edits it at the same moment; bundles
//! never change; and who destroys what devices are to get is told so first.

mod archived;
mod bundles;
mod destroyed;
mod edits;
mod overrides;
mod workshop;

use olivine_tests::on_both;

use archived::the_command_archives_and_takes_back;
use bundles::{bundles_are_frozen, bundles_keep_what_they_need, ingredients_that_make_no_bundle};
use destroyed::destroying_what_devices_get_asks_first;
use edits::{
    each_edit_says_what_it_did, edits_at_once_keep_the_graph_valid, refusals_say_which_rule_and_which_release,
};
use overrides::{how_far_devices_came, overrides_change_at_any_time};

on_both!(
    async edits_at_once_keep_the_graph_valid,
    async each_edit_says_what_it_did,
    async refusals_say_which_rule_and_which_release,
    async bundles_are_frozen,
    async bundles_keep_what_they_need,
    async ingredients_that_make_no_bundle,
    async destroying_what_devices_get_asks_first,
    async overrides_change_at_any_time,
    async how_far_devices_came,
    async the_command_archives_and_takes_back
);
