//! `--set key=value`: every setting has a flag.

use std::str::FromStr;

use anyhow::{Context as _, bail};
use toml::{Table, Value};

/// One setting from the command line, by its name in the configuration file.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    path: Vec<String>,
    value: Value,
}

impl FromStr for Setting {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let Some((name, value)) = text.split_once('=') else {
            bail!("it is written key=value, as in limits.json_bytes=1000000");
        };
        let path: Vec<_> = name.trim().split('.').map(str::to_owned).collect();
        if path.iter().any(String::is_empty) {
            bail!("'{name}' is not the name of a setting; `olivine config template` lists them");
        }
        Ok(Self { path, value: value_of(value.trim()) })
    }
}

/// As TOML where it is that, else a text: nobody quotes a path on the command line.
fn value_of(text: &str) -> Value {
    let parsed = format!("value = {text}").parse::<Table>().ok();
    parsed.and_then(|mut table| table.remove("value")).unwrap_or_else(|| Value::String(text.to_owned()))
}

/// The settings as a layer of the configuration.
pub(super) fn layer<L: for<'de> serde::Deserialize<'de>>(settings: &[Setting]) -> anyhow::Result<L> {
    let mut all = Table::new();
    for Setting { path, value } in settings {
        let (last, sections) = path.split_last().context("a setting has a name")?;
        let mut table = &mut all;
        for section in sections {
            let inner = table.entry(section.clone()).or_insert_with(|| Value::Table(Table::new()));
            let Value::Table(inner) = inner else { bail!("'{section}' is a setting, and not a section") };
            table = inner;
        }
        table.insert(last.clone(), value.clone());
    }
    L::deserialize(Value::Table(all)).context("what --set says can't be used")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(texts: &[&str]) -> Result<Value, String> {
        let settings: Result<Vec<Setting>, _> = texts.iter().map(|text| text.parse()).collect();
        settings.and_then(|settings| layer(&settings)).map_err(|error| error.to_string())
    }

    #[test]
    fn values_are_what_they_look_like() {
        let made =
            set(&["a.b=1", "a.c=true", "a.d=/x y", "a.e=[\"x\"]", "f=127.0.0.1:1", "g=\"2\"", "h="]).unwrap();
        let expected = "f = '127.0.0.1:1'\ng = '2'\nh = ''\n[a]\nb = 1\nc = true\nd = '/x y'\ne = ['x']";
        assert_eq!(made, Value::Table(expected.parse().unwrap()));
        for wrong in [&["a"][..], &["=1"], &["a..b=1"], &["a=1", "a.b=2"]] {
            assert!(set(wrong).is_err(), "{wrong:?}");
        }
    }
}
