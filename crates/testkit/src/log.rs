//! What all servers of this process log, as the executable would: to be searched for what must not be in it.

use std::io;
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

fn log() -> MutexGuard<'static, Vec<u8>> {
    LOG.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Writer;

impl io::Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        log().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Logs from now on; returns how much is there already.
pub(crate) fn begin() -> usize {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let level = tracing_subscriber::filter::LevelFilter::INFO;
        let logs = tracing_subscriber::fmt().with_max_level(level).with_writer(|| Writer).with_ansi(false);
        // A test that has a log of its own keeps it.
        drop(logs.try_init());
    });
    log().len()
}

/// What was logged after that.
pub(crate) fn since(before: usize) -> Vec<u8> {
    log().get(before..).unwrap_or_default().to_vec()
}
