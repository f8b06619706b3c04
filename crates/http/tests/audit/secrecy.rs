//! No secret is ever in the audit, and nothing that opens anything.

use std::fmt::Write as _;

use serde_json::Value;
use vestibule_model::AuditAction;
use vestibule_testkit::{Key, OTHER_TOKEN, TOKEN, TestServer};

use crate::{change_password, livevox_login, livevox_session, refusals};

/// Everything that stands in the audit's tables, bytes as hexadecimal too.
fn dump(server: &TestServer) -> String {
    let connection = rusqlite::Connection::open(server.data().join("vestibule.db")).unwrap();
    let mut text = String::new();
    for table in ["audit", "audit_head"] {
        let mut select = connection.prepare(&format!("SELECT * FROM {table}")).unwrap();
        let columns = select.column_count();
        let mut rows = select.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            for index in 0..columns {
                match row.get_ref(index).unwrap() {
                    rusqlite::types::ValueRef::Text(bytes) => {
                        text.push_str(std::str::from_utf8(bytes).unwrap());
                    }
                    rusqlite::types::ValueRef::Blob(bytes) => text.push_str(&hex(bytes)),
                    other => write!(text, "{other:?}").unwrap(),
                }
                text.push('\n');
            }
        }
    }
    text
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

#[tokio::test]
async fn a5_s10_nothing_secret_is_in_the_audit() {
    let server = TestServer::start().await;
    let login: Value = server.log_in("name", "password").await.json().await.unwrap();
    let text = |key: &str| login[key].as_str().unwrap().to_owned();
    let (cookie, csrf) = (text("sessionId"), text("csrf"));
    let bearer = text("bearer");
    server.refresh(&(cookie.clone(), csrf.clone())).await;
    server.refresh(&(cookie.clone(), "0".repeat(64))).await;
    server.log_in_with_key("bot", &Key::BOT).await;
    server.log_in_with_key("bot", &Key { secret: "a-wrong-secret-1", ..Key::BOT }).await;
    let livevox = livevox_session(&server, "name", "password").await;
    livevox_login(&server, "name", "a-wrong-password-2").await;
    // People type their password where the name belongs.
    server.log_in("a-password-typed-as-name-3", "x").await;
    let ids: Vec<String> = server.stored_sessions().await.iter().map(|session| hex(&session.id.0)).collect();
    change_password(&server, "a-wrong-old-password-4", "a-refused-new-password-5").await;
    assert_eq!(change_password(&server, "password", "a-new-password-6").await, 204);
    server.log_out(&(cookie.clone(), csrf.clone())).await;
    server.auth.flush_audit().await.unwrap();
    assert!(!refusals(&server, AuditAction::LogInRefused).await.is_empty());

    let dump = dump(&server);
    let mut secrets = vec![
        cookie,
        csrf,
        bearer,
        livevox.replace('-', ""),
        livevox,
        TOKEN.to_owned(),
        OTHER_TOKEN.to_owned(),
        "a-new-password-6".to_owned(),
        "argon2".to_owned(),
        server.master().to_hex().to_string(),
        hex(&server.master().check_value()),
    ];
    secrets.extend([Key::BOT.secret, Key::BOT.access_token, Key::BOT.access_token_secret].map(str::to_owned));
    let typed = ["a-wrong-secret", "a-wrong-password", "typed-as-name", "a-wrong-old", "a-refused-new"];
    secrets.extend(typed.map(str::to_owned));
    assert!(!ids.is_empty());
    secrets.extend(ids);
    for secret in secrets {
        assert!(!dump.contains(&secret), "{secret} is in the audit");
    }
}

/// The test above could not fail if it looked at nothing.
#[tokio::test]
async fn the_dump_has_what_is_no_secret() {
    let server = TestServer::start().await;
    server.session().await;
    let dump = dump(&server);
    assert!(dump.contains("12345678") && dump.contains("name") && dump.contains("7f000001"), "{dump}");
}
