//! Devices whose certificate was deleted, and which return with the same certificate in another encoding, or with another certificate for
//! the same key.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use olivine_tests::factory::{Factory, path};
use olivine_tests::{Database, Device, Server, Shell, list_all, named, prn, try_send};
use rcgen::{BasicConstraints, IsCa, KeyPair};
use reqwest::Method;
use serde_json::json;

/// The order of the curve P-256.
const ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc,
    0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];
const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 2;
const BIT_STRING: u8 = 3;
const NULL: u8 = 5;

/// The elements of a DER sequence: the first byte and the content of each.
fn elements(mut der: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let mut found = Vec::new();
    while let [tag, length, rest @ ..] = der {
        let (length, rest) = match *length {
            short if short < 0x80 => (usize::from(short), rest),
            0x81 => (usize::from(rest[0]), &rest[1..]),
            _ => (usize::from(rest[0]) * 256 + usize::from(rest[1]), &rest[2..]),
        };
        found.push((*tag, rest[..length].to_vec()));
        der = &rest[length..];
    }
    found
}

fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap();
    let [high, low] = length.to_be_bytes();
    let head = match length {
        0..0x80 => vec![tag, low],
        0x80..0x100 => vec![tag, 0x81, low],
        _ => vec![tag, 0x82, high, low],
    };
    [head, content.to_vec()].concat()
}

/// The parts of a certificate: the signed part, the algorithm, and the signature.
fn parts(pem: &str) -> [Vec<u8>; 3] {
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let outer = elements(&STANDARD.decode(body).unwrap());
    let parts = elements(&outer[0].1).into_iter().map(|(tag, content)| element(tag, &content));
    parts.collect::<Vec<_>>().try_into().unwrap()
}

fn pem(parts: &[Vec<u8>]) -> String {
    let body = STANDARD.encode(element(SEQUENCE, &parts.concat()));
    format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n")
}

/// The certificate with the other of the two equivalent ECDSA signatures.
fn other_signature(certificate: &str) -> String {
    let [signed, algorithm, signature] = parts(certificate);
    let bits = elements(&signature)[0].1.clone();
    let numbers = elements(&elements(&bits[1..])[0].1);
    let mut s = [0; 32];
    let given: Vec<_> = numbers[1].1.iter().copied().skip_while(|byte| *byte == 0).collect();
    s[32 - given.len()..].copy_from_slice(&given);
    let (mut other, mut borrow) = ([0; 32], 0);
    for place in (0..32).rev() {
        let difference = i16::from(ORDER[place]) - i16::from(s[place]) - borrow;
        borrow = i16::from(difference < 0);
        other[place] = u8::try_from(difference.rem_euclid(256)).unwrap();
    }
    let mut minimal: Vec<_> = other.iter().copied().skip_while(|byte| *byte == 0).collect();
    if minimal[0] >= 0x80 {
        minimal.insert(0, 0);
    }
    let both = [element(INTEGER, &numbers[0].1), element(INTEGER, &minimal)].concat();
    let bits = [vec![0], element(SEQUENCE, &both)].concat();
    pem(&[signed, algorithm, element(BIT_STRING, &bits)])
}

/// The certificate with other bytes for the algorithm outside the signed part.
fn other_algorithm(certificate: &str, parameters: &[u8]) -> String {
    let [signed, algorithm, signature] = parts(certificate);
    let identifier = elements(&elements(&algorithm)[0].1).swap_remove(0).1;
    let algorithm = element(SEQUENCE, &[element(6, &identifier), parameters.to_vec()].concat());
    pem(&[signed, algorithm, signature])
}

/// The certificate with lengths encoded in more bytes than needed.
fn other_lengths(certificate: &str) -> Vec<String> {
    let [signed, algorithm, signature] = parts(certificate);
    let content = elements(&algorithm).swap_remove(0).1;
    let long = [vec![SEQUENCE, 0x81, u8::try_from(content.len()).unwrap()], content].concat();
    let bits = elements(&signature).swap_remove(0).1;
    let [high, low] = u16::try_from(bits.len()).unwrap().to_be_bytes();
    let longer = [vec![BIT_STRING, 0x83, 0, high, low], bits].concat();
    let trailing = [signature.clone(), element(NULL, &[])].concat();
    vec![
        pem(&[signed.clone(), long, signature]),
        pem(&[signed.clone(), algorithm.clone(), longer]),
        pem(&[signed, algorithm, trailing]),
    ]
}

