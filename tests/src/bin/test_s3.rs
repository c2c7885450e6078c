//! The S3 server of the tests as a program, for benchmarks and demonstrations. Never store anything in it that is worth keeping.

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Parser;
use olivine_tests::{S3, S3Options};

/// An S3 server for tests; it keeps its state in memory, so that stopping it loses everything
#[derive(Parser)]
#[command(name = "test-s3")]
struct Args {
    /// The address on which it listens
    #[arg(long, default_value = "127.0.0.1:9000")]
    listen: SocketAddr,
    /// The folder for the bytes of objects [default: a temporary folder]
    #[arg(long)]
    folder: Option<PathBuf>,
    /// The access key id
    #[arg(long, default_value = "OLIVINETESTKEY")]
    access_key_id: String,
    /// The secret access key
    #[arg(long, default_value = "secret/of+the/test")]
    secret_access_key: String,
    /// A bucket to create at the start; can be repeated
    #[arg(long = "bucket", default_value = "olivine")]
    buckets: Vec<String>,
}

fn main() {
    let args = Args::parse();
    let server = S3::start_with(S3Options {
        address: args.listen,
        folder: args.folder,
        access_key_id: args.access_key_id,
        secret_access_key: args.secret_access_key,
    });
    for bucket in &args.buckets {
        server.bucket(bucket);
    }
    let mut output = std::io::stdout().lock();
    for (name, value) in server.environment() {
        // The reader may have closed the pipe.
        let _ = writeln!(output, "{name}={value}");
    }
    drop(output);
    server.wait();
}
