//! Lists: what is asked for, and the pages that come back.

use std::marker::PhantomData;

use olivine_api::lists::List;
use reqwest::{Method, Url};

use crate::requests::Request;
use crate::{Client, Error, Resource};

/// The most records that one page can have.
const LARGEST_PAGE: usize = 100;

/// What to list, and in which order; also what to embed when one record is read.
#[derive(Clone, Debug, Default)]
pub struct Query {
    pairs: Vec<(String, String)>,
    limit: Option<usize>,
}

impl Query {
    /// Adds an equality filter or another parameter, where there is a value.
    #[must_use]
    pub fn with(mut self, name: &str, value: Option<impl ToString>) -> Self {
        self.pairs.extend(value.map(|value| (name.to_owned(), value.to_string())));
        self
    }

    /// Embeds related records, such as `artifact_version.artifact`.
    #[must_use]
    pub fn expand(mut self, paths: &[String]) -> Self {
        self.pairs.extend(paths.iter().map(|path| ("expand[]".to_owned(), path.clone())));
        self
    }

    /// Stops after this many records.
    #[must_use]
    pub const fn limit(mut self, limit: Option<usize>) -> Self {
        self.limit = limit;
        self
    }

    pub(crate) fn apply(&self, mut url: Url) -> Url {
        if !self.pairs.is_empty() {
            url.query_pairs_mut().extend_pairs(&self.pairs);
        }
        url
    }
}

/// The pages of a list, fetched one by one.
#[derive(Debug)]
pub struct Pages<'a, R> {
    client: &'a Client,
    url: Url,
    place: Place,
    left: Option<usize>,
    resource: PhantomData<fn() -> R>,
}

#[derive(Debug)]
enum Place {
    Start,
    After(String),
    End,
}

impl<'a, R: Resource> Pages<'a, R> {
    pub(crate) fn new(client: &'a Client, url: &Url, query: &Query) -> Self {
        let url = query.apply(url.clone());
        Self { client, url, place: Place::Start, left: query.limit, resource: PhantomData }
    }

    /// The next page; `None` when there are no more, or the limit is reached.
    pub async fn next(&mut self) -> Result<Option<Vec<R>>, Error> {
        let mut url = self.url.clone();
        if matches!(self.place, Place::End) || self.left == Some(0) {
            return Ok(None);
        }
        let size = self.left.unwrap_or(LARGEST_PAGE).min(LARGEST_PAGE);
        url.query_pairs_mut().append_pair("limit", &size.to_string());
        if let Place::After(cursor) = &self.place {
            url.query_pairs_mut().append_pair("page", cursor);
        }
        let list: R::List = self.client.send(&Request::new(Method::GET, url)).await?;
        let (records, cursor) = list.into_page();
        self.place = cursor.map_or(Place::End, Place::After);
        self.left = self.left.map(|left| left.saturating_sub(records.len()));
        Ok(Some(records))
    }

    /// Whether the list goes on after what was fetched.
    pub fn has_more(&self) -> bool {
        !matches!(self.place, Place::End)
    }

    /// All records that are left, at once.
    pub async fn all(mut self) -> Result<Vec<R>, Error> {
        let mut records = Vec::new();
        while let Some(page) = self.next().await? {
            records.extend(page);
        }
        Ok(records)
    }
}
