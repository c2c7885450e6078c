//! Sessions: browsers in which somebody signed in.

use std::net::IpAddr;
use std::time::Duration;

use crate::prn::{Id, Resource};
use crate::time::Timestamp;
use crate::users::User;

/// How long a session stays fresh after authentication. Destroying contents and changing keys, trusted certificates or people need a fresh
/// session.
pub const FRESH_FOR: Duration = Duration::from_mins(15);
/// A session's last use is written down when the one on record is older than this.
pub const SEEN_EVERY: Duration = Duration::from_mins(1);
/// The most sessions of one user. Signing in once more ends the oldest.
pub const MOST_OF_A_USER: usize = 20;

/// How long sessions last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionLimits {
    /// Without a request.
    pub idle: Duration,
    /// Whatever happens.
    pub longest: Duration,
}

impl Default for SessionLimits {
    fn default() -> Self {
        Self { idle: Duration::from_hours(12), longest: Duration::from_hours(7 * 24) }
    }
}

crate::secrets::secret! {
    /// What the browser's cookie holds. It must never be stored or logged, and no script can read it.
    SessionToken, "ols_"
}

crate::secrets::secret! {
    /// Recognizes a browser in which somebody signed in before. It gives no access.
    BrowserToken, "olb_"
}

/// A browser in which somebody signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserSession {
    /// Its key.
    pub id: Id<UserSession>,
    /// Whose it is.
    pub user: Id<User>,
    /// The browser's name for itself, cut.
    pub client: Option<String>,
    /// The address that it was begun from.
    pub address: Option<IpAddr>,
    /// Whether a second factor was shown.
    pub has_second_factor: bool,
    /// When the user last proved who they are.
    pub authenticated_at: Timestamp,
    /// When it was last used, to a minute.
    pub last_seen_at: Timestamp,
    /// When it began.
    pub inserted_at: Timestamp,
}

impl Resource for UserSession {
    const TYPE: Option<&'static str> = Some("user_session");
    const A_NAME: &'static str = "a session";
    const IS_OF_INSTALLATION: bool = true;
}

impl UserSession {
    /// Whether it can still be used.
    pub fn is_usable(&self, now: Timestamp, limits: &SessionLimits) -> bool {
        now < self.ends_at(limits)
    }

    /// When it ends if it is not used again.
    pub fn ends_at(&self, limits: &SessionLimits) -> Timestamp {
        self.last_seen_at.plus(limits.idle).min(self.inserted_at.plus(limits.longest))
    }

    /// Until when it is fresh.
    pub fn fresh_until(&self) -> Timestamp {
        self.authenticated_at.plus(FRESH_FOR)
    }

    /// Whether its user proved who they are a moment ago.
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        now < self.fresh_until()
    }

    /// Whether this use is to be written down.
    pub fn is_seen_anew(&self, now: Timestamp) -> bool {
        self.last_seen_at.plus(SEEN_EVERY) <= now
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_session_ends_when_it_is_not_used_or_is_old() {
        let limits = SessionLimits { idle: Duration::from_secs(10), longest: Duration::from_secs(25) };
        let at = |seconds: i64| Timestamp::from_micros(seconds * 1_000_000).unwrap();
        let session = |seen: i64| UserSession {
            id: Id::new(Uuid::nil()),
            user: Id::new(Uuid::nil()),
            client: None,
            address: None,
            has_second_factor: false,
            authenticated_at: at(0),
            last_seen_at: at(seen),
            inserted_at: at(0),
        };
        assert!(session(0).is_usable(at(9), &limits) && !session(0).is_usable(at(10), &limits));
        assert!(session(20).is_usable(at(24), &limits) && !session(20).is_usable(at(25), &limits));
        assert!(session(0).is_fresh(at(899)) && !session(0).is_fresh(at(900)));
        assert!(!session(0).is_seen_anew(at(59)) && session(0).is_seen_anew(at(60)));
    }
}
