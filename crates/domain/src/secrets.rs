//! Secrets that are shown once and stored as hashes: a prefix for their kind, and 43 characters for 256 random bits.

/// Declares a kind of secret.
macro_rules! secret {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq)]
        pub struct $name(String);

        impl $name {
            /// The secret that consists of these random bytes.
            pub fn from_random(bytes: [u8; 32]) -> Self {
                Self($crate::secrets::written($prefix, bytes))
            }

            /// The secret that a caller presents, if it has the form of one.
            pub fn parse(text: &str) -> Option<Self> {
                $crate::secrets::has_form($prefix, text).then(|| Self(text.to_owned()))
            }

            /// What is stored in its place. The secret has 256 random bits, so a plain hash can't be turned back, and looking it up by its
            /// hash takes a time that says nothing about the secret.
            pub fn hash(&self) -> $crate::hash::Sha256Digest {
                $crate::hash::Sha256Digest::of(self.0.as_bytes())
            }

            /// The secret in the clear, to show it once.
            pub fn reveal(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    };
}

pub(crate) use secret;

const ENCODED_LENGTH: usize = 43;

pub(crate) fn written(prefix: &str, bytes: [u8; 32]) -> String {
    use base64::Engine as _;
    format!("{prefix}{}", base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes))
}

pub(crate) fn has_form(prefix: &str, text: &str) -> bool {
    let is_known = |c: u8| c.is_ascii_alphanumeric() || c == b'-' || c == b'_';
    let encoded = text.strip_prefix(prefix).unwrap_or_default();
    encoded.len() == ENCODED_LENGTH && encoded.bytes().all(is_known)
}
