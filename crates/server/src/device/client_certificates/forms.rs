//! The forms themselves: the bytes of a header, as a certificate and those above it.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use percent_encoding::percent_decode_str;

use super::Form;

/// As RFC 8941 (4.2.7) wants its readers: not strict about padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

/// The first byte of every certificate's DER.
const SEQUENCE: u8 = 0x30;

/// A certificate and those above it.
type Chain = (Vec<u8>, Vec<Vec<u8>>);

/// Reads a header's value in this form.
pub(super) fn read(form: Form, value: &str) -> Option<Chain> {
    match form {
        Form::Rfc9440 => byte_sequence(value.as_bytes()).map(|der| (der, Vec::new())),
        Form::Pem => first(escaped_pem(value)?),
        Form::Base64 => first(value.split(',').map(|item| base64(item.trim())).collect::<Option<_>>()?),
        Form::Xfcc => xfcc(value),
    }
}

/// Which form a value has, by its looks.
pub(super) fn guess(value: &str) -> Option<Form> {
    let all = [Form::Rfc9440, Form::Pem, Form::Xfcc, Form::Base64];
    let fits = |form: &Form| read(*form, value).is_some_and(|(der, _)| der.first() == Some(&SEQUENCE));
    all.into_iter().find(fits)
}

/// The bytes of an item that is a byte sequence (RFC 8941) and not empty.
pub(super) fn byte_sequence(item: &[u8]) -> Option<Vec<u8>> {
    let inner = item.trim_ascii().strip_prefix(b":")?.strip_suffix(b":")?;
    BASE64.decode(inner).ok().filter(|bytes| !bytes.is_empty())
}

fn first(certificates: Vec<Vec<u8>>) -> Option<Chain> {
    let mut certificates = certificates.into_iter();
    Some((certificates.next()?, certificates.collect()))
}

fn base64(text: &str) -> Option<Vec<u8>> {
    BASE64.decode(text).ok().filter(|bytes| !bytes.is_empty())
}

/// The certificates of a PEM text in which what a header can't hold is percent-encoded. Some proxies encode more, some less.
fn escaped_pem(value: &str) -> Option<Vec<Vec<u8>>> {
    // What is no escape stays as it is, and then is no base64.
    let text = percent_decode_str(value.trim()).decode_utf8().ok()?;
    let mut certificates = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (body, after) = rest.strip_prefix(BEGIN)?.split_once(END)?;
        certificates.push(base64(&body.split_whitespace().collect::<String>())?);
        rest = after.trim_start();
    }
    Some(certificates)
}

/// Envoy's: elements behind commas, of pairs behind semicolons, whose values may be quoted. Each proxy on the way adds an element, so only
/// the last one is known to be of the proxy that is trusted; those before could be anybody's.
fn xfcc(value: &str) -> Option<Chain> {
    let element = outside_quotes(value, b',')?.pop()?;
    let (mut own, mut chain) = (None, None);
    for pair in outside_quotes(element, b';')? {
        let (key, value) = pair.split_once('=')?;
        let (key, value) = (key.trim(), value.trim().trim_matches('"'));
        if key.eq_ignore_ascii_case("Cert") {
            own = Some(escaped_pem(value)?.into_iter().next()?);
        } else if key.eq_ignore_ascii_case("Chain") {
            chain = Some(escaped_pem(value)?);
        }
    }
    // The chain begins with the certificate itself.
    let (first, above) = chain.map(first).unwrap_or_default().unwrap_or_default();
    let own = own.or_else(|| (!first.is_empty()).then(|| first.clone()))?;
    (first.is_empty() || first == own).then_some((own, above))
}

/// The pieces between separators that are not in quotes; none where a quote is not closed.
fn outside_quotes(text: &str, separator: u8) -> Option<Vec<&str>> {
    let (mut pieces, mut start, mut quoted, mut escaped) = (Vec::new(), 0, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if byte == separator && !quoted => {
                pieces.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    pieces.push(&text[start..]);
    (!quoted).then_some(pieces)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn der(form: Form, value: &str) -> Option<Vec<u8>> {
        read(form, value).map(|(der, _)| der)
    }

    #[test]
    fn a_byte_sequence_is_taken_and_nothing_else() {
        for value in [":aGVsbG8=:", ":aGVsbG8:", "  :aGVsbG8=: "] {
            assert_eq!(der(Form::Rfc9440, value), Some(b"hello".to_vec()), "{value}");
        }
        for value in
            ["", ":", "::", "aGVsbG8=", ":aGVsbG8=", ":aGVs bG8=:", ":a_-=:", ":aGVsbG8=:, :aGVsbG8=:"]
        {
            assert_eq!(der(Form::Rfc9440, value), None, "{value}");
        }
    }

    #[test]
    fn pem_is_taken_as_proxies_encode_it() {
        let nginx = "-----BEGIN%20CERTIFICATE-----%0AaGVs%0AbG8%3D%0A-----END%20CERTIFICATE-----%0A";
        let balancer = "-----BEGIN%20CERTIFICATE-----%0D%0AaGVsbG8=%0D%0A-----END%20CERTIFICATE-----";
        let spaces = "-----BEGIN CERTIFICATE----- aGVsbG8= -----END CERTIFICATE-----";
        for value in [nginx, balancer, spaces] {
            assert_eq!(der(Form::Pem, value), Some(b"hello".to_vec()), "{value}");
        }
        let two = format!("{nginx}{balancer}");
        assert_eq!(read(Form::Pem, &two), Some((b"hello".to_vec(), vec![b"hello".to_vec()])));
        for value in [
            "",
            "%",
            "%zz",
            "-----BEGIN%20CERTIFICATE-----",
            &format!("{nginx}x"),
            &nginx.replace("CERTIFICATE", "KEY"),
        ] {
            assert_eq!(der(Form::Pem, value), None, "{value}");
        }
        // A plus is a part of base64, and never a blank.
        assert_eq!(der(Form::Pem, &spaces.replace("aGVsbG8=", "+/+/")), Some(vec![0xfb, 0xff, 0xbf]));
    }

    #[test]
    fn of_several_proxies_only_the_last_ones_word_counts() {
        let pem = |base64: &str| {
            format!("\"-----BEGIN%20CERTIFICATE-----%0A{base64}%0A-----END%20CERTIFICATE-----%0A\"")
        };
        let (hello, other) = (pem("aGVsbG8="), pem("b3RoZXI="));
        for value in [
            format!("By=spiffe://a;Hash=ab;Cert={hello};Subject=\"C=\\\"x\\\",CN=a;b\";URI=x"),
            format!("Cert={other},Hash=1;Cert={hello}"),
            format!("cert={hello};Chain={hello}"),
            format!("Chain={hello}"),
        ] {
            assert_eq!(der(Form::Xfcc, &value), Some(b"hello".to_vec()), "{value}");
        }
        for value in [
            "Hash=ab;Subject=\"\"".to_owned(),
            format!("Cert={hello},Hash=ab"),
            format!("Cert={hello};Chain={other}"),
            format!("Cert={hello};Subject=\"open"),
            "Cert=\"\"".to_owned(),
            String::new(),
        ] {
            assert_eq!(der(Form::Xfcc, &value), None, "{value}");
        }
    }
}
