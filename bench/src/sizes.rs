//! Sizes in the form in which people write and read them: `512M`, `2G`.

const UNITS: [(char, u64); 3] = [('G', 1 << 30), ('M', 1 << 20), ('K', 1 << 10)];

/// Parses a number of bytes, with or without a unit.
pub(crate) fn parse(text: &str) -> Result<u64, String> {
    let (digits, factor) = UNITS
        .into_iter()
        .find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, factor)))
        .unwrap_or((text, 1));
    let number: u64 = digits.parse().map_err(|_| format!("'{text}' is no size such as 512M or 2G"))?;
    number.checked_mul(factor).filter(|bytes| *bytes > 0).ok_or_else(|| format!("'{text}' is out of range"))
}

/// Formats a size in the largest unit in which it is a whole number.
pub(crate) fn shown(bytes: u64) -> String {
    let unit = UNITS.into_iter().find(|(_, factor)| bytes.is_multiple_of(*factor));
    unit.map_or_else(|| format!("{bytes} bytes"), |(unit, factor)| format!("{} {unit}iB", bytes / factor))
}

/// The size in MiB, for memory and executables.
#[expect(clippy::cast_precision_loss, reason = "shown with one decimal")]
pub(crate) fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_and_shown_alike() {
        for (text, bytes) in [("2 GiB", 2 << 30), ("1536 MiB", 1536 << 20), ("1 KiB", 1024), ("7 bytes", 7)] {
            assert_eq!(shown(bytes), text);
        }
        assert_eq!((parse("2G"), parse("1536M"), parse("7")), (Ok(2 << 30), Ok(1536 << 20), Ok(7)));
        assert!(["", "G", "-1", "0", "2g", "99999999999G"].into_iter().all(|text| parse(text).is_err()));
    }
}
