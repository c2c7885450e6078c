//! Backups of the embedded database and its contents, made while the server is busy, and data folders restored from them.

use std::path::Path;
use std::process::{Child, Command};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use olivine_tests::{
    Api, Browser, Database, Executables, PostgresDatabase, Random, Server, Shell, Workbench,
    assert_no_orphans, files_under, list_all,
};
use tokio::task::JoinSet;

const BACKUPS: usize = 4;

/// Uploads, signs and destroys binaries until it is told to stop. Half of the binaries are kept.
async fn work(api: Api, name: String, seed: u64, is_over: Arc<AtomicBool>) {
    let bench = Workbench::named(api, &name).await;
    for turn in 0_u64.. {
        if is_over.load(Ordering::Relaxed) {
            return;
        }
        let content: Vec<_> = (seed..seed + 500 * (1 + turn % 5)).flat_map(u64::to_le_bytes).collect();
        let binary = bench.signed(&content).await;
        if turn % 2 == 0 {
            bench.ask(&binary, "destroyed").await.expect(200);
        }
        // An unfinished upload is backed up as it is.
        let unfinished = bench.uploadable(&content).await;
        bench.put_content(&unfinished, &content).await.expect(200);
        if turn % 3 == 0 {
            bench.ask(&unfinished, "uploadable").await.expect(200);
        }
    }
}

