//! What a service answered.

use serde_json::Value;

/// A thing, or what was done.
#[derive(Clone, Debug)]
pub(crate) struct JsonResponse {
    /// The body; null where there is none.
    pub(crate) body: Value,
    /// Names the state that was answered.
    pub(crate) tag: Option<String>,
}

impl JsonResponse {
    /// A text field of the body.
    pub(crate) fn text(&self, field: &str) -> Option<&str> {
        self.body.get(field)?.as_str()
    }
}
