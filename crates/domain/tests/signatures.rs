//! Keys and signatures as `openssl` makes them, and attacks on both: one folder each in `tests/data`.
//! `tests/data/README.md` says how they were made.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use olivine_domain::binary_signatures::{
    MalformedSignature, Scheme, SignatureBytes, SignatureInvalid, Verdict, counts, verify,
};
use olivine_domain::organizations::Revision;
use olivine_domain::signing_keys::{
    InvalidKey, KeyAlgorithm, KeyMaterial, KeyRefusal, KeyStatus, PublicKey, SigningKey,
};
use olivine_domain::{Id, Sha256Digest, Timestamp};
use uuid::Uuid;

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

fn bytes(name: &str) -> Vec<u8> {
    fs::read(path(name)).expect(name)
}

fn text(name: &str) -> String {
    fs::read_to_string(path(name)).expect(name)
}

fn key(name: &str) -> PublicKey {
    KeyMaterial::parse(&text(name)).expect(name).public_key().clone()
}

fn refusal(name: &str) -> InvalidKey {
    KeyMaterial::parse(&text(name)).expect_err(name)
}

/// Refused for what it is, in these words.
fn assert_unsupported(name: &str, found: &str) {
    assert_eq!(refusal(name), InvalidKey::Unsupported { found: found.to_owned() });
}

/// The scheme in which a signature by this key is valid for the test firmware, if it is in any.
fn scheme(key: &PublicKey, signature: &str) -> Option<Scheme> {
    scheme_of_bytes(key, bytes(signature), &bytes("valid/firmware.bin"))
}

fn scheme_of_bytes(key: &PublicKey, signature: Vec<u8>, content: &[u8]) -> Option<Scheme> {
    match verify(key, &SignatureBytes::from_bytes(signature), &Sha256Digest::of(content)) {
        Verdict::Valid(scheme) => Some(scheme),
        Verdict::NeedsContent(mut verifier) => {
            content.chunks(7).for_each(|chunk| verifier.update(chunk));
            verifier.finish().ok()
        }
        Verdict::Invalid => None,
    }
}

fn decode(signature: &str, algorithm: KeyAlgorithm) -> MalformedSignature {
    SignatureBytes::decode(signature, algorithm).expect_err("malformed")
}

/// Each key with its signatures, by the names of the files, and what the signatures are.
const SIGNATURES: [(&str, &str, Scheme); 9] = [
    ("rsa.pem", "rsa.pkcs1.sig", Scheme::RsaPkcs1v15Sha256),
    ("rsa.pem", "rsa.pss-32.sig", Scheme::RsaPssSha256),
    ("rsa.pem", "rsa.pss-max.sig", Scheme::RsaPssSha256),
    ("rsa.pem", "rsa.pss-default.sig", Scheme::RsaPssSha256),
    ("p256.pem", "p256.sig", Scheme::EcdsaP256Sha256),
    ("ed25519.pem", "ed25519.digest.sig", Scheme::Ed25519HexDigest),
    ("ed25519.pem", "ed25519.content.sig", Scheme::Ed25519Content),
    ("rsa-2052.pem", "rsa-2052.pkcs1.sig", Scheme::RsaPkcs1v15Sha256),
    ("rsa-2052.pem", "rsa-2052.pss-default.sig", Scheme::RsaPssSha256),
];

mod valid {
    use super::*;

    #[test]
    fn every_signature_that_openssl_makes() {
        for (pem, signature, expected) in SIGNATURES {
            let (key, signature) = (key(&format!("valid/{pem}")), format!("valid/{signature}"));
            assert_eq!(scheme(&key, &signature), Some(expected), "{signature}");
            let decoded =
                SignatureBytes::decode(&STANDARD.encode(bytes(&signature)), key.algorithm()).unwrap();
            assert_eq!(decoded.as_bytes(), bytes(&signature));
        }
    }

