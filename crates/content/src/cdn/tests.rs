//! The signers against numbers that their CDNs published, and every wrong setting.

use super::*;

const URL: &str = "https://cdn.example.com/files";

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros(seconds * 1_000_000).unwrap()
}

fn secret(text: &str) -> Secret {
    Secret::new(text)
}

fn signed(base_url: &str, signer: Signer, key: &str, expires: i64) -> String {
    let cdn = Cdn::new(base_url, signer).unwrap();
    let answer = cdn.sign(key, at(expires), at(expires - 60)).unwrap();
    assert_eq!(answer.expires_at, at(expires));
    answer.url
}

/// The documentation's own number; the client's address, which its expression has before the space, is the key's end here.
#[test]
fn secure_link_makes_the_documentations_hash() {
    let signer = Signer::SecureLink(SecureLink::new(&secret("secret"), None, None).unwrap());
    let url = signed("http://example.com/s", signer, "link127.0.0.1", 2_147_483_647);
    assert_eq!(url, "http://example.com/s/link127.0.0.1?md5=_e4Nc3iduzkWRm01TBBNYw&expires=2147483647");
    let signer = SecureLink::new(&secret("secret"), Some("st"), Some("e")).unwrap();
    let url = signed("http://example.com/s", Signer::SecureLink(signer), "link127.0.0.1", 2_147_483_647);
    assert!(url.ends_with("?st=_e4Nc3iduzkWRm01TBBNYw&e=2147483647"), "{url}");
}

/// Made by Akamai's own program: `EdgeAuth(key=…, end_time=…).generate_acl_token(path)` of `akamai-edgeauth` 0.3 from `PyPI`.
#[test]
fn akamai_makes_the_token_of_its_own_program() {
    let signer = Signer::Akamai(Akamai::new(&secret("52a152a152a152a152a152a152a1"), None).unwrap());
    let url = signed("https://www.example.com/content", signer, "org/binary/1", 1_767_290_400);
    assert_eq!(
        url,
        "https://www.example.com/content/org/binary/1?hdnts=exp=1767290400~acl=/content/org/binary/1~hmac=\
         abd96169139bdf10975e04f93c3e636e7dec8ec75b6c09a426295978be5ed3b6"
    );
}

/// A token with its key, published with an explanation of the same rule: <https://cloudflare-hmac.pages.dev/posts/hmac_validation>.
#[test]
fn cloudflare_makes_a_published_token() {
    let signer = Cloudflare::new(&secret("cloudflare"), 60, None).unwrap();
    let url =
        signed("https://www.example.com/", Signer::Cloudflare(signer), "tokenauth/kayak.mp4", 1_657_026_413);
    let token = "1657026353-ZXJWAyFwAgJSY%2B5j3CkJE80TatA33E3MEH4D%2FkSnh7M%3D";
    assert_eq!(url, format!("https://www.example.com/tokenauth/kayak.mp4?verify={token}"));
}

#[test]
fn cloudflares_tokens_never_outlive_its_rule_and_are_never_issued_in_the_future() {
    let cdn = Cdn::new(URL, Signer::Cloudflare(Cloudflare::new(&secret("key"), 600, None).unwrap())).unwrap();
    for (asked, issued, ends) in [
        (1_000_100, 999_500, 1_000_100),
        (1_000_600, 1_000_000, 1_000_600),
        (1_009_999, 1_000_000, 1_000_600),
    ] {
        let signed = cdn.sign("a/b", at(asked), at(1_000_000)).unwrap();
        assert!(signed.url.contains(&format!("?verify={issued}-")), "{}", signed.url);
        assert_eq!(signed.expires_at, at(ends));
    }
}

/// The first numbers of the tests of Google's own sample programs.
#[test]
fn google_makes_the_signatures_of_its_sample_programs() {
    let google = || Signer::Google(Google::new("my-key", &secret("nZtRohdNF9m3cKM24IcK4w==")).unwrap());
    let url = signed("http://35.186.234.33", google(), "index.html", 1_558_131_350);
    let expected = "http://35.186.234.33/index.html?Expires=1558131350&KeyName=my-key&Signature=fm6JZSmKNsB5sys8VGr-JE4LiiE=";
    assert_eq!(url, expected);
    assert_eq!(signed("http://35.186.234.33:80/", google(), "index.html", 1_558_131_350), expected);
}

