//! The description of these routes, as OpenAPI 3.1: what the code says of them, and what is the same for many of them and
//! therefore said here, once.
//!
//! Nothing here is about one operation alone: that is written at its handler. `tests/admin/openapi.rs` and the clients that are
//! driven by the description (`tests/clients/`) find out what is not true.

mod answers;
mod bodies;
mod choices;
mod examples;
mod numbers;
mod parameters;
mod roles;

use http::Method;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Components, Info, OpenApi};

use answers::Tagged;
use roles::Who;

/// Where the schemas are that others refer to.
const SCHEMAS: &str = "#/components/schemas/";

/// What every description begins with.
pub(super) fn frame() -> OpenApi {
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("What `/admin/v1/login` answers, or an administration token."))
        .build();
    let mut description = OpenApi::default();
    description.info = Info::new("Vestibule administration", "1");
    let mut components = Components::new();
    components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    description.components = Some(components);
    description
}

/// Adds what the handlers leave unsaid. The order counts: examples are put to the shapes as they are in the end.
pub(super) fn complete(description: &mut OpenApi) {
    for (path, item) in &mut description.paths.paths {
        let is_asked = operations(item).any(|(_, operation)| parameters::has(operation, "If-Match"));
        // Other secrets are answered with the tag of the thing that they are of.
        let is_tagged = is_asked || path.ends_with("/secrets");
        let tagged = if is_tagged { Tagged::Yes } else { Tagged::No };
        for (method, operation) in operations(item) {
            name_operation(operation);
            let who = Who::of(operation, &method, path);
            roles::tell(operation, who);
            answers::complete(operation, who, tagged);
            parameters::complete(operation);
        }
    }
    let all = description.paths.paths.values_mut().flat_map(operations).map(|(_, operation)| &*operation);
    let refusals = answers::refusals(&all.collect::<Vec<_>>());
    if let Some(components) = &mut description.components {
        components.responses.extend(refusals);
    }
    bodies::describe(description);
    choices::give_names(description);
    numbers::widen(description);
    examples::add(description);
}

/// The description as JSON text.
pub(super) fn in_json(description: &OpenApi) -> String {
    let mut text = description.to_pretty_json().unwrap_or_default();
    text.push('\n');
    text
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = (Method, &mut Operation)> {
    let PathItem { get, put, post, delete, patch, .. } = item;
    let all = [
        (Method::GET, get),
        (Method::PUT, put),
        (Method::POST, post),
        (Method::DELETE, delete),
        (Method::PATCH, patch),
    ];
    all.into_iter().filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}

/// The name of a handler is one of its file, that of an operation one of the whole interface.
fn name_operation(operation: &mut Operation) {
    let kind = operation.tags.iter().flatten().next().map(|tag| tag.to_lowercase().replace(' ', "_"));
    if let (Some(kind), Some(id)) = (kind, &mut operation.operation_id) {
        *id = format!("{kind}_{id}");
    }
}
