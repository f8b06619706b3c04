//! What a form carries that nobody sees.

use std::fmt::{self, Write as _};

/// The hidden fields of a form, as HTML.
#[derive(Clone, Debug, Default)]
pub struct HiddenFields(String);

impl HiddenFields {
    /// None but the token against cross-site requests.
    pub fn csrf(token: &str) -> Self {
        Self::default().with("csrf", Some(token))
    }

    /// The same and one more, if there is a value.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: Option<&str>) -> Self {
        if let Some(value) = value {
            let value = askama::filters::escape(value, askama::filters::Html);
            let value = value.map(|value| value.to_string()).unwrap_or_default();
            let _ = write!(self.0, r#"<input type="hidden" name="{name}" value="{value}">"#);
        }
        self
    }
}

impl fmt::Display for HiddenFields {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a7_values_are_escaped() {
        let fields = HiddenFields::csrf("t").with("continue", Some(r#""><script>&'"#)).with("none", None);
        assert_eq!(
            fields.to_string(),
            r#"<input type="hidden" name="csrf" value="t"><input type="hidden" name="continue" value="&#34;&#62;&#60;script&#62;&#38;&#39;">"#
        );
    }
}
