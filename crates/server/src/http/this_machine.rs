//! Whether a request comes from the machine that the server runs on.

use std::net::SocketAddr;

use http::HeaderMap;
use http::header::HOST;
use http::uri::Authority;

/// Whether a program on this machine asks for itself, and not a proxy on it for somebody else.
pub fn is_from_here(address: SocketAddr, headers: &HeaderMap) -> bool {
    const OF_PROXIES: [&str; 4] = ["forwarded", "x-forwarded-for", "x-real-ip", "via"];
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()?.parse::<Authority>().ok());
    let names_this_machine = host.is_some_and(|host| {
        let name = host.host().trim_matches(['[', ']']);
        name.eq_ignore_ascii_case("localhost")
            || name.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
    });
    let is_passed_on = OF_PROXIES.iter().any(|name| headers.contains_key(*name));
    address.ip().to_canonical().is_loopback() && names_this_machine && !is_passed_on
}

#[cfg(test)]
mod tests {
    use http::HeaderName;

    use super::*;

    fn is_here(address: &str, headers: &[(&str, &str)]) -> bool {
        let header =
            |(name, value): &(&str, &str)| (name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
        is_from_here(address.parse().unwrap(), &headers.iter().map(header).collect())
    }

    #[test]
    fn a_program_on_this_machine_is_told_from_a_proxy_and_from_others() {
        for host in ["localhost:8080", "127.0.0.1", "[::1]:8080", "LocalHost"] {
            assert!(is_here("127.0.0.1:1", &[("host", host)]), "{host}");
            assert!(is_here("[::1]:1", &[("host", host)]), "{host}");
            assert!(!is_here("192.0.2.1:1", &[("host", host)]), "{host}");
        }
        assert!(is_here("[::ffff:127.0.0.1]:1", &[("host", "localhost")]));
        for host in ["updates.example.com", "127.0.0.1.example.com", "10.0.0.1"] {
            assert!(!is_here("127.0.0.1:1", &[("host", host)]), "{host}");
        }
        for name in ["forwarded", "x-forwarded-for", "x-real-ip", "via"] {
            assert!(!is_here("127.0.0.1:1", &[("host", "localhost"), (name, "192.0.2.1")]), "{name}");
        }
        assert!(!is_here("127.0.0.1:1", &[]));
    }
}
