//! Bundles of three entries, of which installers fail at random, while the agents are killed at random: all three are new, or all three are old.

use std::collections::BTreeMap;
use std::fs;
use std::time::{Duration, Instant};

use olivine_tests::{Database, Random, asked_for};
use serde_json::{Value, json};

use crate::agent::{Agent, Unit};
use crate::site::Site;

/// How many kills there are at least; without it, as many as fit into [`USUAL`].
const KILLS: &str = "OLIVINE_TEST_AGENT_KILLS";
const USUAL: Duration = Duration::from_secs(20);
const DEVICES: usize = 8;
/// How often the agent of each device is killed on the way to a release, at most.
const LIVES: usize = 6;
/// How long an agent lives at most, counted from when it begins to install; without that, it lives for [`IDLE`].
const LIFE: Duration = Duration::from_millis(120);
const IDLE: Duration = Duration::from_secs(2);
const TICK: Duration = Duration::from_millis(5);
/// A bound for a release, not an expectation.
const PATIENCE: Duration = Duration::from_mins(2);
/// What the program does badly in a life of an agent: nothing, more often than not.
const FATES: [&str; 6] = ["", "", "", "", "stage", "commit"];
const ARTIFACTS: [&str; 3] = ["firmware", "assets", "model"];
const FILES: [&str; 3] = ["firmware.bin", "assets.bin", "model.bin"];

/// Stages beside, keeps the old one by the version that replaces it, and takes it back. All can be done again.
const PROGRAM: &str = r#"
    stage = ["sh", "-c", '''cp assets.bin "assets.$1.old" && cp "$2" assets.staged && [ "$(cat fate)" != stage ]''', "stage", "{version}", "{file}"]
    command = ["sh", "-c", '''[ "$(cat fate)" != commit ] && sleep 0.03 && cp assets.staged assets.next && mv assets.next assets.bin''']
    revert = ["sh", "-c", '''[ ! -e "assets.$1.old" ] || { cp "assets.$1.old" assets.next && mv assets.next assets.bin; }''', "revert", "{version}"]
"#;

/// What each version has, in the order of [`FILES`].
type Versions = BTreeMap<String, [Vec<u8>; 3]>;

struct Subject {
    unit: Unit,
    life: Option<Life>,
    lives: usize,
}

/// An agent, and when it is killed.
struct Life {
    agent: Agent,
    /// Counted from when it takes up its work.
    length: Duration,
    end: Instant,
    /// How many agents had said before that they have started.
    starts: usize,
    is_at_work: bool,
}

/// What the kills came in the midst of.
#[derive(Debug, Default)]
struct Kills {
    all: usize,
    staging: usize,
    committing: usize,
    taking_back: usize,
}

impl Subject {
    /// A life of the agent, or none; true if the device needs no more of them on its way to this release.
    fn step(&mut self, random: &mut Random, latest: &str, versions: &Versions, kills: &mut Kills) -> bool {
        let now = Instant::now();
        if let Some(life) = self.life.as_mut().filter(|life| !life.is_at_work)
            && self.unit.starts() > life.starts
            && self.unit.folder.join("state/install.json").exists()
        {
            (life.is_at_work, life.end) = (true, now + life.length);
        }
        if let Some(life) = self.life.take_if(|life| life.end <= now) {
            life.agent.kill();
            self.lives += 1;
            kills.count(&self.unit);
            if self.is_whole_where_nothing_is_under_way(versions).is_some_and(|version| version == latest) {
                self.lives = LIVES;
            }
        } else if self.life.is_none() && self.lives < LIVES {
            self.unit.write("fate", fate(random));
            let starts = self.unit.starts();
            let (agent, length) = (self.unit.start("run"), random.within(LIFE));
            self.life = Some(Life { agent, length, end: now + IDLE, starts, is_at_work: false });
        }
        self.life.is_none() && self.lives >= LIVES
    }

