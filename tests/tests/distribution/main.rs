//! From a signed binary to a device that asks over mutual TLS: who gets what, how many get it, and who is turned away.

#![expect(clippy::unwrap_used, reason = "a test says what it expects by failing")]

mod claims;
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

use claims::a_phase_is_never_overrun;
use fitness::{
    a_chain_is_followed_to_a_registered_authority, a_proxy_passes_a_chain_on,
    certificates_need_no_key_identifiers, usual_algorithms_are_verified_and_others_are_named,
};
use hostile::{nobody_is_let_in_by_mistake, what_others_say_is_passed_over};
use journey::{
    a_question_to_explain_changes_nothing, a_release_reaches_whom_it_is_for, each_device_gets_what_is_for_it,
};
use numbers::fleet_numbers_equal_a_recount;
use renewals::renewals_at_once_are_done_once_and_have_a_bound;
use reports::{a_device_was_seen, what_was_acknowledged_survives};
use revocation::{a_certificate_that_is_over, an_open_connection_is_no_permission};
use sent_away::{
    an_authoritys_certificate_is_no_device, an_rsa_certificate_that_was_sent_away_stays_away,
    what_was_sent_away_stays_away,
};
use taken_back::{
    deleting_what_devices_are_on_asks_first, taking_back_at_once_is_done_once,
    taking_back_is_refused_as_a_whole,
};
use tenants::a_claim_in_use_yields_to_an_authority_that_comes_later;
use versions::{doubtful_versions_are_warned_of, malformed_reports_are_counted_and_shown};

on_both!(
    async each_device_gets_what_is_for_it,
    async a_release_reaches_whom_it_is_for,
    async a_question_to_explain_changes_nothing,
    async a_phase_is_never_overrun,
    async renewals_at_once_are_done_once_and_have_a_bound,
    async an_open_connection_is_no_permission,
    async a_certificate_that_is_over,
    async nobody_is_let_in_by_mistake,
    async what_others_say_is_passed_over,
    async what_was_sent_away_stays_away,
    async a_claim_in_use_yields_to_an_authority_that_comes_later,
    async what_was_acknowledged_survives,
    async a_device_was_seen,
    async fleet_numbers_equal_a_recount,
    async malformed_reports_are_counted_and_shown,
    async taking_back_at_once_is_done_once,
    async taking_back_is_refused_as_a_whole,
    async deleting_what_devices_are_on_asks_first,
);

/// What certificates, handshakes, proxies and the command line are about: no database has a part in it.
mod on_one_database {
    olivine_tests::on_database!(Sqlite:
        async usual_algorithms_are_verified_and_others_are_named,
        async a_chain_is_followed_to_a_registered_authority,
        async certificates_need_no_key_identifiers,
        async an_rsa_certificate_that_was_sent_away_stays_away,
        async an_authoritys_certificate_is_no_device,
        async a_proxy_passes_a_chain_on,
        async doubtful_versions_are_warned_of,
    );
}
