//! `peridio config profiles`: saved servers and API keys.

use clap::{Args, Subcommand};
use serde::Serialize;

use crate::failure::Failure;
use crate::globals::Globals;
use crate::messages;
use crate::output::{Printer, Record};
use crate::settings::{Profile, Store};

/// This command's own settings.
#[derive(Debug, Subcommand)]
pub(crate) enum Config {
    /// Profiles: a server and an API key, saved under a name
    #[command(subcommand)]
    Profiles(Command),
}

/// The commands about profiles.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Saves a server and an API key as a profile; the first profile becomes the default
    #[command(after_help = "Example:\n  \
            peridio config profiles create work --base-url https://firmware.example.com\n\n\
            The API key is taken from --api-key or PERIDIO_API_KEY; on a terminal, the command asks for it.")]
    Create(Create),
    /// Lists all profiles
    #[command(after_help = "Example:\n  peridio config profiles list --output table")]
    List,
    /// Makes a profile the default
    #[command(after_help = "Example:\n  peridio config profiles use work")]
    Use(Named),
    /// Removes a profile and its key
    #[command(after_help = "Example:\n  peridio config profiles delete work")]
    Delete(Named),
}

/// A new profile.
#[derive(Debug, Args)]
pub(crate) struct Create {
    /// The name of the profile
    name: String,
    /// Replace the profile if one with this name exists
    #[arg(long)]
    replace: bool,
}

/// One profile.
#[derive(Debug, Args)]
pub(crate) struct Named {
    /// The name of the profile
    name: String,
}

/// A profile in the list, without its key.
#[derive(Serialize)]
struct Listed {
    name: String,
    base_url: Option<String>,
    ca_path: Option<String>,
    has_api_key: bool,
    default: bool,
}

impl Record for Listed {
    const COLUMNS: &'static [&'static str] = &["name", "base_url", "has_api_key", "default"];

    fn prn(&self) -> Option<&str> {
        None
    }
}

impl Config {
    pub(crate) fn run(self, globals: &Globals) -> Result<(), Failure> {
        let Self::Profiles(command) = self;
        let mut store = Store::open()?;
        match command {
            Command::Create(create) => create.run(globals, &mut store),
            Command::List => list(&store, Printer::new(globals.output)),
            Command::Use(Named { name }) => {
                store.make_default(&name)?;
                messages::note(&format!("'{name}' is the default profile now"));
                Ok(())
            }
            Command::Delete(Named { name }) => {
                store.remove(&name)?;
                messages::note(&format!("deleted the profile '{name}'"));
                Ok(())
            }
        }
    }
}

impl Create {
    fn run(self, globals: &Globals, store: &mut Store) -> Result<(), Failure> {
        let Self { name, replace } = self;
        if !replace && store.names().any(|other| other == name) {
            return Err(Failure::usage(format!(
                "there is a profile '{name}' already: give --replace to replace it"
            )));
        }
        let api_key = Some(key(globals)?);
        let ca_path = globals.ca_path.as_ref().map(|path| absolute(path)).transpose()?;
        store.put(&name, Profile { api_key, base_url: globals.base_url.clone(), ca_path })?;
        messages::note(&format!("kept the profile '{name}'"));
        Ok(())
    }
}

fn key(globals: &Globals) -> Result<String, Failure> {
    let given = globals.api_key.clone().filter(|key| !key.is_empty());
    match given {
        Some(key) => Ok(key),
        None if messages::can_ask() => {
            let asked = messages::ask_secret("API key (not shown):");
            let key = asked
                .map_err(|error| Failure::with_source("can't read the API key", error))?
                .trim()
                .to_owned();
            if key.is_empty() { Err(Failure::usage("a profile needs an API key")) } else { Ok(key) }
        }
        None => Err(Failure::usage("a profile needs an API key: give --api-key or set PERIDIO_API_KEY")),
    }
}

/// Makes a path absolute, because a profile is used from any directory.
fn absolute(path: &str) -> Result<String, Failure> {
    let path = std::path::absolute(path)
        .map_err(|error| Failure::with_source("can't find the file of --ca-path", error))?;
    Ok(path.display().to_string())
}

fn list(store: &Store, printer: Printer) -> Result<(), Failure> {
    let default = store.default_profile();
    let mut list = printer.list();
    for name in store.names() {
        let profile = store.profile(name)?;
        list.add(&Listed {
            name: name.to_owned(),
            base_url: profile.base_url,
            ca_path: profile.ca_path,
            has_api_key: profile.api_key.is_some(),
            default: default.as_deref() == Some(name),
        })?;
    }
    list.finish()
}
