//! The values of arguments that take a PRN: a PRN, or a name that is looked up before the command runs.

use std::any::TypeId;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use clap::Arg;
use olivine_api::flags::Removable;
use olivine_domain::prn::{Id, Prn, Resource};
use uuid::Uuid;

use super::kinds::Kind;

/// Whether a value has the form of a PRN and is not a name. A name may begin with the PRN of the record's parent.
pub(super) fn is_prn(given: &str) -> bool {
    given.starts_with("prn:") && !given.contains('/')
}

/// The names in a command line, each with its PRN once that is known.
#[derive(Clone, Debug, Default)]
pub(super) struct Names(Arc<Mutex<Known>>);

/// The PRN of each name, once it is known.
type Known = BTreeMap<(Kind, String), Option<String>>;

impl Names {
    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers a name that has to be looked up.
    pub(super) fn want(&self, kind: Kind, name: &str) {
        if !is_prn(name) {
            self.lock().entry((kind, name.to_owned())).or_default();
        }
    }

    /// Whether the command line has no names in it.
    pub(super) fn are_none(&self) -> bool {
        self.lock().is_empty()
    }

    /// The names whose PRNs are not known yet.
    pub(super) fn wanted(&self) -> Vec<(Kind, String)> {
        self.lock().iter().filter(|(_, prn)| prn.is_none()).map(|(name, _)| name.clone()).collect()
    }

    /// Stores the PRN of a name.
    pub(super) fn learn(&self, kind: Kind, name: String, prn: String) {
        self.lock().insert((kind, name), Some(prn));
    }

    /// The PRN of a value: the value itself, or the PRN that was found for the name.
    pub(super) fn prn(&self, kind: Kind, given: &str) -> Option<String> {
        if is_prn(given) {
            return Some(given.to_owned());
        }
        self.lock().get(&(kind, given.to_owned())).cloned().flatten()
    }

    /// Parses the value of an argument. While the PRN of a name is unknown, a placeholder is returned: the command line is parsed again
    /// when it is known.
    fn read<R: Resource>(&self, kind: Kind, given: &str) -> Result<Prn<R>, String> {
        if given.is_empty() {
            return Err(format!("it is empty: {} is given as {} or by its PRN", kind.a_name(), kind.form()));
        }
        if is_prn(given) || matches!(kind, Kind::Event | Kind::Job | Kind::BulkOperation) {
            return given.parse().map_err(|problem: olivine_domain::prn::InvalidPrn| problem.to_string());
        }
        if given.matches('/').count() < kind.fewest_slashes() {
            return Err(format!("it does not name {}: give {} or its PRN", kind.a_name(), kind.form()));
        }
        if let Some(prn) = self.prn(kind, given) {
            return prn.parse().map_err(|_| format!("the server gave a malformed PRN for '{given}'"));
        }
        self.want(kind, given);
        Ok(Id::new(Uuid::nil()).prn(Id::new(Uuid::nil())))
    }
}

/// Makes an argument accept names of this kind, whatever type it parses a PRN to.
pub(super) fn accept<R: Resource + 'static>(arg: Arg, kind: Kind, names: &Names) -> Arg {
    let of = arg.get_value_parser().type_id();
    let names = names.clone();
    if of == TypeId::of::<Prn<R>>() {
        arg.value_parser(move |given: &str| names.read::<R>(kind, given))
    } else if of == TypeId::of::<Removable<String>>() {
        arg.value_parser(move |given: &str| -> Result<Removable<String>, String> {
            if given.is_empty() { Ok(None) } else { Ok(Some(names.read::<R>(kind, given)?.to_string())) }
        })
    } else {
        arg.value_parser(move |given: &str| names.read::<R>(kind, given).map(|prn| prn.to_string()))
    }
}

/// Makes an argument accept the PRN of any kind of record, or `KIND:NAME`, such as `device:SN-000042`. A name without a kind is one of
/// `usual`.
pub(super) fn accept_any(arg: Arg, usual: Option<Kind>, names: &Names) -> Arg {
    let names = names.clone();
    arg.value_parser(move |given: &str| -> Result<String, String> {
        if is_prn(given) {
            return Ok(given.to_owned());
        }
        let (kind, name) = match given.split_once(':') {
            Some((kind, name)) => (Kind::called(kind), name),
            None => (usual, given),
        };
        let kind = kind
            .filter(|_| !name.is_empty())
            .ok_or("it is neither a PRN nor KIND:NAME, such as device:SN-000042")?;
        names.want(kind, name);
        Ok(names.prn(kind, name).unwrap_or_default())
    })
}