    #[test]
    fn an_ecdsa_signature_of_r_and_s_alone() {
        let raw = bytes("ecdsa-raw/firmware.sig");
        for text in [hex::encode(&raw), STANDARD.encode(&raw)] {
            let signature = SignatureBytes::decode(&text, KeyAlgorithm::EcdsaP256).unwrap();
            assert_eq!(signature.as_bytes(), bytes("valid/p256.sig"), "kept in its one form");
        }
    }

    #[test]
    fn one_key_in_each_of_its_forms() {
        for (form, canonical) in [
            ("rsa.pkcs1.pem", "rsa.pem"),
            ("ed25519.raw.b64", "ed25519.pem"),
            ("p256.compressed.pem", "p256.pem"),
            ("p256.certificate.pem", "p256.pem"),
        ] {
            assert_eq!(key(&format!("valid/{form}")), key(&format!("valid/{canonical}")));
        }
    }

    #[test]
    fn keys_are_shown_and_named_as_openssl_does() {
        for (pem, algorithm, keyid) in [
            (
                "valid/ed25519.pem",
                "Ed25519",
                "93c6244083ed441443b01a05f3b94e8202b610935a823317d4f77c5cb1e26b20",
            ),
            ("valid/rsa.pem", "RSA-2048", "02fcf03c05f814c4c72a375f5bb1ec34b16f6544cda9cd90d2403c65df03b80d"),
            (
                "valid/p256.pem",
                "ECDSA P-256",
                "0e729c211e2571f9e310539add79dd1361c1ea900ed106a17de756537fcb3310",
            ),
        ] {
            assert_eq!(key(pem).public_value(), text(pem));
            assert_eq!(key(pem).keyid().to_string(), keyid);
            assert_eq!(keyid.to_uppercase().parse(), Ok(key(pem).keyid()));
            assert_eq!(key(pem).algorithm().to_string(), algorithm);
        }
    }

    #[test]
    fn what_is_stored_is_put_together_again() {
        let material = KeyMaterial::parse(&text("valid/p256.certificate.pem")).unwrap();
        let (spki, pem) = (material.public_key().spki_der(), material.certificate().unwrap().pem());
        assert_eq!(KeyMaterial::from_stored(spki, Some(pem)), Ok(material.clone()));
        assert_eq!(KeyMaterial::from_stored(spki, None).unwrap().certificate(), None);
        let other = key("valid/rsa.pem");
        assert_eq!(KeyMaterial::from_stored(other.spki_der(), Some(pem)), Err(InvalidKey::OtherCertificate));
    }

    #[test]
    fn a_chain_is_kept_behind_its_first_certificate() {
        let chain = text("valid/p256.certificate.pem") + &text("expired-certificate/certificate.pem");
        let material = KeyMaterial::parse(&chain).unwrap();
        assert_eq!(material.public_key(), &key("valid/p256.pem"));
        assert_eq!(material.certificate().unwrap().pem(), chain.trim());
    }
}

mod wrong_signatures {
    use super::*;

    #[test]
    fn wrong_key() {
        for (pem, signature, _) in &SIGNATURES[..7] {
            assert_eq!(
                scheme(&key(&format!("valid/{pem}")), &format!("wrong-key/{signature}")),
                None,
                "{signature}"
            );
        }
    }

    #[test]
    fn wrong_bytes() {
        for (pem, signature, _) in &SIGNATURES[..7] {
            assert_eq!(
                scheme(&key(&format!("valid/{pem}")), &format!("wrong-bytes/{signature}")),
                None,
                "{signature}"
            );
        }
    }

    #[test]
    fn each_byte_matters() {
        for (pem, signature, _) in SIGNATURES {
            let (key, sound) = (key(&format!("valid/{pem}")), bytes(&format!("valid/{signature}")));
            for at in (0..sound.len()).step_by(sound.len() / 8) {
                let mut altered = sound.clone();
                altered[at] ^= 1;
                assert_eq!(
                    scheme_of_bytes(&key, altered, &bytes("valid/firmware.bin")),
                    None,
                    "{signature} {at}"
                );
            }
        }
    }

