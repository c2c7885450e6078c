//! Ctrl-C and SIGTERM: pass them on to what is running, then let our own code clean up.
//!
//! A step runs in a process group of its own, so that one signal reaches cargo, its tests and their servers alike.
//! Nothing here may end our own process: the temporary PostgreSQL would be left behind.

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

/// Starts listening for signals, once at the start of the program.
pub(crate) fn install() -> io::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    std::thread::spawn(move || signals.forever().for_each(pass_on));
    Ok(())
}

/// The first signal is passed on as it is; after a second one, the program is killed.
fn pass_on(signal: i32) {
    let again = INTERRUPTED.swap(true, Ordering::SeqCst);
    let signal = match (again, signal) {
        (true, _) => Signal::KILL,
        (false, SIGINT) => Signal::INT,
        (false, _) => Signal::TERM,
    };
    for group in running().iter() {
        // It may just have ended by itself, which is as good.
        let _ = kill_process_group(*group, signal);
    }
}

fn running() -> MutexGuard<'static, Vec<Pid>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether we were asked to stop.
pub(crate) fn requested() -> bool {
    INTERRUPTED.load(Ordering::SeqCst)
}

/// Starts a program that receives our signals until [`wait`] has seen its end.
pub(crate) fn spawn(command: &mut Command) -> anyhow::Result<Child> {
    // The lock is held across the start, so that no signal falls between the start and the note of it.
    let mut running = running();
    ensure!(!requested(), "interrupted");
    let child = command.process_group(0).spawn()?;
    running.push(Pid::from_child(&child));
    Ok(child)
}

/// Waits for the end of a program that [`spawn`] started.
pub(crate) fn wait(child: &mut Child) -> io::Result<ExitStatus> {
    let status = child.wait();
    // Another process may soon have its process id.
    let ended = Pid::from_child(child);
    running().retain(|group| *group != ended);
    status
}

/// Asks a program that [`spawn`] started to stop, as if we had been asked.
pub(crate) fn terminate(child: &Child) {
    // It may just have ended by itself, which is as good.
    let _ = kill_process_group(Pid::from_child(child), Signal::TERM);
}
