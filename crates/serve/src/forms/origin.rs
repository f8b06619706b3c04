//! Where a form was sent from, as the browser says.

use http::header::{HOST, ORIGIN};
use http::{HeaderMap, Uri};

/// The scheme of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// Without TLS.
    Http,
    /// With TLS.
    Https,
}

/// The scheme of the page that a request comes from, if that is a page of the host that is asked. All browsers say so of a form;
/// None: it is another host's, or nobody's.
pub fn origin_scheme(headers: &HeaderMap, uri: &Uri) -> Option<Scheme> {
    let mut origins = headers.get_all(ORIGIN).into_iter();
    let (Some(origin), None) = (origins.next(), origins.next()) else { return None };
    let (scheme, authority) = origin.to_str().ok()?.split_once("://")?;
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let host = host.or_else(|| uri.authority().map(http::uri::Authority::as_str))?;
    let (scheme, default_port) = match scheme {
        "https" => (Scheme::Https, ":443"),
        "http" => (Scheme::Http, ":80"),
        _ => return None,
    };
    let bare = |authority: &str| authority.trim_end_matches(default_port).to_ascii_lowercase();
    (bare(host) == bare(authority)).then_some(scheme)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn scheme(host: &'static str, origins: &[&'static str]) -> Option<Scheme> {
        let origins = origins.iter().map(|origin| (ORIGIN, HeaderValue::from_static(origin)));
        let headers = origins.chain([(HOST, HeaderValue::from_static(host))]).collect();
        origin_scheme(&headers, &Uri::from_static("/console/"))
    }

    #[test]
    fn a2_a_page_of_this_host_is_told_with_its_scheme() {
        assert_eq!(scheme("a.example:8081", &["http://a.example:8081"]), Some(Scheme::Http));
        assert_eq!(scheme("A.example", &["https://a.example:443"]), Some(Scheme::Https));
    }

    #[test]
    fn a2_any_other_page_is_none() {
        for origin in ["null", "http://b.example", "http://a.example:8082", "file://a.example", "a.example"] {
            assert_eq!(scheme("a.example", &[origin]), None, "{origin}");
        }
        assert_eq!(scheme("a.example", &[]), None);
        assert_eq!(scheme("a.example", &["http://a.example", "http://a.example"]), None);
    }

    #[test]
    fn over_http2_the_authority_is_the_host() {
        let headers = HeaderMap::from_iter([(ORIGIN, HeaderValue::from_static("https://a.example"))]);
        let uri = Uri::from_static("https://a.example/console/");
        assert_eq!(origin_scheme(&headers, &uri), Some(Scheme::Https));
    }
}
