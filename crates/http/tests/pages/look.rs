//! Pages in the look of their account.

use vestibule_model::{Accent, Account, Logo, Look};
use vestibule_store::Change;
use vestibule_testkit::{ACCOUNT, TestServer};

use crate::browser::{Browser, own};

/// The head of a PNG of one pixel, which nobody draws here.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0";

fn acme() -> Look {
    Look {
        name: Some("Acme & <Sons>".into()),
        accent: Some(Accent([0xff, 0xd4, 0x00])),
        contact: Some("help@acme.example".into()),
        logo: Some(Logo::new(PNG)),
    }
}

async fn server(look: Look) -> TestServer {
    TestServer::start_with(|fixture, _| fixture.account.look = look).await
}

/// The value of the attribute behind these words.
fn attribute<'a>(html: &'a str, before: &str) -> &'a str {
    let rest = html.split_once(before).unwrap_or_else(|| panic!("no {before}: {html}")).1;
    rest.split('"').next().unwrap()
}

#[tokio::test]
async fn a7_a_page_shows_the_name_and_the_contact_escaped() {
    let server = server(Look { logo: None, ..acme() }).await;
    let html = Browser::of(&server).get(&own("login")).await.html;
    assert!(html.contains(r#"<p class="name">Acme &#38; &#60;Sons&#62;</p>"#), "{html}");
    assert!(html.contains(r#"Ask <a href="mailto:help@acme.example""#), "{html}");
    assert!(html.contains("Forgot your password?"), "{html}");
}

#[tokio::test]
async fn words_to_ask_somebody_are_no_link() {
    let server = server(Look { contact: Some("the <b>desk</b>, 4711".into()), ..Look::default() }).await;
    let html = Browser::of(&server).get(&own("login")).await.html;
    assert!(html.contains("Ask the &#60;b&#62;desk&#60;/b&#62;, 4711."), "{html}");
}

#[tokio::test]
async fn every_page_of_the_account_loads_its_logo_and_its_colours() {
    let server = server(acme()).await;
    let browser = Browser::signed_in(&server).await;
    let stranger = Browser::of(&server);
    let mut shown = vec![stranger.get(&own("login")).await, stranger.log_in("name", "wrong").await];
    for page in ["", "password", "second-factor"] {
        shown.push(browser.get(&own(page)).await);
    }
    for page in shown {
        assert!(page.html.contains(&format!(r#"src="/me/{ACCOUNT}/logo/"#)), "{}", page.html);
        assert!(page.html.contains(&format!(r#"href="/me/{ACCOUNT}/look/"#)), "{}", page.html);
        assert!(page.html.contains(r#"alt="Acme &#38; &#60;Sons&#62;""#), "{}", page.html);
        assert!(!page.header("content-security-policy").contains("unsafe"));
        assert!(!page.html.contains("style="), "{}", page.html);
    }
}

#[tokio::test]
async fn the_logo_is_served_as_what_it_is_and_kept_for_good() {
    let server = server(acme()).await;
    let browser = Browser::of(&server);
    let page = browser.get(&own("login")).await;
    let logo = server.get(attribute(&page.html, r#"class="logo" src=""#)).await;
    let headers = logo.headers().clone();
    let header = |name: &str| headers.get(name).unwrap().to_str().unwrap().to_owned();
    assert_eq!((logo.status().as_u16(), header("content-type")), (200, "image/png".into()));
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert_eq!(header("cache-control"), "public, max-age=31536000, immutable");
    assert_eq!(header("content-security-policy"), "default-src 'none'; sandbox");
    assert!(!headers.contains_key("access-control-allow-origin"));
    assert_eq!(logo.bytes().await.unwrap(), PNG);
}

#[tokio::test]
async fn the_colours_are_a_stylesheet_of_their_own() {
    let server = server(acme()).await;
    let browser = Browser::of(&server);
    let page = browser.get(&own("login")).await;
    let start = format!(r#"href="/me/{ACCOUNT}/look/"#);
    let style = browser.get(&own(&format!("look/{}", attribute(&page.html, &start)))).await;
    assert_eq!((style.status, style.header("content-type")), (200, "text/css; charset=utf-8"));
    assert_eq!(style.header("cache-control"), "public, max-age=31536000, immutable");
    assert!(style.html.contains("--accent: #ffd400;") && style.html.contains("--on-accent: #000000;"));
}

#[tokio::test]
async fn another_look_has_other_addresses_and_the_old_ones_are_gone() {
    let server = server(acme()).await;
    let browser = Browser::of(&server);
    let before = browser.get(&own("login")).await.html;
    let account = &server.fixture.account;
    let look = Look { accent: None, logo: Some(Logo::new([PNG, b"more"].concat())), ..acme() };
    server.change(vec![Change::PutAccount(Account { look, ..account.clone() }.into())]).await;
    let after = browser.get(&own("login")).await.html;
    let logo = |html: &str| attribute(html, r#"class="logo" src=""#).to_owned();
    assert_ne!(logo(&before), logo(&after));
    assert!(!after.contains("/look/"));
    let start = format!(r#"href="/me/{ACCOUNT}/look/"#);
    for gone in [logo(&before), own(&format!("look/{}", attribute(&before, &start)))] {
        assert_eq!(browser.get(&gone).await.status, 404, "{gone}");
    }
}

#[tokio::test]
async fn an_account_without_a_look_and_one_that_is_not_there_look_the_same() {
    let server = TestServer::start().await;
    let browser = Browser::of(&server);
    let mut pages = Vec::new();
    for account in [ACCOUNT, "87654321"] {
        let html = browser.get(&format!("/me/{account}/login")).await.html;
        pages.push(html.replace(account, "X").replace(&browser.get(&own("login")).await.hidden("csrf"), "C"));
        let logo = format!("/me/{account}/logo/ca978112ca1bbdcafac231b39a23dc4d");
        assert_eq!(browser.get(&logo).await.status, 404);
    }
    assert!(pages[0] == pages[1] && pages[0].contains("Account X"), "{}", pages[0]);
}
