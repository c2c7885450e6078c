//! `--set key=value`: every setting has a flag. And the configuration file, before it is merged with the other layers.

use std::path::Path;
use std::str::FromStr;

use anyhow::{Context as _, bail};
use olivine_domain::text::decode;
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

/// A configuration file as a layer, in whatever encoding it was saved.
pub(super) fn file<L: for<'de> serde::Deserialize<'de>>(path: &Path) -> anyhow::Result<L> {
    let place = || format!("the configuration file {}", path.display());
    let text = decode(&std::fs::read(path).with_context(place)?).with_context(place)?;
    toml::from_str(&text).with_context(place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_as_windows_saves_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("olivine.toml");
        let text = "[a]\r\nb = \"ü\"\r\n";
        let marked = format!("\u{feff}{text}");
        let utf16: Vec<u8> = marked.encode_utf16().flat_map(u16::to_le_bytes).collect();
        for bytes in [text.as_bytes(), marked.as_bytes(), &utf16] {
            std::fs::write(&path, bytes).unwrap();
            assert_eq!(file::<Table>(&path).unwrap()["a"]["b"].as_str(), Some("ü"));
        }
        std::fs::write(&path, b"a = \"\xfc\"").unwrap();
        let problem = format!("{:#}", file::<Table>(&path).unwrap_err());
        assert!(problem.contains("olivine.toml: it is not text in UTF-8 (see its byte 6)"), "{problem}");
    }

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
