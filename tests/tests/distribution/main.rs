//! From a signed binary to a device that asks over mutual TLS: who gets what, how many get it, and who is turned away.

#![expect(clippy::unwrap_used, reason = "a test says what it expects by failing")]

mod claims;
mod emergencies;
mod factory;
mod journey;

use olivine_tests::on_both;

use claims::a_phase_is_never_overrun;
use emergencies::{
    a_destroyed_binary_is_served_to_nobody, an_emergency_is_rolled_back, overrides_overlap_and_end,
};
use journey::{
    a_question_to_explain_changes_nothing, a_release_reaches_whom_it_is_for, each_device_gets_what_is_for_it,
};

on_both!(
    async each_device_gets_what_is_for_it,
    async a_release_reaches_whom_it_is_for,
    async a_question_to_explain_changes_nothing,
    async overrides_overlap_and_end,
    async a_destroyed_binary_is_served_to_nobody,
    async an_emergency_is_rolled_back,
    async a_phase_is_never_overrun
);