    #[test]
    fn a_signature_by_another_kind_of_key() {
        for (_, signature, _) in SIGNATURES {
            for pem in ["rsa.pem", "p256.pem", "ed25519.pem"].iter().filter(|pem| pem[..2] != signature[..2])
            {
                assert_eq!(
                    scheme(&key(&format!("valid/{pem}")), &format!("valid/{signature}")),
                    None,
                    "{pem} {signature}"
                );
            }
        }
    }

    #[test]
    fn pss_with_sha1() {
        assert_eq!(scheme(&key("valid/rsa.pem"), "pss-with-sha1/firmware.sig"), None);
    }

    #[test]
    fn pkcs1_with_sha512() {
        assert_eq!(scheme(&key("valid/rsa.pem"), "pkcs1-with-sha512/firmware.sig"), None);
    }

    #[test]
    fn ed25519_malleable() {
        assert_eq!(scheme(&key("valid/ed25519.pem"), "ed25519-malleable/firmware.sig"), None);
    }

    #[test]
    fn ed25519_with_a_low_order_r() {
        for point in text("low-order-point/points.b64").lines() {
            let signature = [STANDARD.decode(point).unwrap(), vec![0; 32]].concat();
            let verdict = verify(
                &key("valid/ed25519.pem"),
                &SignatureBytes::from_bytes(signature),
                &Sha256Digest::of(b"anything"),
            );
            assert!(matches!(verdict, Verdict::Invalid), "{point}: {verdict:?}");
        }
    }

    #[test]
    fn a_digest_of_a_digest_is_no_content() {
        let signature = bytes("valid/ed25519.digest.sig");
        let digits = Sha256Digest::of(&bytes("valid/firmware.bin")).to_hex();
        assert_eq!(scheme_of_bytes(&key("valid/ed25519.pem"), signature, digits.as_bytes()), None);
    }

    #[test]
    fn content_that_changed_while_it_was_read() {
        let signature = SignatureBytes::from_bytes(bytes("wrong-bytes/ed25519.content.sig"));
        let expected = Sha256Digest::of(&bytes("valid/firmware.bin"));
        let verdict = verify(&key("valid/ed25519.pem"), &signature, &expected);
        let Verdict::NeedsContent(mut verifier) = verdict else { panic!("{verdict:?}") };
        let other = b"Olivine test firmware, version 6.6.6\n";
        verifier.update(other);
        let actual = Sha256Digest::of(other);
        assert_eq!(verifier.finish(), Err(SignatureInvalid::OtherContent { expected, actual }));
    }
}

mod wrong_encodings {
    use super::*;

    const RSA: KeyAlgorithm = KeyAlgorithm::Rsa { bits: 2048 };

    #[test]
    fn truncated() {
        for (name, algorithm, message) in [
            ("rsa.pkcs1", RSA, "has 200 bytes; RSA-2048 makes 256"),
            ("p256", KeyAlgorithm::EcdsaP256, "has 60 bytes; ECDSA P-256 makes 71"),
            ("ed25519.digest", KeyAlgorithm::Ed25519, "has 40 bytes; Ed25519 makes 64"),
        ] {
            let error = decode(&STANDARD.encode(bytes(&format!("truncated/{name}.sig"))), algorithm);
            assert!(error.to_string().contains(message), "{error}");
        }
    }

    #[test]
    fn text_cut_in_the_middle() {
        let base64 = STANDARD.encode(bytes("valid/rsa.pkcs1.sig"));
        assert_eq!(decode(&base64[..201], RSA), MalformedSignature::Base64);
    }

    #[test]
    fn raw_binary() {
        let pasted = String::from_utf8_lossy(&bytes("wrong-encoding/raw-binary.sig")).into_owned();
        assert_eq!(decode(&pasted, RSA), MalformedSignature::RawBinary);
    }

    #[test]
    fn encoded_twice() {
        for name in ["base64-of-hex.txt", "base64-of-base64.txt"] {
            assert_eq!(
                decode(&text(&format!("wrong-encoding/{name}")), RSA),
                MalformedSignature::EncodedTwice
            );
        }
        let ed25519 = text("wrong-encoding/ed25519.base64-of-hex.txt");
        assert_eq!(decode(&ed25519, KeyAlgorithm::Ed25519), MalformedSignature::EncodedTwice);
    }

