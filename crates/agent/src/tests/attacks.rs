//! A server, a storage or a network that lies: nothing is installed, and the report says why.

use std::time::Duration;

use serde_json::{Value, json};

use super::device::{Device, Key, prn};
use super::server::Reply;
use crate::outcome::{Error, Outcome};

const GENUINE: &str = "the genuine content";

/// Asks once; the update must fail with this reason, reported, and with nothing installed.
async fn refuses(device: &Device, reason: &str) {
    let outcome = device.once().await.unwrap();
    let Outcome::Failed { detail, .. } = outcome else { panic!("{outcome:?}") };
    assert!(detail.contains(reason), "{detail}");
    assert_eq!(device.told().last().map(String::as_str), Some("failed"));
    assert!(device.last_detail().contains(reason), "{}", device.last_detail());
    assert_eq!((device.installed("one"), device.installed("two")), (None, None));
}

/// Offers one entry that a test altered.
async fn offered(alter: impl FnOnce(&Device, &mut Value)) -> Device {
    let device = Device::new().await;
    let mut entry = device.entry(1, "1.0.0", GENUINE);
    alter(&device, &mut entry);
    device.offer(1, &[entry]);
    device
}

/// The content's answers are altered.
async fn served(alter: impl Fn(Reply) -> Reply + Send + 'static) -> Device {
    let device = offered(|_, _| {}).await;
    device.server.twist(
        move |request, reply| {
            if request.path.starts_with("/content") { alter(reply) } else { reply }
        },
    );
    device
}

#[tokio::test]
async fn altered_content() {
    let device = served(|reply| Reply { body: b"the enuinge content".to_vec(), ..reply }).await;
    refuses(&device, "what arrived has the hash").await;
    assert_eq!(device.server.seen("/content").len(), 1);
}

/// A host that has the wrong bytes for a while must not make a fleet give a bundle up.
#[tokio::test]
async fn five_wrong_contents_then_right() {
    let device = served(|reply| Reply { body: b"the enuinge content".to_vec(), ..reply }).await;
    for _ in 0..5 {
        refuses(&device, "what arrived has the hash").await;
    }
    device.server.straighten();
    assert!(matches!(device.once().await.unwrap(), Outcome::Updated { .. }));
    assert_eq!(device.installed("one").unwrap(), GENUINE);
}

/// Neither what the server says, nor what the device lacks, is a reason to give a bundle up.
#[tokio::test]
async fn five_refusals_of_each_kind_then_right() {
    for (field, wrong, reason) in [
        ("signatures", json!([]), "0 of the 1 required"),
        ("hash", json!("no hash"), "hash of an entry"),
        ("url", Value::Null, "no URL"),
        ("size", json!(1_u64 << 40), "max_download_bytes"),
    ] {
        let device = offered(|_, entry| entry[field] = wrong).await;
        for _ in 0..5 {
            refuses(&device, reason).await;
        }
        device.offer(1, &[device.entry(1, "1.0.0", GENUINE)]);
        assert!(matches!(device.once().await.unwrap(), Outcome::Updated { .. }), "{field}");
    }
}

#[tokio::test]
async fn content_and_hash_altered_together() {
    let device = offered(|device, entry| {
        let evil = device.entry(1, "1.0.0", "evil content");
        for field in ["hash", "size", "url"] {
            entry[field] = evil[field].clone();
        }
    })
    .await;
    refuses(&device, "0 of the 1 required signatures by trusted keys").await;
}

#[tokio::test]
async fn truncated_content() {
    refuses(
        &served(|reply| Reply { body: reply.body[..reply.body.len() / 2].to_vec(), ..reply }).await,
        "ends after",
    )
    .await;
}

#[tokio::test]
async fn truncated_content_with_the_full_length_announced() {
    let device = served(|_| Reply { length: Some(19), ..Reply::bytes(200, b"the gen") }).await;
    refuses(&device, "ends after 7 bytes").await;
}

#[tokio::test]
async fn longer_content_than_announced() {
    refuses(
        &served(|_| Reply::bytes(200, b"the genuine content and more")).await,
        "longer than the 19 bytes",
    )
    .await;
}

#[tokio::test]
async fn wrong_size_in_the_manifest() {
    refuses(&offered(|_, entry| entry["size"] = json!(18)).await, "longer than the 18 bytes").await;
    refuses(&offered(|_, entry| entry["size"] = json!(20)).await, "").await;
}