/// The vector `plain` of <https://github.com/BunnyWay/BunnyCDN.TokenAuthentication>, `e2e/vectors.json`.
#[test]
fn bunny_makes_the_token_of_its_own_vectors() {
    let signer = Signer::Bunny(Bunny::new(&secret("SecurityKey")).unwrap());
    assert_eq!(
        signed("https://token-tester.b-cdn.net", signer, "300kb.jpg", 1_598_024_587),
        "https://token-tester.b-cdn.net/300kb.jpg?token=HS256-o10JRWlsAItyAsdKS6jJKjabHN4FrFsplDHPV1idcX4&expires=1598024587"
    );
}

#[test]
fn an_expiry_is_rounded_down_to_what_the_cdn_is_told() {
    let cdn = Cdn::new(URL, Signer::Bunny(Bunny::new(&secret("key")).unwrap())).unwrap();
    let signed = cdn.sign("a", Timestamp::from_micros(1_999_999).unwrap(), at(0)).unwrap();
    assert_eq!(signed.expires_at, at(1));
    assert!(signed.url.ends_with("&expires=1"), "{}", signed.url);
}

#[test]
fn base_urls_are_written_in_one_way() {
    for (given, origin, path) in [
        ("https://d111111abcdef8.cloudfront.net", "https://d111111abcdef8.cloudfront.net", ""),
        ("HTTPS://CDN.Example.com:443/Files/", "https://cdn.example.com", "/Files"),
        ("http://cdn.example.com:8080/a/b-c_d.e//", "http://cdn.example.com:8080", "/a/b-c_d.e"),
        ("http://[2001:DB8::1]:80", "http://[2001:db8::1]", ""),
        ("http://[2001:db8::1]:81/x", "http://[2001:db8::1]:81", "/x"),
        ("https://cdn:80", "https://cdn:80", ""),
    ] {
        let expected = BaseUrl { origin: origin.to_owned(), path: path.to_owned() };
        assert_eq!(BaseUrl::parse(given), Ok(expected), "{given}");
    }
    for (given, problem) in [
        ("cdn.example.com", "https://"),
        ("ftp://cdn.example.com", "https://"),
        ("https://", "no host name"),
        ("https:///files", "no host name"),
        ("https://a b", "no host name"),
        ("https://cdn..example", "no host name"),
        ("https://cdn:0", "no host name"),
        ("https://cdn:", "no host name"),
        ("https://cdn:65536", "no host name"),
        ("https://[::1", "no host name"),
        ("https://[::1]x", "no host name"),
        ("https://user:password@cdn", "leave out the user"),
        ("https://cdn/?a=b", "leave out the query"),
        ("https://cdn#a", "leave out the query"),
        ("https://cdn/a//b", "letters, digits"),
        ("https://cdn/../b", "letters, digits"),
        ("https://cdn/%2e", "letters, digits"),
        ("https://cdn/~a", "letters, digits"),
        ("https://cdn/größe", "letters, digits"),
    ] {
        let error = BaseUrl::parse(given).unwrap_err();
        assert!(error.contains(problem), "{given}: {error}");
    }
}

#[test]
fn only_plain_keys_are_signed() {
    let cdn = Cdn::new(URL, Signer::Bunny(Bunny::new(&secret("key")).unwrap())).unwrap();
    assert!(cdn.sign("0190163d-8694-739b-aea5-966c26f8ad91/2/1", at(1), at(0)).is_ok());
    for key in
        ["", "/a", "a/", "a//b", "a/../b", ".", "a?b", "a#b", "a%2fb", "a b", "a~b", "a!b", "a\nb", "ä"]
    {
        assert!(cdn.sign(key, at(1), at(0)).is_err(), "{key:?}");
    }
}

fn settings(json: &str) -> Result<Cdn, String> {
    let settings: CdnSettings = serde_json::from_str(json).map_err(|error| error.to_string())?;
    let again = serde_json::to_string(&settings).unwrap();
    assert_eq!(serde_json::from_str::<CdnSettings>(&again).unwrap(), settings);
    Cdn::try_from(settings).map_err(|error| error.to_string())
}

