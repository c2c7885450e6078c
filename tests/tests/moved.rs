//! Records that were moved to another database: no command uses the old database file that was left behind. Also: if a database can't be
//! reached, the start says why.

use std::net::TcpListener;
use std::path::Path;

use olivine_tests::{PostgresDatabase, Server, Shell, Workbench};

/// Uses free ports, in case the command is not refused.
const SERVE: &str = "olivine serve --listen 127.0.0.1:0 --device-listen 127.0.0.1:0";

/// The commands that an operator, or a cron job from before the move, runs without the URL of the database.
const WITHOUT_URL: [&str; 6] = [
    "olivine backup --to backup",
    SERVE,
    "olivine migrate",
    "olivine api-keys create --name x --role reader",
    "olivine config check",
    "olivine content audit",
];

fn check_refuse(commands: &[&str], shell: &Shell, data_dir: &Path, place: &str) {
    for command in commands {
        let said = shell.run(&format!("{command} --data-dir {}", data_dir.display())).fails(1);
        assert!(
            said.contains(&format!("are in another database, {place}: name it (--database-url")),
            "{command}: {said}"
        );
    }
    assert!(!shell.folder().join("backup").exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_file_left_behind_by_a_copy_is_not_used() {
    let mut server = Server::start(olivine_tests::Database::Sqlite);
    Workbench::named(server.api(), "before").await.signed(b"before").await;
    server.stop();
    let (target, shell, data_dir) =
        (PostgresDatabase::create(), server.shell(), server.data_dir().to_owned());
    let own = format!("sqlite:{}/olivine.db", data_dir.display());
    let said = shell.run(&format!("olivine database copy --from {own} --to '{}'", target.url())).succeeds();
    assert!(said.contains("need --database-url"), "{said}");
    check_refuse(&WITHOUT_URL, &shell, &data_dir, &target.url());

    // The way back: all records are copied again, into a new file.
    let file = data_dir.join("olivine.db");
    std::fs::rename(&file, shell.folder().join("before.db")).expect("it is moved away");
    shell.run(&format!("olivine database copy --from '{}' --to {own}", target.url())).succeeds();
    server.restart();
    Workbench::named(server.api(), "after").await.signed(b"after").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_file_left_behind_by_a_server_on_another_database_is_not_used() {
    let mut server = Server::start(olivine_tests::Database::Sqlite);
    server.stop();
    let (shell, data_dir) = (server.shell(), server.data_dir().to_owned());
    let other = shell.folder().join("other.db");
    std::fs::copy(data_dir.join("olivine.db"), &other).expect("it is copied");
    let url = format!("sqlite:{}", other.display());
    let moved = Server::builder().data_dir(&data_dir).arg("--database-url").arg(&url).start();
    // A second server is always refused.
    let beside: Vec<_> = WITHOUT_URL.into_iter().filter(|command| *command != SERVE).collect();
    check_refuse(&beside, &shell, &data_dir, &url);
    drop(moved);
    check_refuse(&WITHOUT_URL, &shell, &data_dir, &url);

    // The command that the error recommends.
    let said = shell.run(&format!("{SERVE} --data-dir {}", data_dir.display())).fails(1);
    let mark = said.rsplit_once("delete ").map(|(_, mark)| mark).expect("the way out is named");
    std::fs::remove_file(mark).expect("the mark is there");
    server.restart();
    server.api().get("/v1/users/me").await.expect(200);
}

#[test]
fn the_start_says_why_the_database_can_not_be_reached() {
    let shell = Server::start(olivine_tests::Database::Sqlite).shell();
    let nobody =
        TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port");
    let start = |place: &str| {
        let begun = std::time::Instant::now();
        let url = format!("postgres://app:hunter2@{place}/olivine");
        let said = shell
            .run(&format!("{SERVE} --data-dir data --database-patience-seconds 1 --database-url {url}"))
            .fails(1);
        assert!(!said.contains("hunter2") && begun.elapsed().as_secs() < 20, "{said}");
        said
    };
    let said = start(&nobody.to_string());
    assert_eq!(said.matches("Connection refused").count(), 1, "{said}");
    assert!(said.contains(&format!("postgres://app:…@{nobody}/olivine")), "{said}");
    let said = start("nowhere.invalid");
    assert_eq!(said.matches("failed to lookup address").count(), 1, "{said}");

    let (url, end) = (PostgresDatabase::create().url(), "_nowhere");
    let said = shell.run(&format!("{SERVE} --data-dir data --database-url '{url}{end}'")).fails(1);
    assert!(said.contains("there is no database of that name"), "{said}");
    assert!(said.matches("does not exist").count() == 1 && !said.contains("at line"), "{said}");
}