    #[test]
    fn pem_lines() {
        assert_eq!(decode(&text("wrong-encoding/pem.txt"), RSA), MalformedSignature::Pem);
    }

    #[test]
    fn a_private_key_in_place_of_a_signature() {
        let pem = text("private-key-as-public/throwaway-private-key.pem");
        for given in [pem.clone(), pem.replace('\n', "\\n"), STANDARD.encode(&pem), format!("\u{feff}{pem}")]
        {
            for algorithm in [RSA, KeyAlgorithm::Ed25519, KeyAlgorithm::EcdsaP256] {
                assert_eq!(decode(&given, algorithm), MalformedSignature::PrivateKey);
            }
        }
    }

    #[test]
    fn signatures_of_other_programs() {
        for given in [
            "-----BEGIN SSH SIGNATURE-----\nU1NI\n-----END SSH SIGNATURE-----",
            "untrusted comment: signature\nRWQ=",
        ] {
            assert_eq!(decode(given, KeyAlgorithm::Ed25519), MalformedSignature::OtherProgram);
        }
    }

    #[test]
    fn a_byte_order_mark_before_a_signature() {
        let marked = format!("\u{feff}{}\r\n", STANDARD.encode(bytes("valid/rsa.pkcs1.sig")));
        let signature = SignatureBytes::decode(&marked, RSA).unwrap();
        assert_eq!(signature.as_bytes(), bytes("valid/rsa.pkcs1.sig"));
    }

    #[test]
    fn url_safe_base64() {
        let error = decode(&text("wrong-encoding/base64url.txt"), RSA);
        assert!(matches!(error, MalformedSignature::Character { character: '-' | '_', .. }), "{error}");
    }

    #[test]
    fn nothing() {
        assert_eq!(decode(" \n", RSA), MalformedSignature::Empty);
    }
}

mod wrong_keys {
    use super::*;

    #[test]
    fn kinds_that_may_not_sign() {
        assert_unsupported("rsa-1024/public.pem", "RSA with 1024 bits");
        assert_unsupported("rsa-pss-restricted/public.pem", "RSA restricted to PSS (id-RSASSA-PSS)");
        assert_unsupported("p384/public.pem", "ECDSA P-384");
        assert_unsupported("secp256k1/public.pem", "ECDSA secp256k1");
        assert_unsupported("explicit-curve/public.pem", "ECDSA with explicit curve parameters");
        assert_unsupported("ed448/public.pem", "Ed448");
        assert_unsupported("dsa/public.pem", "DSA");
    }

    #[test]
    fn rsa_exponent_1() {
        assert_eq!(refusal("rsa-exponent-1/public.pem"), InvalidKey::Malformed { what: "RSA public key" });
    }

    #[test]
    fn openssh_key() {
        assert_eq!(key("openssh-key/id_ed25519.pub").algorithm(), KeyAlgorithm::Ed25519);
    }

    const PRIVATE: [&str; 3] =
        ["throwaway-private-key.pem", "throwaway-private-key.der.b64", "certificate-and-key.pem"];

    #[test]
    fn private_key_as_public() {
        for name in PRIVATE {
            let given = text(&format!("private-key-as-public/{name}"));
            let error = KeyMaterial::parse(&given).unwrap_err();
            assert_eq!(error, InvalidKey::PrivateKey, "{name}");
            assert!(given.lines().all(|line| !error.to_string().contains(line)), "never echoed");
        }
    }

    #[test]
    fn private_key_in_disguise() {
        let pem = text("private-key-as-public/throwaway-private-key.pem");
        let chained = text("valid/p256.certificate.pem") + &pem.replace("PRIVATE KEY", "CERTIFICATE");
        let relabelled = pem.replace("PRIVATE KEY", "PUBLIC KEY");
        for given in [chained, relabelled, STANDARD.encode(&pem), pem.replace('\n', " ")] {
            assert_eq!(KeyMaterial::parse(&given), Err(InvalidKey::PrivateKey));
        }
    }

