//! An example of every body, answer and parameter: `examples.json`, by the name of the shape or of the parameter.
//!
//! A text `"@Name"` stands for the example of that name. All are of one small call centre, so that they can be tried one after
//! the other; `tests/clients/` asks a server for each, and holds each against its shape.

use serde_json::{Map, Value};
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::RequestBody;
use utoipa::openapi::{Content, OpenApi, RefOr, Response, Schema};

use super::{SCHEMAS, operations};

const EXAMPLES: &str = include_str!("examples.json");

/// Puts the examples to what they are examples of.
pub(super) fn add(description: &mut OpenApi) {
    let examples = Examples(serde_json::from_str(EXAMPLES).unwrap_or_default());
    for operation in description.paths.paths.values_mut().flat_map(operations).map(|(_, operation)| operation)
    {
        examples.add(operation);
    }
    let refusals = description.components.iter_mut().flat_map(|components| components.responses.values_mut());
    refusals.for_each(|answer| examples.add_to_answer(answer));
}

struct Examples(Map<String, Value>);

impl Examples {
    fn add(&self, operation: &mut Operation) {
        for parameter in operation.parameters.iter_mut().flatten() {
            if let RefOr::T(parameter) = parameter {
                self.add_to_parameter(parameter);
            }
        }
        if let Some(RefOr::T(RequestBody { content, .. })) = &mut operation.request_body {
            for content in content.values_mut() {
                self.add_to_content(content);
            }
        }
        operation.responses.responses.values_mut().for_each(|answer| self.add_to_answer(answer));
    }

    fn add_to_answer(&self, answer: &mut RefOr<Response>) {
        if let RefOr::T(Response { content, .. }) = answer {
            content.values_mut().for_each(|content| self.add_to_content(content));
        }
    }

    /// What is looked for may be left out; it has an example only where everybody would look for the same.
    fn add_to_parameter(&self, parameter: &mut Parameter) {
        let place = match parameter.parameter_in {
            ParameterIn::Path => "path",
            ParameterIn::Header => "header",
            _ => "query",
        };
        if let Some(example) = self.named(&format!("{place} {}", parameter.name)) {
            *parameter = ParameterBuilder::from(parameter.clone()).example(Some(example)).build();
        }
    }

    fn add_to_content(&self, content: &mut RefOr<Content>) {
        let RefOr::T(content) = content else { return };
        if let Some(RefOr::<Schema>::Ref(reference)) = &content.schema {
            content.example = self.named(reference.ref_location.trim_start_matches(SCHEMAS));
        }
    }

    fn named(&self, name: &str) -> Option<Value> {
        self.0.get(name).map(|example| self.resolved(example))
    }

    fn resolved(&self, example: &Value) -> Value {
        match example {
            Value::String(text) => match text.strip_prefix('@').and_then(|name| self.named(name)) {
                Some(example) => example,
                None => example.clone(),
            },
            Value::Array(items) => items.iter().map(|item| self.resolved(item)).collect(),
            Value::Object(fields) => {
                fields.iter().map(|(name, value)| (name.clone(), self.resolved(value))).collect()
            }
            other => other.clone(),
        }
    }
}
