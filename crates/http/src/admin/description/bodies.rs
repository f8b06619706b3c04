//! What the description says of bodies beside what the code says. The code has one list of fields for each thing, which reads, makes and changes share;
//! a change names any of them, a creation needs those that its own part of the description needs.

use std::collections::{BTreeMap, BTreeSet};

use utoipa::openapi::request_body::RequestBody;
use utoipa::openapi::schema::AdditionalProperties;
use utoipa::openapi::{Content, Object, OpenApi, Ref, RefOr, Schema};

use super::SCHEMAS;

type Schemas = BTreeMap<String, RefOr<Schema>>;

/// Says of every body of a change and of a creation what it may leave out.
pub(super) fn describe(description: &mut OpenApi) {
    let (mut changed, mut made) = (BTreeSet::<String>::new(), BTreeSet::<String>::new());
    for item in description.paths.paths.values_mut() {
        let body = item.post.as_mut().and_then(|operation| operation.request_body.as_mut());
        body.into_iter().for_each(without_null);
        let patch = item.patch.as_mut().and_then(|operation| operation.request_body.as_mut());
        changed.extend(patch.into_iter().flat_map(references).map(|reference| {
            let name = name(reference).to_owned();
            reference.ref_location = format!("{SCHEMAS}{}", name_of_change(&name));
            name
        }));
        let post = item.post.as_mut().and_then(|operation| operation.request_body.as_mut());
        made.extend(post.into_iter().flat_map(references).map(|reference| name(reference).to_owned()));
    }
    let Some(components) = &mut description.components else { return };
    let before = components.schemas.clone();
    for name in changed {
        let change = without_needs(of_name(&before, &name));
        components.schemas.insert(name_of_change(&name), closed(change));
    }
    made.retain(|name| matches!(before.get(name), Some(RefOr::T(Schema::AllOf(_)))));
    for name in &made {
        components.schemas.insert(name.clone(), closed(of_name(&before, name)));
    }
    open_parts(&mut components.schemas);
}

/// What may be left out may not be null instead.
fn without_null(body: &mut RefOr<RequestBody>) {
    let RefOr::T(RequestBody { content, required, .. }) = body else { return };
    for content in content.values_mut() {
        let RefOr::T(Content { schema: Some(schema), .. }) = content else { continue };
        let RefOr::T(Schema::OneOf(choices)) = schema else { continue };
        if let Some(reference) = choices.items.iter().find(|choice| matches!(choice, RefOr::Ref(_))) {
            (*schema, *required) = (reference.clone(), None);
        }
    }
}

fn name_of_change(name: &str) -> String {
    format!("{}Change", name.trim_end_matches("Details"))
}

fn name(reference: &Ref) -> &str {
    reference.ref_location.trim_start_matches(SCHEMAS)
}

fn references(body: &mut RefOr<RequestBody>) -> Vec<&mut Ref> {
    let RefOr::T(body) = body else { return Vec::new() };
    let contents = body.content.values_mut().filter_map(|content| match content {
        RefOr::T(content) => content.schema.as_mut(),
        RefOr::Ref(_) => None,
    });
    contents
        .filter_map(|schema| match schema {
            RefOr::Ref(reference) => Some(reference),
            RefOr::T(_) => None,
        })
        .collect()
}

/// One object of all the fields that a schema has.
fn of_name(schemas: &Schemas, name: &str) -> Object {
    schemas.get(name).map(|schema| whole(schemas, schema)).unwrap_or_default()
}

/// What a part that is referred to needs is needed only if the schema says so itself.
fn whole(schemas: &Schemas, schema: &RefOr<Schema>) -> Object {
    match schema {
        RefOr::Ref(reference) => without_needs(of_name(schemas, name(reference))),
        RefOr::T(Schema::Object(object)) => object.clone(),
        RefOr::T(Schema::AllOf(all)) => {
            let mut sum = Object::new();
            sum.description.clone_from(&all.description);
            for part in all.items.iter().map(|part| whole(schemas, part)) {
                sum.properties.extend(part.properties);
                sum.required.extend(part.required);
            }
            sum
        }
        RefOr::T(_) => Object::default(),
    }
}

fn without_needs(mut object: Object) -> Object {
    object.required.clear();
    object
}

/// An object that allows no other fields.
fn closed(mut object: Object) -> RefOr<Schema> {
    object.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
    RefOr::T(Schema::Object(object))
}

/// A part that allows no other fields would allow none of the other parts.
fn open_parts(schemas: &mut Schemas) {
    let mut parts = BTreeSet::new();
    for schema in schemas.values_mut() {
        let RefOr::T(Schema::AllOf(all)) = schema else { continue };
        for part in &mut all.items {
            match part {
                RefOr::Ref(reference) => drop(parts.insert(name(reference).to_owned())),
                RefOr::T(Schema::Object(object)) => object.additional_properties = None,
                RefOr::T(_) => {}
            }
        }
    }
    for part in parts {
        if let Some(RefOr::T(Schema::Object(object))) = schemas.get_mut(&part) {
            object.additional_properties = None;
        }
    }
}
