//! Databases that refuse: read-only after a failover, without free connections, stopping; and which refusals do not pass.

use std::time::{Duration, Instant};

use sea_orm::ConnectionTrait as _;

use super::at;
use crate::database::{Database, Options, Reader as _, Signals};
use crate::testing::{TestDatabase, postgres};
use crate::{Error, Trouble, organizations};

async fn run(database: &Database, sql: &str) {
    database.executor().execute_unprepared(sql).await.unwrap();
}

/// Ends all sessions of other clients, as a failover does.
const END_SESSIONS: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
     WHERE datname = current_database() AND pid <> pg_backend_pid()";

fn trouble<T: std::fmt::Debug>(answer: Result<T, Error>) -> Trouble {
    match answer {
        Err(Error::Unavailable { trouble, .. }) => trouble,
        other => panic!("{other:?}"),
    }
}

fn named(database: &TestDatabase) -> &str {
    database.url().rsplit_once('/').unwrap().1
}

async fn set_read_only(database: &TestDatabase, on: &str) {
    let sql = format!(
        "BEGIN READ WRITE; ALTER DATABASE {} SET default_transaction_read_only = {on}; COMMIT",
        named(database)
    );
    run(database, &sql).await;
}

/// Until a connection that was distrusted a moment ago is replaced.
async fn soon(database: &Database) -> Result<(), Error> {
    let begun = Instant::now();
    loop {
        match database.prove_writable(at(1)).await {
            Err(Error::Unavailable { .. }) if begun.elapsed() < Duration::from_secs(5) => {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            done => return done,
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_only_database_is_unavailable_and_recovers_by_itself() {
    let operator = postgres().await;
    let database = Database::open(operator.url(), Options::default()).await.unwrap();
    database.prove_writable(at(1)).await.unwrap();
    set_read_only(&operator, "on").await;
    run(&operator, END_SESSIONS).await;
    // What was open when the sessions ended says so once.
    let _ = organizations::list_ids(&database).await;
    assert_eq!(trouble(database.prove_writable(at(2)).await), Trouble::ReadOnly);
    assert_eq!(trouble(database.prove_writable(at(3)).await), Trouble::ReadOnly);
    organizations::list_ids(&database).await.expect("reading works");
    set_read_only(&operator, "off").await;
    soon(&database).await.expect("connections that were read-only are replaced without a restart");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_only_server_is_not_taken_where_the_url_asks_for_one_that_can_be_written() {
    let operator = postgres().await;
    let open = async |query: &str| {
        let options = Options { patience: Duration::from_secs(2), ..Options::default() };
        Database::open(&format!("{}?{query}", operator.url()), options).await
    };
    for attributes in ["read-write", "primary", "any"] {
        open(&format!("target_session_attrs={attributes}")).await.unwrap();
    }
    set_read_only(&operator, "on").await;
    assert_eq!(trouble(open("target_session_attrs=read-write").await), Trouble::ReadOnly);
    let any = open("target_session_attrs=any").await.unwrap();
    assert_eq!(trouble(any.prove_writable(at(1)).await), Trouble::ReadOnly);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_several_servers_the_first_that_answers_is_taken() {
    let operator = postgres().await;
    let (front, rest) = operator.url().rsplit_once('@').unwrap();
    let url = format!("{front}@127.0.0.1:1,{rest}");
    let database = Database::open(&url, Options::default()).await.unwrap();
    database.prove_writable(at(1)).await.unwrap();
    let mut listener = database.listener(uuid::Uuid::from_u128(1)).unwrap();
    assert_eq!(listener.hear().await.unwrap(), Signals::ALL);
    assert_eq!(database.migrate().await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_that_the_server_ended_are_replaced() {
    let operator = postgres().await;
    let database = Database::open(operator.url(), Options::default()).await.unwrap();
    database.prove_writable(at(1)).await.unwrap();
    run(&operator, END_SESSIONS).await;
    soon(&database).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_free_connection_that_is_said_at_once_and_the_open_ones_are_shared() {
    let operator = postgres().await;
    let role = format!("limited_{}", named(&operator));
    run(&operator, &format!("CREATE ROLE {role} LOGIN CONNECTION LIMIT 2")).await;
    run(&operator, &format!("GRANT pg_read_all_data, pg_write_all_data TO {role}")).await;
    let (_, rest) = operator.url().rsplit_once('@').unwrap();
    let url = format!("postgres://{role}@{rest}");
    let options = Options { patience: Duration::from_secs(8), ..Options::default() };
    let database = Database::open(&url, options.clone()).await.unwrap();
    let asked = (0..12).map(|_| organizations::list_ids(&database));
    for answer in futures_util::future::join_all(asked).await {
        answer.expect("two connections are enough for twelve who ask");
    }
    let writes = [database.write().await.unwrap(), database.write().await.unwrap()];
    let begun = Instant::now();
    assert_eq!(trouble(Database::open(&url, options).await), Trouble::Crowded);
    assert!(begun.elapsed() < Duration::from_secs(4), "it took {:?}", begun.elapsed());
    drop(writes);
    database.close().await;
    run(&operator, END_SESSIONS).await;
    run(&operator, &format!("DROP OWNED BY {role}")).await;
    run(&operator, &format!("DROP ROLE {role}")).await;
}

/// The texts of an error's sources, as the log and an operator's terminal show them.
fn reasons(error: &Error) -> Vec<String> {
    let sources = std::iter::successors(std::error::Error::source(error), |error| error.source());
    sources.map(ToString::to_string).collect()
}

#[tokio::test]
async fn a_server_that_is_down_is_told_as_one() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let options = Options { patience: Duration::from_millis(300), ..Options::default() };
    let refused = Database::open(&format!("postgres://x@{nobody}/x"), options.clone()).await.unwrap_err();
    assert!(matches!(refused, Error::Unavailable { trouble: Trouble::Other, .. }), "{refused:?}");
    let said = reasons(&refused);
    assert!(said.len() == 1 && said[0].contains("Connection refused"), "{said:?}");
    assert!(!refused.to_string().contains("Connection refused"), "the reason is said once: {refused}");
}

#[tokio::test]
async fn a_refusal_that_does_not_pass_says_what_to_do() {
    let operator = postgres().await;
    let url = format!("{}_nowhere", operator.url());
    let refused = Database::open(&url, Options::default()).await.unwrap_err();
    assert!(matches!(refused, Error::NotLetIn { .. }), "{refused:?}");
    assert!(refused.to_string().contains("there is no database of that name"), "{refused}");
    assert_eq!(reasons(&refused), [format!("database \"{}_nowhere\" does not exist", named(&operator))]);
    run(&operator, &format!("REVOKE CONNECT ON DATABASE {} FROM PUBLIC", named(&operator))).await;
    let role = format!("nobody_{}", named(&operator));
    run(&operator, &format!("CREATE ROLE {role} LOGIN")).await;
    let (_, rest) = operator.url().rsplit_once('@').unwrap();
    let refused = Database::open(&format!("postgres://{role}@{rest}"), Options::default()).await;
    run(&operator, &format!("DROP ROLE {role}")).await;
    let refused = refused.unwrap_err();
    assert!(refused.to_string().contains("grant it CONNECT"), "{refused}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_login_that_is_taken_away_is_not_called_passing() {
    let operator = postgres().await;
    let role = format!("leaving_{}", named(&operator));
    run(&operator, &format!("CREATE ROLE {role} LOGIN SUPERUSER")).await;
    let (_, rest) = operator.url().rsplit_once('@').unwrap();
    let opened = Database::open(&format!("postgres://{role}@{rest}"), Options::default()).await;
    run(&operator, &format!("ALTER ROLE {role} NOLOGIN")).await;
    run(&operator, END_SESSIONS).await;
    let database = opened.unwrap();
    // What was open when the sessions ended says so once.
    let _ = organizations::list_ids(&database).await;
    let refused = soon(&database).await;
    run(&operator, &format!("ALTER ROLE {role} LOGIN")).await;
    let allowed = soon(&database).await;
    drop(database);
    run(&operator, END_SESSIONS).await;
    run(&operator, &format!("DROP ROLE {role}")).await;
    let refused = refused.unwrap_err();
    assert!(matches!(refused, Error::NotLetIn { .. }), "{refused:?}");
    assert!(refused.to_string().contains("pg_hba.conf"), "{refused}");
    allowed.unwrap();
}
