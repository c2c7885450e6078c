//! The numbers of a fleet are sums that are updated with each change. They must equal the counted numbers.

use std::collections::{BTreeMap, BTreeSet};

use olivine_tests::factory::{Factory, Member, on, path};
use olivine_tests::{Database, Random, Server, list_all};
use serde_json::{Value, json};

const STEPS: usize = 60;
const DEVICES: usize = 6;
const STATUSES: [&str; 4] = ["downloading", "installed", "failed", "rolled_back"];

/// A fleet, and what the test knows from its own changes.
struct Fleet {
    factory: Factory,
    members: Vec<Member>,
    /// The release that each device reports.
    says: BTreeMap<String, String>,
    claims: BTreeSet<(String, String)>,
    outcomes: BTreeMap<(String, String), &'static str>,
    cohorts: [String; 2],
    releases: Vec<String>,
    bundle: String,
}

impl Fleet {
    async fn new(server: &Server) -> Self {
        let factory = Factory::new(server.api()).await;
        let bundle = factory.bundle("content").await.prn;
        let first = factory.release("first", &bundle, json!({})).await;
        let second = factory.release("second", &bundle, json!({})).await;
        let aside = factory.release("aside", &bundle, json!({"next_release_prn": second})).await;
        let phased = factory.release("phased", &bundle, json!({"phase_value": 4})).await;
        let weekly = factory.new_cohort("weekly").await;
        let [one, two] = ["one", "two"];
        let one = factory.release_in(&weekly, one, &bundle, json!({})).await;
        let two = factory.release_in(&weekly, two, &bundle, json!({"phase_value": 0.5})).await;
        let cohorts = [factory.cohort.clone(), weekly];
        let mut members = Vec::new();
        for number in 0..DEVICES {
            members.push(factory.device(server, &format!("SN-{number}")).await);
        }
        let releases = vec![first, second, aside, phased, one, two];
        let (says, claims, outcomes) = (BTreeMap::new(), BTreeSet::new(), BTreeMap::new());
        Self { factory, members, says, claims, outcomes, cohorts, releases, bundle }
    }

    /// Makes one random change to one device.
    async fn step(&mut self, server: &Server, random: &mut Random, number: usize) {
        let mut below = |most: usize| usize::try_from(random.next() % most as u64).unwrap();
        let (place, release) = (below(self.members.len()), below(self.releases.len()));
        let release = self.releases[release].clone();
        let device = self.members[place].prn.clone();
        match below(10) {
            0..4 => drop(self.says.insert(device, release)),
            4..6 => {
                let cohort = &self.cohorts[below(2)];
                self.factory.change(&device, json!({"cohort_prn": cohort})).await;
            }
            6..9 => {
                let status = STATUSES[below(STATUSES.len())];
                let report = json!({"bundle_prn": self.bundle, "release_prn": release, "status": status});
                self.members[place].device.report(&report).await.expect(204);
                self.outcomes.insert((device, release), status);
            }
            _ => {
                self.factory.api.delete(&path(&device)).await.expect(204);
                self.says.remove(&device);
                self.claims.retain(|(who, _)| *who != device);
                self.outcomes.retain(|(who, _), _| *who != device);
                self.members[place] = self.factory.device(server, &format!("SN-new-{number}")).await;
            }
        }
    }

    /// Lets all devices ask.
    async fn ask(&mut self) {
        for member in &self.members {
            let says = self.says.get(&member.prn).map(|release| on(release));
            let says = says.as_ref().map_or(&[][..], |says| says);
            let answer = member.device.update("?expand[]=release", says).await.expect(200).json;
            let release = &answer["release"];
            if !release.is_null() && release["phase_value"] != json!(1.0) {
                let release = release["prn"].as_str().unwrap().to_owned();
                self.claims.insert((member.prn.clone(), release));
            }
        }
    }

