//! What tokens permit, and every way of altering one.

use super::*;

fn content_key() -> ContentKey {
    ContentKey {
        organization: Id::new(Uuid::from_u128(0x0190_163d_8694_739b_aea5_966c_26f8_ad91)),
        content: Id::new(Uuid::from_u128(2)),
        generation: Generation::new(3),
    }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn part() -> PartPlan {
    PartPlan { index: PartIndex::new(7).unwrap(), size: 5 << 20, sha256: Sha256Digest::of(b"part") }
}

fn download() -> Download {
    Download { filename: Filename::sanitized("größe v1.bin"), expires_at: at("2026-01-15T11:00:00.25Z") }
}

const NOW: &str = "2026-01-15T10:00:00Z";

#[test]
fn what_was_permitted_comes_back() {
    let key = TokenKey::derive(b"secret");
    let token = key.download_token(&content_key(), &download());
    let grant = DownloadGrant { key: content_key(), download: download() };
    assert_eq!(key.verify_download(&token, at(NOW)), Ok(grant));

    let expires_at = at("2026-01-15T11:00:00Z");
    let token = key.upload_token(&content_key(), &part(), expires_at);
    let grant = UploadGrant { key: content_key(), part: part(), expires_at };
    assert_eq!(key.verify_upload(&token, at(NOW)), Ok(grant));
}

#[test]
fn the_longest_token_fits() {
    let key = TokenKey::derive(b"secret");
    let download = Download { filename: Filename::sanitized(&"x".repeat(999)), ..download() };
    let token = key.download_token(&content_key(), &download);
    assert!(token.len() <= MAX_TOKEN_LENGTH, "{}", token.len());
    assert!(key.verify_download(&token, at(NOW)).is_ok());
}

#[test]
fn ends_at_its_expiry() {
    let key = TokenKey::derive(b"secret");
    let token = key.download_token(&content_key(), &download());
    assert!(key.verify_download(&token, at("2026-01-15T11:00:00.249999Z")).is_ok());
    assert_eq!(key.verify_download(&token, at("2026-01-15T11:00:00.25Z")), Err(TokenError::Expired));
    let token = key.upload_token(&content_key(), &part(), at(NOW));
    assert_eq!(key.verify_upload(&token, at(NOW)), Err(TokenError::Expired));
}

#[test]
fn serves_one_purpose_only() {
    let key = TokenKey::derive(b"secret");
    let download = key.download_token(&content_key(), &download());
    let upload = key.upload_token(&content_key(), &part(), at("2026-01-15T11:00:00Z"));
    assert_eq!(key.verify_upload(&download, at(NOW)), Err(TokenError::WrongPurpose));
    assert_eq!(key.verify_download(&upload, at(NOW)), Err(TokenError::WrongPurpose));
}

#[test]
fn every_altered_character_is_refused() {
    let key = TokenKey::derive(b"secret");
    let download = key.download_token(&content_key(), &download());
    let upload = key.upload_token(&content_key(), &part(), at("2026-01-15T11:00:00Z"));
    for token in [download, upload] {
        for position in 0..token.len() {
            for replacement in ('!'..='~').filter(|&c| !token[position..].starts_with(c)) {
                let mut altered = token.clone();
                altered.replace_range(position..=position, &replacement.to_string());
                assert_eq!(key.verify_download(&altered, at(NOW)), Err(TokenError::Invalid), "{altered}");
                assert_eq!(key.verify_upload(&altered, at(NOW)), Err(TokenError::Invalid), "{altered}");
            }
        }
    }
}

#[test]
fn every_altered_byte_is_refused() {
    let key = TokenKey::derive(b"secret");
    let token = key.upload_token(&content_key(), &part(), at("2026-01-15T11:00:00Z"));
    let bytes = URL_SAFE_NO_PAD.decode(token).unwrap();
    for position in 0..bytes.len() {
        for mask in 1..=u8::MAX {
            let mut altered = bytes.clone();
            altered[position] ^= mask;
            let altered = URL_SAFE_NO_PAD.encode(altered);
            assert_eq!(key.verify_upload(&altered, at(NOW)), Err(TokenError::Invalid));
        }
    }
}

#[test]
fn cut_lengthened_padded_and_foreign_tokens_are_refused() {
    let key = TokenKey::derive(b"secret");
    let token = key.download_token(&content_key(), &download());
    for length in 0..token.len() {
        assert_eq!(key.verify_download(&token[..length], at(NOW)), Err(TokenError::Invalid));
    }
    let other = TokenKey::derive(b"secret2").download_token(&content_key(), &download());
    let lengthened = [format!("{token}A"), format!("{token}="), format!(" {token}"), format!("{token}\n")];
    for altered in lengthened.into_iter().chain([other, "A".repeat(1 << 20), "é".repeat(40)]) {
        assert_eq!(key.verify_download(&altered, at(NOW)), Err(TokenError::Invalid));
    }
}

#[test]
fn a_right_signature_does_not_make_nonsense_valid() {
    let key = TokenKey::derive(b"secret");
    let expires_at = at("2026-01-15T11:00:00Z");
    let header_injection = [head(DOWNLOAD, &content_key(), expires_at), b"a\r\nb".to_vec()].concat();
    let without_name = head(DOWNLOAD, &content_key(), expires_at);
    let mut version_2 = [head(DOWNLOAD, &content_key(), expires_at), b"a".to_vec()].concat();
    version_2[0] = 2;
    for payload in [header_injection, without_name, version_2, Vec::new()] {
        assert_eq!(key.verify_download(&key.signed(payload), at(NOW)), Err(TokenError::Invalid));
    }
    let index_0 = [head(UPLOAD, &content_key(), expires_at), vec![0; 42]].concat();
    let too_long = [head(UPLOAD, &content_key(), expires_at), vec![1; 43]].concat();
    for payload in [index_0, too_long] {
        assert_eq!(key.verify_upload(&key.signed(payload), at(NOW)), Err(TokenError::Invalid));
    }
}

#[test]
fn debug_shows_nothing() {
    assert_eq!(format!("{:?}", TokenKey::derive(b"secret")), "TokenKey");
}
