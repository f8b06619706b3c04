//! Parameters that several operations take, and what holds of all.

use utoipa::openapi::path::{Operation, Parameter, ParameterIn};
use utoipa::openapi::schema::SchemaType;
use utoipa::openapi::{Object, ObjectBuilder, RefOr, Schema, Type};

/// The characters of an `Idempotency-Key`, and how many.
const KEY: &str = r"^[!#-\[\]-~]+$";
const LONGEST_KEY: usize = 255;

/// The parameters of an operation.
pub(super) fn all(operation: &Operation) -> impl Iterator<Item = &Parameter> {
    operation.parameters.iter().flatten().filter_map(|parameter| match parameter {
        RefOr::T(parameter) => Some(parameter),
        RefOr::Ref(_) => None,
    })
}

/// Whether an operation takes it.
pub(super) fn has(operation: &Operation, name: &str) -> bool {
    all(operation).any(|parameter| parameter.name == name)
}

/// Says what headers look like, and what their names do not say.
pub(super) fn complete(operation: &mut Operation) {
    for parameter in operation.parameters.iter_mut().flatten() {
        let RefOr::T(parameter) = parameter else { continue };
        if parameter.parameter_in == ParameterIn::Header {
            parameter.schema = Some(header(&parameter.name));
        }
        if let Some(text) = meaning(&parameter.name).filter(|_| parameter.description.is_none()) {
            parameter.description = Some(text.to_owned());
        }
    }
}

/// A header is there or not; it is never null.
fn header(name: &str) -> RefOr<Schema> {
    let text = ObjectBuilder::new().schema_type(SchemaType::new(Type::String));
    let text: Object = match name {
        "Idempotency-Key" => {
            text.pattern(Some(KEY)).min_length(Some(1)).max_length(Some(LONGEST_KEY)).build()
        }
        "If-None-Match" => text.enum_values(Some(["*"])).build(),
        _ => text.build(),
    };
    text.into()
}

fn meaning(name: &str) -> Option<&'static str> {
    Some(match name {
        "account" => "The id of the account.",
        "user" => "The id of the user.",
        "id" => "Its id.",
        "key" => "The id of the signing key.",
        "test" => "The id of the test.",
        "name" => "The name of the rule: small letters, digits and hyphens.",
        "address" => "The address from which they were opened, IPv4 or IPv6.",
        "application" => "The id of an API key, an OAuth client or an application token.",
        "job" => "The id of the job.",
        "reference" => "The reference of the session. It opens nothing.",
        "If-Match" => "The `ETag` of what the caller has seen, or `*` for whatever is there.",
        "If-None-Match" => "`*`: only if there is none yet.",
        _ => return None,
    })
}
