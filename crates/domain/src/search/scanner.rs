//! Reads a search, character by character. Must never panic: its input is whatever someone typed.

use super::{
    Clause, Field, FieldKind, FieldTable, MAX_CLAUSES, MAX_LENGTH, Operator, SearchError, SearchProblem,
    Value,
};
use crate::prn::form::Form;

/// Reads a search against the keys of one resource.
pub fn parse(text: &str, table: FieldTable) -> Result<Vec<Clause>, SearchError> {
    let length = text.chars().count();
    if length > MAX_LENGTH {
        return Err(SearchError { position: MAX_LENGTH, problem: SearchProblem::TooLong(length) });
    }
    let mut scanner = Scanner { rest: text, position: 0 };
    let mut clauses = Vec::new();
    loop {
        scanner.skip_space();
        if clauses.len() == MAX_CLAUSES {
            return Err(scanner.error(SearchProblem::TooManyClauses));
        }
        clauses.push(scanner.clause(table)?);
        scanner.skip_space();
        if scanner.rest.is_empty() {
            return Ok(clauses);
        }
        scanner.and()?;
    }
}

/// What is still to be read.
struct Scanner<'a> {
    rest: &'a str,
    /// In characters from the beginning.
    position: usize,
}

/// A value as it was written, before its type is known to fit.
enum Literal<'a> {
    Quoted(String),
    Bare(&'a str),
}

impl<'a> Scanner<'a> {
    fn error(&self, problem: SearchProblem) -> SearchError {
        SearchError { position: self.position, problem }
    }

    fn next(&mut self) -> Option<char> {
        let character = self.rest.chars().next()?;
        self.rest = &self.rest[character.len_utf8()..];
        self.position += 1;
        Some(character)
    }

    fn take_while(&mut self, belongs: impl Fn(char) -> bool) -> &'a str {
        let (taken, rest) = self.rest.split_at(self.rest.find(|c| !belongs(c)).unwrap_or(self.rest.len()));
        self.rest = rest;
        self.position += taken.chars().count();
        taken
    }

    fn skip_space(&mut self) {
        self.take_while(char::is_whitespace);
    }

    fn and(&mut self) -> Result<(), SearchError> {
        let fail = self.error(SearchProblem::AndExpected);
        let word = self.take_while(|c| !c.is_whitespace());
        if word.eq_ignore_ascii_case("and") { Ok(()) } else { Err(fail) }
    }

    fn clause(&mut self, table: FieldTable) -> Result<Clause, SearchError> {
        let field = self.field(table)?;
        self.skip_space();
        let operator = self.operator(field)?;
        self.skip_space();
        let value = self.value(field)?;
        Ok(Clause { field, operator, value })
    }

    fn field(&mut self, table: FieldTable) -> Result<&'static Field, SearchError> {
        let position = self.position;
        let key = self.take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'));
        table.iter().find(|field| field.name == key).ok_or_else(|| {
            let known = list(table.iter().map(|field| field.name));
            let problem = if key.is_empty() {
                SearchProblem::KeyExpected { known }
            } else {
                SearchProblem::UnknownKey { key: key.to_owned(), known }
            };
            SearchError { position, problem }
        })
    }

    fn operator(&mut self, field: &Field) -> Result<Operator, SearchError> {
        let key = field.name;
        let allowed = field.kind.operators();
        let operators = || list(allowed.iter().map(|operator| operator.as_str()));
        let operator = Operator::ALL
            .into_iter()
            .find(|operator| self.rest.starts_with(operator.as_str()))
            .ok_or_else(|| self.error(SearchProblem::OperatorExpected { key, operators: operators() }))?;
        if !allowed.contains(&operator) {
            let operators = operators();
            return Err(self.error(SearchProblem::OperatorNotForKey { key, operator, operators }));
        }
        self.rest = &self.rest[operator.as_str().len()..];
        self.position += operator.as_str().len();
        Ok(operator)
    }

    fn value(&mut self, field: &Field) -> Result<Value, SearchError> {
        let position = self.position;
        let literal = if self.rest.starts_with('\'') {
            Literal::Quoted(self.quoted()?)
        } else {
            Literal::Bare(self.take_while(|c| !c.is_whitespace() && c != '\''))
        };
        typed(field, literal).map_err(|problem| SearchError { position, problem })
    }

    /// Reads a text with its quotes.
    fn quoted(&mut self) -> Result<String, SearchError> {
        let fail = |position, problem| Err(SearchError { position, problem });
        let start = self.position;
        self.next();
        let mut text = String::new();
        loop {
            let here = self.position;
            match self.next() {
                None => return fail(start, SearchProblem::Unterminated),
                Some('\'') => return Ok(text),
                // PostgreSQL refuses it in any text; so does the edge, on both databases.
                Some('\0') => return fail(here, SearchProblem::Nul),
                Some('\\') => match self.next() {
                    Some(character @ ('\'' | '\\')) => text.push(character),
                    Some(_) => return fail(here, SearchProblem::UnknownEscape),
                    None => return fail(start, SearchProblem::Unterminated),
                },
                Some(character) => text.push(character),
            }
        }
    }
}

/// The clause that an equality filter (`field=text` in a query) stands for.
pub fn equals(field: &'static Field, text: &str) -> Result<Clause, SearchProblem> {
    let literal = match field.kind {
        FieldKind::Integer | FieldKind::Boolean => Literal::Bare(text),
        _ if text.contains('\0') => return Err(SearchProblem::Nul),
        _ => Literal::Quoted(text.to_owned()),
    };
    let value = typed(field, literal).map_err(|problem| match problem {
        SearchProblem::ValueExpected { key, .. } => {
            SearchProblem::ValueExpected { key, takes: field.kind.takes_bare() }
        }
        other => other,
    })?;
    Ok(Clause { field, operator: Operator::Equals, value })
}

/// The value that a literal means for a field.
fn typed(field: &Field, literal: Literal<'_>) -> Result<Value, SearchProblem> {
    let key = field.name;
    let unfit = SearchProblem::ValueExpected { key, takes: field.kind.takes() };
    match (field.kind, literal) {
        (FieldKind::Text, Literal::Quoted(text)) => Ok(Value::Text(text)),
        (FieldKind::Enum(words), Literal::Quoted(value)) => {
            if words.contains(&value.as_str()) {
                Ok(Value::Text(value))
            } else {
                Err(SearchProblem::UnknownWord { key, value, words: list(words.iter().copied()) })
            }
        }
        (FieldKind::DateTime, Literal::Quoted(text)) => text.parse().map(Value::DateTime).map_err(|_| unfit),
        (FieldKind::Prn, Literal::Quoted(text)) if Form::read(&text).is_some() => Ok(Value::Prn(text)),
        (FieldKind::Integer, Literal::Bare(text)) => text.parse().map(Value::Integer).map_err(|_| unfit),
        (FieldKind::Boolean, Literal::Bare(text)) => text.parse().map(Value::Boolean).map_err(|_| unfit),
        _ => Err(unfit),
    }
}

fn list<'a>(words: impl Iterator<Item = &'a str>) -> String {
    words.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
