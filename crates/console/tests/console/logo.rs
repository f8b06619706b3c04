//! An account's logo is looked at, set and taken away

use reqwest::Method;
use serde_json::{Value, json};
use vestibule_model::{Logo, LogoKind};
use vestibule_testkit::{ACCOUNT, Browser, Shown};

use crate::support::{Instance, PNG};
use crate::typing::Typed;

fn page() -> String {
    format!("/console/accounts/{ACCOUNT}/logo")
}

/// Sends a file with the fields of a page.
async fn send(browser: &Browser, shown: &Shown, csrf: &str, file: &[u8]) -> Shown {
    let mut body = Vec::new();
    for (name, value) in [("csrf", csrf), ("was", &shown.hidden("was"))] {
        let part = format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        body.extend_from_slice(part.as_bytes());
    }
    body.extend_from_slice(b"--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n");
    body.extend_from_slice(file);
    body.extend_from_slice(b"\r\n--b--\r\n");
    let request = browser.request(Method::POST, &page()).header("origin", browser.origin());
    browser.send(request.header("content-type", "multipart/form-data; boundary=b").body(body)).await
}

async fn set(browser: &Browser, file: &[u8]) -> Shown {
    let shown = browser.get(&page()).await;
    send(browser, &shown, &shown.hidden("csrf"), file).await
}

async fn logo(instance: &Instance) -> Value {
    instance.listed(&format!("/admin/v1/accounts/{ACCOUNT}")).await["logo"].clone()
}

#[tokio::test]
async fn a_logo_is_set_shown_and_taken_away() {
    let instance = Instance::start().await;
    let browser = instance.signed_in().await;
    assert!(!browser.get(&page()).await.html.contains("<img"));
    let done = set(&browser, PNG).await;
    assert_eq!(done.status, 303, "{}", done.html);
    assert_eq!(done.header("location"), format!("/console/accounts/{ACCOUNT}?done=changed"));
    assert_eq!(logo(&instance).await["size"], json!(PNG.len()));
    let shown = browser.get(&page()).await.html;
    let picture =
        shown.split_once("<img class=\"logo\" src=\"").unwrap().1.split('"').next().unwrap().to_owned();
    let served = browser.get(&picture).await;
    assert_eq!((served.status, served.header("content-type")), (200, LogoKind::Png.media_type()));
    assert_eq!(served.header("x-content-type-options"), "nosniff");
    let delete = format!("{}/delete", page());
    let question = Typed::of(&browser.get(&delete).await);
    for _ in 0..2 {
        let deleted = question.send(&browser, &delete).await;
        assert_eq!((deleted.status, deleted.header("location")), (303, &*format!("{}?done=deleted", page())));
    }
    assert_eq!(logo(&instance).await, Value::Null);
    assert_eq!(browser.get(&picture).await.status, 404);
}

#[tokio::test]
async fn what_may_not_be_shown_is_refused_beside_its_field() {
    let instance = Instance::start().await;
    let browser = instance.signed_in().await;
    let mut long = PNG.to_vec();
    long.resize(Logo::LONGEST + 1, 0);
    for (file, told) in [(&b"<svg/>"[..], "PNG"), (&long, "65536"), (b"", "No file was chosen")] {
        let refused = set(&browser, file).await;
        assert_eq!(refused.status, 422, "{}", refused.html);
        let error = refused.html.split_once("id=\"file-error\">").unwrap().1.split('<').next().unwrap();
        assert!(error.contains(told), "{error}");
    }
    assert_eq!(logo(&instance).await, Value::Null);
}

#[tokio::test]
async fn another_logo_than_the_page_has_shown_is_left_as_it_is() {
    let instance = Instance::start().await;
    let browser = instance.signed_in().await;
    let before = browser.get(&page()).await;
    let question = Typed::of(&browser.get(&format!("{}/delete", page())).await);
    assert_eq!(set(&browser, PNG).await.status, 303);
    let other = [PNG, b"other"].concat();
    let refused = send(&browser, &before, &before.hidden("csrf"), &other).await;
    assert_eq!((refused.status, refused.html.contains("somebody else has changed")), (409, true));
    assert_eq!(question.send(&browser, &format!("{}/delete", page())).await.status, 409);
    assert_eq!(logo(&instance).await["size"], json!(PNG.len()));
    assert_eq!(send(&browser, &before, &before.hidden("csrf"), PNG).await.status, 303, "it is so already");
}

#[tokio::test]
async fn a2_a_file_is_not_taken_without_the_token_of_the_session_nor_from_another_origin() {
    let instance = Instance::start().await;
    let browser = instance.signed_in().await;
    let shown = browser.get(&page()).await;
    assert_eq!(send(&browser, &shown, "0", PNG).await.status, 403);
    let request = browser.request(Method::POST, &page()).header("origin", "https://evil.example");
    let request = request.header("content-type", "multipart/form-data; boundary=b").body("--b--\r\n");
    assert_eq!(browser.send(request).await.status, 403);
    assert_eq!(logo(&instance).await, Value::Null);
}
