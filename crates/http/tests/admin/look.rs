//! How the pages of an account look: `look` of the account, and `/admin/v1/accounts/{account}/logo`.

use reqwest::Method;
use serde_json::{Value, json};
use vestibule_model::AuditAction;
use vestibule_store::AuditQuery;
use vestibule_testkit::ACCOUNT;

use crate::support::{Answer, Instance};

/// The head of a PNG of one pixel, which nobody draws here.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0";

fn here() -> String {
    format!("/admin/v1/accounts/{ACCOUNT}")
}

fn logo() -> String {
    format!("{}/logo", here())
}

/// Sets a logo, said to be of this type.
async fn put(instance: &Instance, kind: &str, bytes: &[u8], tag: &str) -> Answer {
    let request = instance.server.admin_request(Method::PUT, &logo()).bearer_auth(&instance.owner);
    let request = request.header("content-type", kind).header("if-match", tag).body(bytes.to_vec());
    Answer::of(request.send().await.unwrap()).await
}

#[tokio::test]
async fn a_change_names_what_of_the_look_it_changes() {
    let instance = Instance::start().await;
    let look = json!({ "name": "Acme", "accent": "#2B5797", "contact": "help@acme.example" });
    let changed = instance.patch(&here(), json!({ "look": look })).await;
    let expected = json!({ "name": "Acme", "accent": "#2b5797", "contact": "help@acme.example" });
    assert_eq!((changed.status, &changed.body["look"]), (200, &expected));
    let changed = instance.patch(&here(), json!({ "look": { "accent": null } })).await;
    let expected = json!({ "name": "Acme", "accent": null, "contact": "help@acme.example" });
    assert_eq!((changed.status, &changed.body["look"]), (200, &expected));
}

#[tokio::test]
async fn what_is_no_colour_is_refused() {
    let instance = Instance::start().await;
    for accent in ["", "red", "#fff", "#2b5797;", "#2b57g7"] {
        let refused = instance.patch(&here(), json!({ "look": { "accent": accent } })).await;
        assert_eq!((refused.status, &refused.body["field"]), (422, &json!("look.accent")), "{accent}");
        assert_eq!(refused.body["detail"], json!("this has to be a colour such as #2b5797"));
    }
}

#[tokio::test]
async fn a_logo_is_set_and_shown_where_pages_load_it() {
    let instance = Instance::start().await;
    let before = instance.get(&here()).await;
    assert_eq!(before.body["logo"], Value::Null);
    let set = put(&instance, "image/png", PNG, before.tag.as_deref().unwrap()).await;
    assert_eq!(set.status, 200, "{set:?}");
    assert_eq!(
        (&set.body["logo"]["type"], &set.body["logo"]["size"]),
        (&json!("image/png"), &json!(PNG.len()))
    );
    assert_ne!(set.tag, before.tag);
    let shown = instance.server.get(set.body["logo"]["path"].as_str().unwrap()).await;
    assert_eq!(shown.bytes().await.unwrap(), PNG);
    // Another change leaves it there.
    let changed = instance.patch(&here(), json!({ "look": { "name": "Acme" } })).await;
    assert_eq!(changed.body["logo"], set.body["logo"]);
    assert_eq!(instance.remove(&logo()).await.status, 204);
    assert_eq!(instance.get(&here()).await.body["logo"], Value::Null);
}

#[tokio::test]
async fn a_logo_is_set_only_on_what_its_caller_has_seen() {
    let instance = Instance::start().await;
    assert_eq!(put(&instance, "image/png", PNG, "\"0123456789abcdef\"").await.status, 412);
    let request = instance.server.admin_request(Method::PUT, &logo()).bearer_auth(&instance.owner);
    let request = request.header("content-type", "image/png").body(PNG);
    assert_eq!(Answer::of(request.send().await.unwrap()).await.status, 428);
}

#[tokio::test]
async fn a7_a_body_that_is_said_to_be_something_else_is_refused() {
    let instance = Instance::start().await;
    for kind in ["image/svg+xml", "text/html", "application/json", "image/gif", ""] {
        assert_eq!(put(&instance, kind, PNG, "*").await.status, 415, "{kind}");
    }
}

#[tokio::test]
async fn a_logo_is_what_its_bytes_say_whatever_picture_it_is_said_to_be() {
    let instance = Instance::start().await;
    let set = put(&instance, "image/webp", PNG, "*").await;
    assert_eq!((set.status, &set.body["logo"]["type"]), (200, &json!("image/png")));
}

#[tokio::test]
async fn a7_what_is_no_picture_is_refused_whatever_it_is_said_to_be() {
    let instance = Instance::start().await;
    let svg = b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>";
    for bytes in [&svg[..], b"", b"GIF89a\x01\0\x01\0", b"\x89PNG\r\n\x1a\n"] {
        let refused = put(&instance, "image/png", bytes, "*").await;
        assert_eq!((refused.status, &refused.body["field"]), (422, &json!("logo")), "{bytes:?}");
    }
}

#[tokio::test]
async fn a_logo_of_too_many_bytes_or_pixels_is_refused() {
    let instance = Instance::start().await;
    let mut long = PNG.to_vec();
    long.resize(65_536, 0);
    assert_eq!(put(&instance, "image/png", &long, "*").await.status, 200);
    long.push(0);
    assert_eq!(put(&instance, "image/png", &long, "*").await.status, 413);
    let mut wide = PNG.to_vec();
    wide[18..20].copy_from_slice(&[4, 1]);
    let refused = put(&instance, "image/png", &wide, "*").await;
    let detail = "a picture of 1024 by 1024 pixels at most: this is 1025 by 1";
    assert_eq!((refused.status, &refused.body["detail"]), (422, &json!(detail)));
}

#[tokio::test]
async fn the_audit_tells_of_a_logo_and_does_not_hold_it() {
    let instance = Instance::start().await;
    put(&instance, "image/png", PNG, "*").await;
    instance.remove(&logo()).await;
    let query = AuditQuery { action: Some(AuditAction::Changed), limit: 9, ..AuditQuery::default() };
    let entries = instance.server.store.audit(query).await.unwrap().entries;
    let told: Vec<_> = entries.iter().filter_map(|entry| entry.record.after.clone()).collect();
    assert_eq!(told, [r#"{"logo":"removed"}"#, r#"{"logo":"set"}"#]);
}
