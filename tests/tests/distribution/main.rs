//! From a signed binary to a device that asks over mutual TLS: which devices get an update, how many, and which are refused.

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
use hostile::{foreign_prns_in_reports_are_ignored, nobody_is_let_in_by_mistake};
use journey::{
    a_question_to_explain_changes_nothing, a_release_reaches_the_right_devices,
    each_device_gets_what_is_for_it,
};
use numbers::fleet_numbers_equal_a_recount;
use renewals::renewals_at_once_are_done_once_and_have_a_bound;
use reports::{a_device_was_seen, acknowledged_reports_survive};
use revocation::{an_expired_certificate, an_open_connection_is_no_permission};
use sent_away::{
    a_ca_certificate_is_not_accepted_as_a_device,
    a_deleted_device_with_an_rsa_certificate_does_not_come_back, deleted_devices_do_not_come_back,
};
use taken_back::{
    a_refused_rollback_changes_nothing, deleting_what_devices_are_on_asks_first,
    simultaneous_rollbacks_are_done_once,
};
use tenants::a_registration_yields_to_a_ca_that_is_registered_later;
use versions::{doubtful_versions_are_warned_of, malformed_reports_are_counted_and_shown};

on_both!(
    async each_device_gets_what_is_for_it,
    async a_release_reaches_the_right_devices,
    async a_question_to_explain_changes_nothing,
    async a_phase_is_never_overrun,
    async renewals_at_once_are_done_once_and_have_a_bound,
    async an_open_connection_is_no_permission,
    async an_expired_certificate,
    async nobody_is_let_in_by_mistake,
    async foreign_prns_in_reports_are_ignored,
    async deleted_devices_do_not_come_back,
    async a_registration_yields_to_a_ca_that_is_registered_later,
    async acknowledged_reports_survive,
    async a_device_was_seen,
    async fleet_numbers_equal_a_recount,
    async malformed_reports_are_counted_and_shown,
    async simultaneous_rollbacks_are_done_once,
    async a_refused_rollback_changes_nothing,
    async deleting_what_devices_are_on_asks_first,
);

/// Tests about certificates, handshakes, proxies and the command line, for which the database makes no difference.
mod on_one_database {
    olivine_tests::on_database!(Sqlite:
        async usual_algorithms_are_verified_and_others_are_named,
        async a_chain_is_followed_to_a_registered_authority,
        async certificates_need_no_key_identifiers,
        async a_deleted_device_with_an_rsa_certificate_does_not_come_back,
        async a_ca_certificate_is_not_accepted_as_a_device,
        async a_proxy_passes_a_chain_on,
        async doubtful_versions_are_warned_of,
    );
}