    /// What the device says that it runs, it runs, all of it.
    fn is_whole_where_nothing_is_under_way(&self, versions: &Versions) -> Option<String> {
        let state = self.unit.state();
        if state["phase"].get("installing").is_some() {
            return None;
        }
        let version = state["current"]["version"].as_str().unwrap_or("1.0.0");
        for (name, content) in FILES.iter().zip(&versions[version]) {
            let found = self.unit.read(name);
            let of =
                versions.iter().find(|(_, contents)| contents.contains(&found)).map(|(version, _)| version);
            assert!(
                found == *content,
                "{version} is claimed, and {name} is of {of:?}: {state:#}\n{}",
                self.unit.last_words()
            );
        }
        assert_ne!(state["current"]["mixed"], true, "{}", self.unit.last_words());
        Some(version.to_owned())
    }

    /// Nobody kills it. It ends whole, also where the program fails once more.
    fn end(&mut self, random: &mut Random, versions: &Versions, latest: &str) {
        for fate in [fate(random), ""] {
            self.unit.write("fate", fate);
            let deadline = Instant::now() + PATIENCE;
            loop {
                let code = self.unit.once();
                let whole = self.is_whole_where_nothing_is_under_way(versions);
                let version = whole.unwrap_or_else(|| panic!("left half way: {}", self.unit.last_words()));
                if version == latest || !fate.is_empty() {
                    break;
                }
                assert!(Instant::now() < deadline, "{code:?}: {}", self.unit.last_words());
            }
        }
        let left = fs::read_dir(&self.unit.folder).unwrap().flatten();
        let left = left.map(|file| file.file_name().into_string().unwrap());
        let left: Vec<_> = left.filter(|name| name.contains("olivine-")).collect();
        assert_eq!((left, self.unit.journal()), (vec![], Value::Null), "{}", self.unit.name);
        self.lives = 0;
    }
}

fn fate(random: &mut Random) -> &'static str {
    FATES[usize::try_from(random.next() % 6).unwrap_or(0)]
}

impl Kills {
    fn count(&mut self, unit: &Unit) {
        self.all += 1;
        let journal = unit.journal();
        let is = |name: &str| usize::from(journal["progress"].get(name).is_some());
        self.staging += is("staging");
        self.committing += is("committing");
        self.taking_back += is("taking_back");
    }

    fn are_enough(&self, began: Instant) -> bool {
        asked_for(KILLS).map_or_else(|| began.elapsed() >= USUAL, |least| self.all >= least)
    }
}

#[expect(clippy::print_stdout, reason = "a long run shows how often it killed")]
pub(crate) async fn a_bundle_is_installed_whole_or_not_at_all(database: Database) {
    let mut random = Random::new();
    let site = Site::new(database).await;
    let mut subjects: Vec<_> = (1..=DEVICES)
        .map(|number| Subject {
            unit: site.unit_of_three(&format!("SN-{number}"), PROGRAM),
            life: None,
            lives: 0,
        })
        .collect();
    let factory = || b"from the factory".to_vec();
    let mut versions = Versions::from([("1.0.0".to_owned(), [factory(), factory(), factory()])]);
    let (began, mut kills, mut releases) = (Instant::now(), Kills::default(), Vec::new());
    while !kills.are_enough(began) {
        let version = format!("1.{}.0", versions.len());
        let contents = [(); 3].map(|()| random.bytes(20 << 10));
        // Each of the entries comes first, second and last in some bundle.
        let mut entries: Vec<_> = ARTIFACTS.into_iter().zip(contents.iter().map(Vec::as_slice)).collect();
        entries.rotate_left(versions.len() % 3);
        releases.push(site.release(&version, &entries, json!({})).await);
        versions.insert(version.clone(), contents);
        let deadline = Instant::now() + PATIENCE;
        let mut is_over = false;
        while !is_over {
            is_over = true;
            for subject in &mut subjects {
                is_over &= subject.step(&mut random, &version, &versions, &mut kills);
            }
            assert!(Instant::now() < deadline, "not there in time");
            tokio::time::sleep(TICK).await;
        }
        std::thread::scope(|scope| {
            for subject in &mut subjects {
                let (mut random, versions, version) = (Random::seeded(random.next()), &versions, &version);
                scope.spawn(move || subject.end(&mut random, versions, version));
            }
        });
    }
    println!("{} releases, {kills:?}", releases.len());
    let in_the_midst = kills.staging > 0 && kills.committing > 0;
    assert!(in_the_midst, "no kill came in the midst of anything: {kills:?}");
    assert_eq!(site.adoption(releases.last().unwrap()).await[1], DEVICES as u64);
}
