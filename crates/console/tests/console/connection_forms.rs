//! Connections that are made and changed in forms

use reqwest::Method;
use serde_json::{Value, json};
use vestibule_auth::certificate_as_pem;
use vestibule_model::Protocol;
use vestibule_testkit::identity_provider::{ISSUER, jwks, saml_connection};
use vestibule_testkit::{ACCOUNT, Browser};

use crate::connection_deeds::{asking, log_in_by_it, page, told};
use crate::support::Instance;
use crate::typing::{Typed, fill};

fn new() -> String {
    format!("/console/accounts/{ACCOUNT}/connections/new")
}

/// Metadata of the fixture's identity provider.
fn metadata() -> String {
    let Protocol::Saml(saml) = saml_connection().protocol else { unreachable!("it speaks SAML") };
    let pem = certificate_as_pem(&saml.certificates[0]);
    let base64: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    format!(
        "<EntityDescriptor xmlns=\"urn:oasis:names:tc:SAML:2.0:metadata\" entityID=\"https://new.example/metadata\">\
         <IDPSSODescriptor protocolSupportEnumeration=\"urn:oasis:names:tc:SAML:2.0:protocol\">\
         <KeyDescriptor use=\"signing\"><KeyInfo xmlns=\"http://www.w3.org/2000/09/xmldsig#\"><X509Data>\
         <X509Certificate>{base64}</X509Certificate></X509Data></KeyInfo></KeyDescriptor>\
         <SingleSignOnService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect\" \
         Location=\"https://new.example/sso\"/></IDPSSODescriptor></EntityDescriptor>"
    )
}

/// The last part of the address where a browser is sent.
fn id_of(location: &str) -> i64 {
    location.split('?').next().unwrap().rsplit('/').next().unwrap().parse().unwrap()
}

async fn entries(instance: &Instance, id: i64) -> Vec<Value> {
    let path = format!("/admin/v1/audit?account={ACCOUNT}&target=connection:{id}");
    instance.listed(&path).await["entries"].as_array().unwrap().clone()
}

async fn signed_in() -> (Instance, Browser) {
    let instance = Instance::start().await;
    let browser = instance.signed_in().await;
    (instance, browser)
}

#[tokio::test]
async fn a_connection_is_made_once_of_metadata_that_is_pasted() {
    let (instance, browser) = signed_in().await;
    let (form, metadata) = (new(), metadata());
    let typed = Typed::of(&browser.get(&form).await).with("name", "adfs").with("metadata", &metadata);
    let made = typed.send(&browser, &form).await;
    assert_eq!(made.status, 303, "{}", made.html);
    assert_eq!(typed.send(&browser, &form).await.header("location"), made.header("location"));
    let id = id_of(made.header("location"));
    let item = told(&instance, id).await;
    assert_eq!(
        (&item["saml"]["login_url"], &item["enabled"]),
        (&json!("https://new.example/sso"), &json!(false))
    );
    assert_eq!((&item["display_name"], entries(&instance, id).await.len()), (&json!("adfs"), 1));
    let shown = browser.get(&page(id, "")).await.html;
    for address in ["entity_id", "consumer_url", "login_address", "logout_address"] {
        let copied = format!("<code data-copy>{}</code>", item[address].as_str().unwrap());
        assert!(shown.contains(&copied), "{address}: {shown}");
    }
}

#[tokio::test]
async fn a_connection_is_made_of_what_a_provider_says_of_itself_and_its_secret_is_shown_nowhere() {
    let (instance, provider, browser) = asking().await;
    let discovery = json!({
        "issuer": ISSUER, "authorization_endpoint": format!("{ISSUER}/authorize"), "token_endpoint": format!("{ISSUER}/token"),
        "jwks_uri": format!("{ISSUER}/jwks"), "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code"], "subject_types_supported": ["public"],
    });
    provider.answer(&format!("{ISSUER}/.well-known/openid-configuration"), 200, &discovery.to_string());
    provider.answer(&format!("{ISSUER}/jwks"), 200, &jwks());
    let typed = [
        ("name", "entra"),
        ("enabled", "on"),
        ("protocol", "oidc"),
        ("oidc.issuer", ISSUER),
        ("oidc.client_id", "us"),
        ("secret.client_secret", "hush-hush"),
        ("preset", "entra"),
    ];
    let made = fill(&browser, &new(), &typed).await;
    assert_eq!(made.status, 303, "{}", made.html);
    let id = id_of(made.header("location"));
    let item = told(&instance, id).await;
    assert_eq!((&item["enabled"], &item["has_client_secret"]), (&json!(true), &json!(true)));
    assert_eq!(item["oidc"]["client_authentication"], "form");
    let shown = browser.get(&page(id, "")).await.html;
    assert!(
        shown.contains(item["redirect_uri"].as_str().unwrap()) && !shown.contains("hush-hush"),
        "{shown}"
    );
}

