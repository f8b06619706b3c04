//! How large numbers may be: what has 32 bits and no sign does not fit the format that it is described in.

use utoipa::openapi::schema::{KnownFormat, SchemaFormat};
use utoipa::openapi::{Object, OpenApi, RefOr, Schema};

/// Describes every number of 32 bits without a sign with a format and a limit that it has. Those with a sign, or less bits, have
/// a limit of their own where they have no negative values.
pub(super) fn widen(description: &mut OpenApi) {
    let schemas = description.components.iter_mut().flat_map(|components| components.schemas.values_mut());
    for schema in schemas {
        let objects: Vec<&mut Object> = match schema {
            RefOr::T(Schema::Object(object)) => vec![object],
            RefOr::T(Schema::AllOf(all)) => all.items.iter_mut().filter_map(object).collect(),
            _ => Vec::new(),
        };
        for field in objects.into_iter().flat_map(|object| object.properties.values_mut()).filter_map(object)
        {
            let is_wide = field.format == Some(SchemaFormat::KnownFormat(KnownFormat::Int32))
                && field.minimum.is_some()
                && field.maximum.is_none();
            if is_wide {
                field.format = Some(SchemaFormat::KnownFormat(KnownFormat::Int64));
                field.maximum = Some(u32::MAX.into());
            }
        }
    }
}

fn object(schema: &mut RefOr<Schema>) -> Option<&mut Object> {
    match schema {
        RefOr::T(Schema::Object(object)) => Some(object),
        _ => None,
    }
}
