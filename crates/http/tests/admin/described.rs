//! A client that knows nothing of the interface but its description: it calls what is described, sends the fields that are
//! described, and is surprised by whatever it is answered that is not.

use reqwest::Method;
use serde_json::{Map, Value};

use crate::support::{Answer, Instance};

pub(crate) struct Described<'a> {
    instance: &'a Instance,
    description: Value,
}

/// What a body may have and must have.
#[derive(Default)]
struct Form {
    fields: Vec<String>,
    needed: Vec<String>,
    is_open: bool,
}

impl<'a> Described<'a> {
    pub(crate) async fn by(instance: &'a Instance) -> Self {
        let request = instance.server.admin_request(Method::GET, "/admin/v1/openapi.json");
        let description = request.send().await.unwrap().json().await.unwrap();
        Self { instance, description }
    }

    /// Calls an operation as the owner: the path with its variable parts, what follows `?`, and the body.
    pub(crate) async fn call(
        &self,
        (method, pattern): (&str, &str),
        parts: &[(&str, &Value)],
        body: Option<Value>,
    ) -> Answer {
        let operation = &self.description["paths"][pattern][method];
        assert!(operation.is_object(), "{method} {pattern} is not described");
        let parameters: Vec<&Value> =
            operation["parameters"].as_array().into_iter().flatten().map(|known| &known["name"]).collect();
        let (mut path, mut query) = (pattern.to_owned(), Vec::new());
        for (name, value) in parts {
            assert!(parameters.contains(&&Value::from(*name)), "{method} {pattern} has no {name}");
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let variable = format!("{{{name}}}");
            if path.contains(&variable) {
                path = path.replace(&variable, &text);
            } else {
                query.push(format!("{name}={text}"));
            }
        }
        assert!(!path.contains('{'), "{path}");
        self.expect_described_body(operation, body.as_ref());
        let tag = parameters.contains(&&Value::from("If-Match")).then_some("*");
        let target = format!("{path}?{}", query.join("&"));
        let method = method.to_uppercase().parse().unwrap();
        let answer = self.instance.ask_if(Some(&self.instance.owner), (method, &target), body, tag).await;
        self.expect_described_answer(operation, &answer);
        answer
    }

    fn expect_described_body(&self, operation: &Value, body: Option<&Value>) {
        let content = operation["requestBody"]["content"].as_object();
        let Some(body) = body else {
            assert!(content.is_none(), "a body is missing");
            return;
        };
        let schema = &content.expect("no body is described").values().next().unwrap()["schema"];
        self.expect_form(schema, body);
    }

    fn expect_described_answer(&self, operation: &Value, answer: &Answer) {
        let described = &operation["responses"][answer.status.to_string()];
        assert!(described.is_object(), "{} is not described: {answer:?}", answer.status);
        if let Some(content) = described["content"].as_object() {
            self.expect_form(&content.values().next().unwrap()["schema"], &answer.body);
        }
    }

    /// The fields of an object, and of the objects in its lists.
    fn expect_form(&self, schema: &Value, value: &Value) {
        let Some(fields) = value.as_object() else { return };
        let form = self.form(schema);
        for needed in &form.needed {
            assert!(fields.contains_key(needed), "{needed} is missing in {value}");
        }
        for name in fields.keys().filter(|_| !form.is_open) {
            assert!(form.fields.contains(name), "{name} is not described in {value}");
        }
        let properties = self.properties(schema);
        for (name, list) in fields.iter().filter_map(|(name, value)| Some((name, value.as_array()?))) {
            let items = properties.get(name).map(|property| &property["items"]);
            for item in list {
                self.expect_form(items.unwrap_or(&Value::Null), item);
            }
        }
    }

    fn resolved<'b>(&'b self, schema: &'b Value) -> &'b Value {
        match schema["$ref"].as_str() {
            Some(place) => self.description.pointer(place.trim_start_matches('#')).expect("a schema"),
            None => schema,
        }
    }

    /// The fields of an object and of all its parts. A part that closes itself must know the fields of the others.
    fn form(&self, schema: &Value) -> Form {
        let schema = self.resolved(schema);
        let Some(parts) = schema["allOf"].as_array() else {
            let names = |list: &Map<String, Value>| list.keys().cloned().collect();
            return Form {
                fields: schema["properties"].as_object().map(names).unwrap_or_default(),
                needed: serde_json::from_value(schema["required"].clone()).unwrap_or_default(),
                is_open: !schema["properties"].is_object(),
            };
        };
        let mut sum = Form::default();
        for part in parts {
            assert_ne!(self.resolved(part)["additionalProperties"], Value::Bool(false), "{schema}");
            let part = self.form(part);
            sum.fields.extend(part.fields);
            sum.needed.extend(part.needed);
        }
        sum
    }

    fn properties(&self, schema: &Value) -> Map<String, Value> {
        let schema = self.resolved(schema);
        let mut all = schema["properties"].as_object().cloned().unwrap_or_default();
        for part in schema["allOf"].as_array().into_iter().flatten() {
            all.extend(self.properties(part));
        }
        all
    }
}
