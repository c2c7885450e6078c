//! Real agents with a real server, while both are killed (SIGKILL) at random moments, and while an installed update does not start.
//!
//! A failed test shows the seed of the moments and bytes. `OLIVINE_TEST_SEED` repeats it.

#![expect(clippy::unwrap_used, reason = "a test says what it expects by failing")]

mod agent;
mod killed;
mod power;
mod rollback;
mod site;
mod whole;

use killed::a_rollout_survives_kills;
use power::an_update_survives_power_losses;
use rollback::{
    a_version_file_that_says_no_version_is_an_error, an_update_that_does_not_start_is_not_installed_again,
};
use whole::a_bundle_is_installed_whole_or_not_at_all;

/// The database makes no difference to an agent, but two servers, either of which may be killed at any moment, can.
mod postgres {
    olivine_tests::on_database!(Postgres: async a_rollout_survives_kills);
}

mod sqlite {
    olivine_tests::on_database!(Sqlite:
        async a_rollout_survives_kills,
        async a_version_file_that_says_no_version_is_an_error,
        async an_update_survives_power_losses,
        async a_bundle_is_installed_whole_or_not_at_all,
        async an_update_that_does_not_start_is_not_installed_again
    );
}
