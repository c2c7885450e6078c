//! Short permissions to download, for devices whose buffers cannot hold a long URL: `/d/{token}` has some 54 characters.
//!
//! Layout, integers big-endian: form 1 byte (version 3 bits, zero 2, mode 1, bytes of the generation less one 2), content 16,
//! generation 1 to 4 without leading zeros, expiry 4 (seconds since 1970, up to the year 2106), then the first 16 bytes of
//! HMAC-SHA256 over all that under a key of its own. In URL-safe base64 without padding: 51 characters for the first 255
//! generations. It contains neither the organization nor the file name: the server looks up the content, and must still check whether it
//! may be downloaded.

use aws_lc_rs::{constant_time, hmac};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use olivine_domain::contents::{Content, Generation};
use olivine_domain::{Id, Timestamp};
use uuid::Uuid;

use super::{TokenError, TokenKey, take};

const VERSION: u8 = 1;
const STREAM: u8 = 0b100;
/// 128 bits: nobody guesses them, and every try is a request.
const MAC_LENGTH: usize = 16;
/// Of a token with a generation of four bytes.
const MAX_TOKEN_LENGTH: usize = 55;

/// What a device that asks for a short URL is answered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShortMode {
    /// A redirect to where the content is.
    Redirect,
    /// The content itself, for devices that follow no redirect.
    Stream,
}

/// Permission to download one content by its short URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShortGrant {
    /// The content.
    pub content: Id<Content>,
    /// Which attempt at uploading it: the bytes of no other one may be served by this permission.
    pub generation: Generation,
    /// When the permission ends, in whole seconds.
    pub expires_at: Timestamp,
    /// How to answer.
    pub mode: ShortMode,
}

impl TokenKey {
    /// Permits to download this generation of the content until `expires_at`, rounded down to seconds.
    pub fn short_token(
        &self,
        content: Id<Content>,
        generation: Generation,
        expires_at: Timestamp,
        mode: ShortMode,
    ) -> String {
        let generation = generation.get().to_be_bytes();
        let zeros = generation.iter().take(3).take_while(|byte| **byte == 0).count();
        let generation = &generation[zeros..];
        let mode = if mode == ShortMode::Stream { STREAM } else { 0 };
        let mut payload = Vec::with_capacity(MAX_TOKEN_LENGTH);
        payload.push(VERSION << 5 | mode | u8::try_from(generation.len() - 1).expect("at most three"));
        payload.extend_from_slice(content.uuid().as_bytes());
        payload.extend_from_slice(generation);
        payload.extend_from_slice(&seconds(expires_at).to_be_bytes());
        let mac = hmac::sign(&self.short, &payload);
        payload.extend_from_slice(&mac.as_ref()[..MAC_LENGTH]);
        URL_SAFE_NO_PAD.encode(payload)
    }

    /// What a short token permits at the moment `now`. Nothing in it is looked at before the signature is right.
    pub fn verify_short(&self, token: &str, now: Timestamp) -> Result<ShortGrant, TokenError> {
        if token.len() > MAX_TOKEN_LENGTH {
            return Err(TokenError::Invalid);
        }
        let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| TokenError::Invalid)?;
        let split = bytes.len().checked_sub(MAC_LENGTH).ok_or(TokenError::Invalid)?;
        let (payload, mac) = bytes.split_at(split);
        let expected = hmac::sign(&self.short, payload);
        constant_time::verify_slices_are_equal(&expected.as_ref()[..MAC_LENGTH], mac)
            .map_err(|_| TokenError::Invalid)?;
        let grant = read(payload).ok_or(TokenError::Invalid)?;
        if grant.expires_at <= now { Err(TokenError::Expired) } else { Ok(grant) }
    }
}

