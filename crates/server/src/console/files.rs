//! The console's files as the executable has them, and compressed once each when they are first asked for.

use std::io::Write as _;
use std::sync::{LazyLock, OnceLock};

use axum::body::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;

/// All files of `console/dist`, by their path in it.
const FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/console_files.rs"));

/// What stands in pages for the name of the build, which is known only once all files are.
const BUILD_PLACEHOLDER: &str = "~build~";

/// A file of the console.
pub(super) struct ConsoleFile {
    name: &'static str,
    /// What is sent.
    pub(super) bytes: Bytes,
    compressed: OnceLock<Option<Bytes>>,
}

static LOADED: LazyLock<Vec<ConsoleFile>> = LazyLock::new(|| {
    let served = FILES.iter().filter(|(name, _)| *name != "BUILD");
    served
        .map(|(name, bytes)| ConsoleFile { name, bytes: finished(name, bytes), compressed: OnceLock::new() })
        .collect()
});

/// The name of this build: other files, another name.
pub(super) fn build() -> &'static str {
    static BUILD: LazyLock<&'static str> = LazyLock::new(|| {
        let found = FILES.iter().find(|(name, _)| *name == "BUILD");
        let text = found.and_then(|(_, bytes)| std::str::from_utf8(bytes).ok()).unwrap_or_default();
        let hash = text.lines().find_map(|line| line.strip_prefix("build ")).unwrap_or("unknown");
        hash.get(..16).unwrap_or(hash)
    });
    *BUILD
}

/// The file with this path.
pub(super) fn find(name: &str) -> Option<&'static ConsoleFile> {
    LOADED.iter().find(|file| file.name == name)
}

fn finished(name: &str, bytes: &'static [u8]) -> Bytes {
    match std::str::from_utf8(bytes) {
        Ok(page) if is(name, "html") => page.replace(BUILD_PLACEHOLDER, build()).into(),
        _ => Bytes::from_static(bytes),
    }
}

fn is(name: &str, extension: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, own)| own == extension)
}

impl ConsoleFile {
    /// The file as gzip, where that makes it smaller.
    pub(super) fn compressed(&self) -> Option<Bytes> {
        if is(self.name, "woff2") {
            return None;
        }
        self.compressed.get_or_init(|| gzip(&self.bytes)).clone()
    }

    /// What browsers are told that it is.
    pub(super) fn content_type(&self) -> &'static str {
        match self.name.rsplit_once('.').map(|(_, extension)| extension) {
            Some("html") => "text/html; charset=utf-8",
            Some("js") => "text/javascript; charset=utf-8",
            Some("css") => "text/css; charset=utf-8",
            Some("svg") => "image/svg+xml",
            Some("woff2") => "font/woff2",
            Some("txt") => "text/plain; charset=utf-8",
            _ => "application/octet-stream",
        }
    }
}

fn gzip(bytes: &[u8]) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).ok()?;
    encoder.finish().ok().filter(|made| made.len() < bytes.len()).map(Bytes::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_names_this_build() {
        let page = find("index.html").unwrap();
        let text = std::str::from_utf8(&page.bytes).unwrap();
        assert!(text.contains(&format!("/assets/{}/app.js", build())), "{text}");
        assert!(!text.contains(BUILD_PLACEHOLDER), "{text}");
        assert!(page.compressed().unwrap().len() < page.bytes.len());
    }

    #[test]
    fn each_file_has_a_type() {
        for file in LOADED.iter() {
            assert_ne!(file.content_type(), "application/octet-stream", "{}", file.name);
        }
        assert!(find("BUILD").is_none());
    }
}
