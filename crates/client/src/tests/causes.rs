//! Which failures to connect pass by themselves.

use std::sync::Mutex;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;
use crate::{Cause, Notice};

/// A client that notes each repetition.
fn watched(base_url: &str) -> (Client, Arc<Mutex<usize>>) {
    let repeated = Arc::new(Mutex::new(0));
    let count = Arc::clone(&repeated);
    let settings = Settings {
        base_url: base_url.to_owned(),
        retries: 2,
        patience: Duration::from_secs(10),
        observer: Arc::new(move |notice| {
            if matches!(notice, Notice::Retrying(..)) {
                *count.lock().unwrap() += 1;
            }
        }),
        ..Settings::default()
    };
    (Client::new(settings).unwrap(), repeated)
}

async fn ask(client: &Client) -> Result<Vec<Artifact>, Error> {
    client.list::<Artifact>(&Query::default()).all().await
}

#[tokio::test]
async fn a_closed_port_is_not_waited_for() {
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let (client, repeated) = watched(&format!("http://{nobody}"));
    let error = ask(&client).await.unwrap_err();
    assert_eq!((error.cause(), *repeated.lock().unwrap()), (Some(Cause::Refused), 0), "{error}");
    assert!(error.to_string().contains("nothing listens there"), "{error}");
}

#[tokio::test]
async fn an_unknown_host_is_not_waited_for() {
    let (client, repeated) = watched("http://nowhere.invalid:1");
    let error = ask(&client).await.unwrap_err();
    assert_eq!((error.cause(), *repeated.lock().unwrap()), (Some(Cause::UnknownHost), 0), "{error}");
}

#[tokio::test]
async fn a_server_that_has_answered_before_is_waited_for() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (client, repeated) = watched(&format!("http://{}", listener.local_addr().unwrap()));
    let answers = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = [0; 4096];
        assert!(stream.read(&mut request).await.unwrap() > 0);
        let body = r#"{"artifacts":[],"next_page":null}"#;
        let answer =
            format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        stream.write_all(answer.as_bytes()).await.unwrap();
    };
    let (answer, ()) = tokio::join!(ask(&client), answers);
    answer.unwrap();
    drop(listener);
    let error = ask(&client).await.unwrap_err();
    assert_eq!((error.cause(), *repeated.lock().unwrap()), (Some(Cause::Refused), 2), "{error}");
}
