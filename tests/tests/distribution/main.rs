//! From a signed binary to a device that asks over mutual TLS: who gets what, how many get it, and who is turned away.

#![expect(clippy::unwrap_used, reason = "a test says what it expects by failing")]

mod authorities;
mod claims;
mod emergencies;
mod factory;
mod fitness;
mod hostile;
mod journey;
mod numbers;
mod renewals;
mod reports;
mod revocation;
mod sent_away;
mod taken_back;
mod tenants;
mod versions;

use olivine_tests::on_both;

use authorities::a_renewed_authority_provisions;
use claims::a_phase_is_never_overrun;
use emergencies::{
    a_destroyed_binary_is_served_to_nobody, an_emergency_is_rolled_back, overrides_overlap_and_end,
};
use fitness::{
    a_chain_is_followed_to_a_registered_authority, a_proxy_passes_a_chain_on,
    an_authority_says_which_name_is_the_identifier, certificates_need_no_key_identifiers,
    names_are_read_in_each_encoding, only_a_devices_certificate_makes_a_device,
    only_an_authority_that_may_sign_is_registered, usual_algorithms_are_verified_and_others_are_named,
};
use hostile::{nobody_is_let_in_by_mistake, what_others_say_is_passed_over};
use journey::{
    a_question_to_explain_changes_nothing, a_release_reaches_whom_it_is_for, each_device_gets_what_is_for_it,
};
use numbers::fleet_numbers_equal_a_recount;
use renewals::{
    a_renewed_authority_renews, each_setting_says_which_renewals_are_taken,
    only_the_devices_own_authority_renews, renewals_at_once_are_done_once_and_have_a_bound,
    what_was_removed_is_not_renewed,
};
use reports::{a_device_was_seen, what_was_acknowledged_survives};
use revocation::{a_certificate_that_is_over, an_open_connection_is_no_permission};
use sent_away::{
    an_authoritys_certificate_is_no_device, an_rsa_certificate_that_was_sent_away_stays_away,
    what_was_sent_away_stays_away,
};
use taken_back::{
    a_phased_release_is_taken_back, deleting_what_devices_are_on_asks_first,
    taking_back_at_once_is_done_once, taking_back_is_refused_as_a_whole,
};
use tenants::{
    a_claim_in_use_yields_to_an_authority_that_comes_later, a_claim_yields_to_the_authority_that_signed,
    a_proof_of_the_key_ends_what_others_claim, a_refusal_is_told_to_nobody_else,
};
use versions::{
    a_malformed_report_is_named, a_share_of_a_small_cohort_is_somebody, a_version_alone_is_enough,
    an_override_is_not_given_at_every_poll, doubtful_versions_are_warned_of,
};

on_both!(
    async each_device_gets_what_is_for_it,
    async a_release_reaches_whom_it_is_for,
    async a_question_to_explain_changes_nothing,
    async overrides_overlap_and_end,
    async a_destroyed_binary_is_served_to_nobody,
    async an_emergency_is_rolled_back,
    async a_phase_is_never_overrun,
    async a_renewed_authority_provisions,
    async each_setting_says_which_renewals_are_taken,
    async what_was_removed_is_not_renewed,
    async only_the_devices_own_authority_renews,
    async a_renewed_authority_renews,
    async renewals_at_once_are_done_once_and_have_a_bound,
    async an_open_connection_is_no_permission,
    async a_certificate_that_is_over,
    async nobody_is_let_in_by_mistake,
    async what_others_say_is_passed_over,
    async what_was_sent_away_stays_away,
    async an_rsa_certificate_that_was_sent_away_stays_away,
    async an_authoritys_certificate_is_no_device,
    async a_claim_yields_to_the_authority_that_signed,
    async a_claim_in_use_yields_to_an_authority_that_comes_later,
    async a_proof_of_the_key_ends_what_others_claim,
    async a_refusal_is_told_to_nobody_else,
    async certificates_need_no_key_identifiers,
    async only_a_devices_certificate_makes_a_device,
    async only_an_authority_that_may_sign_is_registered,
    async usual_algorithms_are_verified_and_others_are_named,
    async a_chain_is_followed_to_a_registered_authority,
    async a_proxy_passes_a_chain_on,
    async names_are_read_in_each_encoding,
    async an_authority_says_which_name_is_the_identifier,
    async what_was_acknowledged_survives,
    async a_device_was_seen,
    async fleet_numbers_equal_a_recount,
    async a_version_alone_is_enough,
    async a_malformed_report_is_named,
    async a_share_of_a_small_cohort_is_somebody,
    async an_override_is_not_given_at_every_poll,
    async doubtful_versions_are_warned_of,
    async a_phased_release_is_taken_back,
    async taking_back_at_once_is_done_once,
    async taking_back_is_refused_as_a_whole,
    async deleting_what_devices_are_on_asks_first,
);
