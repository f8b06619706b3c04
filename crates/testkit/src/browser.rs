//! A browser as far as tests need one: it keeps cookies, sends forms as they stand on the page, and follows nothing by itself.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Mutex;

use reqwest::header::HeaderMap;
use reqwest::{Method, RequestBuilder};

/// A browser with its cookies.
pub struct Browser {
    address: SocketAddr,
    client: reqwest::Client,
    cookies: Mutex<BTreeMap<String, String>>,
}

/// An answer as it was read.
#[derive(Debug)]
pub struct Shown {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub html: String,
}

impl Shown {
    /// The value of a header; empty if there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("text"))
    }

    /// The value of the first hidden field of this name.
    pub fn hidden(&self, name: &str) -> String {
        let start = format!(r#"<input type="hidden" name="{name}" value=""#);
        let found = self.html.split_once(&start);
        assert!(found.is_some(), "no field {name}: {}", self.html);
        let rest = found.unwrap_or_default().1;
        rest.split('"').next().expect("the end of a value").to_owned()
    }
}

/// A request with the fields of a form.
pub fn form(request: RequestBuilder, fields: &[(&str, &str)]) -> RequestBuilder {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    request.header("content-type", "application/x-www-form-urlencoded").body(body)
}

impl Browser {
    /// A browser that looks at a server without TLS.
    pub fn at(address: SocketAddr) -> Self {
        let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
        Self { address, client: client.build().expect("a client"), cookies: Mutex::default() }
    }

    /// The origin of the server's pages.
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A request to a path of the server, without cookies.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("http://{}{path}", self.address))
    }

    /// The value of a cookie.
    pub fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.lock().expect("the cookies").get(name).cloned()
    }

    /// Puts a cookie into it.
    pub fn keep(&self, name: &str, value: &str) {
        self.cookies.lock().expect("the cookies").insert(name.to_owned(), value.to_owned());
    }

    /// A page.
    pub async fn get(&self, path: &str) -> Shown {
        self.send(self.request(Method::GET, path)).await
    }

    /// Sends a form with what it carries, from a page of this server.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Shown {
        self.send(form(self.request(Method::POST, path).header("origin", self.origin()), fields)).await
    }

    /// Sends a request with the cookies, and keeps those that come.
    pub async fn send(&self, request: RequestBuilder) -> Shown {
        let cookies: Vec<_> = {
            let cookies = self.cookies.lock().expect("the cookies");
            cookies.iter().map(|(name, value)| format!("{name}={value}")).collect()
        };
        let request = if cookies.is_empty() { request } else { request.header("cookie", cookies.join("; ")) };
        let answer = request.send().await.expect("an answer");
        for set in answer.headers().get_all("set-cookie") {
            let set = set.to_str().expect("text");
            let (name, value) =
                set.split(';').next().and_then(|pair| pair.split_once('=')).expect("a cookie");
            if set.contains("Max-Age=0") {
                self.cookies.lock().expect("the cookies").remove(name);
            } else {
                self.keep(name, value);
            }
        }
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Shown { status, headers, html: answer.text().await.expect("a body") }
    }
}
