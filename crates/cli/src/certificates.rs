//! Reads certificates from files or stdin. A private key that is given by mistake must never leave the machine.

use std::io::{self, Read};

use olivine_domain::certificates::{Certificate, InvalidCertificate};

use crate::failure::Failure;

/// Reads the certificate that a flag names: a file in any common form, or `-` for stdin. The result is PEM.
pub(crate) fn read(flag: &str, path: &str) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    let result = match path {
        "-" => io::stdin().lock().read_to_end(&mut bytes).map(drop),
        path => std::fs::read(path).map(|content| bytes = content),
    };
    result.map_err(|error| Failure::with_source(format!("can't read {flag} from {path}"), error))?;
    pem(&bytes).map_err(|problem| Failure::new(format!("{flag} {path}: {problem}")))
}

fn pem(bytes: &[u8]) -> Result<String, String> {
    match Certificate::from_file(bytes) {
        Ok(certificate) => Ok(certificate.pem()),
        Err(InvalidCertificate::PrivateKey) => {
            Err("this is a private key, so it was not sent; give the certificate that was made for it"
                .to_owned())
        }
        Err(InvalidCertificate::PrivateKeyBeside) => {
            Err("it has a private key in it, so it was not sent; give the certificate alone, which \
             'openssl x509 -in FILE' prints"
                .to_owned())
        }
        Err(problem) => Err(problem.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    const CERTIFICATE: &str = include_str!("../../domain/tests/data/valid/p256.certificate.pem");

    #[test]
    fn takes_pem_and_base64_of_pem() {
        assert_eq!(pem(CERTIFICATE.as_bytes()).unwrap(), CERTIFICATE);
        let mut encoded = STANDARD.encode(CERTIFICATE);
        encoded.insert(20, '\n');
        assert_eq!(pem(encoded.as_bytes()).unwrap(), CERTIFICATE);
        assert_eq!(pem(format!("\u{feff}{CERTIFICATE}").as_bytes()).unwrap(), CERTIFICATE);
    }

    #[test]
    fn a_private_key_is_refused_before_it_is_sent() {
        let both =
            format!("{CERTIFICATE}-----BEGIN EC PRIVATE KEY-----\nsecret\n-----END EC PRIVATE KEY-----\n");
        for given in [both.clone(), STANDARD.encode(both)] {
            let problem = pem(given.as_bytes()).unwrap_err();
            assert!(problem.contains("was not sent") && !problem.contains("secret"), "{problem}");
        }
        for given in [b"\x30\x82\x01\xff".as_slice(), b"", b"AAAA", b"-----BEGIN PUBLIC KEY-----"] {
            assert!(pem(given).is_err(), "{given:?}");
        }
    }
}
