//! Invisible characters: which ones they are, and their names in errors.

use std::fmt;

/// Whether a character can't be seen, but makes two texts different: soft hyphens, zero-width characters, marks that change the direction
/// of a text, fillers and tags.
pub const fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}'
            | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
            | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
    )
}

/// Whether a character makes a one-line text different from what it seems to be: what is invisible, what controls, spaces that look like
/// the ordinary one, and the sign for a character that was lost. The wide space of Chinese and Japanese texts is seen.
pub(super) fn is_misleading(c: char) -> bool {
    let is_odd_space = c.is_whitespace() && !matches!(c, ' ' | '\u{3000}');
    is_invisible(c) || c.is_control() || is_odd_space || c == char::REPLACEMENT_CHARACTER
}

/// A character that a text may not have, and its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offending {
    character: char,
    /// 1 for the first character.
    position: usize,
}

impl Offending {
    /// The first character that is forbidden.
    pub fn first(text: &str, is_forbidden: impl Fn(char) -> bool) -> Option<Self> {
        let found = text.chars().enumerate().find(|(_, c)| is_forbidden(*c));
        found.map(|(before, character)| Self { character, position: before + 1 })
    }
}

impl fmt::Display for Offending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { character, position } = *self;
        write!(f, "its character {position} is ")?;
        match name(character) {
            Some(name) => write!(f, "U+{:04X} ({name})", u32::from(character)),
            None if is_invisible(character) || (!character.is_ascii() && character.is_whitespace()) => {
                write!(f, "U+{:04X}, which can't be seen", u32::from(character))
            }
            None => write!(f, "{character:?}"),
        }
    }
}

/// What the characters are called that other programs leave behind most often.
const fn name(c: char) -> Option<&'static str> {
    Some(match c {
        '\u{a0}' => "a no-break space",
        '\u{ad}' => "a soft hyphen, which can't be seen",
        '\u{200b}' => "a zero-width space, which can't be seen",
        '\u{200c}' => "a zero-width non-joiner, which can't be seen",
        '\u{200d}' => "a zero-width joiner, which can't be seen",
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            "a mark that changes the direction of text, which can't be seen"
        }
        '\u{202f}' => "a narrow no-break space",
        '\u{2060}' => "a word joiner, which can't be seen",
        '\u{feff}' => "a byte-order mark, which can't be seen",
        '\u{fffd}' => "the sign for a character that was lost: save the text as UTF-8",
        _ => return None,
    })
}
