//! Hashing passwords: argon2id, with so few at once that nobody can fill the server's memory by signing in.

use std::sync::Arc;
use std::sync::OnceLock;
use std::time::Duration;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use olivine_domain::passwords::Password;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::Error;

/// The figures that OWASP recommends for argon2id: memory in KiB, passes, lanes.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// How long somebody waits for a place.
const LONGEST_WAIT: Duration = Duration::from_secs(2);
/// The most passwords that are hashed at once in a process: 76 MiB.
const MOST_PLACES: usize = 4;

/// Who is waiting for a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Browser {
    /// One in which the account was signed in to before.
    Known,
    /// Any other.
    Unknown,
}

/// Hashes passwords, and compares them with hashes.
#[derive(Debug)]
pub(crate) struct Passwords {
    /// Places for everybody.
    open: Semaphore,
    /// One place is reserved for known browsers, so that attackers can't keep people out.
    reserved: Semaphore,
    /// A hash to compare with if the account has none, so that it takes the same time.
    dummy: Arc<OnceLock<String>>,
}

impl Default for Passwords {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        let places = cores.clamp(2, MOST_PLACES);
        Self { open: Semaphore::new(places - 1), reserved: Semaphore::new(1), dummy: Arc::default() }
    }
}

fn argon2() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).expect("the figures are possible");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// What a comparison found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Compared {
    /// Another password.
    Different,
    /// The password; with the hash by today's figures where the one on record has others.
    Same {
        /// To be stored in its place.
        anew: Option<String>,
    },
}

impl Passwords {
    async fn place(&self, browser: Browser) -> Result<SemaphorePermit<'_>, Error> {
        let place = async {
            match browser {
                Browser::Unknown => self.open.acquire().await,
                Browser::Known => tokio::select! {
                    place = self.open.acquire() => place,
                    place = self.reserved.acquire() => place,
                },
            }
        };
        match tokio::time::timeout(LONGEST_WAIT, place).await {
            Ok(place) => place.map_err(Error::internal),
            Err(_) => Err(Error::TooMany {
                what: "too many people prove who they are at this moment: try again".to_owned(),
                wait: Duration::from_secs(1),
            }),
        }
    }

    /// The hash of a new password.
    pub(crate) async fn hash(&self, password: &Password, salt: [u8; 16]) -> Result<String, Error> {
        let _place = self.place(Browser::Known).await?;
        let password = password.clone();
        let hashed = tokio::task::spawn_blocking(move || hash(&password, &salt)).await;
        hashed.map_err(Error::internal)?
    }

    /// Compares a password with a hash, or with none: then it takes as long, and is different. `salt` is for a new hash.
    pub(crate) async fn compare(
        &self,
        password: &Password,
        on_record: Option<String>,
        browser: Browser,
        salt: [u8; 16],
    ) -> Result<Compared, Error> {
        let _place = self.place(browser).await?;
        let (password, dummy) = (password.clone(), Arc::clone(&self.dummy));
        let compared = tokio::task::spawn_blocking(move || {
            let Some(on_record) = on_record else {
                let unusable = Password::typed("nobody has this password".to_owned());
                let dummy = dummy.get_or_init(|| hash(&unusable, &salt).unwrap_or_default());
                let _ = is_same(&password, dummy);
                return Ok(Compared::Different);
            };
            if !is_same(&password, &on_record)? {
                return Ok(Compared::Different);
            }
            let is_current = has_current_figures(&on_record);
            let anew = (!is_current).then(|| hash(&password, &salt)).transpose()?;
            Ok(Compared::Same { anew })
        });
        compared.await.map_err(Error::internal)?
    }
}

fn hash(password: &Password, salt: &[u8; 16]) -> Result<String, Error> {
    let hash = argon2().hash_password_with_salt(password.bytes(), salt);
    Ok(hash.map_err(|error| Error::internal(error.to_string()))?.to_string())
}

fn is_same(password: &Password, on_record: &str) -> Result<bool, Error> {
    let on_record = PasswordHash::new(on_record).map_err(|error| Error::internal(error.to_string()))?;
    Ok(argon2().verify_password(password.bytes(), &on_record).is_ok())
}

/// Whether a hash was made with today's figures.
fn has_current_figures(on_record: &str) -> bool {
    on_record.starts_with(&format!("$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}$"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(text: &str) -> Password {
        Password::typed(text.to_owned())
    }

    #[tokio::test]
    async fn a_password_is_known_again_and_hashed_anew_when_the_figures_change() {
        let passwords = Passwords::default();
        let hash = passwords.hash(&typed("correct horse battery"), [1; 16]).await.unwrap();
        assert!(has_current_figures(&hash), "{hash}");
        let compare = |text: &str, hash: &str| {
            let (password, hash) = (typed(text), hash.to_owned());
            let passwords = &passwords;
            async move { passwords.compare(&password, Some(hash), Browser::Unknown, [2; 16]).await.unwrap() }
        };
        assert_eq!(compare("correct horse battery", &hash).await, Compared::Same { anew: None });
        assert_eq!(compare("correct horse batterie", &hash).await, Compared::Different);
        let params = Params::new(8 * 1024, 1, 1, None).unwrap();
        let weak = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let weak = weak.hash_password_with_salt(b"correct horse battery", &[3; 16]).unwrap().to_string();
        let Compared::Same { anew: Some(anew) } = compare("correct horse battery", &weak).await else {
            panic!("the figures are others");
        };
        assert!(has_current_figures(&anew));
        let nobody =
            passwords.compare(&typed("nobody has this password"), None, Browser::Known, [4; 16]).await;
        assert_eq!(nobody.unwrap(), Compared::Different);
    }
}
