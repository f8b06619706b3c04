//! A browser as far as these tests need one: it keeps cookies, sends forms as they stand on the page, and follows nothing by
//! itself.

use std::collections::BTreeMap;
use std::sync::Mutex;

use reqwest::Method;
use vestibule_testkit::{ACCOUNT, TestServer};

/// A browser with its cookies.
pub(crate) struct Browser<'a> {
    server: &'a TestServer,
    client: reqwest::Client,
    cookies: Mutex<BTreeMap<String, String>>,
}

/// An answer as it was read.
pub(crate) struct Shown {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) html: String,
}

impl Shown {
    /// The value of a header; empty if there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The value of the first hidden field of this name.
    pub(crate) fn hidden(&self, name: &str) -> String {
        let start = format!(r#"<input type="hidden" name="{name}" value=""#);
        let rest = self.html.split_once(&start).unwrap_or_else(|| panic!("no field {name}: {}", self.html)).1;
        rest.split('"').next().unwrap().to_owned()
    }
}

/// A request with the fields of a form.
pub(crate) fn form(request: reqwest::RequestBuilder, fields: &[(&str, &str)]) -> reqwest::RequestBuilder {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    request.header("content-type", "application/x-www-form-urlencoded").body(body)
}

/// The path of the account's page below `/me/`.
pub(crate) fn own(path: &str) -> String {
    format!("/me/{ACCOUNT}/{path}")
}

impl<'a> Browser<'a> {
    pub(crate) fn of(server: &'a TestServer) -> Self {
        let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
        Self { server, client: client.build().unwrap(), cookies: Mutex::default() }
    }

    /// A browser that is signed in as `name`.
    pub(crate) async fn signed_in(server: &'a TestServer) -> Self {
        let browser = Self::of(server);
        let shown = browser.log_in("name", "password").await;
        assert_eq!((shown.status, shown.header("location")), (303, own("").as_str()), "{}", shown.html);
        browser
    }

    /// A request to a path of the server.
    pub(crate) fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method, format!("http://{}{path}", self.server.address()))
    }

    /// The value of a cookie.
    pub(crate) fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.lock().unwrap().get(name).cloned()
    }

    /// Puts a cookie into it.
    pub(crate) fn keep(&self, name: &str, value: &str) {
        self.cookies.lock().unwrap().insert(name.to_owned(), value.to_owned());
    }

    pub(crate) async fn get(&self, path: &str) -> Shown {
        self.send(self.request(Method::GET, path)).await
    }

    /// Sends a form with what it carries, from a page of this service.
    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Shown {
        let origin = format!("http://{}", self.server.address());
        self.send(form(self.request(Method::POST, path).header("origin", origin), fields)).await
    }

    /// Sends a request with the cookies, and keeps those that come.
    pub(crate) async fn send(&self, request: reqwest::RequestBuilder) -> Shown {
        let cookies: Vec<_> =
            self.cookies.lock().unwrap().iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = if cookies.is_empty() { request } else { request.header("cookie", cookies.join("; ")) };
        let answer = request.send().await.unwrap();
        for set in answer.headers().get_all("set-cookie") {
            let set = set.to_str().unwrap();
            let (name, value) = set.split(';').next().unwrap().split_once('=').unwrap();
            if set.contains("Max-Age=0") {
                self.cookies.lock().unwrap().remove(name);
            } else {
                self.keep(name, value);
            }
        }
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Shown { status, headers, html: answer.text().await.unwrap() }
    }

    /// Signs in on the account's page.
    pub(crate) async fn log_in(&self, user_name: &str, password: &str) -> Shown {
        self.log_in_at(&own("login"), user_name, password).await
    }

    /// The same on a page of this address.
    pub(crate) async fn log_in_at(&self, page: &str, user_name: &str, password: &str) -> Shown {
        let shown = self.get(page).await;
        let csrf = shown.hidden("csrf");
        let wanted =
            if shown.html.contains(r#"name="continue""#) { shown.hidden("continue") } else { String::new() };
        let wanted = wanted.replace("&#38;", "&");
        let fields = [
            ("csrf", csrf.as_str()),
            ("continue", &wanted),
            ("user_name", user_name),
            ("password", password),
        ];
        self.post(page.split('?').next().unwrap(), &fields).await
    }
}
