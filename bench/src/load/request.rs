//! Requests as bytes, made before anything is measured.

/// The question of a gateway, with this bearer.
pub(crate) fn check(bearer: &[u8]) -> Vec<u8> {
    let bearer = String::from_utf8_lossy(bearer);
    let request = format!(
        "GET /gateway/check HTTP/1.1\r\nHost: vestibule.example.net\r\nAuthorization: Bearer {bearer}\r\n\r\n"
    );
    request.into_bytes()
}

/// `GET` of a path with this bearer.
pub(crate) fn get(path: &str, bearer: &str) -> Vec<u8> {
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: vestibule.example.net\r\nAuthorization: Bearer {bearer}\r\n\r\n"
    );
    request.into_bytes()
}

/// `POST` of a JSON body to an operation of the Login Service, with further header lines.
pub(crate) fn post(
    account: &str,
    operation: &str,
    headers: &[(&str, &str)],
    body: &serde_json::Value,
) -> Box<[u8]> {
    post_json(&format!("/api/account/{account}/{operation}?v=1.3"), headers, body)
}

/// `POST` of a form.
pub(crate) fn post_form(path: &str, form: &str) -> Box<[u8]> {
    let length = form.len();
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: vestibule.example.net\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n{form}"
    );
    request.into_bytes().into_boxed_slice()
}

/// `POST` of a JSON body.
pub(crate) fn post_json(path: &str, headers: &[(&str, &str)], body: &serde_json::Value) -> Box<[u8]> {
    with_json(("POST", path), headers, body)
}

/// Another method with a JSON body.
pub(crate) fn with_json(
    (method, path): (&str, &str),
    headers: &[(&str, &str)],
    body: &serde_json::Value,
) -> Box<[u8]> {
    let body = body.to_string();
    let further: String = headers.iter().flat_map(|(name, value)| [name, ": ", value, "\r\n"]).collect();
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: vestibule.example.net\r\n\
         Accept: application/json\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n{further}\r\n{body}"
    );
    request.into_bytes().into_boxed_slice()
}
