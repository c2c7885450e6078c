//! Changes that spreadsheets make to cells: they are undone if no information is lost, and otherwise reported.

use olivine_domain::text::decode;

/// The text of a cell. Of an identifier nothing may be lost; other columns hold words, where each text can be meant.
pub(super) fn text_of(cell: &[u8], column: &str) -> Result<String, String> {
    let text = decode(cell).map_err(|problem| problem.to_string())?;
    let text = as_text(text.trim());
    match column {
        "identifier" => refuse_lost(text).map(|()| text.to_owned()),
        _ => Ok(text.to_owned()),
    }
}

/// `="000042"`, by which a spreadsheet is made to take digits as text, is that text.
fn as_text(cell: &str) -> &str {
    let inner = cell.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"'));
    inner.filter(|inner| !inner.contains('"')).map_or(cell, str::trim)
}

/// Refuses the rounded form of a long number, and the error texts of formulas.
fn refuse_lost(text: &str) -> Result<(), String> {
    if is_rounded(text) {
        Err(format!(
            "'{text}' is what a spreadsheet makes of a long number, and some of its digits may be lost: format the column as text before \
             the numbers are entered, and export it again"
        ))
    } else if ["#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!", "#DIV/0!"].contains(&text) {
        Err(format!("'{text}' is the error of a formula: mend it in the spreadsheet, and export it again"))
    } else {
        Ok(())
    }
}

/// Whether it is a number such as `8.60123E+14`, also with a comma as decimal sign.
fn is_rounded(text: &str) -> bool {
    let Some((number, exponent)) = text.split_once("E+") else { return false };
    let (whole, fraction) = number.split_once(['.', ',']).unwrap_or((number, ""));
    let is_number = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
    whole.len() == 1 && is_number(whole) && is_number(fraction) && !exponent.is_empty() && is_number(exponent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_spreadsheet_wraps_is_unwrapped() {
        for (cell, text) in [
            ("=\"000042\"", "000042"),
            (" SN-1 ", "SN-1"),
            ("\u{a0}SN-1\u{feff}", "SN-1\u{feff}"),
            ("=1+1", "=1+1"),
            ("=\"a\"&\"b\"", "=\"a\"&\"b\""),
            ("1E5", "1E5"),
            ("SN-8.6E+14", "SN-8.6E+14"),
        ] {
            assert_eq!(text_of(cell.as_bytes(), "identifier").as_deref(), Ok(text), "{cell}");
        }
    }

    #[test]
    fn what_a_spreadsheet_lost_is_named() {
        for cell in ["8.60123E+14", "8,60123E+14", "1E+05", "=\"8.6E+14\"", "#N/A", "#REF!"] {
            let problem = text_of(cell.as_bytes(), "identifier").unwrap_err();
            assert!(problem.contains("export it again"), "{cell}: {problem}");
            assert!(text_of(cell.as_bytes(), "description").is_ok());
        }
        assert_eq!(
            text_of(b"\xe4", "tags").unwrap_err(),
            "it is not text in UTF-8 (see its byte 1): save it as UTF-8"
        );
    }
}
