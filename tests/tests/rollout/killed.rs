//! A rollout to a whole cohort in two steps, while its server and its agents are killed again and again.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use olivine_tests::{Database, Random, asked_for, sha256_hex};
use serde_json::{Value, json};

use crate::agent::{Agent, Copied, Unit};
use crate::site::Site;

/// The variable with the minimum number of kills of agents, half of them on each database. Without it, there are at least [`DEVICES`] kills
/// on each database.
const KILLS: &str = "OLIVINE_TEST_AGENT_KILLS";
const DEVICES: usize = 30;
/// More agents would mostly wait for a processor.
const AT_ONCE: usize = 12;
/// The maximum life of a device's first agent. Later agents live longer, so that each device finishes on any machine.
const FIRST_LIFE: Duration = Duration::from_secs(2);
/// The maximum time between two kills of the server, and the maximum number of these kills.
const PEACE: Duration = Duration::from_secs(2);
const SERVER_KILLS: usize = 12;
const TICK: Duration = Duration::from_millis(10);
const LOOK_EVERY: Duration = Duration::from_millis(300);
/// An upper bound for this number of devices, not an expectation.
const PATIENCE: Duration = Duration::from_mins(5);

/// A device of the rollout, and what the test saw whenever its agent was dead.
struct Member {
    unit: Unit,
    life: Option<(Agent, Instant)>,
    kills: i32,
    /// How often an agent was killed while it may have been running the command of this version.
    interrupted: BTreeMap<String, usize>,
    copied: Vec<Copied>,
    done: bool,
}

impl Member {
    fn new(unit: Unit) -> Self {
        let copied = vec![unit.copied("firmware.bin")];
        Self { unit, life: None, kills: 0, interrupted: BTreeMap::new(), copied, done: false }
    }

    fn live(&mut self, random: &mut Random) {
        let life = random.within(FIRST_LIFE.mul_f64(1.2_f64.powi(self.kills)));
        self.life = Some((self.unit.start("run"), Instant::now() + life));
    }

    fn die_if_due(&mut self) {
        let Some((agent, _)) = self.life.take_if(|(_, until)| *until <= Instant::now()) else { return };
        agent.kill();
        self.kills += 1;
        let (state, journal) = (self.unit.state(), self.unit.journal());
        if let Some(version) = state["phase"]["installing"]["plan"]["version"].as_str()
            && journal["progress"]["committing"]["next"] == 1
        {
            *self.interrupted.entry(version.to_owned()).or_default() += 1;
        }
        self.look_at_copy();
    }

    fn look_at_copy(&mut self) {
        let seen = self.unit.copied("firmware.bin");
        if self.copied.last() != Some(&seen) {
            let again = self.copied.iter().any(|earlier| earlier.hash == seen.hash);
            assert!(!again, "one content was copied twice to {}", self.unit.last_words());
            self.copied.push(seen);
        }
    }

    /// Checks that everything was installed once and in order. A command may have run once more for each time that it was interrupted.
    fn check(&self, firmware: &[u8], assets: &[u8]) {
        let (unit, words) = (&self.unit, self.unit.last_words());
        assert_eq!(sha256_hex(&unit.read("firmware.bin")), sha256_hex(firmware), "{words}");
        assert_eq!(sha256_hex(&unit.read("assets.bin")), sha256_hex(assets), "{words}");
        let state = unit.state();
        assert_eq!((&state["phase"], &state["reports"]), (&json!("idle"), &json!([])), "{words}");
        let log = unit.text("commands.log");
        let lines: Vec<_> = log.lines().collect();
        let mut runs: Vec<&str> = Vec::new();
        for run in lines.chunks(2) {
            let [begin, end] = run else { panic!("a command was not waited for: {lines:?}\n{words}") };
            let version = begin.strip_prefix("begin ");
            assert!(version == end.strip_prefix("end "), "two commands at once: {lines:?}\n{words}");
            runs.push(version.unwrap());
        }
        assert!(runs.is_sorted(), "{runs:?}");
        for version in ["1.1.0", "1.2.0"] {
            let ran = runs.iter().filter(|run| **run == version).count();
            let most = 1 + self.interrupted.get(version).unwrap_or(&0);
            assert!(
                (1..=most).contains(&ran),
                "the command of {version} ran {ran} times, not {most}: {words}"
            );
        }
    }
}

