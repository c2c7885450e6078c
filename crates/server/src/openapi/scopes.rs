//! Which scope each operation asks for, in a form for programs: `x-required-scope`. It is taken from the end of the operation's description,
//! where people read it. A test asks each operation, and compares it with the scope that the server misses then.

use olivine_domain::permissions::Scope;
use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa::openapi::path::Operation;

/// Adds the scope that the operation's description names.
pub(crate) fn add(operation: &mut Operation) {
    let Some(scope) = operation.description.as_deref().and_then(named) else { return };
    let extension = ExtensionsBuilder::new().add("x-required-scope", scope.as_str()).build();
    operation.extensions.get_or_insert_default().merge(extension);
}

/// The scope that follows on the last `Scope:`.
fn named(description: &str) -> Option<Scope> {
    let (_, after) = description.rsplit_once("Scope:")?;
    Scope::from_name(after.trim_start().strip_prefix('`')?.split('`').next()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scope_is_read_where_people_read_it() {
        assert_eq!(named("Creates it. Scope: `release.create`."), Some(Scope::ReleaseCreate));
        assert_eq!(
            named("Two lines. Scope:\n`release.stop`, which others include."),
            Some(Scope::ReleaseStop)
        );
        for other in ["Everybody may ask this.", "Scope: `release.fly`.", "Scope: some."] {
            assert_eq!(named(other), None, "{other}");
        }
    }
}