#[tokio::test]
async fn a_connection_of_the_console_stands_in_the_audit_as_one_of_the_api() {
    let (instance, browser) = signed_in().await;
    let made = fill(&browser, &new(), &[("name", "adfs"), ("metadata", &metadata())]).await;
    let by_form = entries(&instance, id_of(made.header("location"))).await;
    let asked = json!({ "name": "other", "enabled": false, "metadata": metadata() });
    let path = format!("/admin/v1/accounts/{ACCOUNT}/connections");
    let made = instance.api(Method::POST, &path, &asked).await;
    let by_api = entries(&instance, made["id"].as_i64().unwrap()).await;
    assert_eq!((by_form.len(), by_api.len()), (1, 1));
    let told = |entry: &Value| {
        let mut after = entry["after"].clone();
        after
            .as_object_mut()
            .unwrap()
            .retain(|field, _| !["id", "name", "display_name"].contains(&field.as_str()));
        (entry["action"].clone(), entry["account"].clone(), after)
    };
    assert_eq!(told(&by_form[0]), told(&by_api[0]));
}

#[tokio::test]
async fn an_auditor_is_offered_no_form_of_connections() {
    let instance = Instance::start().await;
    let id = instance.connection().await;
    let browser = instance.signed_in_with(&json!({ "role": "auditor" })).await;
    for path in [format!("/console/accounts/{ACCOUNT}/connections"), page(id, "")] {
        let shown = browser.get(&path).await.html;
        assert!(!shown.contains("New connection") && !shown.contains(&page(id, "/edit")), "{shown}");
    }
}

#[tokio::test]
async fn what_cannot_be_made_is_told_at_its_field_and_nothing_typed_is_lost() {
    let (_instance, browser) = signed_in().await;
    for (typed, at, why) in [
        (("metadata", "<a>not metadata</a>"), "metadata", "not the metadata of one entity"),
        (("display_name", "Nothing else"), "metadata", "or say where it is read"),
        (("oidc.issuer", ISSUER), "oidc.issuer", "is of the other protocol"),
        (("protocol", "oidc"), "oidc.issuer", "ay the issuer"),
    ] {
        let refused = fill(&browser, &new(), &[("name", "adfs"), typed]).await;
        assert_eq!(refused.status, 422, "{typed:?}: {}", refused.html);
        assert!(refused.html.contains(&format!("id=\"{at}-error\"")), "{typed:?}: {}", refused.html);
        assert!(refused.html.contains(why), "{typed:?}: {}", refused.html);
        let again = Typed::of(&refused);
        assert_eq!((again.get("name"), again.get(typed.0)), ("adfs", typed.1));
    }
}

#[tokio::test]
async fn what_changes_of_a_connection_is_shown_before_it_is_done_and_the_rest_stays() {
    let (instance, browser) = signed_in().await;
    for id in [instance.connection().await, instance.openid_connection().await] {
        let (form, before) = (page(id, "/edit"), told(&instance, id).await);
        let same = Typed::of(&browser.get(&form).await).send(&browser, &form).await;
        assert_eq!(same.header("location"), page(id, "?done=same"), "{}", same.html);
        let shown = fill(&browser, &form, &[("display_name", "Our staff")]).await;
        assert!(shown.html.contains("Our staff") && !shown.html.contains("Ends "), "{}", shown.html);
        assert_eq!(told(&instance, id).await, before, "nothing is done yet");
        let done = Typed::of(&shown).with("step", "do").send(&browser, &form).await;
        assert_eq!(done.header("location"), page(id, "?done=changed"), "{}", done.html);
        let mut wanted = before;
        wanted["display_name"] = json!("Our staff");
        assert_eq!(told(&instance, id).await, wanted);
        assert_eq!(entries(&instance, id).await.len(), 1);
    }
}

#[tokio::test]
async fn switching_a_connection_off_tells_the_sessions_that_then_end() {
    let instance = Instance::start().await;
    let id = instance.connection().await;
    let browser = instance.signed_in().await;
    log_in_by_it(&instance).await;
    let (form, before) = (page(id, "/edit"), instance.server.stored_sessions().await.len());
    let shown = fill(&browser, &form, &[("enabled", "")]).await;
    assert!(shown.html.contains("Ends 1 live session."), "{}", shown.html);
    let done = Typed::of(&shown).with("step", "do").send(&browser, &form).await;
    assert_eq!(done.status, 303, "{}", done.html);
    assert_eq!(instance.server.stored_sessions().await.len(), before - 1);
}

#[tokio::test]
async fn another_provider_is_not_shown_the_client_secret_of_the_one_before() {
    let (instance, browser) = signed_in().await;
    let id = instance.openid_connection().await;
    fill(&browser, &page(id, "/secret"), &[("secret.client_secret", "s3cret-of-op")]).await;
    let form = page(id, "/edit");
    let elsewhere = [("oidc.token_endpoint", "https://elsewhere.example/token")];
    let shown = fill(&browser, &form, &elsewhere).await;
    assert!(shown.html.contains("The client secret is forgotten"), "{}", shown.html);
    Typed::of(&shown).with("step", "do").send(&browser, &form).await;
    assert_eq!(told(&instance, id).await["has_client_secret"], false);
}

#[tokio::test]
async fn what_is_no_certificate_and_no_map_of_profiles_is_told_at_its_field() {
    let (instance, browser) = signed_in().await;
    let form = page(instance.connection().await, "/edit");
    for (field, value) in
        [("saml.certificates", "AAAA"), ("provisioning.profile_map", "staff"), ("saml.login_url", "x")]
    {
        let refused = fill(&browser, &form, &[(field, value)]).await;
        assert_eq!(refused.status, 422, "{field}");
        assert!(refused.html.contains(&format!("id=\"{field}-error\"")), "{field}: {}", refused.html);
        assert_eq!(Typed::of(&refused).get(field), value);
    }
}
