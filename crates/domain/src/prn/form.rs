//! The form of a PRN as text, whatever type of record it names.

use uuid::Uuid;

/// The parts of a PRN.
pub(crate) struct Form<'a> {
    /// `None` for what is of the installation.
    pub(crate) organization: Option<Uuid>,
    /// The type of the record and its key; the short form, which names the organization itself, has none.
    pub(crate) record: Option<(&'a str, Uuid)>,
}

impl<'a> Form<'a> {
    /// Takes a text apart; `None` if it has not the form.
    pub(crate) fn read(text: &'a str) -> Option<Self> {
        let mut fields = text.strip_prefix("prn:1:")?.split(':');
        let first = fields.next()?;
        let organization = parse_uuid(first);
        let kind = if organization.is_some() { fields.next() } else { Some(first) };
        let Some(kind) = kind else { return Some(Self { organization, record: None }) };
        let id = parse_uuid(fields.next()?)?;
        fields.next().is_none().then_some(Self { organization, record: Some((kind, id)) })
    }
}

/// Only the hyphenated form is a name: one record must not have several spellings.
fn parse_uuid(text: &str) -> Option<Uuid> {
    (text.len() == 36).then(|| Uuid::try_parse(text).ok()).flatten()
}
