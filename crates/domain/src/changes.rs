//! The fields of a record that callers send: all of them for a new one (`New`), some of them for a change (`Change`). Both come from one
//! list of the record's fields, so that none is forgotten in one of them, and every change is applied by one rule. The types that every
//! record has (`Id`, `Organization`, `Revision`, `Timestamp`) are those that the record's own file imports.

/// Declares `New`, from which a record is made, and `Change`. Fields under `once` are given for a new record and stay as they are; a new
/// record has what stands under `at first` in the fields that nobody gives.
macro_rules! given {
    (
        $record:ident { $($field:ident: $type:ty),* $(,)? }
        $(once { $($once:ident: $once_type:ty),* $(,)? })?
        $(at first { $($first:ident: $value:expr),* $(,)? })?
    ) => {
        $crate::changes::new! {
            $record { $($($once: $once_type,)*)? $($field: $type,)* }
            at first { $($($first: $value,)*)? }
        }
        $crate::changes::change!($record { $($field: $type),* });
    };
}

/// Declares `New` alone, for records whose changes have rules of their own.
macro_rules! new {
    ($record:ident { $($field:ident: $type:ty),* $(,)? } at first { $($first:ident: $value:expr),* $(,)? }) => {
        #[doc = concat!("What is given of a new [`", stringify!($record), "`].")]
        #[derive(Clone, Debug)]
        pub struct New {
            $(
                #[doc = concat!("See [`", stringify!($record), "::", stringify!($field), "`].")]
                pub $field: $type,
            )*
        }

        impl New {
            /// The record that is made of it.
            pub fn record(
                self,
                id: Id<$record>,
                organization: Id<Organization>,
                now: Timestamp,
            ) -> $record {
                let Self { $($field),* } = self;
                $record {
                    id,
                    organization,
                    $($field,)*
                    $($first: $value,)*
                    revision: Revision::FIRST,
                    inserted_at: now,
                    updated_at: now,
                }
            }
        }
    };
}

/// Declares `Change` alone, for records that are made otherwise.
macro_rules! change {
    ($record:ident { $($field:ident: $type:ty),* $(,)? }) => {
        #[doc = concat!("Changes of a [`", stringify!($record), "`]: what is `None` stays.")]
        #[derive(Clone, Debug, Default)]
        pub struct Change {
            $(
                #[doc = concat!("See [`", stringify!($record), "::", stringify!($field), "`].")]
                pub $field: Option<$type>,
            )*
        }

        impl Change {
            /// The record after the change, with its next revision; `None` where it would be as it was.
            pub fn apply(self, old: &$record, now: Timestamp) -> Option<$record> {
                let new = $record {
                    $($field: self.$field.unwrap_or_else(|| old.$field.clone()),)*
                    ..old.clone()
                };
                let revision = old.revision.next();
                (new != *old).then_some($record { revision, updated_at: now, ..new })
            }
        }
    };
}

pub(crate) use {change, given, new};

#[cfg(test)]
mod tests {
    use proptest::option;
    use proptest::prelude::*;

    use crate::organizations::Revision;
    use crate::prn::Id;
    use crate::products::{Change, New, Product};
    use crate::target::Target;
    use crate::text::{Description, Name};
    use crate::time::Timestamp;

    fn at(micros: i64) -> Timestamp {
        Timestamp::from_micros(micros).unwrap()
    }

    // Few values, so that a change often names what is there already.
    fn name() -> impl Strategy<Value = Name> {
        prop_oneof!["a", "b"].prop_map(|text| text.parse().unwrap())
    }

    fn description() -> impl Strategy<Value = Option<Description>> {
        option::of(prop_oneof!["a", "b"].prop_map(|text| text.parse().unwrap()))
    }

    fn target() -> impl Strategy<Value = Option<Target>> {
        option::of(prop_oneof!["a", "b"].prop_map(|text| text.parse().unwrap()))
    }

    prop_compose! {
        fn product()(name in name(), description in description(), target in target()) -> Product {
            let new = New { name, description, target };
            new.record(Id::new(uuid::Uuid::from_u128(1)), Id::new(uuid::Uuid::from_u128(2)), at(1))
        }
    }

    prop_compose! {
        fn change()(
            name in option::of(name()), description in option::of(description()), target in option::of(target()),
        ) -> Change {
            Change { name, description, target }
        }
    }

    proptest! {
        #[test]
        fn a_change_changes_what_it_names_and_nothing_else(old in product(), change in change()) {
            let named = change.clone();
            let Some(new) = change.clone().apply(&old, at(2)) else {
                prop_assert!(named.name.is_none_or(|name| name == old.name));
                prop_assert!(named.description.is_none_or(|description| description == old.description));
                prop_assert!(named.target.is_none_or(|target| target == old.target));
                return Ok(());
            };
            prop_assert_eq!(&new.name, named.name.as_ref().unwrap_or(&old.name));
            prop_assert_eq!(&new.description, named.description.as_ref().unwrap_or(&old.description));
            prop_assert_eq!(&new.target, named.target.as_ref().unwrap_or(&old.target));
            prop_assert_eq!((new.id, new.organization, new.inserted_at), (old.id, old.organization, at(1)));
            prop_assert_eq!((new.revision, new.updated_at), (Revision::FIRST.next(), at(2)));
            let is_same = (&new.name, &new.description, &new.target) == (&old.name, &old.description, &old.target);
            prop_assert!(!is_same, "a new revision of the same");
            prop_assert_eq!(change.apply(&new, at(3)), None, "applied twice, it changes twice");
        }

        #[test]
        fn an_empty_change_changes_nothing(old in product()) {
            prop_assert_eq!(Change::default().apply(&old, at(2)), None);
        }
    }
}
