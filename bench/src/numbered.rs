//! Ids and times that can be computed from a number, so that a million records need not be remembered.

use std::time::Duration;

use olivine_domain::time::Timestamp;
use uuid::Uuid;

/// 2025-01-01T00:00:00Z, in microseconds.
const BEGIN: i64 = 1_735_689_600_000_000;

/// The time for a number: ten seconds after the time of the number before.
pub(crate) fn moment(number: u64) -> Timestamp {
    let begin = Timestamp::from_micros(BEGIN).expect("a moment of this century");
    begin.plus(Duration::from_secs(10 * number))
}

/// An id that is ordered by time and has scattered last bits, like the server's own. `kind` distinguishes ids of the same number.
pub(crate) fn uuid(kind: u8, number: u64) -> Uuid {
    let millis = moment(number).as_micros().unsigned_abs() / 1000;
    let mut random = [0; 10];
    random[..8].copy_from_slice(&scattered(number).to_be_bytes());
    random[9] = kind;
    uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
}

/// Turns numbers into pseudo-random ones, which are the same in every run of this program.
pub(crate) const fn scattered(number: u64) -> u64 {
    number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}
