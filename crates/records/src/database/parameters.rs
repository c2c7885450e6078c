//! What a PostgreSQL URL may say. Everything in it is either understood or refused by name: the driver passes over parameters that it does
//! not know, so that with a misspelt `sslmode` it would connect without looking at certificates. (It also logs them, and might so log a
//! password.)

use std::time::Duration;

use sqlx::postgres::PgConnectOptions;

use crate::error::Error;

/// What the driver understands.
const DRIVER: [&str; 13] = [
    "sslmode",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "password",
    "application_name",
    "options",
    "statement-cache-capacity",
];

/// What is understood here.
const OURS: [&str; 3] = ["target_session_attrs", "connect_timeout", "channel_binding"];

/// What others understand, and why it is not needed here.
const NOT_NEEDED: [(&str, &str); 7] = [
    ("keepalives", DEADLINES),
    ("keepalives_idle", DEADLINES),
    ("keepalives_interval", DEADLINES),
    ("keepalives_count", DEADLINES),
    ("tcp_user_timeout", DEADLINES),
    ("load_balance_hosts", "the hosts are tried in the order in which they are named: leave it out"),
    ("gssencmode", "GSSAPI is not supported: leave it out, and use sslmode"),
];

const DEADLINES: &str = "each statement has a deadline, after which its connection is closed (database.statement_seconds): leave it out";

/// Where to connect, and to what.
#[derive(Debug)]
pub(super) struct Target {
    /// In the order in which to try them.
    pub(super) hosts: Vec<PgConnectOptions>,
    pub(super) wanted: Wanted,
    /// `None` where the URL does not say.
    pub(super) connect_timeout: Option<Duration>,
}

/// What kind of server to work with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    Any,
    ReadWrite,
    Primary,
}

impl Target {
    pub(super) fn parse(url: &str) -> Result<Self, Error> {
        let (place, query) = url.split_once('?').unwrap_or((url, ""));
        let (mut wanted, mut connect_timeout, mut rest) = (None, None, Vec::new());
        for part in query.split('&').filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            match name {
                "target_session_attrs" => wanted = Some(kind(value)?),
                "connect_timeout" => connect_timeout = seconds(value)?,
                "channel_binding" => refuse_channel_binding(value)?,
                "host" | "hostaddr" | "port" if value.contains(',') || value.contains("%2C") => {
                    return Err(refused(format!(
                        "its parameter '{name}' names several servers: name them in front, as in postgres://user@one,other/name"
                    )));
                }
                _ if DRIVER.contains(&name) => rest.push(part),
                _ => return Err(unknown(name)),
            }
        }
        let hosts = several(place);
        // A server can't be used that can only be read; of several, one usually is such.
        let usual = if hosts.len() > 1 { Wanted::ReadWrite } else { Wanted::Any };
        let query = rest.join("&");
        let hosts = hosts.into_iter().map(|place| format!("{place}?{query}").parse());
        let hosts: Result<Vec<PgConnectOptions>, _> = hosts.collect();
        let hosts = hosts
            .map_err(|_| refused("it is not of the form postgres://user:password@host/name".to_owned()))?;
        Ok(Self { hosts, wanted: wanted.unwrap_or(usual), connect_timeout })
    }
}

/// One URL for each of the servers between the user and the database's name.
fn several(place: &str) -> Vec<String> {
    let Some((scheme, rest)) = place.split_once("://") else { return vec![place.to_owned()] };
    let (user, rest) = rest.rsplit_once('@').map_or(("", rest), |(user, rest)| (user, rest));
    let (hosts, name) = rest.split_once('/').unwrap_or((rest, ""));
    let at = if user.is_empty() { "" } else { "@" };
    hosts.split(',').map(|host| format!("{scheme}://{user}{at}{host}/{name}")).collect()
}

fn kind(value: &str) -> Result<Wanted, Error> {
    match value {
        "any" => Ok(Wanted::Any),
        "read-write" => Ok(Wanted::ReadWrite),
        "primary" => Ok(Wanted::Primary),
        _ => Err(refused(
            "its target_session_attrs can be any, read-write or primary: the server must be one that can be written"
                .to_owned(),
        )),
    }
}

fn seconds(value: &str) -> Result<Option<Duration>, Error> {
    match value.parse() {
        Ok(0) => Ok(None),
        Ok(seconds) => Ok(Some(Duration::from_secs(seconds))),
        Err(_) => Err(refused("its connect_timeout is not a number of seconds".to_owned())),
    }
}

fn refuse_channel_binding(value: &str) -> Result<(), Error> {
    match value {
        "prefer" | "disable" => Ok(()),
        _ => Err(refused(
            "it has channel_binding=require, which is not supported: leave it out, and let sslmode=verify-full prove which server \
             it is"
                .to_owned(),
        )),
    }
}

fn unknown(name: &str) -> Error {
    if let Some((_, why)) = NOT_NEEDED.iter().find(|(known, _)| *known == name) {
        return refused(format!("it has the parameter '{name}', which can't be set here: {why}"));
    }
    let known = [&DRIVER[..], &OURS[..]].concat().join(", ");
    let plain =
        name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte)) && name.len() <= 32;
    let name = if plain { name } else { "…" };
    refused(format!("it has the parameter '{name}'; it may have {known}"))
}

const fn refused(problem: String) -> Error {
    Error::InvalidUrl(problem)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(url: &str) -> String {
        Target::parse(url).unwrap_err().to_string()
    }

    #[test]
    fn usual_parameters_of_hosted_databases_are_understood_or_refused_by_name() {
        let target = Target::parse(
            "postgres://u:p@db/x?sslmode=require&channel_binding=prefer&connect_timeout=7&target_session_attrs=primary",
        )
        .unwrap();
        assert_eq!(target.wanted, Wanted::Primary);
        assert_eq!(target.connect_timeout, Some(Duration::from_secs(7)));
        assert_eq!(target.hosts.len(), 1);
        for (parameter, expected) in [
            ("channel_binding=require", "channel_binding=require, which is not supported: leave it out"),
            ("target_session_attrs=standby", "can be any, read-write or primary"),
            ("connect_timeout=soon", "connect_timeout is not a number"),
            (
                "keepalives_idle=30",
                "'keepalives_idle', which can't be set here: each statement has a deadline",
            ),
            ("host=a,b", "'host' names several servers: name them in front"),
            ("passwort=secret", "it has the parameter 'passwort'; it may have sslmode"),
            ("se!cret", "the parameter '…'"),
        ] {
            let said = problem(&format!("postgres://u:p@db/x?{parameter}"));
            assert!(said.contains(expected), "{said}");
        }
    }

    #[test]
    fn several_servers_are_tried_in_order_and_have_to_be_writable() {
        let target = Target::parse("postgres://u:p@one:5433,two/x?sslmode=disable").unwrap();
        let hosts: Vec<_> =
            target.hosts.iter().map(|host| (host.get_host().to_owned(), host.get_port())).collect();
        assert_eq!(hosts, [("one".to_owned(), 5433), ("two".to_owned(), 5432)]);
        assert_eq!(target.wanted, Wanted::ReadWrite);
        assert_eq!(
            Target::parse("postgres://one,two/x?target_session_attrs=any").unwrap().wanted,
            Wanted::Any
        );
        assert_eq!(Target::parse("postgres://[::1]:5432/x").unwrap().hosts[0].get_port(), 5432);
    }
}
