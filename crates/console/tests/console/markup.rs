//! What is stored is text on every page, and nothing in it is hidden

use reqwest::Method;
use serde_json::json;
use vestibule_testkit::ACCOUNT;

use crate::support::{Instance, KINDS, LOGIN, log_in, new, without_the_script};

/// Markup, as somebody may have named something.
const NAME: &str = r#"<b>"'&amp;</b><script>x()</script>"#;

#[tokio::test]
async fn a7_what_is_stored_is_text_on_every_page() {
    let instance = Instance::start().await;
    let own = format!("/admin/v1/accounts/{ACCOUNT}");
    let user = json!({ "login_name": NAME, "full_name": NAME, "nickname": NAME });
    let user = instance.api(Method::POST, &format!("{own}/users"), &user).await;
    let mut pages = vec![
        format!("/console/accounts/{ACCOUNT}/users"),
        format!("/console/accounts/{ACCOUNT}/users/{}", user["id"]),
    ];
    for kind in KINDS {
        let made = instance.api(Method::POST, &format!("{own}/{kind}"), &new(kind, NAME)).await;
        pages.push(format!("/console/accounts/{ACCOUNT}/{kind}"));
        pages.push(format!("/console/accounts/{ACCOUNT}/{kind}/{}", made["id"]));
    }
    let token = instance.token(NAME).await;
    let connection = instance.connection_named(NAME).await;
    instance
        .api(Method::PATCH, &own, &json!({ "look": { "name": NAME, "accent": null, "contact": null } }))
        .await;
    pages.extend([
        "/console/administration-tokens".to_owned(),
        format!("/console/administration-tokens/{}/revoke", token["id"]),
        format!("/console/accounts/{ACCOUNT}"),
        format!("/console/accounts/{ACCOUNT}/look"),
        format!("/console/accounts/{ACCOUNT}/connections"),
        format!("/console/accounts/{ACCOUNT}/connections/{connection}"),
    ]);
    for deed in ["edit", "test", "message", "keys", "end-overlap", "refresh", "delete"] {
        pages.push(format!("/console/accounts/{ACCOUNT}/connections/{connection}/{deed}"));
    }
    let browser = instance.signed_in().await;
    for path in pages {
        let page = without_the_script(browser.get(&path).await);
        assert_eq!(page.status, 200, "{path}");
        assert!(
            page.html.contains("&#60;b&#62;") || page.html.contains("&lt;b&gt;"),
            "{path}: {}",
            page.html
        );
        assert!(!page.html.contains("<b>") && !page.html.contains("<script"), "{path}: {}", page.html);
    }
}

#[tokio::test]
async fn a7_what_is_typed_is_text_when_it_is_shown_again() {
    let instance = Instance::start().await;
    let shown = log_in(&instance.browser(), NAME, "wrong").await;
    assert!(!shown.html.contains("<b>") && shown.html.contains("&#60;b&#62;"), "{}", shown.html);
    let browser = instance.browser();
    let hostile = format!("{LOGIN}?next=%22%3E%3Cscript%3Ex()%3C/script%3E&done=%3Cb%3E");
    assert!(!without_the_script(browser.get(&hostile).await).html.contains("<script"));
    let owner = instance.signed_in().await;
    for query in ["account=%3Cb%3E", "order=%3Cb%3E", "address=%3Cb%3E"] {
        assert!(!owner.get(&format!("/console/sessions?{query}")).await.html.contains("<b>"), "{query}");
    }
}

#[tokio::test]
async fn a7_a_hidden_mark_in_a_name_is_shown() {
    let instance = Instance::start().await;
    let mut fixture = instance.server.fixture.users[0].clone();
    fixture.full_name = "jane\u{202e}nimda\u{200b}".to_owned();
    let id = fixture.id;
    instance.server.change(vec![vestibule_store::Change::PutUser(fixture.into())]).await;
    let browser = instance.signed_in().await;
    for path in
        [format!("/console/accounts/{ACCOUNT}/users"), format!("/console/accounts/{ACCOUNT}/users/{id}")]
    {
        let page = browser.get(&path).await;
        assert!(page.html.contains("jane\\u{202e}nimda\\u{200b}"), "{path}: {}", page.html);
        assert!(!page.html.contains(['\u{202e}', '\u{200b}']), "{path}");
    }
}

/// Askama escapes what is not said to be markup already. A picture of squares is, and charts, which are templates themselves.
#[test]
fn a7_templates_escape_everything_but_pictures() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/templates");
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let text = std::fs::read_to_string(&path)
            .unwrap()
            .replace("{{ picture|safe }}", "")
            .replace("{{ chart|safe }}", "");
        assert!(!text.contains("safe"), "{}", path.display());
    }
}
