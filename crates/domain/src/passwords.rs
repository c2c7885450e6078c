//! Passwords: which ones may be chosen. How they are hashed is not decided here.

use std::fmt;

use crate::text::Name;
use crate::users::Email;

/// The fewest characters of a password.
pub const SHORTEST: usize = 12;
/// The most characters of a password.
pub const LONGEST: usize = 128;
/// The fewest different characters of a password.
const LEAST_DIFFERENT: usize = 5;

/// Passwords of at least [`SHORTEST`] characters that many people use, in lower case and in order: from the list of 30,000 of zxcvbn.
const COMMON: &str = include_str!("passwords/common.txt");

/// A password that somebody typed. Must never be logged or stored.
#[derive(Clone)]
pub struct Password(String);

/// Why a password can't be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WeakPassword {
    /// Fewer than [`SHORTEST`] characters, or more than [`LONGEST`].
    #[error("takes {SHORTEST} to {LONGEST} characters, any that you like; it has {0}")]
    Length(usize),
    /// Many people use it, or it has hardly any different characters.
    #[error(
        "is one that is guessed first: choose one that nobody else has, such as four words that don't belong together"
    )]
    Common,
    /// It is the account's address, or a name that everybody knows.
    #[error("is your address or the name of an organization: choose one that nobody can know")]
    Known,
}

impl Password {
    /// A password as it was typed, good or not: one to sign in with.
    pub const fn typed(text: String) -> Self {
        Self(text)
    }

    /// Checks one that is to be set for the account with this address, which is in these organizations.
    pub fn check_new<'a>(
        &self,
        email: &Email,
        organizations: impl IntoIterator<Item = &'a Name>,
    ) -> Result<(), WeakPassword> {
        let length = self.0.chars().count();
        if !(SHORTEST..=LONGEST).contains(&length) {
            return Err(WeakPassword::Length(length));
        }
        let lower = self.0.to_lowercase();
        let mut different: Vec<char> = lower.chars().collect();
        different.sort_unstable();
        different.dedup();
        if different.len() < LEAST_DIFFERENT || COMMON.lines().any(|common| common == lower) {
            return Err(WeakPassword::Common);
        }
        let is_organization = organizations.into_iter().any(|name| name.as_str().to_lowercase() == lower);
        if is_organization || lower == email.as_str() {
            return Err(WeakPassword::Known);
        }
        Ok(())
    }

    /// The bytes to hash. Of more than [`LONGEST`] characters none is ever right, so no more than those could have are given out.
    pub fn bytes(&self) -> &[u8] {
        let most = LONGEST * 4;
        self.0.as_bytes().get(..most + 1).unwrap_or(self.0.as_bytes())
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> Result<(), WeakPassword> {
        let (email, organization) =
            ("ada@example.com".parse().unwrap(), "Analytical Engines".parse().unwrap());
        Password::typed(text.to_owned()).check_new(&email, [&organization])
    }

    #[test]
    fn a_password_is_long_and_nobody_elses() {
        assert_eq!(check("correct horse battery"), Ok(()));
        assert_eq!(check("pässwörter sind schön"), Ok(()));
        assert_eq!(check("elevenchars"), Err(WeakPassword::Length(11)));
        assert_eq!(check(&"long word ".repeat(13)), Err(WeakPassword::Length(130)));
        for common in ["QWERTY123456", "aaaaaaaaaaaaaaaa", "121212121212", "1qaz2wsx3edc"] {
            assert_eq!(check(common), Err(WeakPassword::Common), "{common}");
        }
        assert_eq!(check("Ada@example.com"), Err(WeakPassword::Known));
        assert_eq!(check("analytical engines"), Err(WeakPassword::Known));
    }

    #[test]
    fn a_password_shows_itself_nowhere() {
        assert_eq!(format!("{:?}", Password::typed("correct horse battery".to_owned())), "Password(…)");
    }
}
