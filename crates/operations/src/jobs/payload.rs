//! How keys and numbers of the domain are written in a job's payload.

/// An id, as text.
pub(super) mod id {
    use olivine_domain::prn::Id;
    use serde::de::{Deserialize as _, Deserializer, Error as _};
    use serde::ser::Serializer;
    use uuid::Uuid;

    pub(crate) fn serialize<R, S: Serializer>(id: &Id<R>, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(id)
    }

    pub(crate) fn deserialize<'de, R, D: Deserializer<'de>>(from: D) -> Result<Id<R>, D::Error> {
        let text = String::deserialize(from)?;
        Uuid::try_parse(&text).map(Id::new).map_err(D::Error::custom)
    }
}

/// An id that may be missing.
pub(super) mod optional_id {
    use olivine_domain::prn::Id;
    use serde::de::Deserializer;
    use serde::ser::Serializer;

    #[expect(clippy::ref_option, reason = "serde calls it so")]
    pub(crate) fn serialize<R, S: Serializer>(id: &Option<Id<R>>, to: S) -> Result<S::Ok, S::Error> {
        match id {
            Some(id) => to.collect_str(id),
            None => to.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, R, D: Deserializer<'de>>(from: D) -> Result<Option<Id<R>>, D::Error> {
        crate::jobs::payload::id::deserialize(from).map(Some)
    }
}

/// The number of an attempt at uploading.
pub(super) mod generation {
    use olivine_domain::contents::Generation;
    use serde::de::{Deserialize as _, Deserializer};
    use serde::ser::Serializer;

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
    pub(crate) fn serialize<S: Serializer>(generation: &Generation, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u32(generation.get())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Generation, D::Error> {
        u32::deserialize(from).map(Generation::new)
    }
}
