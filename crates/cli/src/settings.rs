//! Settings: a flag overrides the environment, which overrides the profile. The grammar has already merged flags and environment.

mod store;

pub(crate) use store::{Profile, Store};

use crate::failure::Failure;
use crate::globals::Globals;

/// The effective settings.
#[derive(Default)]
pub(crate) struct Resolved {
    pub(crate) api_key: Option<String>,
    pub(crate) base_url: Option<String>,
    pub(crate) ca_path: Option<String>,
}

/// Takes settings that are in neither flags nor environment from the profile.
pub(crate) fn resolve(globals: &Globals) -> Result<Resolved, Failure> {
    let given = Resolved {
        api_key: non_empty(globals.api_key.as_ref()),
        base_url: non_empty(globals.base_url.as_ref()),
        ca_path: non_empty(globals.ca_path.as_ref()),
    };
    let named = non_empty(globals.profile.as_ref());
    // A user who gives everything by flags needs no profile and no home directory.
    if named.is_none() && given.api_key.is_some() && given.base_url.is_some() {
        return Ok(given);
    }
    let store = Store::open()?;
    let profile = match named.or_else(|| store.default_profile()) {
        Some(name) => store.profile(&name)?,
        None => Profile::default(),
    };
    Ok(merge(given, profile))
}

/// A key must never be sent to another server than its own: a profile's key is not used with a base URL from elsewhere.
fn merge(given: Resolved, profile: Profile) -> Resolved {
    let elsewhere =
        given.base_url.is_some() && given.base_url != profile.base_url && profile.base_url.is_some();
    Resolved {
        api_key: given.api_key.or(profile.api_key.filter(|_| !elsewhere)),
        base_url: given.base_url.or(profile.base_url),
        ca_path: given.ca_path.or(profile.ca_path),
    }
}

fn non_empty(text: Option<&String>) -> Option<String> {
    text.filter(|text| !text.is_empty()).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_override_the_profile() {
        let profile = Profile {
            api_key: Some("kept".to_owned()),
            base_url: Some("http://kept".to_owned()),
            ca_path: Some("kept.pem".to_owned()),
        };
        let merged =
            merge(Resolved { api_key: Some("given".to_owned()), ..Resolved::default() }, profile.clone());
        assert_eq!(
            (merged.api_key, merged.base_url),
            (Some("given".to_owned()), Some("http://kept".to_owned()))
        );
        let merged = merge(Resolved::default(), profile.clone());
        assert_eq!((merged.api_key, merged.ca_path), (Some("kept".to_owned()), Some("kept.pem".to_owned())));
        let merged =
            merge(Resolved { base_url: Some("http://other".to_owned()), ..Resolved::default() }, profile);
        assert_eq!(merged.api_key, None, "a profile's key must not go to another server");
    }
}
