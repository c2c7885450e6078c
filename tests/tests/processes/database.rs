//! PostgreSQL over TLS with a password, and the settings that limit its use.

use std::path::Path;

use olivine_tests::{Cluster, Database, Executables, PostgresDatabase, Server, Shell};

const PASSWORD: &str = "hunter2-and-more";

/// Two CAs, and a certificate for 127.0.0.1 signed by the first one.
const CERTIFICATES: &str = "
    for ca in right wrong; do
        openssl req -x509 -newkey rsa:2048 -nodes -keyout $ca.key -out $ca.pem -days 2 -subj /CN=$ca 2>/dev/null
    done
    openssl req -newkey rsa:2048 -nodes -keyout server.key -out server.csr -subj /CN=database 2>/dev/null
    printf 'subjectAltName=IP:127.0.0.1\\nbasicConstraints=critical,CA:FALSE' > extensions
    openssl x509 -req -in server.csr -CA right.pem -CAkey right.key -CAcreateserial -days 2 \\
        -extfile extensions -out server.pem 2>/dev/null
";

fn terminal() -> Shell {
    Shell::new().executables(&Executables::built())
}

/// A PostgreSQL server that accepts only TLS connections with a password.
fn cluster(shell: &Shell) -> Cluster {
    shell.run(CERTIFICATES).succeeds();
    let (certificate, key) = (shell.read("server.pem"), shell.read("server.key"));
    let only_over_tls = b"hostssl all all 127.0.0.1/32 scram-sha-256\n";
    let files: [(&str, &[u8]); 3] =
        [("server.pem", &certificate), ("server.key", &key), ("pg_hba.conf", only_over_tls)];
    Cluster::start(PASSWORD, &files, "ssl = on\nssl_cert_file = 'server.pem'\nssl_key_file = 'server.key'")
}

fn path(shell: &Shell, name: &str) -> String {
    Path::join(shell.folder(), name).display().to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tls_looks_at_the_databases_certificate() {
    let shell = terminal();
    let cluster = cluster(&shell);
    let (right, wrong) = (path(&shell, "right.pem"), path(&shell, "wrong.pem"));
    let url = |host: &str, query: &str| {
        format!("postgres://app:{PASSWORD}@{host}:{}/postgres?{query}", cluster.port())
    };
    let check = |url: &str| {
        let said = shell.run(&format!("olivine config check --data-dir data --database-url '{url}' 2>&1"));
        assert!(!said.stdout.contains(PASSWORD), "{said}");
        said
    };
    let full = format!("sslmode=verify-full&sslrootcert={right}");
    assert!(check(&url("127.0.0.1", &full)).succeeds().contains("the database answers"));
    let in_query =
        format!("postgres://127.0.0.1:{}/postgres?user=app&password={PASSWORD}&{full}", cluster.port());
    assert!(check(&in_query).succeeds().contains("the database answers"));

    for (refused, why) in [
        (url("127.0.0.1", &format!("sslmode=verify-full&sslrootcert={wrong}")), "invalid peer certificate"),
        (url("localhost", &full), "invalid peer certificate"),
        (url("127.0.0.1", "sslmode=disable"), "no pg_hba.conf entry"),
        // A misspelt parameter must not disable the verification of certificates.
        (url("127.0.0.1", "ssl_mode=verify-full"), "it has the parameter 'ssl_mode'; it may have sslmode"),
        (url("127.0.0.1", &format!("passwort={PASSWORD}")), "it has the parameter 'passwort'"),
    ] {
        let said = check(&refused);
        assert_eq!(said.status.code(), Some(1), "{said}");
        assert!(said.stdout.contains(why), "{why}: {said}");
    }

    let server = Server::builder().arg("--database-url").arg(in_query).env("OLIVINE_LOG", "trace").start();
    server.api().get("/readyz").await.expect(200);
    assert!(!server.log().contains(PASSWORD), "the log has the password");
}

#[test]
fn how_much_of_the_database_is_used_can_be_set() {
    let database = PostgresDatabase::create();
    let shell = terminal().env("OLIVINE_DATABASE_URL", database.url()).env("OLIVINE_DATABASE_READERS", "7");
    shell.write("olivine.toml", "[database]\nconnections = 3\npatience_seconds = 4\n");
    let checked = shell.run("olivine config check --database-statement-seconds 5 --data-dir data").succeeds();
    let said = checked.split_whitespace().collect::<Vec<_>>().join(" ");
    let expected = "database.connections 3 database.readers 7 database.patience_seconds 4 database.statement_seconds 5 \
                    database.search_seconds 2";
    assert!(said.contains(expected), "{checked}");
    let said = shell.run("olivine config check --database-connections 1").fails(1);
    assert!(said.contains("database.connections must be at least 2"), "{said}");
    let said = shell.run("olivine config check --database-patience-seconds 0").fails(1);
    assert!(said.contains("must be from 1 to 86400"), "{said}");
}

/// A process never opens more connections than allowed, plus one to listen.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_are_limited() {
    let server =
        Server::builder().database(Database::Postgres).arg("--database-connections").arg("2").start();
    let api = server.api();
    let asking: Vec<_> = (0..40)
        .map(|_| {
            let api = api.clone();
            tokio::spawn(async move { api.get("/v1/binaries").await.status })
        })
        .collect();
    for asked in asking {
        assert_eq!(asked.await.expect("no panic"), 200);
    }
    let count = "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()";
    let open: u32 = server.postgres().expect("PostgreSQL").query(count).parse().expect("a number");
    assert!((2..=3).contains(&open), "{open} connections");
}
