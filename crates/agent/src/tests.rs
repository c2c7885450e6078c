//! The agent against servers that lie, and against a power that fails at each step.

mod attacks;
mod device;
pub(crate) mod disk;
mod restarts;
mod server;
mod slow;
mod updates;
mod whole;

pub(crate) use device::prn;
