//! How deep JSON is nested. Programs that read it call themselves for each level, and end when there are too many.

/// The most levels of objects and lists, one in the other, that a request's JSON may have.
pub const DEEPEST: usize = 32;

/// Whether a JSON text has more than `most` levels. Only brackets and texts are looked at: whether it is JSON is a parser's to say.
pub fn is_deeper_than(most: usize, json: &[u8]) -> bool {
    let (mut depth, mut is_in_text, mut is_escaped) = (0_usize, false, false);
    for byte in json {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_in_text => is_escaped = true,
            b'"' => is_in_text = !is_in_text,
            b'{' | b'[' if !is_in_text => {
                depth += 1;
                if depth > most {
                    return true;
                }
            }
            b'}' | b']' if !is_in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_counted_and_brackets_in_texts_are_not() {
        let nested = |levels: usize| format!("{}1{}", "[".repeat(levels), "]".repeat(levels));
        assert!(!is_deeper_than(DEEPEST, nested(DEEPEST).as_bytes()));
        assert!(is_deeper_than(DEEPEST, nested(DEEPEST + 1).as_bytes()));
        for flat in [r#"{"a":"[[[[","b":[1],"c":[{}]}"#, r#"["\"[[[[\\",[]]"#, "", "1", "]]]][[[]]]"] {
            assert!(!is_deeper_than(3, flat.as_bytes()), "{flat}");
        }
        assert!(is_deeper_than(1, br#"["\\",[]]"#));
        // Also where the text never ends.
        assert!(is_deeper_than(DEEPEST, "{\"a\":".repeat(40_000).as_bytes()));
    }
}
