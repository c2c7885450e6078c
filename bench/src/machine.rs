//! The circumstances of a run: the machine, and how busy other programs keep it.

use std::fs;

use crate::programs;
use crate::table::say;

/// Prints a description of the machine.
pub(crate) fn describe() {
    let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = field(&cpuinfo, "model name").unwrap_or("unknown processor");
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let meminfo = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let memory = field(&meminfo, "MemTotal").unwrap_or("unknown");
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    say(format!("{model}, {cores} cores, {memory} memory, Linux {}", kernel.trim()));
    say(format!("openssl: {}", programs::first_line("openssl", &["version"])));
    say_load();
}

/// Prints the average number of running processes in the last minute. Processes other than our own disturb the measurement.
pub(crate) fn say_load() {
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    say(format!("load: {}", load.trim()));
}

fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim())
}