fn read(mut rest: &[u8]) -> Option<ShortGrant> {
    let [form] = take(&mut rest)?;
    let mode = if form & STREAM == 0 { ShortMode::Redirect } else { ShortMode::Stream };
    let length = usize::from(form & 0b11) + 1;
    if form & !(STREAM | 0b11) != VERSION << 5 {
        return None;
    }
    let content = Id::new(Uuid::from_bytes(take(&mut rest)?));
    let (generation, mut rest) = rest.split_at_checked(length)?;
    let generation = generation.iter().fold(0, |number, byte| number << 8 | u32::from(*byte));
    let expires_at = Timestamp::from_micros(i64::from(u32::from_be_bytes(take(&mut rest)?)) * 1_000_000)?;
    let grant = ShortGrant { content, generation: Generation::new(generation), expires_at, mode };
    rest.is_empty().then_some(grant)
}

/// What lies outside of what four bytes hold ends at their end: never later than it was meant to.
fn seconds(moment: Timestamp) -> u32 {
    u32::try_from(moment.as_seconds().clamp(0, u32::MAX.into())).expect("clamped")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::downloads::Download;
    use crate::filename::Filename;
    use olivine_domain::contents::ContentKey;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    const NOW: &str = "2026-01-15T10:00:00Z";

    fn id(value: u128) -> Id<Content> {
        Id::new(Uuid::from_u128(value))
    }

    fn an_hour(key: &TokenKey, mode: ShortMode) -> String {
        key.short_token(id(2), Generation::new(3), at("2026-01-15T11:00:00.75Z"), mode)
    }

    #[test]
    fn it_is_short() {
        let key = TokenKey::derive(b"secret");
        for (generation, length) in [(0, 51), (1, 51), (255, 51), (256, 52), (u32::MAX, 55)] {
            let token =
                key.short_token(id(u128::MAX), Generation::new(generation), at(NOW), ShortMode::Stream);
            assert_eq!(token.len(), length, "{generation}");
            assert_eq!(key.verify_short(&token, Timestamp::EPOCH).unwrap().generation.get(), generation);
        }
    }

    #[test]
    fn it_ends_at_its_expiry_and_a_century_is_the_limit() {
        let key = TokenKey::derive(b"secret");
        let token = an_hour(&key, ShortMode::Redirect);
        assert!(key.verify_short(&token, at("2026-01-15T10:59:59.999999Z")).is_ok());
        assert_eq!(key.verify_short(&token, at("2026-01-15T11:00:00Z")), Err(TokenError::Expired));
        let ends = |moment| {
            let token = key.short_token(id(2), Generation::new(3), at(moment), ShortMode::Redirect);
            key.verify_short(&token, at("1960-01-01T00:00:00Z")).unwrap().expires_at
        };
        assert_eq!(ends("2200-01-01T00:00:00Z"), at("2106-02-07T06:28:15Z"));
        assert_eq!(ends("1969-01-01T00:00:00Z"), Timestamp::EPOCH);
    }

    #[test]
    fn it_is_no_other_token() {
        let key = TokenKey::derive(b"secret");
        let short = an_hour(&key, ShortMode::Stream);
        assert_eq!(key.verify_download(&short, at(NOW)), Err(TokenError::Invalid));
        assert_eq!(key.verify_upload(&short, at(NOW)), Err(TokenError::Invalid));
        let content = ContentKey {
            organization: Id::new(Uuid::from_u128(1)),
            content: id(2),
            generation: Generation::new(3),
        };
        let download =
            Download { filename: Filename::sanitized("a"), expires_at: at("2026-01-15T11:00:00Z") };
        let long = key.download_token(&content, &download);
        assert_eq!(key.verify_short(&long, at(NOW)), Err(TokenError::Invalid));
        assert_eq!(TokenKey::derive(b"secret2").verify_short(&short, at(NOW)), Err(TokenError::Invalid));
    }

    #[test]
    fn the_other_tokens_key_signs_no_short_one() {
        let key = TokenKey::derive(b"secret");
        let mut bytes = URL_SAFE_NO_PAD.decode(an_hour(&key, ShortMode::Stream)).unwrap();
        let split = bytes.len() - MAC_LENGTH;
        let mac = hmac::sign(&key.long, &bytes[..split]);
        bytes[split..].copy_from_slice(&mac.as_ref()[..MAC_LENGTH]);
        assert_eq!(key.verify_short(&URL_SAFE_NO_PAD.encode(bytes), at(NOW)), Err(TokenError::Invalid));
    }

    #[test]
    fn every_altered_bit_and_every_other_length_is_refused() {
        let key = TokenKey::derive(b"secret");
        let token = an_hour(&key, ShortMode::Redirect);
        let bytes = URL_SAFE_NO_PAD.decode(&token).unwrap();
        for bit in 0..bytes.len() * 8 {
            let mut altered = bytes.clone();
            altered[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(key.verify_short(&URL_SAFE_NO_PAD.encode(altered), at(NOW)), Err(TokenError::Invalid));
        }
        let cut = (0..token.len()).map(|length| token[..length].to_owned());
        let others = [
            format!("{token}A"),
            format!("{token}="),
            format!(" {token}"),
            "é".repeat(25),
            "A".repeat(1 << 20),
        ];
        for altered in cut.chain(others) {
            assert_eq!(key.verify_short(&altered, at(NOW)), Err(TokenError::Invalid), "{altered}");
        }
    }

    #[test]
    fn a_right_signature_does_not_make_nonsense_valid() {
        let key = TokenKey::derive(b"secret");
        let signed = |payload: &[u8]| {
            let mac = hmac::sign(&key.short, payload);
            URL_SAFE_NO_PAD.encode([payload, &mac.as_ref()[..MAC_LENGTH]].concat())
        };
        let bytes = URL_SAFE_NO_PAD.decode(an_hour(&key, ShortMode::Redirect)).unwrap();
        let payload = &bytes[..bytes.len() - MAC_LENGTH];
        assert!(key.verify_short(&signed(payload), at(NOW)).is_ok());
        for (form, payload) in [
            (2 << 5, payload),
            (VERSION << 5 | 0b1000, payload),
            (VERSION << 5 | 0b11, payload),
            (VERSION << 5, &payload[..payload.len() - 1]),
            (VERSION << 5, &payload[..1]),
        ] {
            let altered = [&[form], &payload[1..]].concat();
            assert_eq!(key.verify_short(&signed(&altered), at(NOW)), Err(TokenError::Invalid), "{form:b}");
        }
        assert_eq!(key.verify_short(&signed(&[]), at(NOW)), Err(TokenError::Invalid));
    }

    proptest! {
        #[test]
        fn what_was_permitted_comes_back(
            content: u128, generation: u32, seconds: u32, stream: bool, secret: [u8; 8], position: prop::sample::Index, other: u8,
        ) {
            let key = TokenKey::derive(&secret);
            let mode = if stream { ShortMode::Stream } else { ShortMode::Redirect };
            let expires_at = Timestamp::from_micros(i64::from(seconds) * 1_000_000).unwrap();
            let token = key.short_token(id(content), Generation::new(generation), expires_at, mode);
            let expected = ShortGrant { content: id(content), generation: Generation::new(generation), expires_at, mode };
            let before = Timestamp::from_micros(expires_at.as_micros() - 1).unwrap();
            prop_assert_eq!(key.verify_short(&token, before), Ok(expected));
            prop_assert_eq!(key.verify_short(&token, expires_at), Err(TokenError::Expired));
            let position = position.index(token.len());
            let other = char::from(b'!' + other % 94);
            if !token[position..].starts_with(other) {
                let mut altered = token.clone();
                altered.replace_range(position..=position, &other.to_string());
                prop_assert_eq!(key.verify_short(&altered, before), Err(TokenError::Invalid));
            }
        }
    }
}
