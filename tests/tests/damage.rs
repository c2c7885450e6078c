//! Disks that lose or change bytes: the audit, the backup and a start must notice.

#![expect(clippy::unwrap_used, reason = "a test says what it expects by failing")]

use std::fs;
use std::path::Path;

use olivine_tests::{Database, Random, Server, Shell, Workbench, files_under};

/// The page size of SQLite.
const PAGE: usize = 4096;

/// A change of a file's bytes.
type Damage = Box<dyn Fn(&mut Vec<u8>)>;

fn damage(file: &Path, change: &Damage) {
    let mut bytes = fs::read(file).unwrap();
    change(&mut bytes);
    fs::write(file, bytes).unwrap();
}

/// The first byte of a page that contains only keys and page numbers, but no text: an interior page of a table
/// (<https://www.sqlite.org/fileformat2.html#b_tree_pages>).
const WITHOUT_TEXT: u8 = 5;

/// The positions of `text` in a database file. When a table outgrows its first page, unused copies of its data stay on that page. Damage
/// there affects no record.
fn places_of(text: &str, file: &[u8]) -> Vec<usize> {
    let is_used = |place: usize| file[place / PAGE * PAGE] != WITHOUT_TEXT;
    let is_there =
        |(place, window): (usize, &[u8])| (window == text.as_bytes() && is_used(place)).then_some(place);
    file.windows(text.len()).enumerate().filter_map(is_there).collect()
}

fn place(random: &mut Random, from: usize, to: usize) -> usize {
    let number = u64::from_le_bytes(random.bytes(8).try_into().unwrap());
    from + usize::try_from(number % (to - from) as u64).unwrap()
}

/// The damages: ten changed bytes in texts of records, five pages with random bytes, three pages of zeros, and two truncated files.
fn damages_of_databases(whole: &[u8], texts: &[String], random: &mut Random) -> Vec<(String, Damage)> {
    let mut all: Vec<(String, Damage)> = Vec::new();
    while all.len() < 10 {
        let text = &texts[place(random, 0, texts.len())];
        let places = places_of(text, whole);
        let at = places[place(random, 0, places.len())] + place(random, 0, text.len());
        all.push((format!("byte {at} flipped"), Box::new(move |bytes| bytes[at] ^= 0xff)));
    }
    let pages = whole.len() / PAGE;
    for number in 0..8 {
        let page = place(random, 1, pages);
        let bytes = if number < 5 { random.bytes(PAGE) } else { vec![0; PAGE] };
        let name = format!("page {page} is {}", if number < 5 { "nonsense" } else { "zeros" });
        all.push((name, Box::new(move |whole| whole[page * PAGE..][..PAGE].copy_from_slice(&bytes))));
    }
    for kept in [pages / 3, pages - 1] {
        all.push((format!("cut after {kept} pages"), Box::new(move |bytes| bytes.truncate(kept * PAGE))));
    }
    all
}

fn damages_of_contents() -> Vec<(&'static str, &'static str, Damage)> {
    vec![
        ("part-", "a byte flipped", Box::new(|bytes| bytes[100] ^= 1)),
        ("part-", "the last byte flipped", Box::new(|bytes| *bytes.last_mut().unwrap() ^= 1)),
        ("part-", "cut", Box::new(|bytes| bytes.truncate(1000))),
        ("part-", "empty", Box::new(Vec::clear)),
        ("part-", "longer", Box::new(|bytes| bytes.push(0))),
        ("segments", "empty", Box::new(Vec::clear)),
        ("segments", "cut", Box::new(|bytes| bytes.truncate(bytes.len() / 2))),
        ("segments", "a byte flipped", Box::new(|bytes| bytes[3] ^= 1)),
        ("segments", "of zeros", Box::new(|bytes| bytes.fill(0))),
        ("segments", "longer", Box::new(|bytes| bytes.extend_from_slice(b"x"))),
    ]
}

/// Whether the audit and the backup notice the damage of a data folder, and their messages.
fn noticed(shell: &Shell, folder: &Path) -> (bool, bool, String) {
    let data = folder.display();
    let audit = shell.run(&format!("olivine content audit --hashes --data-dir {data}"));
    let backup = shell.run(&format!("rm -rf backup; olivine backup --to backup --data-dir {data}"));
    let said = format!("{}{}{}{}", audit.stdout, audit.stderr, backup.stdout, backup.stderr);
    (!audit.status.success(), !backup.status.success(), said)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_audit_and_the_backup_notice_what_a_disk_has_lost() {
    let mut server = Server::start(Database::Sqlite);
    let bench = Workbench::new(server.api()).await;
    let mut random = Random::new();
    let mut texts = Vec::new();
    for _ in 0..20 {
        let binary = bench.signed(&random.bytes(10_000)).await;
        let record = bench.get(&binary).await;
        let hash = record["hash"].as_str().unwrap().trim_start_matches("sha256:");
        texts.extend([hash.to_owned(), record["target"].as_str().unwrap().to_owned()]);
    }
    assert!(server.stop().success());
    let shell = server.shell();
    // A restored database contains no remains of old data. In others, a byte may belong to no record.
    let restored = format!("olivine backup --to first --data-dir {}", server.data_dir().display());
    shell.run(&format!("{restored}; olivine restore --from first --data-dir data")).succeeds();
    let (data, copy) = (shell.folder().join("data"), shell.folder().join("copy"));
    let fresh = || {
        shell.run(&format!("rm -rf copy; cp -a {} copy", data.display())).succeeds();
    };
    fresh();
    let (audited, backed_up, said) = noticed(&shell, &copy);
    assert!(!audited && !backed_up, "nothing is wrong yet: {said}");

    let database = "olivine.db";
    let whole = fs::read(data.join(database)).unwrap();
    let (mut by_either, mut missed) = (0, Vec::new());
    for (what, change) in damages_of_databases(&whole, &texts, &mut random) {
        fresh();
        damage(&copy.join(database), &change);
        let (audited, backed_up, _) = noticed(&shell, &copy);
        if audited || backed_up { by_either += 1 } else { missed.push(what) }
    }
    for (prefix, what, change) in damages_of_contents() {
        fresh();
        damage(&files_under(&copy.join("content/content"), prefix)[7], &change);
        let (audited, _, said) = noticed(&shell, &copy);
        assert!(audited, "{prefix} {what}: {said}");
        by_either += 1;
    }
    assert!(by_either >= 28, "{by_either} of 30; missed: {missed:?}");
}
