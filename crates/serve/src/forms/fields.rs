//! The fields of a form that was sent.

use http::HeaderMap;
use http::header::CONTENT_TYPE;
use zeroize::Zeroizing;

/// The fields of a form, none of them twice.
pub struct Fields(Vec<(String, Zeroizing<String>)>);

/// It is no form, or has a field twice, of which nobody knows which counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAForm;

impl Fields {
    /// Those of a body that is said to be a form's.
    pub fn read(headers: &HeaderMap, body: &[u8]) -> Result<Self, NotAForm> {
        if !has_form(headers) {
            return Err(NotAForm);
        }
        let pairs = form_urlencoded::parse(body);
        Self::of(pairs.map(|(name, value)| (name.into_owned(), Zeroizing::new(value.into_owned()))).collect())
    }

    /// These, unless one is there twice.
    pub(super) fn of(fields: Vec<(String, Zeroizing<String>)>) -> Result<Self, NotAForm> {
        let mut names: Vec<_> = fields.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        if names.windows(2).any(|two| two[0] == two[1]) { Err(NotAForm) } else { Ok(Self(fields)) }
    }

    /// The value of a field; empty if there is none.
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str())
    }

    /// The rest of the names of all fields whose name begins so.
    pub fn names_behind<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter_map(move |(name, _)| name.strip_prefix(prefix))
    }

    /// All of them, as they were sent: their names and values.
    pub fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// A secret in a field.
    pub fn secret(&self, name: &str) -> Zeroizing<String> {
        Zeroizing::new(self.get(name).to_owned())
    }
}

/// Whether the body is said to be a form's.
pub(super) fn has_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn read(kind: &'static str, body: &str) -> Result<Fields, NotAForm> {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(kind))]);
        Fields::read(&headers, body.as_bytes())
    }

    #[test]
    fn fields_are_decoded_and_missing_ones_are_empty() {
        let fields = read("Application/X-WWW-Form-Urlencoded; charset=UTF-8", "a=1+%26&b=").unwrap();
        assert_eq!((fields.get("a"), fields.get("b"), fields.get("c")), ("1 &", "", ""));
        assert_eq!(fields.secret("a").as_str(), "1 &");
        let fields = read("application/x-www-form-urlencoded", "pick.a=1&pick=2&pick.b=3").unwrap();
        assert_eq!(fields.names_behind("pick.").collect::<Vec<_>>(), ["a", "b"]);
    }

    #[test]
    fn a2_what_a_page_may_send_elsewhere_without_being_asked_is_no_form() {
        for kind in ["text/plain", "application/json", "multipart/form-data", ""] {
            assert_eq!(read(kind, "a=1").err(), Some(NotAForm), "{kind}");
        }
    }

    #[test]
    fn a_field_twice_is_none() {
        let form = "application/x-www-form-urlencoded";
        assert_eq!(read(form, "a=1&b=2&%61=1").err(), Some(NotAForm));
        assert!(read(form, "").is_ok());
    }
}
