//! A power supply that fails when a test says so: just before or just after a state is saved.

use std::cell::Cell;
use std::rc::Rc;

use crate::Error;

/// Counts down; once it is out, nothing can be saved any more.
#[derive(Clone, Debug, Default)]
pub(crate) struct Power {
    left: Option<Rc<Cell<u32>>>,
}

impl Power {
    /// Fails at the moment `number`; each save has two: before it, and after it.
    pub(crate) fn failing_at(number: u32) -> Self {
        Self { left: Some(Rc::new(Cell::new(number))) }
    }

    pub(crate) fn before_save(&self) -> Result<(), Error> {
        self.tick()
    }

    pub(crate) fn after_save(&self) -> Result<(), Error> {
        self.tick()
    }

    fn tick(&self) -> Result<(), Error> {
        let Some(left) = &self.left else { return Ok(()) };
        if left.get() == 0 {
            return Err(Error::Power);
        }
        left.set(left.get() - 1);
        Ok(())
    }
}
