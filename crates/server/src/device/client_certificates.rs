//! How a proxy that ends TLS passes on the certificate of its client: in which header, and in which form.
//!
//! Proxies differ: few support RFC 9440. This must only be used for requests of trusted proxies. It uses the configured form and never
//! guesses it from a header, because a client could choose that.

mod forms;

use std::fmt;

use anyhow::ensure;
use http::{HeaderMap, HeaderName};
use olivine_domain::certificates::Intermediates;
use serde::{Deserialize, Serialize};

/// RFC 9440: the certificate of the client of a proxy.
pub const CLIENT_CERT: &str = "Client-Cert";
/// RFC 9440: the certificates above it, as that client sent them.
const CLIENT_CERT_CHAIN: HeaderName = HeaderName::from_static("client-cert-chain");

/// Headers in which proxies are known to hand certificates on.
const KNOWN_HEADERS: [&str; 8] = [
    "client-cert",
    "x-forwarded-client-cert",
    "x-amzn-mtls-clientcert",
    "x-amzn-mtls-clientcert-leaf",
    "x-forwarded-tls-client-cert",
    "x-ssl-client-cert",
    "ssl-client-cert",
    "x-client-cert",
];

/// The form in which a header has a certificate.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// The DER in base64 between colons; the chain is in `Client-Cert-Chain`.
    Rfc9440,
    /// PEM, percent-encoded; further certificates in it are the chain.
    Pem,
    /// The DER in base64; the chain follows behind commas.
    Base64,
    /// Envoy's `x-forwarded-client-cert`.
    Xfcc,
}

impl Form {
    /// As the configuration names it.
    const fn name(self) -> &'static str {
        match self {
            Self::Rfc9440 => "rfc9440",
            Self::Pem => "pem",
            Self::Base64 => "base64",
            Self::Xfcc => "xfcc",
        }
    }

    /// What it looks like.
    const fn description(self) -> &'static str {
        match self {
            Self::Rfc9440 => "the certificate's DER as base64 between colons (RFC 9440)",
            Self::Pem => "the certificate as percent-encoded PEM",
            Self::Base64 => "the certificate's DER as base64",
            Self::Xfcc => "Envoy's list of elements with Cert=\"…\" or Chain=\"…\"",
        }
    }
}

/// As in the configuration file, because `olivine config check` shows settings by `Debug`.
impl fmt::Debug for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.name(), f)
    }
}

/// Where trusted proxies put certificates.
#[derive(Clone, Debug)]
pub struct ClientCertificates {
    header: HeaderName,
    form: Form,
}

/// A certificate that a proxy's client has shown, and what it sent besides.
#[derive(Debug)]
pub struct HandedOn {
    /// Its DER, as far as is known.
    pub der: Vec<u8>,
    /// The certificates above it.
    pub intermediates: Intermediates,
}

/// Why a header has no certificate.
#[derive(Debug, PartialEq, Eq)]
pub enum HeaderProblem {
    /// The header is not there; perhaps another one is.
    Missing {
        /// The header that was looked for.
        header: String,
        /// What there is instead, and which settings take it.
        instead: Option<String>,
    },
    /// The header has another form.
    Malformed {
        /// The header.
        header: String,
        /// The form that it should have.
        form: Form,
        /// What it looks like instead, and which setting takes it.
        instead: Option<String>,
    },
    /// The header that RFC 9440 has for chains can't be read.
    Chain,
}

impl fmt::Display for HeaderProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let instead = match self {
            Self::Missing { header, instead } => {
                write!(f, "has no {header} header")?;
                instead
            }
            Self::Malformed { header, form, instead } => {
                write!(f, "the {header} header must have one value, {}", form.description())?;
                instead
            }
            Self::Chain => {
                return f.write_str(
                    "the Client-Cert-Chain header must be a list of byte sequences: each certificate's DER as base64 between colons (RFC 9440)",
                );
            }
        };
        instead.as_ref().map_or(Ok(()), |instead| write!(f, "; {instead}"))
    }
}

impl ClientCertificates {
    /// As configured.
    pub fn new(header: &str, form: Form) -> anyhow::Result<Self> {
        let name = header.parse::<HeaderName>().ok();
        ensure!(
            name.as_ref().is_some_and(|name| *name != CLIENT_CERT_CHAIN),
            "device.client_certificate_header: '{header}' is not the name of a header for certificates"
        );
        Ok(Self { header: name.expect("it is one"), form })
    }

    /// The certificate that a trusted proxy hands on.
    pub fn read(&self, headers: &HeaderMap) -> Result<HandedOn, HeaderProblem> {
        let mut values = headers.get_all(&self.header).iter();
        let header = self.header_name();
        let Some(value) = values.next() else {
            return Err(HeaderProblem::Missing { header, instead: other_header(headers) });
        };
        let only = if values.next().is_some() { None } else { value.to_str().ok() };
        let Some((der, mut intermediates)) = only.and_then(|value| forms::read(self.form, value)) else {
            let instead = only.and_then(forms::guess).filter(|form| *form != self.form).map(|form| {
                format!(
                    "it looks like {}, which device.client_certificate_form = \"{}\" takes",
                    form.description(),
                    form.name()
                )
            });
            return Err(HeaderProblem::Malformed { header, form: self.form, instead });
        };
        if self.form == Form::Rfc9440 {
            intermediates = chain(headers)?;
        }
        let intermediates = Intermediates::new(intermediates.iter().map(Vec::as_slice));
        Ok(HandedOn { der, intermediates })
    }

    /// As people write it.
    fn header_name(&self) -> String {
        if self.header.as_str().eq_ignore_ascii_case(CLIENT_CERT) {
            CLIENT_CERT.to_owned()
        } else {
            self.header.as_str().to_owned()
        }
    }
}

