//! Certificates from files or stdin. A private key that is given by mistake must never leave the machine.

use std::io::{self, Read};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::failure::Failure;

/// Reads the certificate that a flag names: a file with PEM (or base64 of PEM), or `-` for stdin.
pub(crate) fn read(flag: &str, path: &str) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    let result = match path {
        "-" => io::stdin().lock().read_to_end(&mut bytes).map(drop),
        path => std::fs::read(path).map(|content| bytes = content),
    };
    result.map_err(|error| Failure::with_source(format!("can't read {flag} from {path}"), error))?;
    pem(&bytes).map_err(|problem| Failure::new(format!("{flag} {path}: {problem}")))
}

fn pem(bytes: &[u8]) -> Result<String, &'static str> {
    const NO_TEXT: &str =
        "it is not PEM; 'openssl x509 -inform der -in FILE' makes PEM of a certificate in binary form";
    let text = str::from_utf8(bytes).map_err(|_| NO_TEXT)?;
    let text = if text.contains("-----BEGIN") { text.to_owned() } else { decoded(text).ok_or(NO_TEXT)? };
    if text.contains("PRIVATE KEY-----") {
        Err("it has a private key in it, so it was not sent; give a file with the certificate alone")
    } else if text.contains("CERTIFICATE-----") {
        Ok(text)
    } else {
        Err("it has no certificate in it (no line '-----BEGIN CERTIFICATE-----')")
    }
}

fn decoded(text: &str) -> Option<String> {
    let text: String = text.split_whitespace().collect();
    String::from_utf8(STANDARD.decode(text).ok()?).ok().filter(|text| text.contains("-----BEGIN"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";

    #[test]
    fn takes_pem_and_base64_of_pem() {
        assert_eq!(pem(CERTIFICATE.as_bytes()).unwrap(), CERTIFICATE);
        let mut encoded = STANDARD.encode(CERTIFICATE);
        encoded.insert(20, '\n');
        assert_eq!(pem(encoded.as_bytes()).unwrap(), CERTIFICATE);
    }

    #[test]
    fn a_private_key_is_refused_before_it_is_sent() {
        let both =
            format!("{CERTIFICATE}-----BEGIN EC PRIVATE KEY-----\nsecret\n-----END EC PRIVATE KEY-----\n");
        for given in [both.clone(), STANDARD.encode(both)] {
            let problem = pem(given.as_bytes()).unwrap_err();
            assert!(problem.contains("was not sent"), "{problem}");
        }
        for given in [b"\x30\x82\x01\xff".as_slice(), b"", b"AAAA", b"-----BEGIN PUBLIC KEY-----"] {
            assert!(pem(given).is_err(), "{given:?}");
        }
    }
}