#[tokio::test]
async fn endless_body() {
    let device = served(|_| Reply { endless: true, ..Reply::bytes(200, &[7; 4096]) }).await;
    refuses(&device, "longer than the 19 bytes").await;
}

#[tokio::test]
async fn older_signed_binary_swapped_in_for_the_content() {
    let device = served(|reply| Reply { body: b"an older content!!!".to_vec(), ..reply }).await;
    device.entry(1, "0.9.0", "an older content!!!");
    refuses(&device, "what arrived has the hash").await;
}

#[tokio::test]
async fn older_signed_binary_named_by_the_manifest() {
    let device = Device::new().await;
    device.configure("refuse_older = true", "[[installers]]\ncopy = \"one\"\n");
    device.offer(1, &[device.entry(1, "2.0.0", "new")]);
    device.once().await.unwrap();
    device.offer(2, &[device.entry(1, "1.9.0", "old")]);
    let outcome = device.once().await.unwrap();
    assert!(
        matches!(&outcome, Outcome::Failed { detail, .. } if detail.contains("older than 2.0.0")),
        "{outcome:?}"
    );
    assert_eq!(device.installed("one").unwrap(), "new");
    assert!(device.last_detail().contains("refuse_older"));
}

/// What docs/agent.md admits: a version is the server's word. A test, so that the page is changed on the day on which this is.
#[tokio::test]
async fn an_old_content_under_a_new_label_is_installed_as_the_documentation_says() {
    let device = Device::new().await;
    let minimum = format!("[minimum_versions]\n\"{}\" = \"2.0.0\"\n", prn("artifact", 1));
    device.configure("refuse_older = true", &format!("[[installers]]\ncopy = \"one\"\n{minimum}"));
    device.offer(1, &[device.entry(1, "2.0.0", "new")]);
    device.once().await.unwrap();
    device.offer(2, &[device.entry(1, "99.0.0", "old")]);
    assert!(matches!(device.once().await.unwrap(), Outcome::Updated { .. }));
    assert_eq!(device.installed("one").unwrap(), "old");
    device.offer(3, &[device.entry(1, "2.0.1", "newest")]);
    assert!(
        matches!(device.once().await.unwrap(), Outcome::Failed { detail, .. } if detail.contains("refuse_older"))
    );
    let documented = include_str!("../../../../docs/agent.md");
    assert!(documented.contains("**installed, also with `refuse_older` and `minimum_versions`**"));
}

#[tokio::test]
async fn tag_offered_in_place_of_the_commits_after_it() {
    let device = Device::new().await;
    let minimum = format!("[minimum_versions]\n\"{}\" = \"2.0.0-3-gabc1234\"\n", prn("artifact", 1));
    device.configure("refuse_older = true", &format!("[[installers]]\ncopy = \"one\"\n{minimum}"));
    device.offer(1, &[device.entry(1, "v2.0.0-5-gabc1234", "new")]);
    device.once().await.unwrap();
    for (version, told) in
        [("2.0.0", "below the minimum"), ("2.0.0-4-gabc1234", "older than v2.0.0-5-gabc1234")]
    {
        device.offer(2, &[device.entry(1, version, "old")]);
        let outcome = device.once().await.unwrap();
        assert!(matches!(&outcome, Outcome::Failed { detail, .. } if detail.contains(told)), "{outcome:?}");
        assert_eq!(device.installed("one").unwrap(), "new");
    }
    device.offer(3, &[device.entry(1, "2.0.1-rc.1", "newer")]);
    device.once().await.unwrap();
    assert_eq!(device.installed("one").unwrap(), "newer");
}

#[tokio::test]
async fn version_below_the_minimum() {
    let device = offered(|_, _| {}).await;
    let section = format!(
        "[[installers]]\ncopy = \"one\"\n[minimum_versions]\n\"{}\" = \"1.0.1\"\n",
        prn("artifact", 1)
    );
    device.configure("", &section);
    refuses(&device, "below the minimum, 1.0.1").await;
}

#[tokio::test]
async fn signature_by_an_unknown_key_that_the_server_vouches_for() {
    let device =
        offered(|_, entry| entry["signatures"] = json!([Key::new(2).sign(GENUINE.as_bytes())])).await;
    refuses(&device, "0 of the 1 required").await;
}

#[tokio::test]
async fn signature_by_an_unknown_key_under_the_name_of_the_pinned_one() {
    let device = offered(|device, entry| {
        let mut forged = Key::new(2).sign(GENUINE.as_bytes());
        forged["keyid"] = json!(device.vendor.public.keyid().to_string());
        entry["signatures"] = json!([forged]);
    })
    .await;
    refuses(&device, "0 of the 1 required").await;
}

