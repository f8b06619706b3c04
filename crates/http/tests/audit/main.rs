//! The audit behind the wire: what a real server writes of what real clients do.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed, and says where")]

mod ends;
mod flood;
mod logins;
mod retention;
mod secrecy;
mod whole_entries;
mod why;

use reqwest::Response;
use serde_json::{Value, json};
use vestibule_model::{AuditAction, AuditEntry, AuditReason, AuditRecord, EndReason, Refusal};
use vestibule_store::{AuditOrder, AuditQuery};
use vestibule_testkit::{ACCOUNT, TOKEN, TestServer};

/// Every entry, the oldest first.
async fn audit(server: &TestServer) -> Vec<AuditEntry> {
    let mut query = AuditQuery { order: AuditOrder::OldestFirst, limit: 1_000, ..AuditQuery::default() };
    let mut all = Vec::new();
    loop {
        let page = server.auth.audit(query.clone()).await.unwrap();
        all.extend(page.entries);
        query.behind = page.next;
        if page.next.is_none() {
            return all;
        }
    }
}

async fn of_action(server: &TestServer, action: AuditAction) -> Vec<AuditRecord> {
    let entries = audit(server).await.into_iter().map(|entry| entry.record);
    entries.filter(|record| record.action == action).collect()
}

/// Why sessions ended, in the order in which they did.
async fn ends(server: &TestServer) -> Vec<EndReason> {
    let ended = of_action(server, AuditAction::SessionEnded).await;
    ended
        .iter()
        .filter_map(|record| match record.reason {
            Some(AuditReason::Ended(reason)) => Some(reason),
            _ => None,
        })
        .collect()
}

/// Why something was refused, and how often.
async fn refusals(server: &TestServer, action: AuditAction) -> Vec<(Refusal, u32)> {
    let refused = of_action(server, action).await;
    refused
        .iter()
        .filter_map(|record| match record.reason {
            Some(AuditReason::Refused(why)) => Some((why, record.count)),
            _ => None,
        })
        .collect()
}

async fn livevox_login(server: &TestServer, user: &str, password: &str) -> Response {
    let body = json!({ "clientName": "TEST", "userName": user, "password": password });
    let request = server.request(reqwest::Method::POST, "/session/login");
    request.header("LV-Access", TOKEN).json(&body).send().await.unwrap()
}

/// A LiveVox session's id.
async fn livevox_session(server: &TestServer, user: &str, password: &str) -> String {
    let body: Value = livevox_login(server, user, password).await.json().await.unwrap();
    body["sessionId"].as_str().unwrap().to_owned()
}

async fn delete(server: &TestServer, path: &str, session: &str) -> u16 {
    let request = server.request(reqwest::Method::DELETE, path).header("LV-Session", session);
    request.send().await.unwrap().status().as_u16()
}

async fn change_password(server: &TestServer, old: &str, new: &str) -> u16 {
    let body = json!({ "clientName": "TEST", "userName": "name", "password": old, "newPassword": new });
    server.post("/session/password", &body).await.status().as_u16()
}

/// A login to an account, which may not be there.
async fn log_in_to(server: &TestServer, account: &str, user: &str) -> u16 {
    let body = json!({ "username": user, "password": "password" });
    server.post(&format!("/api/account/{account}/login?v=1.3"), &body).await.status().as_u16()
}

fn here() -> Option<vestibule_model::AccountId> {
    ACCOUNT.parse().ok()
}
