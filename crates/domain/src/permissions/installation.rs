//! What is done to the installation as a whole, or to any of its organizations: by its operator, on the server's own machine. No request
//! from the network may become a [`ServerOperator`].
//!
//! These scopes are apart from those of an organization: no role and no API key has one of them, and their proof names no organization.

use std::marker::PhantomData;

use super::{Actor, Authorized, ScopeLevel, ScopeType};
use crate::organizations::Organization;
use crate::prn::Id;

/// All organizations of one database, and the storages that their contents are in: a level of scopes, above [`Organization`].
#[derive(Debug)]
pub enum Installation {}

impl ScopeLevel for Installation {
    type Actor = ServerOperator;
}

/// The operator of the server, on its own machine: a command of `olivine`, or the start of the server by its configuration.
#[derive(Clone, Copy, Debug)]
pub struct ServerOperator(());

impl ServerOperator {
    /// Anybody who can run `olivine` with the server's configuration can read and write the database, so there is nothing to check. Only
    /// commands and the start may call this, never code that answers a request.
    pub const fn on_this_machine() -> Self {
        Self(())
    }

    /// The proof of a scope of the installation. The operator has all of them.
    pub const fn authorize<S: ScopeType<Level = Installation>>(self) -> Authorized<S> {
        Authorized { actor: self, scope: PhantomData }
    }

    /// The actor as which the operator works in one of the organizations.
    pub fn within(self, organization: Id<Organization>) -> Actor {
        Actor::system(organization)
    }
}

/// Declares the scopes of the installation as types, for [`Authorized`].
macro_rules! scopes {
    ($($name:ident, $doc:literal;)*) => {
        $(
            #[doc = $doc]
            #[derive(Debug)]
            pub enum $name {}

            impl ScopeType for $name {
                type Level = Installation;
            }
        )*
    };
}

scopes! {
    ApiKeyCreate, "Create API keys in any organization, with any scopes.";
    FeedRenew, "Make all event feeds new ones, as after a restore.";
    ContentAudit, "Compare records and contents of all organizations, and repair what is wrong.";
    ContentHold, "Keep all contents from being deleted while a backup is made.";
    ContentMove, "Move contents of all organizations between storages.";
    OrganizationCreate, "Create organizations.";
    OrganizationUpdate, "Change the settings of any organization.";
    OrganizationRead, "Find any organization by its name.";
    UserCreate, "Make the link to set the installation up, and invite people to any organization.";
    UserRead, "See all users.";
    UserUpdate, "Disable users, make links to choose a new password, and take second factors away.";
    StorageAdopt, "Accept a storage as the one that the records mean.";
    StorageFind, "Find any organization's storages by their names.";
}
