//! One update over a slow line, while the power fails again and again at the device.

use std::time::{Duration, Instant};

use olivine_tests::{Database, Random, sha256_hex};
use serde_json::json;

use crate::agent::{Agent, Unit};
use crate::site::Site;

const DEVICES: usize = 6;
/// For each device.
const KILLS: usize = 7;
const SIZE: usize = 600 << 10;
/// After each 4 KiB: the content takes more than a second.
const PAUSE: Duration = Duration::from_millis(8);
/// How long an agent may live at first; adapted to how far agents get.
const FIRST_WINDOW: Duration = Duration::from_millis(800);
const TICK: Duration = Duration::from_millis(2);
/// Bounds, not expectations.
const PATIENCE: Duration = Duration::from_mins(3);

/// A device, and how much of the content it had at each kill.
struct Victim {
    unit: Unit,
    life: Option<(Agent, Instant)>,
    had: Vec<u64>,
}

impl Victim {
    /// What is there of the content. It is counted as whole from its check on.
    fn has(&self, hash: &str) -> u64 {
        if sha256_hex(&self.unit.read("firmware.bin")) == hash {
            return SIZE as u64;
        }
        let content =
            self.unit.downloads().into_iter().find(|(path, _)| path.to_string_lossy().contains(hash));
        content.map_or(0, |(_, length)| length)
    }

    /// Lives until it was killed often enough; then it is left alone.
    fn step(&mut self, window: Duration, random: &mut Random, hash: &str) -> Option<u64> {
        let spared = self.had.len() == KILLS;
        if self.life.is_none() {
            let life = if spared { PATIENCE } else { random.within(window) };
            self.life = Some((self.unit.start("run"), Instant::now() + life));
        }
        let (agent, _) = self.life.take_if(|(_, until)| *until <= Instant::now())?;
        agent.kill();
        let has = self.has(hash);
        let had = self.had.last().copied().unwrap_or_default();
        assert!(has >= had, "{had} bytes were there, then {has}: {}", self.unit.last_words());
        self.had.push(has);
        Some(has)
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
    let mut victims: Vec<_> = units.map(|unit| Victim { unit, life: None, had: Vec::new() }).collect();

    let (deadline, mut window) = (Instant::now() + PATIENCE, FIRST_WINDOW);
    while victims.iter().any(|victim| victim.had.len() < KILLS) {
        for victim in &mut victims {
            match victim.step(window, &mut random, &hash) {
                // Too early to show anything, or too late.
                Some(0) => window = window.mul_f64(1.2),
                Some(has) if has == SIZE as u64 => window = window.mul_f64(0.9),
                _ => {}
            }
        }
        assert!(Instant::now() < deadline, "{}", victims[0].unit.last_words());
        tokio::time::sleep(TICK).await;
    }
    for victim in &mut victims {
        victim.step(window, &mut random, &hash);
    }
    while site.said().await.values().filter(|said| **said == release).count() < DEVICES {
        assert!(Instant::now() < deadline, "{}", victims[0].unit.last_words());
        tokio::time::sleep(TICK * 50).await;
    }
    for victim in &mut victims {
        let (agent, _) = victim.life.take().unwrap();
        assert!(agent.stop().success());
        assert_eq!(victim.has(&hash), SIZE as u64, "{}", victim.unit.last_words());
    }
    for (name, said) in site.reports(&release).await {
        assert_eq!(said, ["downloading", "installing", "installed"], "{name}");
    }
    assert_eq!(site.adoption(&release).await, [DEVICES as u64, DEVICES as u64, 0]);
    nothing_is_fetched_twice(&site, &victims);
}

/// Whoever had some bytes asked for the rest only: whole answers went to those who had nothing.
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
