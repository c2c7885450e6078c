//! Reading the lines of an import, piece by piece: the file may be far larger than memory should hold, and is not to be trusted.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, Cursor, Read as _, Seek as _};
use std::rc::Rc;

use csv::{ByteRecord, ReaderBuilder};
use olivine_domain::key_files;
use tokio::sync::mpsc;

use super::bytes::Guarded;
use super::cells::text_of;
use super::report::Problem;
use crate::Error;

/// The columns that a file can have.
const COLUMNS: [&str; 8] =
    ["identifier", "product", "cohort", "description", "tags", "target", "quarantined", "certificate"];
/// The most bytes of one line. After a quote that is not closed, all the rest of the file would be one line.
const MAX_LINE: usize = 256 * 1024;
/// The most lines of a file.
const MAX_LINES: u64 = 1_000_000;
/// How many lines are worked on at once, and about how many bytes they have together at most.
const PIECE_LINES: usize = 2_000;
const PIECE_BYTES: usize = 2 * 1024 * 1024;

/// The cells of one line; `None` where the file does not have the column.
#[derive(Debug, Default)]
pub(super) struct Row {
    pub(super) line: u64,
    cells: [Option<String>; COLUMNS.len()],
}

impl Row {
    /// What the line says in a column that the file has.
    pub(super) fn cell(&self, column: &str) -> Option<&str> {
        let place = COLUMNS.iter().position(|known| *known == column)?;
        self.cells[place].as_deref()
    }
}

/// Some lines in a row, and what is wrong with those that can't be read.
pub(super) type Piece = Vec<Result<Row, Problem>>;

/// The lines of a file, from its beginning.
pub(super) struct Rows {
    pieces: mpsc::Receiver<Result<Piece, Error>>,
}

impl Rows {
    /// Begins to read.
    pub(super) fn of(file: &File) -> Result<Self, Error> {
        let file = file.try_clone().map_err(Error::internal)?;
        let (sender, pieces) = mpsc::channel(1);
        tokio::task::spawn_blocking(move || {
            if let Err(error) = read(file, &sender) {
                // Nobody waits for the lines any more, so the error needs no receiver.
                let _ = sender.blocking_send(Err(error));
            }
        });
        Ok(Self { pieces })
    }

    /// The next lines.
    pub(super) async fn next(&mut self) -> Result<Option<Piece>, Error> {
        self.pieces.recv().await.transpose()
    }
}

fn read(mut file: File, sender: &mpsc::Sender<Result<Piece, Error>>) -> Result<(), Error> {
    file.rewind().map_err(Error::internal)?;
    let left = Rc::new(Cell::new(MAX_LINE));
    let mut guarded = Guarded::new(file, Rc::clone(&left));
    let header = guarded.first_line().map_err(|error| unreadable(1, error.into()))?;
    let delimiter = delimiter(&header);
    let all = Cursor::new(header).chain(guarded);
    let mut lines = ReaderBuilder::new().flexible(true).delimiter(delimiter).from_reader(all);
    let columns = columns(lines.byte_headers().map_err(|error| unreadable(1, error))?)?;
    let (mut record, mut piece, mut bytes, mut count) = (ByteRecord::new(), Piece::new(), 0, 0);
    loop {
        left.set(MAX_LINE);
        let line = lines.position().line();
        let is_there = lines.read_byte_record(&mut record).map_err(|error| unreadable(line, error))?;
        if is_there {
            count += 1;
            if count > MAX_LINES {
                let problem = format!("at most {MAX_LINES} lines are taken at once: split the file");
                return Err(Error::Invalid { field: "body", problem });
            }
            bytes += record.as_slice().len();
            if !is_empty(&record) {
                piece.push(row(&columns, &record, lines.position().line()));
            }
        }
        if !is_there || piece.len() >= PIECE_LINES || bytes >= PIECE_BYTES {
            bytes = 0;
            let is_heard = sender.blocking_send(Ok(std::mem::take(&mut piece))).is_ok();
            if !is_there || !is_heard {
                return Ok(());
            }
        }
    }
}

