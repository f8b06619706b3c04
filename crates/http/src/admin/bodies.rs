//! What the description says of bodies and answers beside what the code says. The code has one list of fields for each thing, which reads, makes and changes share;
//! a change names any of them, a creation needs those that its own part of the description needs.

use std::collections::{BTreeMap, BTreeSet};

use http::StatusCode;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::request_body::RequestBody;
use utoipa::openapi::schema::AdditionalProperties;
use utoipa::openapi::{Object, OpenApi, Ref, RefOr, Schema};

type Schemas = BTreeMap<String, RefOr<Schema>>;

/// Where the schemas are that others refer to.
const PLACE: &str = "#/components/schemas/";

/// Says of every body of a change and of a creation what it may leave out, and of every answer what its status means.
pub(super) fn describe(description: &mut OpenApi) {
    for operation in description.paths.paths.values_mut().flat_map(operations) {
        name_operation(operation);
        describe_answers(operation);
    }
    describe_bodies(description);
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, put, post, delete, patch, .. } = item;
    [get, put, post, delete, patch].into_iter().filter_map(Option::as_mut)
}

/// The name of a handler is one of its file, that of an operation one of the whole interface.
fn name_operation(operation: &mut Operation) {
    let kind = operation.tags.iter().flatten().next().map(|tag| tag.to_lowercase().replace(' ', "_"));
    if let (Some(kind), Some(id)) = (kind, &mut operation.operation_id) {
        *id = format!("{kind}_{id}");
    }
}

/// Every answer has to be described in words: where the code has none, they are those of the status.
fn describe_answers(operation: &mut Operation) {
    for (status, answer) in &mut operation.responses.responses {
        let RefOr::T(answer) = answer else { continue };
        if answer.description.is_empty() {
            let status = StatusCode::from_bytes(status.as_bytes()).ok();
            status
                .and_then(|status| status.canonical_reason())
                .unwrap_or_default()
                .clone_into(&mut answer.description);
        }
    }
}

fn describe_bodies(description: &mut OpenApi) {
    let (mut changed, mut made) = (BTreeSet::<String>::new(), BTreeSet::<String>::new());
    for item in description.paths.paths.values_mut() {
        let patch = item.patch.as_mut().and_then(|operation| operation.request_body.as_mut());
        changed.extend(patch.into_iter().flat_map(references).map(|reference| {
            let name = name(reference).to_owned();
            reference.ref_location = format!("{PLACE}{}", name_of_change(&name));
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

fn name_of_change(name: &str) -> String {
    format!("{}Change", name.trim_end_matches("Details"))
}

fn name(reference: &Ref) -> &str {
    reference.ref_location.trim_start_matches(PLACE)
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
    let all = schemas.values().filter_map(|schema| match schema {
        RefOr::T(Schema::AllOf(all)) => Some(&all.items),
        _ => None,
    });
    let parts = all.flatten().filter_map(|part| match part {
        RefOr::Ref(reference) => Some(name(reference).to_owned()),
        RefOr::T(_) => None,
    });
    for part in parts.collect::<BTreeSet<_>>() {
        if let Some(RefOr::T(Schema::Object(object))) = schemas.get_mut(&part) {
            object.additional_properties = None;
        }
    }
}
