//! The tests' S3 server as a program, for benchmarks and demonstrations. It must never be given anything worth keeping.

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Parser;
use olivine_tests::{S3, S3Options};

/// An S3 server for tests; what it knows it forgets when it stops
#[derive(Parser)]
#[command(name = "test-s3")]
struct Args {
    /// Where it listens
    #[arg(long, default_value = "127.0.0.1:9000")]
    listen: SocketAddr,
    /// Where it keeps bytes, instead of a temporary folder
    #[arg(long)]
    folder: Option<PathBuf>,
    /// The public half of its key
    #[arg(long, default_value = "OLIVINETESTKEY")]
    access_key_id: String,
    /// The secret half of its key
    #[arg(long, default_value = "secret/of+the/test")]
    secret_access_key: String,
    /// Buckets to begin with
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
        // Nobody reads it any more.
        let _ = writeln!(output, "{name}={value}");
    }
    drop(output);
    server.wait();
}
