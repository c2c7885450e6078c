//! The agent against servers that lie, and against a power that fails at each step.

mod attacks;
mod device;
mod power;
mod restarts;
mod server;
mod slow;
mod updates;

pub(crate) use device::prn;
pub(crate) use power::Power;
