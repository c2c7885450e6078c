//! Roles: sets of scopes with a name.

/// A set of scopes with a name. Roles are sets, not levels: a person with several tasks has several roles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Sees everything but API keys and people's accounts, and downloads. Changes nothing.
    Reader,
    /// The same, by the name that people's memberships use.
    Viewer,
    /// Helps single devices, and stops distribution in an emergency.
    Support,
    /// Publishes firmware, but neither signs nor releases it.
    Developer,
    /// Attaches signatures.
    Signer,
    /// Brings firmware that others published and signed onto devices.
    ReleaseManager,
    /// Does all the daily work: uploads, signs, and distributes. It creates, changes and deletes artifacts, bundles, products, cohorts,
    /// devices and releases, so it can release to the whole fleet. It can't destroy binaries, nor decide whom to trust.
    Writer,
    /// Everything.
    Admin,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 8] = [
        Self::Reader,
        Self::Viewer,
        Self::Support,
        Self::Developer,
        Self::Signer,
        Self::ReleaseManager,
        Self::Writer,
        Self::Admin,
    ];

    /// The names of all roles.
    pub const NAMES: &'static [&'static str] =
        &["reader", "viewer", "support", "developer", "signer", "release_manager", "writer", "admin"];

    /// The roles that servers of the version before know. They refuse to read a record with another one.
    pub const EARLIER: [Self; 3] = [Self::Reader, Self::Writer, Self::Admin];

    /// The name in the API and in storage.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reader => "reader",
            Self::Viewer => "viewer",
            Self::Support => "support",
            Self::Developer => "developer",
            Self::Signer => "signer",
            Self::ReleaseManager => "release_manager",
            Self::Writer => "writer",
            Self::Admin => "admin",
        }
    }

    /// The role of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == name)
    }

    /// The role of that name, or an error that lists all roles.
    pub fn parse(name: &str) -> Result<Self, UnknownRole> {
        Self::from_name(name).ok_or_else(|| UnknownRole { name: name.to_owned() })
    }

    /// Whether it has all scopes that `other` has.
    pub const fn includes(self, other: Self) -> bool {
        match (self, other) {
            (_, Self::Reader | Self::Viewer) | (Self::Admin, _) => true,
            (Self::Reader | Self::Viewer, _) => false,
            (Self::Support, other) => matches!(other, Self::Support),
            (Self::Developer, other) => matches!(other, Self::Developer),
            (Self::Signer, other) => matches!(other, Self::Signer),
            (Self::ReleaseManager, other) => matches!(other, Self::ReleaseManager | Self::Support),
            (Self::Writer, other) => !matches!(other, Self::Admin),
        }
    }

    /// What a person or a key with this role may do, in a sentence.
    pub const fn description(self) -> &'static str {
        match self {
            Self::Reader => {
                "Sees everything except API keys and people's accounts, and downloads contents; changes nothing."
            }
            Self::Viewer => "The same as reader, by the name that fits people.",
            Self::Support => {
                "What viewers may do, and helps single devices: asks for updates on their behalf, quarantines, moves and tags them, and creates \
                 bundle overrides for at most ten of them. It may stop distribution in an emergency."
            }
            Self::Developer => {
                "What viewers may do, and publishes firmware: creates, changes and deletes artifacts, versions and bundles, and creates and \
                 uploads binaries. It can neither sign nor release them."
            }
            Self::Signer => "What viewers may do, and attaches signatures to binaries and deletes them.",
            Self::ReleaseManager => {
                "What support may do, and distributes: creates, changes and deletes products, cohorts, devices with their certificates, \
                 releases and bundle overrides. It can release to the whole fleet, but neither upload nor sign."
            }
            Self::Writer => {
                "Does the daily work, releases included: what developer, signer and release_manager may do together. It can release to the \
                 whole fleet. It can't destroy binaries, nor change signing keys, CA certificates, API keys, people, storage backends and \
                 the organization."
            }
            Self::Admin => "Everything.",
        }
    }
}

/// There is no role of this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{name}' is not a role; the roles are {}", Role::NAMES.join(", "))]
pub struct UnknownRole {
    name: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_is_found_by_its_name() {
        for (role, name) in Role::ALL.iter().zip(Role::NAMES) {
            assert_eq!(Role::from_name(name), Some(*role));
        }
        let error = Role::parse("root").unwrap_err().to_string();
        assert!(Role::NAMES.iter().all(|name| error.contains(name)), "{error}");
    }

    /// What includes something includes all that it includes.
    #[test]
    fn to_include_is_an_order() {
        for one in Role::ALL {
            assert!(one.includes(one));
            for other in Role::ALL {
                for third in Role::ALL {
                    let is_chain = one.includes(other) && other.includes(third);
                    assert!(!is_chain || one.includes(third), "{one:?} {other:?} {third:?}");
                }
            }
        }
    }
}
