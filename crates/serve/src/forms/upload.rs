//! A form with which a file is sent (RFC 7578). It is read as a whole, when its body is there.

use bytes::Bytes;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use http_body_util::{BodyDataStream, Full};
use multer::{Constraints, Multipart};
use zeroize::Zeroizing;

use super::fields::{Fields, NotAForm, has_form};

/// The most fields of such a form.
const MOST_FIELDS: usize = 32;

/// A form, and its file.
pub struct Upload {
    /// The fields besides the file.
    pub fields: Fields,
    /// The bytes of the file; None: none was chosen.
    pub file: Option<Bytes>,
}

impl Upload {
    /// That of a body, whose file is in the field of this name. A form without a file is one of which none was chosen.
    pub async fn read(headers: &HeaderMap, body: Bytes, file_field: &str) -> Result<Self, NotAForm> {
        if has_form(headers) {
            return Ok(Self { fields: Fields::read(headers, &body)?, file: None });
        }
        let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let boundary = multer::parse_boundary(kind).map_err(|_| NotAForm)?;
        let body = BodyDataStream::new(Full::new(body));
        let mut parts = Multipart::with_constraints(body, boundary, Constraints::new());
        let (mut fields, mut file) = (Vec::new(), None);
        while let Some(part) = parts.next_field().await.map_err(|_| NotAForm)? {
            let name = part.name().ok_or(NotAForm)?.to_owned();
            let bytes = part.bytes().await.map_err(|_| NotAForm)?;
            if name == file_field {
                let is_twice = file.replace(bytes).is_some();
                if is_twice {
                    return Err(NotAForm);
                }
            } else {
                let text = std::str::from_utf8(&bytes).map_err(|_| NotAForm)?;
                fields.push((name, Zeroizing::new(text.to_owned())));
            }
            if fields.len() > MOST_FIELDS {
                return Err(NotAForm);
            }
        }
        Ok(Self { fields: Fields::of(fields)?, file: file.filter(|file| !file.is_empty()) })
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    async fn read(kind: &'static str, body: &'static [u8]) -> Option<(String, Option<Vec<u8>>)> {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(kind))]);
        let read = Upload::read(&headers, Bytes::from_static(body), "file").await.ok()?;
        Some((read.fields.get("csrf").to_owned(), read.file.map(Into::into)))
    }

    const KIND: &str = "multipart/form-data; boundary=b";

    #[tokio::test]
    async fn fields_and_the_file_are_read_as_they_are() {
        let body = b"--b\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n1 &\r\n--b\r\nContent-Disposition: \
            form-data; name=\"file\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\n\x89\0\r\n-\r\n--b--\r\n";
        assert_eq!(read(KIND, body).await, Some(("1 &".to_owned(), Some(b"\x89\0\r\n-".to_vec()))));
    }

    #[tokio::test]
    async fn where_none_was_chosen_there_is_no_file() {
        let body =
            b"--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"\"\r\n\r\n\r\n--b--\r\n";
        assert_eq!(read(KIND, body).await, Some((String::new(), None)));
        assert_eq!(read("application/x-www-form-urlencoded", b"csrf=1").await, Some(("1".to_owned(), None)));
    }

    #[tokio::test]
    async fn what_is_broken_or_there_twice_is_no_form() {
        let part = "Content-Disposition: form-data; name=\"csrf\"\r\n\r\n1\r\n";
        for (kind, body) in [
            (KIND, format!("--b\r\n{part}--b\r\n{part}--b--\r\n")),
            (KIND, format!("--b\r\n{part}")),
            (KIND, "--b\r\nContent-Disposition: form-data\r\n\r\n1\r\n--b--\r\n".to_owned()),
            ("multipart/form-data", format!("--b\r\n{part}--b--\r\n")),
            ("text/plain", "csrf=1".to_owned()),
        ] {
            assert_eq!(read(kind, body.clone().leak().as_bytes()).await, None, "{kind} {body}");
        }
        let mut many = String::new();
        for number in 0..=MOST_FIELDS {
            many.push_str(&part.replace("csrf", &number.to_string()).replace("Content", "--b\r\nContent"));
        }
        assert_eq!(read(KIND, format!("{many}--b--\r\n").leak().as_bytes()).await, None);
    }
}
