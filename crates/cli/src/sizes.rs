//! Numbers of bytes as people write and read them.

/// Reads `16777216`, `16M` or `16MiB`.
pub(crate) fn parse(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let shift = match text[digits.len()..].to_ascii_lowercase().as_str() {
        "" | "b" => 0,
        "k" | "kib" => 10,
        "m" | "mib" => 20,
        "g" | "gib" => 30,
        unit => return Err(format!("'{unit}' is not a unit; take K, M or G (of 1024)")),
    };
    let number: u64 =
        digits.parse().map_err(|_| "it takes a whole number of bytes, such as 16777216 or 16M")?;
    number.checked_mul(1 << shift).ok_or_else(|| "it is too large".to_owned())
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn takes_units() {
        assert_eq!(parse("16777216"), Ok(16 << 20));
        assert_eq!(parse("16M"), parse("16MiB"));
        assert_eq!(parse("2g"), Ok(2 << 30));
        assert!(parse("").is_err() && parse("16X").is_err() && parse("-1").is_err());
        assert!(parse("99999999999999G").is_err());
    }
}