#[tokio::test]
async fn signature_of_another_content() {
    let device = offered(|device, entry| {
        entry["signatures"] = json!([device.vendor.sign(b"another"), device.vendor.sign_purely(b"another")]);
    })
    .await;
    refuses(&device, "0 of the 1 required").await;
}

#[tokio::test]
async fn no_signatures_at_all() {
    refuses(&offered(|_, entry| entry["signatures"] = json!([])).await, "0 of the 1 required").await;
}

#[tokio::test]
async fn one_key_signing_twice_is_not_two_keys() {
    let device = offered(|device, entry| {
        let (a, b) = (device.vendor.sign(GENUINE.as_bytes()), device.vendor.sign_purely(GENUINE.as_bytes()));
        entry["signatures"] = json!([a, b]);
    })
    .await;
    std::fs::write(device.path("second.pem"), Key::new(2).public.public_value()).unwrap();
    let text = std::fs::read_to_string(device.path("agent.toml")).unwrap();
    let text = text.replace("[\"key.pem\"]", "[\"key.pem\", \"second.pem\"]\nrequired_signatures = 2");
    std::fs::write(device.path("agent.toml"), text).unwrap();
    refuses(&device, "1 of the 2 required").await;
}

#[tokio::test]
async fn content_redirected_elsewhere() {
    let device = Device::new().await;
    let elsewhere = device.server.serve_content("/elsewhere", GENUINE.as_bytes());
    device.offer(1, &[device.entry(1, "1.0.0", GENUINE)]);
    device.server.twist(move |request, reply| match request.path.as_str() {
        path if path.starts_with("/content") => {
            Reply { headers: vec![("location", elsewhere.clone())], ..Reply::bytes(302, b"") }
        }
        _ => reply,
    });
    refuses(&device, "302").await;
    assert!(device.server.seen("/elsewhere").is_empty());
}

#[tokio::test]
async fn update_redirected_elsewhere() {
    let device = offered(|_, _| {}).await;
    device.server.twist(|request, reply| match request.path.as_str() {
        path if path.starts_with("/update?") => {
            Reply { headers: vec![("location", "/elsewhere".to_owned())], ..Reply::bytes(307, b"") }
        }
        _ => reply,
    });
    assert!(matches!(device.once().await, Err(Error::Client(_))));
    assert!(device.server.seen("/elsewhere").is_empty() && device.installed("one").is_none());
}

#[tokio::test]
async fn a_host_that_is_not_allowed_and_a_url_without_tls() {
    let inside = |_: &Device, entry: &mut Value| entry["url"] = json!("https://10.0.0.1:22/");
    let device = offered(inside).await;
    device.configure("max_attempts = 1", "[[installers]]\ncopy = \"one\"\n");
    // As often as it likes: an operator who names the host later is not too late.
    for _ in 0..3 {
        refuses(&device, "on the host 10.0.0.1, which is neither the server's nor named").await;
    }
    device.configure("allowed_download_hosts = [\"cdn.example.com\"]", "[[installers]]\ncopy = \"one\"\n");
    refuses(&device, "on the host 10.0.0.1, which").await;
    device.offer(1, &[device.entry(1, "1.0.0", GENUINE)]);
    assert!(
        matches!(device.once().await.unwrap(), Outcome::Updated { .. }),
        "the server's own host is allowed"
    );

    for allowed in ["*", "OTHER.invalid"] {
        let device = offered(|_, entry| entry["url"] = json!("https://other.invalid/x")).await;
        let settings = format!("allowed_download_hosts = [\"{allowed}\"]");
        device.configure(&settings, "[[installers]]\ncopy = \"one\"\n");
        assert!(matches!(device.once().await, Err(Error::Client(_))), "{allowed} is asked");
    }
    refuses(
        &offered(|_, entry| entry["url"] = json!("http://localhost/x")).await,
        "without TLS, from localhost",
    )
    .await;
    refuses(&offered(|_, entry| entry["url"] = json!("file:///etc/passwd")).await, "").await;
    refuses(&offered(|_, entry| entry["url"] = Value::Null).await, "no URL").await;
}

