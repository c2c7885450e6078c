//! The one place that says which words of a request may become labels of metrics and fields of the log (those of a closed list), and how
//! much of a request an answer repeats.

use http::Method;

/// What the route of an answer is called where no route has it: the console's pages come from a fallback.
#[derive(Clone, Copy, Debug)]
pub struct RouteName(pub &'static str);

/// The longest text of a request that an answer repeats.
const LONGEST: usize = 200;

/// A method by its name if this server knows it, else `other`. Metrics, spans and log lines name methods by this and nothing else: a
/// client can make up any number of methods, of any length.
pub fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

/// A text of a request as an answer may repeat it.
pub fn shortened(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_between_characters() {
        assert_eq!(shortened("/short"), "/short");
        assert_eq!(shortened(&"ü".repeat(300)), format!("{}…", "ü".repeat(200)));
    }
}
