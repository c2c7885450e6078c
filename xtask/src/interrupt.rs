//! Ctrl-C and SIGTERM: passes them on to the running program, and then lets our own code clean up.
//!
//! A step runs in its own process group, so that one signal reaches cargo, its tests and their servers. Nothing here may end our own
//! process: the temporary PostgreSQL would be left behind.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::ensure;
use rustix::process::{Pid, Signal, kill_process_group};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

static INTERRUPTED: AtomicBool = AtomicBool::new(false);
static RUNNING: Mutex<Vec<Pid>> = Mutex::new(Vec::new());

/// Starts listening for signals. Called once at the start of the program.
pub(crate) fn install() -> io::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    std::thread::spawn(move || signals.forever().for_each(pass_on));
    Ok(())
}

/// Passes the first signal on. After a second one, the running program is killed.
fn pass_on(signal: i32) {
    let again = INTERRUPTED.swap(true, Ordering::SeqCst);
    let signal = match (again, signal) {
        (true, _) => Signal::KILL,
        (false, SIGINT) => Signal::INT,
        (false, _) => Signal::TERM,
    };
    for group in running().iter() {
        // The program may just have ended by itself, which is fine.
        let _ = kill_process_group(*group, signal);
    }
}

fn running() -> MutexGuard<'static, Vec<Pid>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether a signal asked us to stop.
pub(crate) fn requested() -> bool {
    INTERRUPTED.load(Ordering::SeqCst)
}

/// Starts a program that receives our signals until [`wait`] has seen its end.
pub(crate) fn spawn(command: &mut Command) -> anyhow::Result<Child> {
    // Locked while the program starts, so that no signal arrives between the start and its entry in the list.
    let mut running = running();
    ensure!(!requested(), "interrupted");
    let child = command.process_group(0).spawn()?;
    running.push(Pid::from_child(&child));
    Ok(child)
}

/// Waits for the end of a program that [`spawn`] started.
pub(crate) fn wait(child: &mut Child) -> io::Result<ExitStatus> {
    let status = child.wait();
    // The process id may soon be reused by another process.
    let ended = Pid::from_child(child);
    running().retain(|group| *group != ended);
    status
}

/// Asks a program that [`spawn`] started to stop, as if a signal had arrived.
pub(crate) fn terminate(child: &Child) {
    // The program may just have ended by itself, which is fine.
    let _ = kill_process_group(Pid::from_child(child), Signal::TERM);
}