fn backup(shell: &Shell, server: &Server, to: &Path) -> String {
    shell
        .run(&format!("olivine backup --data-dir {} --to {}", server.data_dir().display(), to.display()))
        .succeeds()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_is_whole_while_the_server_works() {
    let server = Server::start(Database::Sqlite);
    let link =
        std::fs::read_to_string(server.data_dir().join("setup-link")).expect("the first start writes a link");
    Browser::new(&server.api()).set_up(&link, "Ada", "ada@example.com").await.expect(201);
    let is_over = Arc::new(AtomicBool::new(false));
    let mut working = JoinSet::new();
    for number in 0..3_u32 {
        let work =
            work(server.api(), format!("worker-{number}"), u64::from(number) << 32, Arc::clone(&is_over));
        working.spawn(work);
    }
    let (folder, shell) = (tempfile::tempdir().expect("a folder"), server.shell());
    let mut made = Vec::new();
    for number in 0..BACKUPS {
        let to = folder.path().join(format!("backup-{number}"));
        // Waits until there is more content than in the last backup. Each worker may have destroyed one binary in the meantime.
        let has_more = async {
            while count_signed(&server).await <= made.len() + 3 {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(Duration::from_mins(2), has_more)
            .await
            .expect("binaries are signed all the time");
        let said = tokio::task::block_in_place(|| backup(&shell, &server, &to));
        assert!(said.contains("the records") && said.contains("contents in"), "{said}");
        made.push(to);
    }
    let now = server.api().get("/v1/events?after=now").await.expect(200).json;
    let cursor = now["cursor"].as_str().expect("a cursor");
    is_over.store(true, Ordering::Relaxed);
    while let Some(ended) = working.join_next().await {
        ended.expect("the server answers as always");
    }
    // Deletions that waited for the backup are done now.
    assert_no_orphans(&server).await;

    let mut signed = 0;
    for backup in &made {
        let data = backup.with_extension("restored");
        let restore = format!("olivine restore --from {} --data-dir {}", backup.display(), data.display());
        shell.run(&restore).succeeds();
        let said = shell.run(&restore).fails(1);
        assert!(said.contains("is not empty"), "{said}");
        let restored = Server::builder().data_dir(&data).start();
        // People are restored, but their sessions have ended.
        let ada = Browser::new(&restored.api());
        ada.sign_in("ada@example.com").await.expect(200);
        let sessions = ada.get("/v1/users/me/sessions").await.expect(200);
        assert_eq!(sessions.json["sessions"].as_array().map(Vec::len), Some(1), "{:?}", sessions.json);
        // Readers of the event feed are told that this is another feed.
        let refused = restored.api().get(&format!("/v1/events?after={cursor}")).await.expect(410).json;
        assert_eq!(refused["errors"][0]["code"], "feed_replaced");
        // Downloads and compares every signed binary. No content may be missing, and none may be left over.
        assert_no_orphans(&restored).await;
        signed += count_signed(&restored).await;
        Workbench::new(restored.api()).await.signed(b"it goes on").await;
    }
    assert!(signed > BACKUPS, "{signed}");
}

async fn count_signed(server: &Server) -> usize {
    let binaries = list_all(&server.api(), "/v1/binaries", "binaries").await;
    binaries.iter().filter(|binary| binary["state"] == "signed").count()
}

/// Starts a backup, and kills it after its records are written but before it is complete. Returns `None` if it was complete before.
fn killed_in_the_middle(server: &Server, folder: &Path, number: usize) -> Option<std::path::PathBuf> {
    let to = folder.join(format!("killed-{number}"));
    let mut command = Command::new(Executables::built().olivine());
    command.arg("backup").arg("--data-dir").arg(server.data_dir()).arg("--to").arg(&to);
    let mut running: Child = command.spawn().expect("olivine");
    let partial = folder.join(format!(".killed-{number}.partial-{}", running.id()));
    while running.try_wait().expect("a child of ours").is_none() && !partial.join("content").exists() {
        std::hint::spin_loop();
    }
    running.kill().expect("a child of ours");
    running.wait().expect("a child of ours");
    (!to.exists()).then_some(partial)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_backup_can_not_be_restored() {
    let server = Server::start(Database::Sqlite);
    let bench = Workbench::new(server.api()).await;
    for number in 0..30_u8 {
        bench.signed(&[number; 100]).await;
    }
    let (folder, shell) = (tempfile::tempdir().expect("a folder"), server.shell());
    let mut attempts = 0..50;
    let partial = attempts.find_map(|number| killed_in_the_middle(&server, folder.path(), number));
    let partial = partial.expect("one of fifty is killed in the middle");
    assert!(partial.join("olivine.db").exists());
    let said =
        shell.run(&format!("olivine restore --from {} --data-dir restored", partial.display())).fails(1);
    assert!(said.contains("is not a complete backup: it has no backup.json"), "{said}");
    assert!(!shell.folder().join("restored").exists());

    let again = format!("olivine backup --data-dir {} --to again", server.data_dir().display());
    // Its locks were released when it was killed.
    shell.run(&again).succeeds();
    let beside = folder.path().join("next");
    backup(&shell, &server, &beside);
    assert!(!partial.exists(), "what is left of it is removed by the next one");
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 1, "nothing else is there");
}

/// Only one backup can run at a time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_backups_at_once_are_refused() {
    let server = Server::start(Database::Sqlite);
    let shell = server.shell();
    let lock = std::fs::File::create(server.data_dir().join("backup.lock")).expect("a file");
    lock.lock().expect("a lock");
    let other = format!("olivine backup --data-dir {} --to other", server.data_dir().display());
    let said = shell.run(&other).fails(1);
    assert!(said.contains("another backup is being made of this data folder"), "{said}");
    drop(lock);
    shell.run(&other).succeeds();
}

/// Problems with a backup are found before a data folder is restored from it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_backup_is_refused() {
    let server = Server::start(Database::Sqlite);
    let bench = Workbench::new(server.api()).await;
    bench.signed(&Random::new().bytes(1000)).await;
    let shell = server.shell();
    backup(&shell, &server, &shell.folder().join("backup"));
    let damages = [
        ("printf x >> damaged/olivine.db", "olivine.db is not as it was when the backup was made"),
        ("printf x >> damaged/secret-key", "secret-key is not as it was"),
        ("find damaged/content -name 'part-*' -delete", "it is damaged"),
        ("rm damaged/backup.json", "is not a complete backup"),
    ];
    for (damage, sentence) in damages {
        shell.run(&format!("rm -rf damaged; cp -r backup damaged; {damage}")).succeeds();
        let said = shell.run("olivine restore --from damaged --data-dir restored").fails(1);
        assert!(said.contains(sentence), "{damage}: {said}");
        assert!(!shell.folder().join("restored").exists(), "{damage}");
    }
    let elsewhere = PostgresDatabase::create();
    let said = shell.run(&format!("olivine backup --to other --database-url {}", elsewhere.url())).fails(1);
    assert!(said.contains("docs/operations.md"), "{said}");
    let said = shell.run("olivine backup --to other --storage-url file:///tmp/elsewhere").fails(1);
    assert!(said.contains("docs/operations.md"), "{said}");
}

/// The audit finds a content whose bytes are missing or cut off. It is not backed up as if it were complete. Its download is refused with a
/// clear message and recorded in an event.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn damaged_content_is_found_and_not_backed_up() {
    let server = Server::start(Database::Sqlite);
    let bench = Workbench::new(server.api()).await;
    bench.signed(&vec![7; 30_000]).await;
    let (folder, shell) = (tempfile::tempdir().expect("a folder"), server.shell());
    let data = server.data_dir().display().to_string();
    let parts = files_under(&server.data_dir().join("content").join("content"), "part-");
    let [part] = &parts[..] else { panic!("one part: {parts:?}") };
    let audit =
        || tokio::task::block_in_place(|| shell.run(&format!("olivine content audit --data-dir {data}")));
    audit().succeeds();

    let file = std::fs::File::options().write(true).open(part).expect("the part");
    for (what, size) in [("cut short", 1_000), ("too long", 30_001)] {
        file.set_len(size).expect("another size");
        let audited = audit();
        assert!(
            !audited.status.success() && audited.stdout.contains("wrong size"),
            "{what}: {}",
            audited.stdout
        );
        let to = folder.path().join(what.replace(' ', "-"));
        let to = format!("olivine backup --data-dir {data} --to {}", to.display());
        let said = tokio::task::block_in_place(|| shell.run(&to).fails(1));
        assert!(said.contains("is damaged") && said.contains("olivine content audit"), "{what}: {said}");
    }
}