/// It is a mistake of the server's operator, and allowing the host would be the wrong cure.
#[tokio::test]
async fn contents_on_the_device_itself() {
    let device = Device::new().await;
    for url in
        ["http://127.0.0.2:8080/content/x", "https://[::ffff:127.0.0.2]/content/x", "http://0.0.0.0:8080/x"]
    {
        let mut entry = device.entry(1, "1.0.0", GENUINE);
        entry["url"] = json!(url);
        device.offer(1, &[entry]);
        refuses(&device, "has to set server.public_url").await;
        assert!(!device.last_detail().contains("allowed_download_hosts"), "{}", device.last_detail());
    }
}

/// The host's certificate may be mended: the update is not given up for it.
#[tokio::test]
async fn a_host_of_contents_with_another_authority() {
    let stranger = Device::new().await;
    let elsewhere = format!("{}/content/x", stranger.server.url);
    let device = offered(|_, entry| entry["url"] = json!(elsewhere)).await;
    let refused = device.once().await.unwrap_err();
    assert!(refused.to_string().contains("is not trusted"), "{refused}");
    assert!(!device.told().contains(&"failed".to_owned()), "{:?}", device.told());
}

#[tokio::test]
async fn garbage_instead_of_an_answer() {
    let device = offered(|_, _| {}).await;
    for garbage in
        ["", "{", "null", "[]", "{\"status\": 1}", "{\"status\": \"upgrade\"}", "{\"status\": \"update\"}"]
    {
        device.server.twist(move |_, _| Reply::bytes(200, garbage.as_bytes()));
        assert!(matches!(device.once().await, Err(Error::Client(_) | Error::Answer(_))), "{garbage}");
    }
    device.server.twist(|_, _| Reply { endless: true, ..Reply::bytes(200, &[b' '; 8_192]) });
    assert!(matches!(device.once().await, Err(Error::Client(_))));
    assert_eq!(device.installed("one"), None);
}

#[tokio::test]
async fn names_that_would_be_options_or_paths() {
    for (field, value) in [
        ("artifact_version", "--force"),
        ("artifact_version", "1\n2"),
        ("target", "-x"),
        ("hash", "../../etc/passwd"),
        ("artifact_prn", "../x"),
        ("binary_prn", ""),
    ] {
        refuses(&offered(|_, entry| entry[field] = json!(value)).await, &format!("{field} of an entry"))
            .await;
    }
}

#[tokio::test]
async fn the_second_of_two_is_bad() {
    let device = Device::new().await;
    let mut bad = device.entry(2, "1.0.0", "second");
    bad["signatures"] = json!([]);
    device.offer(1, &[device.entry(1, "1.0.0", "first"), bad]);
    refuses(&device, "0 of the 1 required").await;
    assert_eq!(device.told(), ["downloading", "failed"]);
}

#[tokio::test]
async fn more_than_the_device_takes() {
    let device = offered(|_, _| {}).await;
    device.configure("max_download_bytes = 18", "[[installers]]\ncopy = \"one\"\n");
    refuses(&device, "max_download_bytes").await;
    let four_gibibytes = 4_u64 << 30;
    let device = offered(move |_, entry| entry["size"] = json!(four_gibibytes + 1)).await;
    refuses(&device, "max_download_bytes allows 4294967296").await;
    refuses(&offered(|_, entry| entry["size"] = json!(u64::MAX)).await, "").await;
    let device = Device::new().await;
    device.offer(1, &[]);
    refuses(&device, "manifest is empty").await;
}

#[tokio::test]
async fn more_than_there_is_room_for() {
    let device = offered(|_, entry| entry["size"] = json!(1_u64 << 50)).await;
    let no_limit = "max_attempts = 1\nmax_download_bytes = 9_000_000_000_000_000_000";
    device.configure(no_limit, "[[installers]]\ncopy = \"one\"\n");
    for _ in 0..3 {
        refuses(&device, "the update needs 1125899906842624 more bytes").await;
    }
    assert!(device.server.seen("/content").is_empty(), "not a byte was fetched");
    device.offer(1, &[device.entry(1, "1.0.0", GENUINE)]);
    let installers = "[[installers]]\ncopy = \"one\"\n";
    device.configure("download_reserve_bytes = 9_000_000_000_000_000_000", installers);
    refuses(&device, "must stay free (download_reserve_bytes)").await;
    device.configure("", installers);
    assert!(matches!(device.once().await.unwrap(), Outcome::Updated { .. }), "room may be made");
}

