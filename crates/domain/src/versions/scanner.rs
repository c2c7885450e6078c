//! Reads a version requirement, word by word. Must never panic: its input is whatever someone typed.

use super::{
    Comparison, InvalidRequirement, InvalidVersion, MAX_LENGTH, Operator, RequirementProblem as Problem,
};

/// Reads a requirement: alternatives joined by `or`, each of comparisons joined by `and`.
pub(super) fn parse(text: &str) -> Result<Box<[Box<[Comparison]>]>, InvalidRequirement> {
    let length = text.chars().count();
    if length > MAX_LENGTH {
        return Err(InvalidRequirement { position: MAX_LENGTH, problem: Problem::TooLong(length) });
    }
    let mut scanner = Scanner { rest: text, position: 0 };
    let mut alternatives = Vec::new();
    let mut all = Vec::new();
    loop {
        all.push(scanner.comparison()?);
        match scanner.joiner()? {
            Some(Joiner::And) => {}
            Some(Joiner::Or) => alternatives.push(std::mem::take(&mut all).into_boxed_slice()),
            None => {
                alternatives.push(all.into_boxed_slice());
                return Ok(alternatives.into_boxed_slice());
            }
        }
    }
}

/// What stands between two comparisons.
enum Joiner {
    And,
    Or,
}

/// What is still to be read.
struct Scanner<'a> {
    rest: &'a str,
    /// In characters from the beginning.
    position: usize,
}

const fn is_operator(c: char) -> bool {
    matches!(c, '<' | '>' | '=' | '!' | '~')
}

impl<'a> Scanner<'a> {
    fn take_while(&mut self, belongs: impl Fn(char) -> bool) -> &'a str {
        let (taken, rest) = self.rest.split_at(self.rest.find(|c| !belongs(c)).unwrap_or(self.rest.len()));
        self.rest = rest;
        self.position += taken.chars().count();
        taken
    }

    /// Where the next word begins.
    fn skip_space(&mut self) -> usize {
        self.take_while(|c| c == ' ');
        self.position
    }

    fn comparison(&mut self) -> Result<Comparison, InvalidRequirement> {
        let position = self.skip_space();
        let written = self.take_while(is_operator);
        let operator = match written {
            "==" => Operator::Equal,
            "!=" => Operator::NotEqual,
            ">" => Operator::More,
            ">=" => Operator::MoreOrEqual,
            "<" => Operator::Less,
            "<=" => Operator::LessOrEqual,
            "~>" => Operator::SameMinor,
            "" if self.rest.is_empty() => {
                return Err(InvalidRequirement { position, problem: Problem::Ends });
            }
            "" if self.rest.starts_with(|c: char| c.is_ascii_digit()) => Operator::Equal,
            _ => {
                let more = if written.is_empty() { self.take_while(|c| c != ' ') } else { "" };
                let problem = Problem::NotAnOperator(format!("{written}{more}"));
                return Err(InvalidRequirement { position, problem });
            }
        };
        self.version(operator)
    }

    fn version(&mut self, operator: Operator) -> Result<Comparison, InvalidRequirement> {
        let position = self.skip_space();
        let word = self.take_while(|c| c != ' ' && !is_operator(c));
        let fail = |problem| Err(InvalidRequirement { position, problem });
        if word.is_empty() && self.rest.is_empty() {
            return fail(Problem::Ends);
        } else if !word.starts_with(|c: char| c.is_ascii_digit()) {
            let found = if word.is_empty() { self.take_while(is_operator) } else { word };
            return fail(Problem::NotAVersion(found.to_owned()));
        }
        let error = match semver::Version::parse(word) {
            Ok(version) => return Ok(Comparison { operator, version: version.into() }),
            Err(error) => error,
        };
        match with_patch(word) {
            Some(version) if operator == Operator::SameMinor => {
                Ok(Comparison { operator: Operator::SameMajor, version: version.into() })
            }
            Some(_) => fail(Problem::NoPatch(word.to_owned())),
            None => fail(Problem::InvalidVersion(InvalidVersion::new(word, error.to_string()))),
        }
    }

    /// `and` or `or`; `None` at the end.
    fn joiner(&mut self) -> Result<Option<Joiner>, InvalidRequirement> {
        let position = self.skip_space();
        if self.rest.is_empty() {
            return Ok(None);
        }
        match self.take_while(|c| c != ' ') {
            "and" => Ok(Some(Joiner::And)),
            "or" => Ok(Some(Joiner::Or)),
            other => {
                let problem = Problem::NotAJoiner(other.to_owned());
                Err(InvalidRequirement { position, problem })
            }
        }
    }
}

/// Reads `2.1` and `2.1-dev` as if `.0` stood for the missing patch.
fn with_patch(word: &str) -> Option<semver::Version> {
    let (numbers, rest) = word.split_at(word.find(['-', '+']).unwrap_or(word.len()));
    let one_dot = numbers.split('.').count() == 2;
    one_dot.then(|| semver::Version::parse(&format!("{numbers}.0{rest}")).ok()).flatten()
}
