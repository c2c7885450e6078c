//! Request types as flags of a command line. Those that derive `clap::Args` have a flag for each field that is a plain value, and what the
//! API says of a field is the flag's help. Files, lists and values that a command line says in other words are left out (`skip`).

use std::str::FromStr;

/// The value of a field that a change can remove. It is an `Option` under another name, because clap would take an `Option<Option<_>>` for
/// a flag that may stand without a value.
pub type Removable<T> = Option<T>;

/// The value of a flag; an empty text removes what there is.
pub fn removable<T: FromStr>(text: &str) -> Result<Removable<T>, T::Err> {
    if text.is_empty() { Ok(None) } else { text.parse().map(Some) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_text_removes_and_a_wrong_one_is_refused() {
        assert_eq!(removable::<u8>(""), Ok(None));
        assert_eq!(removable("7"), Ok(Some(7)));
        assert!(removable::<u8>("x").is_err());
    }
}
