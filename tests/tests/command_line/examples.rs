//! Every example in the help of every command is run on a real server, as a reader would run it.

use std::collections::{BTreeMap, BTreeSet};

use olivine_tests::{Database, S3, Server, Shell};
use serde_json::json;

use crate::story::STORY;

/// The help of a command.
struct Help {
    /// Its subcommands.
    commands: Vec<String>,
    /// Its examples, as one script for each paragraph.
    examples: Vec<String>,
}

impl Help {
    /// Reads the help of a command, such as `peridio products create`.
    fn of(shell: &Shell, command: &str) -> Self {
        let help = shell.run(&format!("{command} --help")).succeeds();
        Self { commands: commands(&help), examples: examples(&help) }
    }
}

fn commands(help: &str) -> Vec<String> {
    let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let names = lines.take_while(|line| !line.is_empty()).filter(|line| !line.starts_with("   "));
    let names = names.filter_map(|line| line.split_whitespace().next());
    names.filter(|name| *name != "help").map(str::to_owned).collect()
}

/// The paragraphs that begin with `Example:`, and the following ones that begin with a line that ends with a colon.
fn examples(help: &str) -> Vec<String> {
    let Some(at) = help.find("\nExample") else { return Vec::new() };
    let paragraphs = help[at + 1..].split("\n\n").filter_map(|paragraph| paragraph.split_once(":\n"));
    let scripts = paragraphs.filter(|(title, _)| !title.contains('\n'));
    scripts.map(|(_, script)| script.replace("\n  ", "\n").trim().to_owned()).collect()
}

/// Every command and its examples, by its name without `peridio`. Groups are included if they have examples.
fn all(shell: &Shell) -> BTreeMap<String, Vec<String>> {
    let mut found = BTreeMap::new();
    let mut open = vec!["peridio".to_owned()];
    while let Some(command) = open.pop() {
        let Help { commands, examples } = Help::of(shell, &command);
        assert!(!commands.is_empty() || !examples.is_empty(), "{command} has no example");
        open.extend(commands.iter().map(|name| format!("{command} {name}")));
        if !examples.is_empty() {
            found.insert(command.trim_start_matches("peridio ").to_owned(), examples);
        }
    }
    found
}

/// Adapts an example to the test: the store is not in a cloud, and a command that does not end must be ended.
fn adapted(command: &str, example: &str, s3: &S3) -> String {
    match command {
        "storage-backends create" => {
            example.replace(" --region ", &format!(" --endpoint {} --region ", s3.url()))
        }
        // Views belong to people, so these commands need a personal API key.
        command if command.starts_with("views ") => format!("PERIDIO_API_KEY=$(cat personal.key) {example}"),
        "events tail" => format!("timeout 2 {example} || test $? = 124"),
        _ => example.to_owned(),
    }
}

fn credentials(s3: &S3) -> String {
    let (id, secret) = (s3.access_key_id(), s3.secret_access_key());
    json!({"type": "s3", "access_key_id": id, "secret_access_key": secret}).to_string()
}

fn every_example_in_the_help_works(database: Database) {
    let s3 = S3::start();
    s3.bucket("acme-firmware");
    let server = Server::builder().database(database).env("OLIVINE_STORAGE_ALLOW_PRIVATE_ENDPOINTS", "true");
    let server = server.start();
    let shell = server.shell();
    shell.write("credentials.json", credentials(&s3));
    shell.write("endpoint", s3.url());

    let examples = all(&shell);
    let lines = || STORY.lines().filter(|line| !line.is_empty());
    let in_story: Vec<_> = lines().filter(|line| !line.starts_with('$')).collect();
    let once: BTreeSet<_> = in_story.iter().copied().collect();
    assert_eq!(once.len(), in_story.len(), "a command is in the story twice");
    let missing: Vec<_> = examples.keys().filter(|command| !once.contains(command.as_str())).collect();
    assert!(missing.is_empty(), "add them to the story: their examples are not run: {missing:?}");

    for line in lines() {
        if let Some(script) = line.strip_prefix("$ ") {
            shell.run(script).succeeds();
            continue;
        }
        let Some(of_command) = examples.get(line) else { panic!("'{line}' of the story has no examples") };
        for example in of_command {
            shell.run(&adapted(line, example, &s3)).succeeds();
        }
    }
}

mod sqlite {
    olivine_tests::on_database!(Sqlite: every_example_in_the_help_works);
}
