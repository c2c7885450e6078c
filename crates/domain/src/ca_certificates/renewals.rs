//! Renewals: a device shows a new certificate, and the authority that signed its current one signed this one, too.
//!
//! Must never let in what was removed, and never give a device of one authority to another authority.

use std::fmt;
use std::str::FromStr;

/// Which new certificates an authority's devices may replace their own by, without anybody registering them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Renewals {
    /// None: each has to be registered.
    #[default]
    Refuse,
    /// Those with the public key of the device's current certificate.
    SameKey,
    /// Those with any key. Anybody for whom the authority signs a name can then take over the device of that name.
    AnyKey,
}

/// The text is not the name of a setting for renewals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("renewals are 'refuse', 'same_key' or 'any_key'")]
pub struct InvalidRenewals;

impl Renewals {
    /// All settings.
    pub const ALL: [Self; 3] = [Self::Refuse, Self::SameKey, Self::AnyKey];

    /// The names of all settings.
    pub const NAMES: [&'static str; 3] = ["refuse", "same_key", "any_key"];

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Refuse => "refuse",
            Self::SameKey => "same_key",
            Self::AnyKey => "any_key",
        }
    }
}

impl fmt::Display for Renewals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Renewals {
    type Err = InvalidRenewals;

    fn from_str(text: &str) -> Result<Self, InvalidRenewals> {
        Self::ALL.into_iter().find(|renewals| renewals.as_str() == text).ok_or(InvalidRenewals)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_as_they_are_written() {
        assert_eq!(Renewals::ALL.map(Renewals::as_str), Renewals::NAMES);
        for setting in Renewals::ALL {
            assert_eq!(setting.to_string().parse(), Ok(setting));
        }
        assert_eq!("Same_Key".parse::<Renewals>(), Err(InvalidRenewals));
    }
}
