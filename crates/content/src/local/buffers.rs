//! The buffers of one stream, used again and again: taking fresh memory for every chunk of a download would cost as much as
//! reading it.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

/// How many unused buffers are kept: one is being filled while another is being sent.
const KEPT: usize = 2;

/// Buffers of one size. A reader that is faster than its sender gets new buffers; they are freed once there are enough.
#[derive(Clone)]
pub(super) struct Buffers {
    size: usize,
    unused: Arc<Mutex<Vec<Box<[u8]>>>>,
}

impl Buffers {
    /// Buffers of `size` bytes.
    pub(super) fn new(size: usize) -> Self {
        Self { size, unused: Arc::default() }
    }

    /// A buffer with whatever it held before.
    pub(super) fn take(&self) -> Buffer {
        let unused = self.unused.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let bytes = unused.unwrap_or_else(|| vec![0; self.size].into_boxed_slice());
        Buffer { bytes, filled: 0, home: self.clone() }
    }
}

impl fmt::Debug for Buffers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Buffers").field("size", &self.size).finish_non_exhaustive()
    }
}

/// A buffer that goes back to the others when it is dropped.
pub(super) struct Buffer {
    bytes: Box<[u8]>,
    filled: usize,
    home: Buffers,
}

impl Buffer {
    /// All of it, to be filled.
    pub(super) const fn as_mut(&mut self) -> &mut [u8] {
        &mut self.bytes
    }

    /// Its first `filled` bytes, without a copy.
    pub(super) fn into_bytes(mut self, filled: usize) -> Bytes {
        self.filled = filled;
        Bytes::from_owner(self)
    }
}

impl AsRef<[u8]> for Buffer {
    fn as_ref(&self) -> &[u8] {
        &self.bytes[..self.filled]
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let mut unused = self.home.unused.lock().unwrap_or_else(PoisonError::into_inner);
        if unused.len() < KEPT {
            unused.push(std::mem::take(&mut self.bytes));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffers_come_back_when_their_bytes_are_dropped() {
        let buffers = Buffers::new(4);
        let held: Vec<_> = (0..5).map(|_| buffers.take().into_bytes(3)).collect();
        assert!(held.iter().all(|bytes| bytes.len() == 3));
        drop(held);
        assert_eq!(buffers.unused.lock().unwrap().len(), KEPT);
        assert_eq!(buffers.take().as_mut().len(), 4);
    }
}
