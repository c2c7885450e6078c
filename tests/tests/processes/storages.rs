//! Processes of an installation must share the same storage and settings; otherwise the second one does not start.

use std::path::Path;

use olivine_tests::{Api, Database, PostgresDatabase, S3, Server, ServerBuilder, Shell, Workbench};

use crate::{SECRET, beside, on};

const BUCKET: &str = "firmware";

/// Expects a start to be refused at once, and returns the message.
fn refused(shell: &Shell, args: &str) -> String {
    let listen = "--listen 127.0.0.1:0 --device-listen 127.0.0.1:0";
    shell.run(&format!("OLIVINE_SECRET_KEY='{SECRET}' timeout 60 olivine serve {listen} {args}")).fails(1)
}

fn with_store(database: &PostgresDatabase, s3: &S3) -> ServerBuilder {
    s3.bucket(BUCKET);
    on(database).arg("--storage-url").arg(format!("s3://{BUCKET}/team")).envs(s3.environment())
}

fn shell_with(server: &Server, s3: &S3) -> Shell {
    s3.environment().into_iter().fold(server.shell(), |shell, (name, value)| shell.env(&name, value))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_forgets_the_storage_url_is_refused() {
    let (database, s3) = (PostgresDatabase::create(), S3::start());
    let server = with_store(&database, &s3).start();
    let other = format!("--data-dir other --database-url {}", database.url());
    // Before anything is stored, and afterwards.
    for name in ["before", "afterwards"] {
        let said = refused(&server.shell(), &other);
        assert!(said.contains("Set --storage-url") && said.contains("s3://firmware/team"), "{said}");
        Workbench::named(server.api(), name).await.signed(b"in the store").await;
    }
    // An operator's command without the setting does not use the wrong storage either.
    let audit = format!("OLIVINE_SECRET_KEY='{SECRET}' olivine content audit {other}");
    let said = shell_with(&server, &s3).run(&audit).fails(1);
    assert!(said.contains("keep contents in s3://firmware/team"), "{said}");
    let audit = format!("{audit} --storage-url s3://{BUCKET}/team");
    shell_with(&server, &s3).run(&audit).succeeds();
    let folder = tempfile::tempdir().expect("a folder");
    let second = with_store(&database, &s3).data_dir(folder.path()).start();
    Api::new(second.url()).get("/readyz").await.expect(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_folders_on_one_database_are_refused() {
    let database = PostgresDatabase::create();
    let server = on(&database).start();
    let said = refused(&server.shell(), &format!("--data-dir other --database-url {}", database.url()));
    assert!(said.contains("'data-folder' is not the one in which its contents are"), "{said}");
    assert!(said.contains("Set --storage-url") && said.contains("other/content"), "{said}");
    let other = on(&database).data_dir(beside(&server)).start();
    let api = Api::new(other.url()).with_key(server.admin_key());
    let bench = Workbench::new(api).await;
    let binary = bench.signed(b"in the folder that both have").await;
    // Refused even if new contents go to another storage, because older contents are in the folder.
    let store = "--storage-url file:///tmp/olivine-never-made/elsewhere";
    let said =
        refused(&server.shell(), &format!("--data-dir third {store} --database-url {}", database.url()));
    assert!(said.contains("'data-folder' is not the one"), "{said}");
    bench.get(&binary).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bucket_of_the_same_name_elsewhere_is_refused() {
    let (database, s3, elsewhere) = (PostgresDatabase::create(), S3::start(), S3::start());
    let server = with_store(&database, &s3).start();
    elsewhere.bucket(BUCKET);
    let shell = shell_with(&server, &elsewhere);
    let args = format!("--data-dir other --storage-url s3://{BUCKET}/team --database-url {}", database.url());
    let said = refused(&shell, &args);
    assert!(said.contains("another bucket of the same name"), "{said}");
    assert_eq!(elsewhere.objects(BUCKET), [""; 0]);
}

/// The server starts nevertheless, and checks the storage when it answers again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_is_down_does_not_hold_up_a_start() {
    let (database, s3) = (PostgresDatabase::create(), S3::start());
    drop(with_store(&database, &s3).start());
    s3.answer_503(true);
    let folder = tempfile::tempdir().expect("a folder");
    let server = with_store(&database, &s3).data_dir(folder.path()).start();
    s3.answer_503(false);
    Api::new(server.url()).get("/readyz").await.expect(200);
}

fn move_away(folder: &Path) {
    std::fs::rename(folder, folder.with_extension("elsewhere")).expect("a folder of ours");
}

/// A volume that is not mounted must not look as if all contents were lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_content_folder_that_is_not_there_is_noticed_at_the_start() {
    let mut server = Server::start(Database::Sqlite);
    let binary = Workbench::new(server.api()).await.signed(b"on a volume").await;
    server.stop();
    let content = server.data_dir().join("content");
    move_away(&content);
    let start = format!("timeout 60 olivine serve --data-dir {}", server.data_dir().display());
    let listen = "--listen 127.0.0.1:0 --device-listen 127.0.0.1:0";
    let said = server.shell().run(&format!("{start} {listen}")).fails(1);
    assert!(said.contains("mount it, or restore the data folder from a backup"), "{said}");
    let (is_well, said) = server.operator_tries(&["content", "audit"]);
    assert!(!is_well && said.contains("is not the one in which its contents are"), "{said}");
    let to = server.data_dir().with_file_name("backup").display().to_string();
    let (is_well, said) = server.operator_tries(&["backup", "--to", &to]);
    assert!(!is_well && said.contains("is not the one in which its contents are"), "{said}");

    // After the volume is mounted again, the server starts. Without it, the operator must confirm that it is gone.
    std::fs::remove_dir_all(&content).expect("the refused start made an empty one");
    std::fs::rename(content.with_extension("elsewhere"), &content).expect("a folder of ours");
    server.restart();
    server.stop();
    move_away(&content);
    server.operator(&["content", "adopt", "--storage", "data-folder"]);
    server.restart();
    let (is_well, said) = server.operator_tries(&["content", "audit"]);
    let name = binary.rsplit(':').next().expect("a PRN");
    assert!(!is_well && said.lines().any(|line| line.contains(name) && line.ends_with("missing")), "{said}");
}
