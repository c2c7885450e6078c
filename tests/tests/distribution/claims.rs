//! Many devices ask for a phased release at the same time: never more devices get it than its limit allows.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use olivine_tests::factory::{Factory, on};
use olivine_tests::{Api, Database, Device, PostgresDatabase, Server, list_all, try_send};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

const DEVICES: usize = 200;
const FIRST: usize = 50;
const LATER: usize = 100;
/// How many answers are given before one of the servers is killed.
const BEFORE_DEATH: usize = 25;
const PATIENCE: Duration = Duration::from_mins(1);
const SECRET: &str = "a secret that all processes of this installation have";

/// Servers with one database, which is dropped after them.
struct Servers {
    all: Vec<Server>,
    _database: Option<PostgresDatabase>,
}

impl Servers {
    /// Starts four processes on PostgreSQL, or one on the embedded database.
    fn start(database: Database) -> Self {
        // Hundreds of simultaneous handshakes take a while on a busy machine.
        let builder = Server::builder()
            .env("OLIVINE_SECRET_KEY", SECRET)
            .env("OLIVINE_DEVICE_HANDSHAKE_SECONDS", "60")
            .env("OLIVINE_HEADER_SECONDS", "60");
        if database == Database::Sqlite {
            return Self { all: vec![builder.start()], _database: None };
        }
        let database = PostgresDatabase::create();
        let builder = builder.arg("--database-url").arg(database.url());
        let mut all = vec![builder.clone().start()];
        let others = builder.storage_of(&all[0]).arg("--roles").arg("api,device");
        all.extend((1..4).map(|_| others.clone().start()));
        Self { all, _database: Some(database) }
    }
}

/// A device's connections to all servers, beginning with its preferred one.
#[derive(Clone)]
struct Asker(Vec<Device>);

impl Asker {
    /// The answer of the first server that gives one.
    async fn asks(&self, release: &str) -> Option<Value> {
        for device in &self.0 {
            if let Some(answer) = patiently(device, "/update?expand[]=release", &on(release)).await {
                return Some(answer);
            }
        }
        None
    }

    /// The same device with the current addresses of the servers.
    fn reconnected(&self, number: usize, servers: &[Server]) -> Self {
        let others = servers.iter().cycle().skip(number % servers.len()).take(servers.len());
        Self(others.map(|server| self.0[0].at(server)).collect())
    }
}

/// The answer to a device that repeats its request as long as it is told to, because many simultaneous requests may be too much for the
/// database of a busy machine.
async fn patiently(device: &Device, path: &str, says: &[(&str, &str)]) -> Option<Value> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let mut request = device.request(Method::GET, path);
        for (name, value) in says {
            request = request.header(*name, *value);
        }
        let answer = try_send(request).await.ok()?;
        if answer.status != 503 || Instant::now() > deadline {
            return Some(answer.expect(200).json);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

fn reconnected(askers: &[Asker], servers: &[Server]) -> Vec<Asker> {
    askers.iter().enumerate().map(|(number, asker)| asker.reconnected(number, servers)).collect()
}

/// All devices connect for the first time at the same moment, each on two connections (to two servers, if there are several).
async fn appear(factory: &Factory, servers: &[Server]) -> Vec<Asker> {
    let strangers = (0..DEVICES).map(|number| factory.stranger(&servers[0], &format!("SN-{number}")));
    let askers = reconnected(&strangers.map(|device| Asker(vec![device])).collect::<Vec<_>>(), servers);
    let mut running = JoinSet::new();
    for asker in &askers {
        for device in [asker.0.first(), asker.0.last()].into_iter().flatten() {
            let device = device.clone();
            running.spawn(async move { patiently(&device, "/device/me", &[]).await.expect("an answer") });
        }
    }
    while let Some(ended) = running.join_next().await {
        ended.expect("a device gets an answer");
    }
    askers
}

/// All devices ask at the same time. Returns which of them get `phased`. `dies` is called in the middle.
async fn rush(
    askers: &[Asker],
    first: &str,
    phased: &str,
    mut dies: Option<&mut dyn FnMut()>,
) -> BTreeSet<usize> {
    let start = Arc::new(Barrier::new(askers.len()));
    let mut running = JoinSet::new();
    for (number, asker) in askers.iter().cloned().enumerate() {
        let (start, first) = (Arc::clone(&start), first.to_owned());
        running.spawn(async move {
            start.wait().await;
            (number, asker.asks(&first).await)
        });
    }
    let (mut got, mut answered) = (BTreeSet::new(), 0);
    while let Some(ended) = running.join_next().await {
        let (number, answer) = ended.expect("a device gets an answer");
        answered += usize::from(answer.is_some());
        if answered >= BEFORE_DEATH
            && let Some(dies) = dies.take()
        {
            dies();
        }
        match answer {
            Some(answer) if answer["status"] == "update" => {
                assert_eq!(answer["release"]["prn"], json!(phased));
                got.insert(number);
            }
            Some(answer) => assert_eq!(answer["status"], "no_update"),
            None => {}
        }
    }
    got
}

pub(crate) async fn a_phase_is_never_overrun(database: Database) {
    let mut servers = Servers::start(database);
    let admin_key = servers.all[0].admin_key();
    let api = |servers: &Servers| Api::new(servers.all[0].url()).with_key(&admin_key);
    let mut factory = Factory::new(api(&servers)).await;
    let bundle = factory.bundle("content").await.prn;
    let first = factory.release("first", &bundle, json!({})).await;
    let phased = factory.release("phased", &bundle, json!({"phase_value": FIRST})).await;
    let askers = appear(&factory, &servers.all).await;
    let devices = list_all(&factory.api, "/v1/devices", "devices").await;
    assert_eq!(devices.len(), DEVICES, "each is one device, however it came");
    assert_eq!(factory.get(&factory.cohort).await["device_count"], DEVICES);

    // One server is killed during the requests, and restarted at another address.
    let victim = servers.all.last_mut().expect("there is one");
    let mut dies = || {
        victim.kill();
        victim.restart();
    };
    let at_first = rush(&askers, &first, &phased, Some(&mut dies)).await;
    factory.api = api(&servers);
    let askers = reconnected(&askers, &servers.all);
    let got = rush(&askers, &first, &phased, None).await;
    assert_eq!(got.len(), FIRST);
    assert!(got.is_superset(&at_first), "{at_first:?} got it, and then {got:?}");
    let claimed = async || {
        let adoption = factory.api.get(&format!("/v1/releases/{phased}/adoption")).await.expect(200).json;
        (factory.get(&phased).await["claims"].clone(), adoption["claimed"].clone())
    };
    assert_eq!(claimed().await, (json!(FIRST), json!(FIRST)));
    assert_eq!(rush(&askers, &first, &phased, None).await, got, "nobody loses it, nobody else gets it");

    factory.change(&phased, json!({"phase_value": LATER})).await;
    // The other servers learn of the change a moment later.
    let deadline = Instant::now() + PATIENCE;
    let more = loop {
        let more = rush(&askers, &first, &phased, None).await;
        assert!(more.is_superset(&got) && more.len() <= LATER, "{} of {LATER}", more.len());
        if more.len() == LATER {
            break more;
        }
        assert!(Instant::now() < deadline, "only {} of {LATER} get it", more.len());
    };
    assert_eq!(rush(&askers, &first, &phased, None).await, more);
    assert_eq!(claimed().await, (json!(LATER), json!(LATER)));
}