/// A header in which some proxy hands a certificate on, and what takes it.
fn other_header(headers: &HeaderMap) -> Option<String> {
    let guessed = |name: &&str| {
        let form = forms::guess(headers.get(*name)?.to_str().ok()?)?;
        Some(format!(
            "it has {name} with {}: device.client_certificate_header = \"{name}\" and device.client_certificate_form = \"{}\" take it, \
             if the proxy sets that header itself",
            form.description(),
            form.name()
        ))
    };
    KNOWN_HEADERS.iter().find_map(guessed)
}

/// What RFC 9440 has for the certificates that a proxy's client sent besides its own.
fn chain(headers: &HeaderMap) -> Result<Vec<Vec<u8>>, HeaderProblem> {
    let items = headers
        .get_all(CLIENT_CERT_CHAIN)
        .iter()
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
    items.map(|item| forms::byte_sequence(item).ok_or(HeaderProblem::Chain)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
        }
        headers
    }

    fn read(form: Form, value: &str) -> Result<Vec<u8>, String> {
        let certificates = ClientCertificates::new("X-Cert", form).unwrap();
        let read = certificates.read(&headers(&[("x-cert", value)]));
        read.map(|read| read.der).map_err(|problem| problem.to_string())
    }

    /// "0\x03abc": the least that looks like DER.
    const BASE64: &str = "MANhYmM=";
    const PEM: &str = "-----BEGIN%20CERTIFICATE-----%0AMANhYmM=%0A-----END%20CERTIFICATE-----%0A";

    /// One value of each form, read as each form: what fits is taken, and what does not says which setting takes it.
    #[test]
    fn a_header_in_another_form_says_which_setting_takes_it() {
        let forms = [
            (Form::Rfc9440, format!(":{BASE64}:")),
            (Form::Pem, PEM.to_owned()),
            (Form::Base64, BASE64.to_owned()),
            (Form::Xfcc, format!("Hash=ab;Cert=\"{PEM}\";Subject=\"CN=a,b;c\"")),
        ];
        for (form, value) in &forms {
            for (configured, _) in &forms {
                let read = read(*configured, value);
                if form == configured {
                    assert_eq!(read, Ok(b"0\x03abc".to_vec()), "{form:?}");
                } else {
                    let setting = format!("device.client_certificate_form = \"{}\"", form.name());
                    assert!(
                        read.as_ref().is_err_and(|said| said.contains(&setting)),
                        "{configured:?}: {read:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn another_proxys_header_is_named_with_its_settings() {
        let certificates = ClientCertificates::new(CLIENT_CERT, Form::Rfc9440).unwrap();
        let said = |pairs: &[(&str, &str)]| certificates.read(&headers(pairs)).unwrap_err().to_string();
        assert_eq!(said(&[]), "has no Client-Cert header");
        let said = said(&[("x-amzn-mtls-clientcert", PEM)]);
        assert!(said.contains("device.client_certificate_header = \"x-amzn-mtls-clientcert\""), "{said}");
        assert!(said.contains("device.client_certificate_form = \"pem\""), "{said}");
    }

    #[test]
    fn a_header_that_is_there_twice_is_refused() {
        for form in [Form::Rfc9440, Form::Pem, Form::Base64, Form::Xfcc] {
            let certificates = ClientCertificates::new("x-cert", form).unwrap();
            let twice = headers(&[("x-cert", BASE64), ("x-cert", BASE64)]);
            assert!(matches!(certificates.read(&twice), Err(HeaderProblem::Malformed { .. })), "{form:?}");
        }
        for wrong in ["", "a b", "Client-Cert-Chain"] {
            assert!(ClientCertificates::new(wrong, Form::Pem).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_chain_is_a_list_of_byte_sequences() {
        let chained = |form, pairs: &[(&str, &str)]| {
            let certificates = ClientCertificates::new("x-cert", form).unwrap();
            certificates.read(&headers(pairs)).map(|read| !read.intermediates.is_empty())
        };
        let (one, list) = (format!(":{BASE64}:"), format!(":{BASE64}:, :{BASE64}:"));
        assert_eq!(chained(Form::Rfc9440, &[("x-cert", &one)]), Ok(false));
        assert_eq!(chained(Form::Rfc9440, &[("x-cert", &one), ("client-cert-chain", &list)]), Ok(true));
        assert_eq!(
            chained(
                Form::Rfc9440,
                &[("x-cert", &one), ("client-cert-chain", &one), ("client-cert-chain", &one)]
            ),
            Ok(true)
        );
        // Too many are not looked at.
        let many = [one.as_str(); 5].join(",");
        assert_eq!(chained(Form::Rfc9440, &[("x-cert", &one), ("client-cert-chain", &many)]), Ok(false));
        for wrong in ["", ":aGVsbG8=:,", "aGVsbG8=", ":aGVsbG8=:;x=1", "::"] {
            let chain = chained(Form::Rfc9440, &[("x-cert", &one), ("client-cert-chain", wrong)]);
            assert_eq!(chain, Err(HeaderProblem::Chain), "{wrong}");
        }
        assert_eq!(chained(Form::Pem, &[("x-cert", &format!("{PEM}{PEM}"))]), Ok(true));
        assert_eq!(chained(Form::Base64, &[("x-cert", &format!("{BASE64},{BASE64}"))]), Ok(true));
        let xfcc = format!("Cert=\"{PEM}\";Chain=\"{PEM}{PEM}\"");
        assert_eq!(chained(Form::Xfcc, &[("x-cert", &xfcc)]), Ok(true));
        // With other forms, this header is not trusted: the proxy may not know it, and pass on a client's.
        assert_eq!(chained(Form::Base64, &[("x-cert", BASE64), ("client-cert-chain", "junk")]), Ok(false));
    }
}