#[expect(clippy::print_stdout, reason = "a long run shows how often it killed")]
pub(crate) async fn a_rollout_survives_kills(database: Database) {
    let mut random = Random::new();
    let mut site = Site::new(database).await;
    let mut content = || (random.bytes(150 << 10), random.bytes(50 << 10));
    let ((old_firmware, old_assets), (firmware, assets)) = (content(), content());
    let contents = [("firmware", old_firmware.as_slice()), ("assets", &old_assets)];
    let second = site.release("1.1.0", &contents, json!({"required": true})).await;
    let contents = [("firmware", firmware.as_slice()), ("assets", &assets)];
    let third = site.release("1.2.0", &contents, json!({})).await;
    let least = asked_for(KILLS).map_or(DEVICES, |kills| kills.div_ceil(2));
    let names = (1..=least.div_ceil(4).max(DEVICES)).map(|number| format!("SN-{number:03}"));
    let mut fleet: Vec<_> = names.map(|name| Member::new(site.unit(&name, ""))).collect();

    let server_kills = roll_out(&mut site, &mut fleet, &third, &mut random).await;
    for member in &mut fleet {
        if let Some((agent, _)) = member.life.take() {
            agent.kill();
        }
        member.look_at_copy();
        member.check(&firmware, &assets);
    }
    let kills: i32 = fleet.iter().map(|member| member.kills).sum();
    let is_enough = usize::try_from(kills).is_ok_and(|kills| kills >= least);
    assert!(server_kills > 2 && is_enough, "too few kills to show anything: {server_kills} and {kills}");
    println!("{server_kills} kills of the server, {kills} of agents");
    nothing_is_lost(&site, [&second, &third], fleet.len()).await;
}

/// Runs until all devices have reported the release. Returns the number of kills of the server.
async fn roll_out(site: &mut Site, fleet: &mut [Member], release: &str, random: &mut Random) -> usize {
    let deadline = Instant::now() + PATIENCE * u32::try_from(fleet.len().div_ceil(DEVICES)).unwrap();
    let (mut next_kill, mut kills, mut next_look) =
        (Instant::now() + random.within(PEACE), 0, Instant::now());
    loop {
        if Instant::now() >= next_look {
            let said = site.said().await;
            for member in &mut *fleet {
                member.done = said.get(&member.unit.name).is_some_and(|said| said == release);
            }
            let Some(late) = fleet.iter().find(|member| !member.done) else { return kills };
            assert!(Instant::now() < deadline, "not there in time: {}", late.unit.last_words());
            next_look = Instant::now() + LOOK_EVERY;
        }
        fleet.iter_mut().for_each(Member::die_if_due);
        populate(fleet, random);
        if Instant::now() >= next_kill && kills < SERVER_KILLS {
            site.kill_the_server(|| fleet.iter_mut().for_each(Member::die_if_due));
            kills += 1;
            next_kill = Instant::now() + random.within(PEACE);
        }
        tokio::time::sleep(TICK).await;
    }
}

/// Starts agents for the devices that were killed least often.
fn populate(fleet: &mut [Member], random: &mut Random) {
    for _ in fleet.iter().filter(|member| member.life.is_some()).count()..AT_ONCE {
        let idle = fleet.iter_mut().filter(|member| member.life.is_none() && !member.done);
        let Some(member) = idle.min_by_key(|member| member.kills) else { return };
        member.live(random);
    }
}

/// Checks that all events and reports of each device are recorded, each once, and that the sums are correct.
async fn nothing_is_lost(site: &Site, [second, third]: [&str; 2], devices: usize) {
    for release in [second, third] {
        let reports = site.reports(release).await;
        assert_eq!(reports.len(), devices);
        for (name, said) in reports {
            assert_eq!(said, ["downloading", "installing", "installed"], "{name} of {release}");
        }
    }
    let ways = site.events("device.release_changed").await;
    assert_eq!(ways.len(), devices);
    for (name, changes) in ways {
        let way: Vec<_> = changes.iter().map(|change| &change["to"]["release_prn"]).collect();
        let expected = [site.first(), second, third].map(Value::from);
        assert_eq!(way, expected.each_ref(), "{name}");
    }
    assert_eq!(site.adoption(second).await, [0, devices as u64, 0]);
    assert_eq!(site.adoption(third).await, [devices as u64, devices as u64, 0]);
}
