//! How many devices run which version, and how their last updates went.

use olivine_domain::cohorts::Cohort;
use olivine_domain::permissions::{Authorized, scope};
use olivine_domain::prn::Id;
use olivine_domain::products::Product;
use olivine_records::devices::{self, Counted, Counts};
use olivine_records::{cohorts, products};

use crate::{Context, Error};

/// Which devices are counted: those that meet all that is given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Those of this product.
    pub product: Option<Id<Product>>,
    /// Those of this cohort.
    pub cohort: Option<Id<Cohort>>,
}

/// Counts devices by product and version, and by outcome. Refused where that takes too long.
pub async fn counts(
    ctx: &Context,
    by: &Authorized<scope::DeviceRead>,
    selection: Selection,
) -> Result<Counts, Error> {
    let (db, tenancy) = (ctx.db(), &by.tenancy());
    if let Some(product) = selection.product {
        products::get(db, tenancy, product).await.map_err(Error::missing(product))?;
    }
    let counted = match (selection.product, selection.cohort) {
        (None, None) => Counted::All,
        (Some(product), None) => Counted::Product(product),
        (product, Some(cohort)) => {
            let of_cohort = cohorts::get(db, tenancy, cohort).await.map_err(Error::missing(cohort))?;
            Counted::Cohort(product.unwrap_or(of_cohort.product), cohort)
        }
    };
    Ok(devices::count(&ctx.reads_for(by), tenancy, counted).await?)
}
