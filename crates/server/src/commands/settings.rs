//! The settings in effect, one per line, for `olivine config check`. Must never show a secret.

use std::fmt::{Debug, Write as _};

use crate::config::{Config, shown};

/// A line for each setting: its name in the configuration file, and its value.
pub(super) fn in_effect(config: &Config, file: &str) -> String {
    let secret =
        if config.secret_key.is_some() { "configured (not shown)" } else { "made at the first start" };
    let mut lines = vec![
        ("configuration file".to_owned(), file.to_owned()),
        ("data_dir".to_owned(), config.data_dir.display().to_string()),
        ("database_url".to_owned(), shown(&config.database_url())),
        ("secret_key".to_owned(), secret.to_owned()),
        ("organization".to_owned(), config.organization.clone()),
    ];
    lines.extend(section("database", &config.database));
    lines.extend(server(config));
    lines.extend(section("device", &config.device));
    lines.extend(section("distribution", &config.distribution));
    lines.extend(section("limits", &config.limits));
    lines.extend(section("sessions", &config.sessions));
    lines.extend(section("console", &config.console));
    lines.extend(section("storage", &config.storage));
    lines.extend(section("content", &config.content));
    lines.extend(section("events.retention_days", &config.events.retention_days));
    lines.extend(section("jobs", &config.jobs));
    lines.extend(section("log", &config.log));
    let width = lines.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    lines.iter().fold(String::new(), |mut text, (name, value)| {
        // Writing to a string can't fail.
        let _ = writeln!(text, "{name:<width$}  {value}");
        text
    })
}

/// The settings of the section `server`. It contains a secret, so each setting is listed here.
fn server(config: &Config) -> Vec<(String, String)> {
    let server = &config.server;
    let operations = server.operations_listen.map_or("not set".to_owned(), |at| at.to_string());
    let certificate =
        server.tls_certificate.as_ref().map_or("not set".to_owned(), |path| path.display().to_string());
    let token = if server.metrics_token.is_some() { "configured (not shown)" } else { "not set" };
    [
        ("roles", server.roles.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(", ")),
        ("listen", server.listen.to_string()),
        ("operations_listen", operations),
        ("public_url", config.public_url(server.listen)),
        ("tls_certificate", certificate),
        ("trusted_proxies", format!("{:?}", server.trusted_proxies)),
        ("client_address_header", format!("{:?}", server.client_address_header)),
        ("metrics_token", token.to_owned()),
        ("drain_seconds", server.drain_seconds.to_string()),
        ("shutdown_seconds", server.shutdown_seconds.to_string()),
    ]
    .map(|(name, value)| (format!("server.{name}"), value))
    .into()
}

/// The settings of a section without secrets. `Debug` gives them the names and the values that the configuration file has.
fn section(name: &str, section: &impl Debug) -> Vec<(String, String)> {
    let mut settings: Vec<(String, String)> = Vec::new();
    for line in format!("{section:#?}").lines().filter_map(|line| line.strip_prefix("    ")) {
        match (line.split_once(": "), settings.last_mut()) {
            (Some((setting, value)), _) if !line.starts_with(' ') => {
                settings.push((format!("{name}.{setting}"), value.to_owned()));
            }
            // The further lines of a value that takes several lines.
            (_, Some((_, value))) => value.push_str(line.trim()),
            (_, None) => {}
        }
    }
    settings.into_iter().map(|(setting, value)| (setting, plain(&value))).collect()
}

/// In the spelling of the configuration file and not of Rust: `Some("x")` becomes `"x"`, and `None` becomes "not set".
fn plain(value: &str) -> String {
    let value = value.trim_end_matches(',').replace(",]", "]").replace(",)", ")");
    if value == "None" {
        return "not set".to_owned();
    }
    let inner = value.strip_prefix("Some(").and_then(|value| value.strip_suffix(')'));
    inner.map_or(value.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde::Serialize;

    use super::*;
    use crate::config::Tls;
    use crate::device::client_certificates::Form;
    use crate::http::forwarded::AddressHeader;
    use crate::http::proxies::TrustedProxy;

    #[derive(Debug)]
    #[expect(dead_code, reason = "only `Debug` reads the fields")]
    struct Section {
        number: u32,
        names: Vec<&'static str>,
        none: Option<u32>,
        some: Option<&'static str>,
    }

    fn spelled<T: Serialize + Debug>(values: &[T]) -> Vec<String> {
        values
            .iter()
            .map(|value| {
                let shown = format!("{value:?}");
                assert_eq!(shown, toml::Value::try_from(value).unwrap().to_string());
                shown
            })
            .collect()
    }

    #[test]
    fn enumerations_are_shown_as_they_are_written_in_the_file() {
        assert_eq!(spelled(&[Tls::On, Tls::Off]), ["\"on\"", "\"off\""]);
        let forms = [Form::Rfc9440, Form::Pem, Form::Base64, Form::Xfcc];
        assert_eq!(spelled(&forms), ["\"rfc9440\"", "\"pem\"", "\"base64\"", "\"xfcc\""]);
        let headers = [AddressHeader::None, AddressHeader::XForwardedFor, AddressHeader::Forwarded];
        assert_eq!(spelled(&headers), ["\"none\"", "\"x-forwarded-for\"", "\"forwarded\""]);
        assert_eq!(spelled(&["10.1.0.0/16".parse::<TrustedProxy>().unwrap()]), ["\"10.1.0.0/16\""]);
    }

    #[test]
    fn each_setting_has_a_line() {
        let settings = Section { number: 1, names: vec!["a", "b"], none: None, some: Some("x: y") };
        let lines = section("part", &settings);
        let lines: Vec<_> = lines.iter().map(|(name, value)| format!("{name} {value}")).collect();
        assert_eq!(
            lines,
            ["part.number 1", "part.names [\"a\",\"b\"]", "part.none not set", "part.some \"x: y\""]
        );
    }
}