#[tokio::test]
async fn words_that_a_command_must_not_get() {
    let command = |words: &str| format!("[[installers]]\ncommand = [{words}]\n");
    let into_a_path = command(r#""cp", "{file}", "one-{version}-{target}.bin""#);
    for (field, value) in [
        ("artifact_version", "1; touch PWNED #"),
        ("artifact_version", "1.0 beta"),
        ("artifact_version", "$(touch PWNED)"),
        ("artifact_version", "../../escaped"),
        ("artifact_version", "1..2"),
        ("artifact_version", ".hidden"),
        ("artifact_version", "1/2"),
        ("artifact_version", "~root"),
        ("artifact_version", "1é"),
        ("target", "arm/../x"),
        ("target", "a`b"),
    ] {
        let device = offered(|_, entry| entry[field] = json!(value)).await;
        device.configure("", &into_a_path);
        refuses(&device, "in the installer's command").await;
        assert!(device.server.seen("/content").is_empty(), "{value}");
        // A command that does not ask for it is not given it, neither as an argument nor otherwise.
        let out = device.path("out").display().to_string();
        device.configure(
            "",
            &command(&format!(
                r#""sh", "-c", "printf '%s %s' \"$OLIVINE_VERSION\" \"$OLIVINE_TARGET\" > {out}""#
            )),
        );
        device.offer(
            2,
            &[{
                let mut entry = device.entry(1, "1.0.0", GENUINE);
                entry[field] = json!(value);
                entry
            }],
        );
        assert!(matches!(device.once().await.unwrap(), Outcome::Updated { .. }), "{value}");
        let told = device.installed("out").unwrap();
        assert!(told == " arm" || told == "1.0.0 ", "{value}: {told}");
    }
}

#[tokio::test]
async fn a_script_gets_what_it_needs_from_its_environment() {
    let device = offered(|_, entry| entry["artifact_version"] = json!("v1.0.0-5-gabc+x~1:2_3")).await;
    let out = device.path("one").display().to_string();
    let script = format!(
        r#"printf '%s %s %s ' \"$OLIVINE_VERSION\" \"$OLIVINE_TARGET\" \"$OLIVINE_HASH\" > {out}; cat \"$OLIVINE_METADATA\" \"$OLIVINE_FILE\" >> {out}"#
    );
    device.configure("", &format!("[[installers]]\ncommand = [\"sh\", \"-c\", \"{script}\"]\n"));
    device.once().await.unwrap();
    let hash = olivine_domain::hash::Sha256Digest::of(GENUINE.as_bytes());
    let expected = format!("v1.0.0-5-gabc+x~1:2_3 arm {hash} {{\"slot\":\"b\"}}{GENUINE}");
    assert_eq!(device.installed("one").unwrap(), expected);
}

#[tokio::test]
async fn an_artifact_without_installer_fails_before_anything_is_fetched() {
    let device = Device::new().await;
    device.configure(
        "",
        &format!("[[installers]]\nartifact_prn = \"{}\"\ncopy = \"one\"\n", prn("artifact", 1)),
    );
    device.offer(1, &[device.entry(1, "1.0.0", "first"), device.entry(2, "1.0.0", "second")]);
    refuses(&device, "no installer is configured").await;
    assert!(device.server.seen("/content").is_empty());
}

#[tokio::test]
async fn a_server_with_another_authority() {
    let (device, stranger) = (offered(|_, _| {}).await, Device::new().await);
    std::fs::copy(stranger.path("ca.pem"), device.path("ca.pem")).unwrap();
    let refused = device.once().await.unwrap_err();
    assert!(refused.to_string().contains("is not trusted"), "{refused}");
    assert!(refused.to_string().contains("the file that ca_certificate names"), "{refused}");
    assert!(matches!(refused, Error::Client(error) if error.is_transport() && !error.is_transient()));
    assert!(device.server.seen("/").is_empty());
}

#[tokio::test]
async fn a_server_that_asks_for_an_age_of_patience() {
    let device = offered(|_, _| {}).await;
    device.server.twist(|_, _| Reply {
        headers: vec![("retry-after", "99999999999".to_owned())],
        ..Reply::bytes(503, b"")
    });
    let error = device.once().await;
    let wait = crate::schedule::Schedule::new(Duration::from_mins(1)).next(&error, 0.0);
    assert_eq!(wait, Duration::from_hours(24));
}

#[tokio::test]
async fn the_device_certificate_is_not_shown_where_contents_are() {
    let device = offered(|_, _| {}).await;
    device.once().await.unwrap();
    assert!(device.server.seen("/update").iter().all(|request| request.has_certificate));
    assert!(device.server.seen("/content").iter().all(|request| !request.has_certificate));
}
