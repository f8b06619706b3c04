//! Names for the objects that choices are made of. Generators of clients give a name to what has none, and the same name to
//! two things, or lose one of them.

use std::collections::BTreeMap;

use utoipa::openapi::schema::AdditionalProperties;
use utoipa::openapi::{Object, OpenApi, Ref, RefOr, Schema};

use super::SCHEMAS;

/// Takes every object out of the choices that contain it, and refers to it by the name of the choice and of its field.
pub(super) fn give_names(description: &mut OpenApi) {
    let Some(components) = &mut description.components else { return };
    let mut named = BTreeMap::new();
    for (name, schema) in &mut components.schemas {
        let RefOr::T(Schema::OneOf(choice)) = schema else { continue };
        for item in &mut choice.items {
            let RefOr::T(Schema::Object(object)) = item else { continue };
            if let Some(field) = object.required.first().cloned() {
                let name = format!("{name}{}", in_camel_case(&field));
                let object = std::mem::take(object);
                *item = Ref::new(format!("{SCHEMAS}{name}")).into();
                named.extend(taken_apart(&name, &field, object));
            }
        }
    }
    components.schemas.extend(named);
}

/// The object with one field, and the object in it, if it is one.
fn taken_apart(name: &str, field: &str, mut outer: Object) -> Vec<(String, RefOr<Schema>)> {
    let mut parts = Vec::new();
    let nothing_else = || Some(Box::new(AdditionalProperties::FreeForm(false)));
    if let Some(inner @ RefOr::T(Schema::Object(_))) = outer.properties.get_mut(field)
        && let RefOr::T(Schema::Object(object)) = inner
        && !object.properties.is_empty()
    {
        object.additional_properties = nothing_else();
        let name = format!("{name}Details");
        let reference = Ref::new(format!("{SCHEMAS}{name}"));
        parts.push((name, std::mem::replace(inner, reference.into())));
    }
    outer.additional_properties = nothing_else();
    parts.push((name.to_owned(), RefOr::T(Schema::Object(outer))));
    parts
}

fn in_camel_case(text: &str) -> String {
    let words = text.split(['-', '_']).map(|word| {
        let mut characters = word.chars();
        characters.next().map(|first| first.to_uppercase().chain(characters).collect()).unwrap_or_default()
    });
    words.collect::<Vec<String>>().concat()
}