    #[test]
    fn low_order_point() {
        for point in text("low-order-point/points.b64").lines() {
            let error = KeyMaterial::parse(point).unwrap_err();
            assert_eq!(error, InvalidKey::LowOrderPoint, "{point}");
        }
    }

    #[test]
    fn several_keys() {
        for name in ["two-public-keys.pem", "key-and-certificate.pem"] {
            assert_eq!(refusal(&format!("several-keys/{name}")), InvalidKey::SeveralKeys(2));
        }
    }

    #[test]
    fn what_is_no_key() {
        let pem = text("valid/rsa.pem");
        let cut = &pem[..200];
        let broken = pem.replacen("MII", "MIX", 1);
        for (given, error) in [
            ("", InvalidKey::NotAKey),
            ("my key", InvalidKey::NotAKey),
            ("\0-----BEGIN CERTIFICATE-----", InvalidKey::Malformed { what: "PEM text" }),
            (cut, InvalidKey::Malformed { what: "PEM text" }),
            (&broken, InvalidKey::Malformed { what: "public key" }),
            ("AAAA", InvalidKey::NotRawEd25519(3)),
            (&"A".repeat(65_537), InvalidKey::TooLong(65_537)),
        ] {
            assert_eq!(KeyMaterial::parse(given), Err(error));
        }
    }
}

mod permission_to_sign {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a date-time")
    }

    fn signing_key(name: &str, status: KeyStatus) -> SigningKey {
        let now = at("2026-01-15T10:30:00Z");
        SigningKey {
            id: Id::new(Uuid::from_u128(2)),
            organization: Id::new(Uuid::from_u128(1)),
            name: "production-2024".parse().expect("a name"),
            material: KeyMaterial::parse(&text(name)).expect(name),
            status,
            revision: Revision::FIRST,
            inserted_at: now,
            updated_at: now,
        }
    }

    #[test]
    fn by_status() {
        let now = at("2026-01-15T10:30:00Z");
        for (status, may_sign, its_signatures_count) in [
            (KeyStatus::Active, Ok(()), true),
            (KeyStatus::Disabled, Err(KeyRefusal::Disabled), true),
            (KeyStatus::Revoked, Err(KeyRefusal::Revoked), false),
        ] {
            let key = signing_key("valid/ed25519.pem", status);
            assert_eq!((key.check_may_sign(now), counts(&key)), (may_sign, its_signatures_count), "{status}");
            assert_eq!(status.as_str().parse(), Ok(status));
        }
    }

    #[test]
    fn expired_certificate() {
        let key = signing_key("expired-certificate/certificate.pem", KeyStatus::Active);
        let certificate = key.certificate().unwrap();
        let (not_before, not_after) = (certificate.not_before(), certificate.not_after());
        let microsecond = std::time::Duration::from_micros(1);
        assert_eq!(key.check_may_sign(not_before), Ok(()));
        assert_eq!(key.check_may_sign(not_after), Ok(()));
        let (early, late) = (not_before.minus(microsecond), not_after.plus(microsecond));
        assert_eq!(key.check_may_sign(early), Err(KeyRefusal::CertificateNotYetValid { not_before }));
        assert_eq!(key.check_may_sign(late), Err(KeyRefusal::CertificateExpired { not_after }));
        assert!(counts(&key));
    }

    #[test]
    fn a_certificate_without_end() {
        let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
        let mut parameters = rcgen::CertificateParams::default();
        parameters.not_before = rcgen::date_time_ymd(1950, 1, 1);
        parameters.not_after = rcgen::date_time_ymd(9999, 12, 31);
        let pem = parameters.self_signed(&pair).unwrap().pem();
        let material = KeyMaterial::parse(&pem).unwrap();
        assert!(material.certificate().unwrap().not_before() < at("1950-01-01T00:00:01Z"));
        assert!(material.certificate().unwrap().not_after() > at("9999-12-29T00:00:00Z"));
    }
}

#[test]
fn schemes_are_stored_by_name() {
    for scheme in Scheme::ALL {
        assert_eq!(scheme.as_str().parse(), Ok(scheme));
    }
    assert!("rsa".parse::<Scheme>().is_err());
}