/// A download of a lost content is refused before the first byte, with a message that the content is damaged, and recorded once. Only a
/// content that was really removed is reported as gone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_download_of_a_lost_content_says_that_it_is_damaged() {
    type Loss = fn(&Path) -> std::io::Result<()>;
    let losses: [(&str, &str, Loss); 6] = [
        ("a part cut short", "part-", |part| std::fs::File::options().write(true).open(part)?.set_len(1_000)),
        ("a part gone", "part-", |part| std::fs::remove_file(part)),
        ("a link", "part-", |part| {
            std::fs::rename(part, part.with_extension("moved"))?;
            std::os::unix::fs::symlink(part.with_extension("moved"), part)
        }),
        ("a folder", "part-", |part| std::fs::remove_file(part).and_then(|()| std::fs::create_dir(part))),
        ("no list of parts", "segments", |list| std::fs::remove_file(list)),
        ("all gone", "segments", |list| std::fs::remove_dir_all(list.parent().expect("its folder"))),
    ];
    let server = Server::start(Database::Sqlite);
    let bench = Workbench::new(server.api()).await;
    for (number, (what, file, lose)) in (0..).zip(losses) {
        let binary = bench.signed(&vec![number; 30_000]).await;
        let url = bench.download_url(&binary).await;
        let uuid = binary.rsplit(':').next().expect("a PRN ends in a UUID");
        let files = files_under(&server.data_dir().join("content").join("content"), file);
        let file = files.iter().find(|file| file.to_string_lossy().contains(uuid));
        lose(file.expect("it was uploaded")).expect(what);
        for _ in 0..3 {
            let refused = server.api().get(&url).await.expect(503);
            assert_eq!(refused.error_code(), Some("unavailable"), "{what}");
            let said = refused.error_message();
            assert!(said.contains("damaged") && said.contains("olivine content audit"), "{what}: {said}");
        }
        let search = format!("/v1/events?type=binary.content_missing&resource_prn={binary}");
        let missing = list_all(&server.api(), &search, "events").await;
        assert_eq!(missing.len(), 1, "{what}: once, and not for each attempt: {missing:?}");
    }
    let binary = bench.signed(b"taken away").await;
    let url = bench.download_url(&binary).await;
    bench.ask(&binary, "destroyed").await.expect(200);
    assert_eq!(server.api().get(&url).await.expect(410).error_code(), Some("content_gone"));
}
