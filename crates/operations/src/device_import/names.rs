//! Products and cohorts as lines name them, by PRN or by name; each is looked up once.

use std::collections::HashMap;

use olivine_domain::archiving::{Archived, usable};
use olivine_domain::cohorts::Cohort;
use olivine_domain::permissions::Tenancy;
use olivine_domain::prn::{Id, Prn};
use olivine_domain::products::Product;
use olivine_domain::text::{FromRecord as _, Name};
use olivine_records::{Reader, cohorts, products};

use crate::Error;

/// After so many different names it is begun anew, so that a file of nothing but names does not fill the memory.
const MOST: usize = 10_000;

/// What names were found to mean.
#[derive(Debug, Default)]
pub(super) struct Names {
    products: HashMap<String, Option<Result<Id<Product>, Archived>>>,
    cohorts: HashMap<InProduct, Option<Result<Found, Archived>>>,
}

/// A cohort and its product.
pub(super) type Found = (Id<Cohort>, Id<Product>);

/// A cohort's name or PRN, and the product that it is looked for in.
type InProduct = (Option<Id<Product>>, String);

impl Names {
    /// The product that a line names; refused if it is archived.
    pub(super) async fn product(
        &mut self,
        reader: &impl Reader,
        tenancy: &Tenancy,
        named: &str,
    ) -> Result<Option<Result<Id<Product>, Archived>>, Error> {
        if let Some(known) = self.products.get(named) {
            return Ok(known.clone());
        }
        let found = if let Ok(prn) = named.parse::<Prn<Product>>() {
            let is_own = prn.organization == tenancy.organization();
            if is_own { products::find(reader, tenancy, prn.id).await? } else { None }
        } else if let Some(name) = Name::from_record(named) {
            products::find_by_name(reader, tenancy, &name).await?
        } else {
            None
        };
        if self.products.len() >= MOST {
            self.products.clear();
        }
        let found = found.map(|product| usable(&product).map(|()| product.id));
        self.products.insert(named.to_owned(), found.clone());
        Ok(found)
    }

    /// The cohort that a line names, with its product; a name means one of `product`. Refused if it is archived.
    pub(super) async fn cohort(
        &mut self,
        reader: &impl Reader,
        tenancy: &Tenancy,
        product: Option<Id<Product>>,
        named: &str,
    ) -> Result<Option<Result<Found, Archived>>, Error> {
        let key = (product, named.to_owned());
        if let Some(known) = self.cohorts.get(&key) {
            return Ok(known.clone());
        }
        let found = if let Ok(prn) = named.parse::<Prn<Cohort>>() {
            let is_own = prn.organization == tenancy.organization();
            if is_own { cohorts::find(reader, tenancy, prn.id).await? } else { None }
        } else if let (Some(name), Some(product)) = (Name::from_record(named), product) {
            cohorts::find_by_name(reader, tenancy, product, &name).await?
        } else {
            None
        };
        let found = match found {
            None => self.cohort_of_path(reader, tenancy, product, named).await?,
            found => found,
        };
        if self.cohorts.len() >= MOST {
            self.cohorts.clear();
        }
        let found = found.map(|cohort| usable(&cohort).map(|()| (cohort.id, cohort.product)));
        self.cohorts.insert(key, found.clone());
        Ok(found)
    }

    /// The cohort of `gateway/daily`. A line that names another product besides is wrong, so it finds none.
    async fn cohort_of_path(
        &mut self,
        reader: &impl Reader,
        tenancy: &Tenancy,
        product: Option<Id<Product>>,
        named: &str,
    ) -> Result<Option<Cohort>, Error> {
        let Some((of, name)) = named.split_once('/') else { return Ok(None) };
        let (Some(name), Some(Ok(of))) = (Name::from_record(name), self.product(reader, tenancy, of).await?)
        else {
            return Ok(None);
        };
        if product.is_some_and(|product| product != of) {
            return Ok(None);
        }
        Ok(cohorts::find_by_name(reader, tenancy, of, &name).await?)
    }
}