fn unreadable(line: u64, error: csv::Error) -> Error {
    match error.kind() {
        csv::ErrorKind::Io(error) if error.kind() == io::ErrorKind::FileTooLarge => Error::Invalid {
            field: "body",
            problem: format!(
                "line {line} has more than {MAX_LINE} bytes: is there a quote that is never closed?"
            ),
        },
        csv::ErrorKind::Io(_) => {
            Error::Unavailable { what: "folder for temporary files", source: error.into() }
        }
        _ => Error::internal(error),
    }
}

/// What stands between the cells: the first of the three characters that are in use for it which the header has. No name of a column has
/// one of them.
fn delimiter(header: &[u8]) -> u8 {
    header.iter().copied().find(|byte| matches!(byte, b',' | b';' | b'\t')).unwrap_or(b',')
}

/// For each cell of a line, the place of its column among those that are known; `None` where the header has no name for it.
fn columns(header: &ByteRecord) -> Result<Vec<Option<usize>>, Error> {
    let known = || COLUMNS.join(", ");
    let refuse = |problem: String| Err(Error::Invalid { field: "body", problem });
    let mut columns = Vec::new();
    if key_files::is_private_key(header.as_slice()) {
        return refuse(format!("THIS IS A PRIVATE KEY, and no CSV. {}", key_files::LEAKED));
    }
    for name in header {
        let name = String::from_utf8_lossy(name).trim().to_lowercase();
        if name.is_empty() {
            columns.push(None);
            continue;
        }
        let Some(place) = COLUMNS.iter().position(|column| *column == name) else {
            let name: String = name.chars().take(200).collect();
            return refuse(format!(
                "the header (line 1) has {name:?}, which is no column; the columns are: {}, with commas, semicolons or tabs between them",
                known()
            ));
        };
        if columns.contains(&Some(place)) {
            return refuse(format!("the header (line 1) has the column '{name}' twice: remove one"));
        }
        columns.push(Some(place));
    }
    if !columns.contains(&Some(0)) {
        return refuse(format!(
            "the header (line 1) must have the column 'identifier'; the columns are: {}",
            known()
        ));
    }
    Ok(columns)
}

/// Whether a line has nothing in any cell, as those that spreadsheets write below a table.
fn is_empty(record: &ByteRecord) -> bool {
    record.iter().all(|cell| cell.trim_ascii().is_empty())
}

/// The cells of a record after which the file goes on at the line `next`. Where the record itself began can't be asked for: blank lines
/// before it count as its own.
fn row(columns: &[Option<usize>], record: &ByteRecord, next: u64) -> Result<Row, Problem> {
    let breaks = record.as_slice().split(|byte| *byte == b'\n').count() as u64 - 1;
    let line = next.saturating_sub(1 + breaks);
    let whole = |message: String| Problem { line, column: None, message };
    let is_longer = record.iter().skip(columns.len()).any(|cell| !cell.trim_ascii().is_empty());
    if record.len() < columns.len() || is_longer {
        return Err(whole(format!(
            "it has {} cells, but the header has {}: quote cells that contain the character between cells",
            record.len(),
            columns.len()
        )));
    }
    let mut row = Row { line, ..Row::default() };
    for (number, (place, cell)) in columns.iter().zip(record).enumerate() {
        let Some(place) = *place else {
            if cell.trim_ascii().is_empty() {
                continue;
            }
            return Err(whole(format!(
                "its cell {} has a text, but the header has no name for it",
                number + 1
            )));
        };
        let problem = |message| Problem { line, column: Some(COLUMNS[place]), message };
        row.cells[place] = Some(text_of(cell, COLUMNS[place]).map_err(problem)?);
    }
    Ok(row)
}
