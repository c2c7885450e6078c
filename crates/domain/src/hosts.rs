//! Hosts in URLs.

use std::net::IpAddr;

/// Whether a host in a URL is the machine of the caller who is given the URL.
pub fn is_this_machine(host: &str) -> bool {
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    host.eq_ignore_ascii_case("localhost")
        || address.is_ok_and(|ip| ip.to_canonical().is_loopback() || ip.is_unspecified())
}

/// Whether two hosts in URLs are the same one: the usual names of the caller's own machine stand for each other.
pub fn are_same(one: &str, other: &str) -> bool {
    let is_own = |host: &str| ["localhost", "127.0.0.1", "[::1]"].contains(&host.to_lowercase().as_str());
    one.eq_ignore_ascii_case(other) || (is_own(one) && is_own(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_names_of_this_machine_are_the_same_host() {
        for (one, other) in [("a.example", "A.example"), ("localhost", "127.0.0.1"), ("[::1]", "LocalHost")] {
            assert!(are_same(one, other) && are_same(other, one), "{one} {other}");
        }
        for (one, other) in [("a.example", "b.example"), ("localhost", "127.0.0.2"), ("localhost", "0.0.0.0")]
        {
            assert!(!are_same(one, other) && !are_same(other, one), "{one} {other}");
        }
    }

    #[test]
    fn this_machine_has_many_names() {
        for host in [
            "localhost",
            "LocalHost",
            "127.0.0.1",
            "127.9.9.9",
            "[::1]",
            "::1",
            "0.0.0.0",
            "[::ffff:127.0.0.1]",
        ] {
            assert!(is_this_machine(host), "{host}");
        }
        for host in ["updates.example.com", "10.0.0.7", "[2001:db8::1]", "localhost.example.com", ""] {
            assert!(!is_this_machine(host), "{host}");
        }
    }
}
