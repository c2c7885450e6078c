//! Writing PEM, as RFC 7468 has it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// How long a line is.
const LINE: usize = 64;

/// The text of `der` under a label such as `CERTIFICATE`.
pub(crate) fn text(label: &str, der: &[u8]) -> String {
    let base64 = STANDARD.encode(der);
    let mut text = format!("-----BEGIN {label}-----\n");
    for line in base64.as_bytes().chunks(LINE) {
        text.extend(line.iter().map(|byte| char::from(*byte)));
        text.push('\n');
    }
    text + &format!("-----END {label}-----\n")
}
