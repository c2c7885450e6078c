//! Values that are derived from a cached value and stored with it: each is made once, and removed together with the cached value.
//!
//! A device protocol stores here the form in which it sends a manifest. Each protocol has a type of its own for it, so none knows of
//! another.

use std::any::Any;
use std::fmt;
use std::sync::OnceLock;

/// At most one value of each type. Finding one takes no lock: there are as many as there are protocols, in a list that only grows.
#[derive(Default)]
pub(super) struct Derived(OnceLock<Box<Link>>);

struct Link {
    value: Box<dyn Any + Send + Sync>,
    further: Derived,
}

impl Derived {
    /// The value of this type; `make` makes it, the first time.
    pub(super) fn get_or_make<T: Any + Send + Sync>(&self, make: impl FnOnce() -> T) -> &T {
        let mut make = Some(make);
        let mut place = self;
        loop {
            let link = place.0.get_or_init(|| {
                let make = make.take().expect("a value that was made here is found here");
                Box::new(Link { value: Box::new(make()), further: Self::default() })
            });
            match link.value.downcast_ref() {
                Some(value) => return value,
                None => place = &link.further,
            }
        }
    }
}

impl fmt::Debug for Derived {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Derived")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn each_type_has_a_value_that_is_made_once() {
        let derived = Derived::default();
        assert_eq!(derived.get_or_make(|| "words"), &"words");
        assert_eq!(derived.get_or_make(|| 1_u8), &1);
        assert_eq!(derived.get_or_make(|| 2_u16), &2);
        assert_eq!(derived.get_or_make(|| "others"), &"words");
        assert_eq!(derived.get_or_make(|| 0_u8), &1);
        assert_eq!(derived.get_or_make(|| 0_u16), &2);
    }

    #[test]
    fn of_many_who_ask_at_once_one_makes_it() {
        let (derived, made) = (Derived::default(), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for thread in 0..8_u32 {
                let (derived, made) = (&derived, &made);
                scope.spawn(move || {
                    derived.get_or_make(|| made.fetch_add(1, Ordering::Relaxed));
                    derived.get_or_make(|| thread);
                });
            }
        });
        assert_eq!(made.load(Ordering::Relaxed), 1);
    }
}
