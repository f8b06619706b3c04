//! A page of a list. The field that has the things is called as their collection is.

use std::borrow::Cow;

use serde::ser::{Serialize, SerializeMap, Serializer};
use utoipa::openapi::schema::SchemaType;
use utoipa::openapi::{ArrayBuilder, ObjectBuilder, Ref, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use super::RepresentedResource;

/// Things, and the cursor of the page behind them.
pub(super) struct Page<R: RepresentedResource> {
    pub(super) items: Vec<R::ListItem>,
    pub(super) next: Option<String>,
}

/// The name of the field with the things.
fn field<R: RepresentedResource>() -> String {
    R::WORDS.collection.replace('-', "_")
}

impl<R: RepresentedResource> Serialize for Page<R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry(&field::<R>(), &self.items)?;
        if let Some(next) = &self.next {
            map.serialize_entry("next", next)?;
        }
        map.end()
    }
}

impl<R: RepresentedResource> PartialSchema for Page<R> {
    fn schema() -> RefOr<Schema> {
        let items = ArrayBuilder::new().items(Ref::from_schema_name(R::ListItem::name()));
        let next = ObjectBuilder::new()
            .schema_type(SchemaType::from_iter([Type::String, Type::Null]))
            .description(Some("The cursor of the page behind this one."));
        let field = field::<R>();
        ObjectBuilder::new().property(&field, items).property("next", next).required(field).into()
    }
}

impl<R: RepresentedResource> ToSchema for Page<R> {
    fn name() -> Cow<'static, str> {
        R::WORDS.page.into()
    }
}
