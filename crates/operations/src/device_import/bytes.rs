//! The bytes of an import as one text: UTF-8, with line feeds at the ends of all lines, whatever program wrote it.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, Read};
use std::rc::Rc;

use olivine_domain::text::{Decoder, Encoding};

/// How many bytes of the file are read at once.
const PIECE: usize = 16 * 1024;

/// A file that ends with an error where one line takes too much of it. Each of its lines ends with a line feed and nothing else, also
/// the last one, so that lines can be counted.
pub(super) struct Guarded {
    file: File,
    /// How many bytes may still be read for the line.
    left: Rc<Cell<usize>>,
    decoder: Option<Decoder>,
    /// What has been read and not been handed on.
    text: Vec<u8>,
    /// Whether a carriage return was the last character, so that a line feed belongs to it.
    after_return: bool,
    is_over: bool,
}

impl Guarded {
    pub(super) fn new(file: File, left: Rc<Cell<usize>>) -> Self {
        Self { file, left, decoder: None, text: Vec::new(), after_return: false, is_over: false }
    }

    /// The first line, which has the names of the columns.
    pub(super) fn first_line(&mut self) -> io::Result<Vec<u8>> {
        loop {
            if let Some(end) = self.text.iter().position(|byte| *byte == b'\n') {
                return Ok(self.text.drain(..=end).collect());
            } else if self.is_over {
                return Ok(std::mem::take(&mut self.text));
            }
            self.fill()?;
        }
    }

    /// Reads a piece more of the file.
    fn fill(&mut self) -> io::Result<()> {
        if self.left.get() == 0 {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let mut piece = Vec::with_capacity(PIECE);
        Read::by_ref(&mut self.file).take(PIECE as u64).read_to_end(&mut piece)?;
        self.left.set(self.left.get().saturating_sub(piece.len()));
        let mut bytes = &piece[..];
        let decoder = self.decoder.get_or_insert_with(|| {
            let (encoding, mark) = Encoding::of(bytes);
            bytes = &bytes[mark..];
            Decoder::new(encoding)
        });
        let mut text = Vec::with_capacity(bytes.len());
        decoder.push(bytes, &mut text);
        if piece.is_empty() {
            decoder.finish(&mut text);
            text.push(b'\n');
            self.is_over = true;
        }
        for byte in text {
            let is_second = byte == b'\n' && self.after_return;
            self.after_return = byte == b'\r';
            match byte {
                _ if is_second => {}
                b'\r' => self.text.push(b'\n'),
                byte => self.text.push(byte),
            }
        }
        Ok(())
    }
}

impl Read for Guarded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.text.is_empty() && !self.is_over {
            self.fill()?;
        }
        let count = self.text.len().min(buffer.len());
        buffer[..count].copy_from_slice(&self.text[..count]);
        self.text.drain(..count);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Seek as _, Write as _};

    use super::*;

    fn read(bytes: &[u8]) -> String {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        file.rewind().unwrap();
        let mut guarded = Guarded::new(file, Rc::new(Cell::new(usize::MAX)));
        let mut text = String::from_utf8(guarded.first_line().unwrap()).unwrap();
        guarded.read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn lines_end_with_a_line_feed_however_they_were_written() {
        for lines in ["a\nb\nc", "a\r\nb\r\nc", "a\rb\rc", "a\rb\r\nc"] {
            assert_eq!(read(lines.as_bytes()), "a\nb\nc\n", "{lines:?}");
            let utf16: Vec<u8> =
                format!("\u{feff}{lines}").encode_utf16().flat_map(u16::to_le_bytes).collect();
            assert_eq!(read(&utf16), "a\nb\nc\n", "{lines:?} in UTF-16");
        }
        assert_eq!(read(b""), "\n");
        // The two characters of a line end fall into two pieces.
        let long = format!("{}\r\nb", "x".repeat(PIECE - 1));
        assert_eq!(read(long.as_bytes()), format!("{}\nb\n", "x".repeat(PIECE - 1)));
    }
}
