//! Cells of CSV files that people open in a spreadsheet. A spreadsheet runs a cell that begins like a formula, so such a cell gets an
//! apostrophe in front, which spreadsheets don't show. No text from a record may become a formula.

use std::borrow::Cow;

/// The first characters that make a spreadsheet take a cell for a formula, or skip to what follows them.
const BEGINNINGS: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// A line of CSV with these cells, ended by a line break.
pub fn line<'a>(cells: impl IntoIterator<Item = &'a str>) -> String {
    let cells: Vec<_> = cells.into_iter().map(cell).collect();
    format!("{}\n", cells.join(","))
}

/// One cell: no formula, and quoted where it has to be.
fn cell(text: &str) -> Cow<'_, str> {
    let is_formula = text.starts_with(BEGINNINGS);
    let needs_quotes = text.contains(['"', ',', ';', '\n', '\r', '\t']);
    if !is_formula && !needs_quotes {
        return Cow::Borrowed(text);
    }
    let apostrophe = if is_formula { "'" } else { "" };
    let plain = format!("{apostrophe}{text}");
    Cow::Owned(if needs_quotes { format!("\"{}\"", plain.replace('"', "\"\"")) } else { plain })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        for (text, expected) in [
            ("plain", "plain"),
            ("", ""),
            ("=1+1", "'=1+1"),
            ("+49", "'+49"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "\"'\t=1\""),
            ("\r=1", "\"'\r=1\""),
            ("=HYPERLINK(\"http://x\",\"y\")", "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\""),
            ("a,b", "\"a,b\""),
            ("a;=1", "\"a;=1\""),
            ("two\nlines", "\"two\nlines\""),
            ("{\"a\":1}", "\"{\"\"a\"\":1}\""),
            ("a=b", "a=b"),
        ] {
            assert_eq!(cell(text), expected, "{text:?}");
        }
        assert_eq!(line(["a", "=b", "c,d"]), "a,'=b,\"c,d\"\n");
    }
}
