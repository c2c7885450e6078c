//! The roles of a process: what it does, and what it leaves to others.

use olivine_tests::{Api, Executables, PostgresDatabase, Server, ServerBuilder, Shell, Workbench};
use serde_json::{Value, json};

fn with_roles(database: &PostgresDatabase, roles: &str) -> ServerBuilder {
    crate::on(database).arg("--roles").arg(roles)
}

fn announced(server: &Server) -> Value {
    let text = std::fs::read(server.data_dir().join("server.json")).expect("announced");
    serde_json::from_slice(&text).expect("JSON")
}

/// Jobs wait for a process that runs them. Probes work at every process.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_process_does_its_part() {
    let database = PostgresDatabase::create();
    let people = with_roles(&database, "api").start();
    let bench = Workbench::new(people.api()).await;
    let binary = bench.uploadable(b"content").await;
    bench.put_content(&binary, b"content").await.expect(200);
    bench.ask(&binary, "hashable").await.expect(200);
    assert_eq!(announced(&people)["device_url"], json!(null));
    assert_eq!(announced(&people)["roles"], json!(["api"]));
    assert!(!people.data_dir().join("device-ca.pem").exists(), "nobody needs it here");

    let devices = with_roles(&database, "device").data_dir(crate::beside(&people)).start();
    let nobody = Api::new(devices.url());
    for (path, status) in
        [("/healthz", 200), ("/readyz", 200), ("/metrics", 200), ("/v1/binaries", 404), ("/docs", 404)]
    {
        nobody.get(path).await.expect(status);
    }
    let said = nobody.get("/v1/binaries").await.json.to_string();
    assert!(said.contains("does not serve the Admin API"), "{said}");
    assert!(devices.device_url().starts_with("https://"));
    // Neither process has run the job.
    assert_eq!(bench.get(&binary).await["state"], "hashable");

    let jobs_folder = tempfile::tempdir().expect("a temporary folder");
    std::os::unix::fs::symlink(people.data_dir().join("content"), jobs_folder.path().join("content"))
        .expect("a link");
    let jobs = with_roles(&database, "jobs").data_dir(jobs_folder.path()).start();
    bench.in_state(&binary, "signable").await;
    assert_eq!(announced(&jobs)["device_url"], json!(null));
    Api::new(jobs.url()).get("/readyz").await.expect(200);
}

#[test]
fn unknown_roles_are_refused() {
    let shell = Shell::new().executables(&Executables::built());
    let said = shell.run("olivine serve --roles api,web").fails(2);
    assert!(said.contains("'web' is no role: roles are api, device and jobs"), "{said}");
    for (script, sentence) in [
        ("OLIVINE_ROLES=web olivine config check", "'web' is no role"),
        ("OLIVINE_ROLES=, olivine config check", "no role: roles are api, device and jobs"),
        (
            "printf '[server]\\nroles = []' > olivine.toml; olivine config check",
            "server.roles needs at least one of",
        ),
        ("printf '[server]\\nroles = [\"web\"]' > olivine.toml; olivine config check", "web"),
    ] {
        let said = shell.run(script).fails(1);
        assert!(said.contains(sentence), "{script}: {said}");
    }
    shell.run("rm olivine.toml; OLIVINE_ROLES='api, jobs' olivine config check --data-dir data | grep -F 'api, jobs'").succeeds();
}
