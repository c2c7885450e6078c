//! Second factors: codes of six digits that an app computes from a shared secret and the time (TOTP, RFC 6238), and recovery codes.

use std::fmt;

use aws_lc_rs::hmac;
use data_encoding::BASE32_NOPAD;

use crate::hash::Sha256Digest;
use crate::time::Timestamp;

/// The seconds of one step (RFC 6238, section 5.2).
const STEP_SECONDS: i64 = 30;
/// Codes of so many steps before and after the present one are accepted: clocks differ, and people type slowly.
const STEPS_AROUND: i64 = 1;
/// Digits of a code.
const DIGITS: usize = 6;
/// How many recovery codes a user gets.
pub const RECOVERY_CODES: usize = 10;

/// The secret that an authenticator app shares with the server. It is stored sealed.
#[derive(Clone, PartialEq, Eq)]
pub struct TotpSecret([u8; 20]);

impl fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TotpSecret(…)")
    }
}

impl TotpSecret {
    /// The secret of these random bytes (RFC 4226, section 4, R6: 160 bits).
    pub const fn from_bytes(bytes: [u8; 20]) -> Self {
        Self(bytes)
    }

    /// The bytes, to seal them.
    pub const fn as_bytes(&self) -> &[u8; 20] {
        &self.0
    }

    /// As people type it into an app.
    pub fn to_base32(&self) -> String {
        BASE32_NOPAD.encode(&self.0)
    }

    /// The code of a step.
    pub fn code(&self, step: i64) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.0);
        let tag = hmac::sign(&key, &step.to_be_bytes());
        let bytes = tag.as_ref();
        // The low four bits of the last byte say where the four bytes of the number are (RFC 4226, section 5.3).
        let offset = usize::from(bytes[bytes.len() - 1] & 0xf);
        let word = bytes[offset..offset + 4].iter().fold(0_u32, |word, byte| (word << 8) | u32::from(*byte));
        format!("{:0DIGITS$}", (word & 0x7fff_ffff) % 1_000_000)
    }

    /// The step that `code` is of, if it is right at `now` and later than `last`: each step is good once.
    pub fn verify(&self, code: &str, now: Timestamp, last: Option<i64>) -> Option<i64> {
        let present = now.as_seconds().div_euclid(STEP_SECONDS);
        let typed: String = code.chars().filter(|c| !c.is_whitespace()).collect();
        let mut found = None;
        // All are compared, so that the time tells nothing.
        for step in (present - STEPS_AROUND)..=(present + STEPS_AROUND) {
            let is_right = aws_lc_rs::constant_time::verify_slices_are_equal(
                self.code(step).as_bytes(),
                typed.as_bytes(),
            )
            .is_ok();
            if is_right && last.is_none_or(|last| step > last) {
                found = Some(step);
            }
        }
        found
    }

    /// The URL that an app reads from a QR code, for the account with this name at this server.
    pub fn url(&self, server: &str, account: &str) -> String {
        let escaped = |text: &str| {
            text.bytes()
                .map(|byte| match byte {
                    b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                        char::from(byte).to_string()
                    }
                    other => format!("%{other:02X}"),
                })
                .collect::<String>()
        };
        let (server, account) = (escaped(server), escaped(account));
        format!(
            "otpauth://totp/{server}:{account}?secret={}&issuer={server}&digits={DIGITS}&period={STEP_SECONDS}",
            self.to_base32()
        )
    }
}

/// A code to sign in with once where the second factor is lost: 80 random bits, as `abcd-efgh-ijkl-mnop`.
#[derive(Clone, PartialEq, Eq)]
pub struct RecoveryCode(String);

impl fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryCode(…)")
    }
}

impl RecoveryCode {
    /// The code of these random bytes.
    pub fn from_random(bytes: [u8; 10]) -> Self {
        Self(BASE32_NOPAD.encode(&bytes).to_ascii_lowercase())
    }

    /// A code as somebody typed it.
    pub fn typed(text: &str) -> Self {
        Self(text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase())
    }

    /// What is stored in its place.
    pub fn hash(&self) -> Sha256Digest {
        Sha256Digest::of(self.0.as_bytes())
    }

    /// In groups of four, to show it once.
    pub fn reveal(&self) -> String {
        let groups: Vec<_> = self.0.as_bytes().chunks(4).map(String::from_utf8_lossy).collect();
        groups.join("-")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000).unwrap()
    }

    /// RFC 6238, appendix B, SHA-1; the last six of its eight digits.
    #[test]
    fn codes_are_those_of_the_standard() {
        let secret = TotpSecret::from_bytes(*b"12345678901234567890");
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(secret.code(seconds / 30), code);
            assert_eq!(secret.verify(code, at(seconds), None), Some(seconds / 30));
        }
        assert_eq!(secret.to_base32(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        let url = secret.url("Olivine", "ada@example.com");
        assert!(url.starts_with("otpauth://totp/Olivine:ada%40example.com?secret=GEZDGNBV"), "{url}");
    }

    #[test]
    fn a_step_is_good_once_and_only_around_its_time() {
        let secret = TotpSecret::from_bytes([7; 20]);
        let code = secret.code(100);
        assert_eq!(secret.verify(&format!("{} {}", &code[..3], &code[3..]), at(3_000), None), Some(100));
        assert_eq!(secret.verify(&code, at(3_059), None), Some(100));
        assert_eq!(secret.verify(&code, at(3_060), None), None, "two steps later");
        assert_eq!(secret.verify(&code, at(2_969), None), None, "two steps before");
        assert_eq!(secret.verify(&code, at(3_000), Some(100)), None, "used");
        assert_eq!(secret.verify("", at(3_000), None), None);
    }

    #[test]
    fn a_recovery_code_is_known_however_it_is_typed() {
        let code = RecoveryCode::from_random([9; 10]);
        assert_eq!(code.reveal().len(), 19);
        assert_eq!(RecoveryCode::typed(&code.reveal().to_uppercase().replace('-', " ")), code);
        assert_ne!(RecoveryCode::typed("").hash(), code.hash());
    }
}
