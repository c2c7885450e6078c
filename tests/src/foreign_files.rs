//! Keys and certificates in the forms that other programs write and people paste.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::{Api, Shell, prn};

/// A script that makes a key and a certificate, and converts both into other forms.
pub const MAKE: &str =
    "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=SN-1 -days 30 \
    -addext basicConstraints=critical,CA:FALSE -keyout d.key -out d.pem
    openssl pkey -in d.key -pubout -out d.pub
    openssl x509 -in d.pem -outform der -out d.der
    openssl x509 -in d.pem -trustout -addtrust clientAuth -out trusted.pem
    openssl pkcs12 -export -in d.pem -inkey d.key -passout pass: -out d.p12
    openssl crl2pkcs7 -nocrl -certfile d.pem -out d.p7b
    openssl req -new -key d.key -subj /CN=x -out d.csr
    ssh-keygen -q -t ed25519 -N '' -C me -f id";

/// Creates a product with a device. Returns both PRNs.
pub async fn device(api: &Api) -> (String, String) {
    let product =
        prn(&api.post("/v1/products", &json!({"name": "gateway"})).await.expect(201).json["product"]);
    let new = json!({"identifier": "SN-1", "product_prn": product});
    let device = prn(&api.post("/v1/devices", &new).await.expect(201).json["device"]);
    (product, device)
}

/// The content of a text file.
pub fn text(shell: &Shell, file: &str) -> String {
    String::from_utf8(shell.read(file)).expect("text")
}

/// The content of a file in base64.
pub fn base64(shell: &Shell, file: &str) -> String {
    STANDARD.encode(shell.read(file))
}

/// A text as the Windows editor saves it.
pub fn utf16(text: &str) -> Vec<u8> {
    format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect()
}