/// Presents each encoding. None of them may lead to a device.
async fn none_is_let_in(server: &Server, factory: &Factory, forms: &[String], key: &str) {
    for form in forms {
        let device = Device::with(server, form, key);
        // A certificate that can't be parsed ends the connection.
        if let Ok(answer) = try_send(device.request(Method::GET, "/device/me")).await {
            assert!(matches!(answer.status, 401 | 403), "{form}: {answer:?}");
        }
    }
    let devices = list_all(&factory.api, "/v1/devices?identifier=SN-1", "devices").await;
    assert_eq!(devices, Vec::<serde_json::Value>::new());
}

pub(crate) async fn deleted_devices_do_not_come_back(database: Database) {
    let server = Server::start(database);
    let factory = Factory::new(server.api()).await;
    let (certificate, key) = factory.signed(&named("SN-1"));
    let device = Device::with(&server, &certificate, &key);
    let me = prn(&device.get("/device/me").await.expect(200).json["device"]);
    factory.api.delete(&path(&me)).await.expect(204);
    let refused = device.get("/device/me").await.expect(401);
    assert_eq!(refused.error_code(), Some("certificate_removed"));

    // Another certificate of the CA for the same key, with the same name and with another one.
    let again = |name: &str| {
        let key = KeyPair::from_pem(&key).unwrap();
        named(name).signed_by(&key, &factory.authority).unwrap().pem()
    };
    let mut forms = vec![other_signature(&certificate), other_algorithm(&certificate, &element(NULL, &[]))];
    forms.extend(other_lengths(&certificate));
    forms.extend([again("SN-1"), again("SN-2")]);
    assert!(forms.iter().all(|form| *form != certificate));
    none_is_let_in(&server, &factory, &forms, &key).await;
    let other_key = factory.stranger(&server, "SN-3");
    other_key.get("/device/me").await.expect(200);

    // Registering the certificate lets the device in again, but only in the registered encoding.
    let product = json!({"identifier": "SN-1 again", "product_prn": factory.product});
    let back = factory.create("devices", "device", product).await;
    device.register(&factory.api, &back).await;
    assert_eq!(prn(&device.get("/device/me").await.expect(200).json["device"]), back);
}

pub(crate) async fn a_deleted_device_with_an_rsa_certificate_does_not_come_back(database: Database) {
    let server = Server::start(database);
    let factory = Factory::new(server.api()).await;
    let shell = Shell::new();
    shell
        .run("openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -subj /CN=RSA -days 9")
        .succeeds();
    factory.register_authority(&shell, json!({})).await;
    shell
        .run(
            "openssl req -x509 -CA ca.pem -CAkey ca.key -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout d.key \
             -out d.pem -subj /CN=SN-1 -addext basicConstraints=critical,CA:FALSE",
        )
        .succeeds();
    let text = |name: &str| String::from_utf8(shell.read(name)).unwrap();
    let (certificate, key) = (text("d.pem"), text("d.key"));
    let device = Device::with(&server, &certificate, &key);
    let me = prn(&device.get("/device/me").await.expect(200).json["device"]);
    factory.api.delete(&path(&me)).await.expect(204);
    let mut forms = vec![
        other_algorithm(&certificate, &[]),
        other_algorithm(&certificate, &element(INTEGER, &[7])),
        other_algorithm(&certificate, &element(4, b"garbage")),
    ];
    forms.extend(other_lengths(&certificate));
    none_is_let_in(&server, &factory, &forms, &key).await;
    // Such an encoding can't be registered either.
    let product = json!({"identifier": "SN-9", "product_prn": factory.product});
    let other = factory.create("devices", "device", product).await;
    for form in &forms {
        let new = json!({"device_prn": other, "certificate": form});
        factory.api.post("/v1/device_certificates", &new).await.expect(422);
    }
}

pub(crate) async fn a_ca_certificate_is_not_accepted_as_a_device(database: Database) {
    let server = Server::start(database);
    let factory = Factory::new(server.api()).await;
    let mut params = named("SN-1");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    let (certificate, key) = factory.signed(&params);
    let refused = Device::with(&server, &certificate, &key).get("/device/me").await.expect(403);
    assert_eq!(refused.error_code(), Some("provisioning_refused"));
}
