//! Reads text files in any encoding in which programs on this machine save them.

use std::path::Path;

use olivine_domain::text::decode;

use crate::failure::Failure;

/// Reads a text file. `what` names it in errors, such as `the key key.pem`.
pub(crate) fn read(what: &str, path: impl AsRef<Path>) -> Result<String, Failure> {
    let bytes =
        std::fs::read(path).map_err(|error| Failure::with_source(format!("can't read {what}"), error))?;
    decode(&bytes).map_err(|problem| Failure::new(format!("can't read {what}: {problem}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_read_as_windows_saves_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.json");
        let marked: Vec<u8> = "\u{feff}{}".encode_utf16().flat_map(u16::to_le_bytes).collect();
        for bytes in [&b"{}"[..], b"\xef\xbb\xbf{}", &marked] {
            std::fs::write(&path, bytes).unwrap();
            assert_eq!(read("x", &path).unwrap(), "{}");
        }
        std::fs::write(&path, b"{\xe4}").unwrap();
        let Failure::Local(text, None) = read("x", &path).unwrap_err() else { panic!() };
        assert_eq!(text, "can't read x: it is not text in UTF-8 (see its byte 2): save it as UTF-8");
    }
}
