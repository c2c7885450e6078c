//! `peridio api-keys scopes`: what API keys can be allowed to do. It asks no server, so it needs no key.

use clap::Args;
use olivine_domain::permissions::{Role, Scope};
use serde::Serialize;

use crate::failure::Failure;
use crate::globals::Globals;
use crate::output::{Printer, Record};

/// Which scopes to list.
#[derive(Debug, Args)]
pub(crate) struct Scopes {
    /// Only the scopes of this role, such as developer
    #[arg(long, value_parser = Role::parse)]
    role: Option<Role>,
}

/// A scope in the list.
#[derive(Serialize)]
struct Listed {
    scope: &'static str,
    roles: Vec<&'static str>,
    description: &'static str,
}

impl Record for Listed {
    const COLUMNS: &'static [&'static str] = &["scope", "roles", "description"];

    /// A scope has no PRN. Scripts need its name instead.
    fn prn(&self) -> Option<&str> {
        Some(self.scope)
    }

    fn cell(&self, column: &str) -> Option<String> {
        (column == "roles").then(|| self.roles.join(", "))
    }
}

impl Scopes {
    pub(crate) fn run(self, globals: &Globals) -> Result<(), Failure> {
        let mut list = Printer::new(globals.output).list();
        for scope in self.scopes() {
            list.add(&listed(scope))?;
        }
        list.finish()
    }

    fn scopes(&self) -> impl Iterator<Item = Scope> {
        let role = self.role.unwrap_or(Role::Admin);
        Scope::ALL.iter().copied().filter(move |scope| role.includes(scope.role()))
    }
}

fn listed(scope: Scope) -> Listed {
    let roles = Role::ALL.into_iter().filter(|role| role.includes(scope.role()));
    Listed {
        scope: scope.as_str(),
        roles: roles.map(Role::as_str).collect(),
        description: scope.description(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_scopes_are_listed_with_the_roles_that_have_them() {
        assert_eq!(Scopes { role: None }.scopes().count(), Scope::ALL.len());
        assert!(Scopes { role: Some(Role::Reader) }.scopes().all(|scope| scope.role() == Role::Reader));
        assert_eq!(listed(Scope::ReleaseCreate).roles, ["release_manager", "writer", "admin"]);
        assert_eq!(listed(Scope::BinaryDestroy).roles, ["admin"]);
    }
}
