//! The cost of requests with a session against requests with an API key, alternately on one connection each.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use reqwest::header::{COOKIE, ORIGIN, SET_COOKIE};
use reqwest::{Client, RequestBuilder};
use serde_json::json;

use crate::server::Server;
use crate::table::{Goal, Table, say};
use crate::{machine, postgres};

/// How to measure requests of people.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The number of requests of each kind
    #[arg(long, default_value_t = 5_000, value_parser = clap::value_parser!(u64).range(100..=1_000_000))]
    requests: u64,
    /// Use PostgreSQL instead of the embedded database
    #[arg(long)]
    postgres: bool,
    /// The folder for the database
    #[arg(long, value_name = "FOLDER", default_value_os_t = std::env::temp_dir())]
    folder: PathBuf,
}

/// The request for one small record, so that authentication is most of the work.
const PATH: &str = "/v1/organization";

pub(crate) async fn run(args: &Args) -> anyhow::Result<()> {
    machine::describe();
    let folder = tempfile::Builder::new().prefix("olivine-bench-").tempdir_in(&args.folder);
    let folder = folder.context("making a temporary folder")?;
    let postgres = if args.postgres { Some(postgres::Database::create("sessions")?) } else { None };
    let url = postgres.as_ref().map(postgres::Database::url).transpose()?;
    let data_dir = folder.path().join("data");
    let server = Server::start(&data_dir, url.as_deref()).await?;
    let client = || Client::builder().timeout(Duration::from_mins(1)).build();
    let (by_key, by_session) = (client()?, client()?);
    let (key, target) = (server.key()?, format!("{}{PATH}", server.url));
    let cookie = sign_in(&server, &data_dir, &by_session).await?;
    let ask_by_key = || by_key.get(&target).bearer_auth(&key);
    let ask_by_session = || {
        by_session
            .get(&target)
            .header(COOKIE, &cookie)
            .header(ORIGIN, &server.url)
            .header("olivine-console", "1")
    };
    for _ in 0..100 {
        time(ask_by_key()).await?;
        time(ask_by_session()).await?;
    }
    let (mut of_keys, mut of_sessions) = (Vec::new(), Vec::new());
    for _ in 0..args.requests {
        of_keys.push(time(ask_by_key()).await?);
        of_sessions.push(time(ask_by_session()).await?);
    }
    let mut table = Table::default();
    for (name, share) in [("median", 50), ("99th percentile", 99)] {
        let (ours, theirs) = (percentile(&mut of_sessions, share), percentile(&mut of_keys, share));
        let goal = if share == 50 { Goal::AtMost(1.2) } else { Goal::None };
        let ratio = ours.as_secs_f64() / theirs.as_secs_f64();
        table.ratio(
            &format!("a request by session, against one by key, {name}"),
            format!("{} µs", ours.as_micros()),
            format!("{} µs", theirs.as_micros()),
            ratio,
            goal,
        );
    }
    say(format!("  {} requests of each kind", args.requests));
    machine::say_load();
    table.print();
    Ok(())
}

/// Sets the installation up, and returns the session cookie of the first user.
async fn sign_in(server: &Server, data_dir: &std::path::Path, client: &Client) -> anyhow::Result<String> {
    let link = std::fs::read_to_string(data_dir.join("setup-link"))
        .context("reading the link of the first start")?;
    let token = link.trim().split_once('#').context("a link with a token")?.1;
    let new =
        json!({"token": token, "name": "Ada", "email": "ada@example.com", "password": "four words that fit"});
    let request = client.post(format!("{}/v1/setup", server.url)).json(&new);
    let answer = request.header(ORIGIN, &server.url).header("olivine-console", "1").send().await?;
    ensure!(answer.status().is_success(), "setting up: {}", answer.status());
    let cookies = answer.headers().get_all(SET_COOKIE).iter().filter_map(|set| set.to_str().ok());
    let cookies: Vec<_> = cookies.filter_map(|set| set.split(';').next()).collect();
    ensure!(!cookies.is_empty(), "setting up gives no cookie");
    Ok(cookies.join("; "))
}

async fn time(request: RequestBuilder) -> anyhow::Result<Duration> {
    let began = Instant::now();
    let answer = request.send().await?;
    let status = answer.status();
    let body = answer.bytes().await?;
    let took = began.elapsed();
    ensure!(status.is_success(), "{status}: {}", String::from_utf8_lossy(&body));
    Ok(took)
}

fn percentile(times: &mut [Duration], share: usize) -> Duration {
    times.sort_unstable();
    times[(times.len() * share / 100).min(times.len() - 1)]
}
