//! One update over a slow connection, while the device loses power again and again.

use std::time::{Duration, Instant};

use olivine_tests::{Database, Random, sha256_hex};
use serde_json::json;

use crate::agent::{Agent, Unit};
use crate::site::Site;

const DEVICES: usize = 6;
/// The number of kills of each device.
const KILLS: usize = 10;
const SIZE: usize = 600 << 10;
/// The pause after each 4 KiB: the content takes more than a second.
const PAUSE: Duration = Duration::from_millis(8);
/// The maximum working time of an agent before it is killed. It is increased whenever it was too short for any progress.
const WINDOW: Duration = Duration::from_millis(600);
const TICK: Duration = Duration::from_millis(5);
/// An upper bound, not an expectation.
const PATIENCE: Duration = Duration::from_mins(3);

/// A device, and the number of bytes that it had at each kill.
struct Victim {
    unit: Unit,
    life: Option<Life>,
    had: Vec<u64>,
    window: Duration,
}

/// An agent, and the time of its kill, counted from the start of its work.
struct Life {
    agent: Agent,
    length: Duration,
    end: Option<Instant>,
}

impl Victim {
    /// How many bytes of the content the device has. After the check, all bytes count.
    fn has(&self, hash: &str) -> u64 {
        if sha256_hex(&self.unit.read("firmware.bin")) == hash {
            return SIZE as u64;
        }
        let content =
            self.unit.downloads().into_iter().find(|(path, _)| path.to_string_lossy().contains(hash));
        content.map_or(0, |(_, length)| length)
    }

    /// Runs agents until enough were killed. The last one is left alone.
    fn step(&mut self, random: &mut Random, hash: &str) {
        let Some(life) = &mut self.life else {
            let (agent, length) = (self.unit.start("run"), random.within(self.window));
            self.life = Some(Life { agent, length, end: None });
            return;
        };
        if self.had.len() == KILLS {
            return;
        }
        // Each agent logs its start once.
        if life.end.is_none() && self.unit.starts() > self.had.len() {
            life.end = Some(Instant::now() + life.length);
        }
        let Some(life) = self.life.take_if(|life| life.end.is_some_and(|end| end <= Instant::now())) else {
            return;
        };
        life.agent.kill();
        let (had, has) = (self.had.last().copied().unwrap_or_default(), self.has(hash));
        assert!(has >= had, "{had} bytes were there, then {has}: {}", self.unit.last_words());
        if has == 0 {
            self.window = self.window.mul_f64(1.4);
        }
        self.had.push(has);
    }
}

pub(crate) async fn an_update_survives_power_losses(database: Database) {
    let mut random = Random::new();
    let site = Site::new(database).await;
    let firmware = random.bytes(SIZE);
    let hash = sha256_hex(&firmware);
    let release = site.release("1.1.0", &[("firmware", &firmware)], json!({})).await;
    site.contents.slow_down(PAUSE);
    let units = (1..=DEVICES).map(|number| site.unit(&format!("SN-{number}"), ""));
    let new = |unit| Victim { unit, life: None, had: Vec::new(), window: WINDOW };
    let mut victims: Vec<_> = units.map(new).collect();
    let deadline = Instant::now() + PATIENCE;
    loop {
        for victim in &mut victims {
            victim.step(&mut random, &hash);
        }
        let spared = victims.iter().all(|victim| victim.life.is_some() && victim.had.len() == KILLS);
        if spared && site.said().await.values().filter(|said| **said == release).count() == DEVICES {
            break;
        }
        assert!(Instant::now() < deadline, "not there in time: {}", victims[0].unit.last_words());
        tokio::time::sleep(TICK).await;
    }
    for victim in &mut victims {
        victim.life.take().unwrap().agent.kill();
        assert_eq!(victim.has(&hash), SIZE as u64, "{}", victim.unit.last_words());
    }
    for (name, said) in site.reports(&release).await {
        assert_eq!(said, ["downloading", "installing", "installed"], "{name}");
    }
    assert_eq!(site.adoption(&release).await, [DEVICES as u64, DEVICES as u64, 0]);
    nothing_is_fetched_twice(&site, &victims);
}

/// A device that had some bytes requested only the rest: complete answers went only to devices without any bytes.
fn nothing_is_fetched_twice(site: &Site, victims: &[Victim]) {
    let log = site.server.log();
    let answers = |status: &str| {
        let of_contents = |line: &&str| line.contains("/content/{token}") && line.contains(status);
        log.lines().filter(of_contents).count()
    };
    let kills = |with: fn(u64) -> bool| {
        victims.iter().flat_map(|victim| &victim.had).filter(|had| with(**had)).count()
    };
    let (amidst, before) = (kills(|had| had > 0 && had < SIZE as u64), kills(|had| had == 0));
    let (whole, rest) = (answers("status=200"), answers("status=206"));
    assert!(amidst > 0, "no kill came while the content was fetched");
    assert!(rest > 0 && whole >= DEVICES, "{whole} whole answers, {rest} others");
    assert!(whole <= DEVICES + before, "{whole} whole answers; {before} kills came before the first byte");
}
