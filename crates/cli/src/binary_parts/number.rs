//! Infers the number of a part from the suffix that `split` gave the file: `part_aa`, `part_ab`, … or, with `-d`, `part_00`, `part_01`, …
//!
//! A wrong guess would put bytes in the wrong place, so an ambiguous name is refused.

use std::path::Path;

use olivine_domain::binary_parts::PartIndex;

/// The number of the part, or why it can't be inferred from the name.
pub(super) fn infer(file: &Path) -> Result<PartIndex, String> {
    let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let digits = suffix(name, |c| c.is_ascii_digit());
    let letters = suffix(name, |c| c.is_ascii_lowercase());
    let position = if digits.is_empty() { by_letters(name, letters) } else { by_digits(file, name, digits) };
    let position =
        position.ok_or("its name does not end as 'split' would have it, such as part_aa or part_00")?;
    PartIndex::new(position + 1).map_err(|error| error.to_string())
}

fn suffix(name: &str, belongs: impl Fn(char) -> bool) -> &str {
    &name[name.trim_end_matches(belongs).len()..]
}

fn by_letters(name: &str, letters: &str) -> Option<u64> {
    // Without a prefix, 'split' names its parts xaa, xab…
    let letters = if letters == name { letters.strip_prefix('x')? } else { letters };
    let values: Vec<u64> = letters.bytes().map(|letter| u64::from(letter - b'a')).collect();
    position(&values, 26)
}

/// Numbers begin with 0, unless `split` was told otherwise. The first file in the same folder shows which number is the first.
fn by_digits(file: &Path, name: &str, digits: &str) -> Option<u64> {
    let values: Vec<u64> = digits.bytes().map(|digit| u64::from(digit - b'0')).collect();
    let position = position(&values, 10)?;
    let sibling = |number: usize| {
        let prefix = &name[..name.len() - digits.len()];
        file.with_file_name(format!("{prefix}{number:0width$}", width = digits.len())).exists()
    };
    // `split` makes suffixes longer only if the numbers began with 0.
    let begins_at_0 = position == 0 || digits.starts_with('9') || sibling(0);
    if begins_at_0 { Some(position) } else { sibling(1).then(|| position - 1) }
}

/// The position of a suffix in `split`'s order. `split` makes suffixes longer as it goes: after `yz` comes `zaaa`, after `zyzz` comes
/// `zzaaaa`.
fn position(values: &[u64], base: u64) -> Option<u64> {
    let most = base - 1;
    let widened = values.iter().take_while(|value| **value == most).count();
    if values.len() < 2 || values.len() > 12 {
        return None;
    }
    let number = |values: &[u64]| values.iter().fold(0, |number, value| number * base + value);
    if widened == 0 || values.len() != 2 * widened + 2 {
        return Some(number(values));
    }
    let before: u64 =
        (0..widened).map(|step| most * base.pow(u32::try_from(step).unwrap_or(u32::MAX) + 1)).sum();
    Some(before + number(&values[widened..]))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    fn number(name: &str) -> Option<u16> {
        infer(Path::new(name)).ok().map(PartIndex::get)
    }

    #[test]
    fn letters_count_from_aa() {
        for (name, expected) in [
            ("part_aa", 1),
            ("part_ab", 2),
            ("some/where/part_ba", 27),
            ("part_zz", 676),
            ("xaa", 1),
            ("firmware.bin.ac", 3),
            ("part_yz", 650),
            ("part_zaaa", 651),
            ("part_aaa", 1),
            ("part_00", 1),
        ] {
            assert_eq!(number(name), Some(expected), "{name}");
        }
    }

    #[test]
    fn unclear_names_are_refused() {
        for name in [
            "firmware.bin1",
            "partaa1",
            "a",
            "bootloader",
            "part_",
            "",
            "PART_AA",
            "part_b",
            "part_17",
            "part_zzz9",
        ] {
            assert_eq!(number(name), None, "{name}");
        }
    }

    #[test]
    fn numbers_begin_at_the_first_file_that_exists() {
        let directory = tempfile::tempdir().unwrap();
        let numbers = |from: usize| {
            for name in ["00", "01", "02"] {
                let _ = std::fs::remove_file(directory.path().join(format!("part_{name}")));
            }
            (from..3)
                .for_each(|name| std::fs::write(directory.path().join(format!("part_0{name}")), "").unwrap());
            infer(&directory.path().join("part_02")).unwrap().get()
        };
        assert_eq!(numbers(0), 3);
        assert_eq!(numbers(1), 2);
    }

    #[test]
    fn the_order_is_the_one_that_split_uses() {
        for options in [&[][..], &["-d"][..], &["-a", "3"][..], &["-d", "-a", "4"][..]] {
            let directory = tempfile::tempdir().unwrap();
            let content = directory.path().join("content");
            std::fs::write(&content, vec![0; 700]).unwrap();
            let prefix = directory.path().join("part_");
            let split =
                Command::new("split").args(["-b", "1"]).args(options).arg(&content).arg(&prefix).status();
            assert!(split.unwrap().success());
            std::fs::remove_file(content).unwrap();
            let mut parts: Vec<_> =
                std::fs::read_dir(directory.path()).unwrap().map(|e| e.unwrap().path()).collect();
            parts.sort();
            let found: Vec<u16> = parts.iter().map(|part| infer(part).unwrap().get()).collect();
            assert_eq!(found, (1..=700).collect::<Vec<_>>(), "{options:?}");
        }
    }
}