#[test]
fn settings_become_signers() {
    for (json, shown) in [
        (r#"{"type":"secure_link","url":"https://c/f","secret":"s"}"#, "SecureLink"),
        (r#"{"type":"akamai","url":"https://c","key":"00ff","token_argument":"tok"}"#, "argument: \"tok\""),
        (r#"{"type":"cloudflare","url":"https://c","secret":"s","lifetime_seconds":3600}"#, "lifetime: 3600"),
        (r#"{"type":"google","url":"https://c","key_name":"k-1","key":"nZtRohdNF9m3cKM24IcK4w"}"#, "k-1"),
        (r#"{"type":"bunny","url":"https://c","key":"s"}"#, "Bunny"),
    ] {
        let shown_as = format!("{:?}", settings(json).unwrap());
        assert!(shown_as.contains(shown), "{shown_as}");
    }
}

#[test]
fn wrong_settings_name_the_field() {
    for (json, problem) in [
        (r#"{"type":"fastly","url":"https://c"}"#, "unknown variant `fastly`"),
        (r#"{"type":"bunny","url":"https://c","key":"s","secret":"s"}"#, "unknown field `secret`"),
        (r#"{"type":"bunny","url":"https://c"}"#, "missing field `key`"),
        (r#"{"type":"bunny","url":"c","key":"s"}"#, "url: begin it with https://"),
        (r#"{"type":"bunny","url":"https://c","key":""}"#, "key: copy"),
        (
            r#"{"type":"akamai","url":"https://c","key":"abc"}"#,
            "key: use an even number of hexadecimal digits",
        ),
        (r#"{"type":"akamai","url":"https://c","key":""}"#, "key: use an even number"),
        (
            r#"{"type":"akamai","url":"https://c","key":"ab","token_argument":"a=b"}"#,
            "token_argument: use 1 to 64",
        ),
        (r#"{"type":"secure_link","url":"https://c","secret":""}"#, "secret: use at least one"),
        (r#"{"type":"secure_link","url":"https://c","secret":"a$b"}"#, "secret: use at least one"),
        (
            r#"{"type":"secure_link","url":"https://c","secret":"s","md5_argument":"a-b"}"#,
            "md5_argument: nginx",
        ),
        (
            r#"{"type":"secure_link","url":"https://c","secret":"s","expires_argument":"MD5"}"#,
            "expires_argument: name another",
        ),
        (
            r#"{"type":"cloudflare","url":"https://c","secret":"a\"b","lifetime_seconds":60}"#,
            "secret: use at least one",
        ),
        (
            r#"{"type":"cloudflare","url":"https://c","secret":"s","lifetime_seconds":59}"#,
            "lifetime_seconds: repeat",
        ),
        (r#"{"type":"google","url":"https://c","key_name":"k","key":"c2hvcnQ="}"#, "key: use 16 bytes"),
        (
            r#"{"type":"google","url":"https://c","key_name":"k&l","key":"nZtRohdNF9m3cKM24IcK4w"}"#,
            "key_name: use 1 to 63",
        ),
        (
            r#"{"type":"cloudfront","url":"https://c","key_pair_id":"K","private_key":"k","starts_seconds_before":1}"#,
            "starts_seconds_before: a canned policy",
        ),
        (
            r#"{"type":"cloudfront","url":"https://c","key_pair_id":"","private_key":"k"}"#,
            "key_pair_id: use 1 to 64",
        ),
        (
            r#"{"type":"cloudfront","url":"https://c","key_pair_id":"K","private_key":"k"}"#,
            "private_key: it is no PEM",
        ),
    ] {
        let error = settings(json).unwrap_err();
        assert!(error.contains(problem), "{json}: {error}");
    }
}

#[test]
fn debug_shows_no_secret() {
    let hidden = "0123456789abcdef";
    let google = "nZtRohdNF9m3cKM24IcK4w";
    for json in [
        format!(r#"{{"type":"secure_link","url":"https://c","secret":"{hidden}"}}"#),
        format!(r#"{{"type":"akamai","url":"https://c","key":"{hidden}"}}"#),
        format!(r#"{{"type":"cloudflare","url":"https://c","secret":"{hidden}","lifetime_seconds":60}}"#),
        format!(r#"{{"type":"google","url":"https://c","key_name":"k","key":"{google}"}}"#),
        format!(r#"{{"type":"bunny","url":"https://c","key":"{hidden}"}}"#),
    ] {
        let settings: CdnSettings = serde_json::from_str(&json).unwrap();
        let shown = format!("{settings:?} {:?}", Cdn::try_from(&settings).unwrap());
        for part in [hidden, google, "[48, 49", "30313233"] {
            assert!(!shown.contains(part), "{shown}");
        }
    }
}