    async fn check(&self) {
        for cohort in &self.cohorts {
            let devices = format!("/v1/devices?cohort_prn={cohort}");
            let devices = list_all(&self.factory.api, &devices, "devices").await;
            let releases = format!("/v1/releases?cohort_prn={cohort}");
            let releases = list_all(&self.factory.api, &releases, "releases").await;
            let next: BTreeMap<&str, Option<&str>> =
                releases.iter().map(|one| (text(one, "prn"), one["next_release_prn"].as_str())).collect();
            for release in next.keys() {
                let expected = self.counted(release, &devices, &next);
                let path = format!("/v1/releases/{release}/adoption");
                let seen = self.factory.api.get(&path).await.expect(200).json;
                for (name, count) in &expected {
                    assert_eq!(seen[name], json!(count), "{name}: {expected:?} is counted, {seen:#}");
                }
                let there = seen["days"].as_array().unwrap().iter();
                let there =
                    there.map(|day| day["arrived"].as_i64().unwrap() - day["departed"].as_i64().unwrap());
                assert_eq!(json!(there.sum::<i64>()), seen["on"]);
            }
        }
    }

    /// Deletes a release. A confirmation must be required exactly if devices are on it.
    async fn delete(&self, release: &str) {
        let api = &self.factory.api;
        let adoption = api.get(&format!("{}/adoption", path(release))).await.expect(200).json;
        let answer = api.delete(&path(release)).await;
        if adoption["on"] == json!(0) {
            answer.expect(204);
            return;
        }
        let refused = answer.expect(409).json;
        assert_eq!(refused["errors"][0]["context"]["devices"], adoption["on"], "{refused:#}");
        api.delete(&format!("{}?confirm={release}", path(release))).await.expect(204);
    }

    /// The numbers of a release, counted from the list of its cohort's devices and from the changes made.
    fn counted(
        &self,
        release: &str,
        devices: &[Value],
        next: &BTreeMap<&str, Option<&str>>,
    ) -> BTreeMap<&'static str, usize> {
        let leads = |from: &str, to: &str| {
            let mut way = std::iter::successors(next[from], |release| next[release]);
            way.any(|release| release == to)
        };
        let mut counted = BTreeMap::from([("devices", devices.len())]);
        for name in ["on", "before", "after", "elsewhere", "claimed", "installed", "failed"] {
            counted.insert(name, 0);
        }
        for device in devices {
            let reported = device["reported_release_prn"].as_str().filter(|one| next.contains_key(one));
            let on = device["release_prn"].as_str();
            assert_eq!(on, reported, "{device:#}");
            let name = match reported {
                Some(reported) if reported == release => "on",
                Some(reported) if leads(reported, release) => "before",
                Some(reported) if leads(release, reported) => "after",
                _ => "elsewhere",
            };
            *counted.entry(name).or_default() += 1;
            assert_eq!(
                device["reported_release_prn"].as_str(),
                self.says.get(text(device, "prn")).map(String::as_str)
            );
        }
        counted.insert("claimed", self.claims.iter().filter(|(_, claimed)| claimed == release).count());
        for ((_, of), status) in self.outcomes.iter().filter(|((_, of), _)| of == release) {
            assert_eq!(of, release);
            match *status {
                "installed" => *counted.entry("installed").or_default() += 1,
                "failed" | "rolled_back" => *counted.entry("failed").or_default() += 1,
                _ => {}
            }
        }
        counted
    }
}

fn text<'a>(record: &'a Value, field: &str) -> &'a str {
    record[field].as_str().unwrap()
}

pub(crate) async fn fleet_numbers_equal_a_recount(database: Database) {
    let server = Server::start(database);
    let mut fleet = Fleet::new(&server).await;
    let mut random = Random::new();
    for number in 0..STEPS {
        fleet.step(&server, &mut random, number).await;
        fleet.ask().await;
        fleet.check().await;
    }
    // A release in the middle is deleted: its devices are then elsewhere, and the order of the others stays.
    let second = fleet.releases.remove(1);
    fleet.delete(&second).await;
    fleet.ask().await;
    fleet.check().await;
}
