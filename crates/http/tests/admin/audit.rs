//! `/admin/v1/audit` and `/admin/v1/audit/export`

use reqwest::Method;
use serde_json::{Value, json};
use vestibule_testkit::ACCOUNT;

use crate::support::{Answer, Instance};

const AUDIT: &str = "/admin/v1/audit";

fn entries(answer: &Answer) -> Vec<Value> {
    answer.body["entries"].as_array().expect("a list of entries").clone()
}

async fn found(instance: &Instance, filter: &str) -> Vec<Value> {
    entries(&instance.get(&format!("{AUDIT}?{filter}")).await)
}

async fn export(instance: &Instance, bearer: &str, filter: &str) -> Vec<Value> {
    let answer = instance.raw(bearer, &format!("{AUDIT}/export?{filter}")).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], "application/jsonl");
    let text = answer.text().await.unwrap();
    assert!(text.is_empty() || text.ends_with('\n'));
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn entries_are_found_by_account_user_session_action_and_time() {
    let instance = Instance::start().await;
    let session = instance.server.session().await;
    instance.server.log_out(&session).await;
    let logged_in = found(&instance, &format!("account={ACCOUNT}&action=logged-in")).await;
    let [opened] = logged_in.as_slice() else { panic!("one login: {logged_in:?}") };
    assert_eq!((&opened["action"], &opened["user"]), (&json!("logged-in"), &json!(3_705_342_601_i64)));
    let (session, at) = (opened["session"].as_str().unwrap(), opened["at"].as_i64().unwrap());
    assert_eq!(found(&instance, &format!("session={session}")).await.len(), 2);
    assert_eq!(found(&instance, "user=3705342601&action=session-ended").await.len(), 1);
    assert_eq!(found(&instance, "user=1").await.len(), 0);
    assert_eq!(found(&instance, &format!("user=3705342601&since={at}")).await.len(), 2);
    assert_eq!(found(&instance, &format!("user=3705342601&until={at}")).await.len(), 0);
}

#[tokio::test]
async fn entries_are_found_by_who_did_it_by_which_application_and_from_where() {
    let instance = Instance::start().await;
    instance.server.session().await;
    let of_user = found(&instance, "actor=user:3705342601").await;
    assert_eq!(of_user.len(), 1, "{of_user:?}");
    assert_eq!(found(&instance, "actor=user:1").await.len(), 0);
    assert_eq!(found(&instance, "actor=user:3705342601&address=127.0.0.1").await.len(), 1);
    assert_eq!(found(&instance, "actor=user:3705342601&address=::ffff:127.0.0.1").await.len(), 1);
    assert_eq!(found(&instance, "actor=user:3705342601&address=192.0.2.1").await.len(), 0);
    assert_eq!(found(&instance, "application=1").await.len(), 0);
    assert_eq!(export(&instance, &instance.owner, "actor=user:3705342601").await.len(), 1);
}

#[tokio::test]
async fn entries_are_found_by_what_was_changed() {
    let instance = Instance::start().await;
    let path = format!("/admin/v1/accounts/{ACCOUNT}/groups");
    let made =
        instance.ask(Some(&instance.owner), (Method::POST, &path), Some(json!({ "name": "One" }))).await;
    let id = made.body["id"].as_i64().unwrap();
    let of_group = found(&instance, &format!("target=group:{id}")).await;
    assert_eq!(of_group.len(), 1, "{of_group:?}");
    assert_eq!(found(&instance, &format!("target=skill:{id}")).await.len(), 0);
    assert_eq!(export(&instance, &instance.owner, &format!("target=group:{id}")).await.len(), 1);
    let exported = &found(&instance, "action=audit-exported").await[0];
    assert_eq!(exported["details"]["target"], json!(format!("group:{id}")));
    let answer = instance.get(&format!("{AUDIT}?target=groups:1")).await;
    assert_eq!((answer.status, &answer.body["field"]), (400, &json!("target")));
}

#[tokio::test]
async fn the_total_is_told_of_all_pages_to_whoever_asks() {
    let instance = Instance::start().await;
    instance.server.session().await;
    instance.server.session().await;
    let page = instance.get(&format!("{AUDIT}?action=logged-in&account={ACCOUNT}&limit=1&total=true")).await;
    assert_eq!(
        (entries(&page).len(), &page.body["total"], &page.body["total_is_exact"]),
        (1, &json!(2), &json!(true))
    );
    let page = instance.get(&format!("{AUDIT}?limit=1")).await;
    assert_eq!((&page.body["total"], &page.body["total_is_exact"]), (&Value::Null, &Value::Null));
}

#[tokio::test]
async fn who_may_not_see_administrators_is_told_the_total_without_them() {
    let instance = Instance::start().await;
    instance.server.session().await;
    let (auditor, _) = instance.token("all", "auditor", None).await;
    let path = format!("{AUDIT}?limit=1000&total=true");
    let seen = instance.ask(Some(&auditor), (Method::GET, &path), None).await;
    let entries = entries(&seen);
    assert!(entries.iter().all(|entry| entry["account"] != json!("administrators")));
    assert_eq!(seen.body["total"], json!(entries.len()));
    let of_owner = instance.get(&path).await;
    assert!(of_owner.body["total"].as_u64() > seen.body["total"].as_u64());
}

#[tokio::test]
async fn the_entry_about_a_refusal_is_found_by_its_id() {
    let instance = Instance::start().await;
    let mut ids = Vec::new();
    for account in ["one", "two"] {
        let path = format!("/api/account/{account}/login?v=1.3");
        let body = json!({ "jwt": "dummy", "assertion": "PHg+" });
        let answer = instance.server.post(&path, &body).await;
        ids.push(answer.headers()["x-vestibule-refusal"].to_str().unwrap().to_owned());
    }
    let path = format!("/api/account/{ACCOUNT}/login?v=1.3");
    let answer = instance.server.post(&path, &json!({ "jwt": "dummy", "assertion": "PHg+" })).await;
    let id = answer.headers()["x-vestibule-refusal"].to_str().unwrap().to_owned();
    let [entry] = &found(&instance, &format!("refusal={id}")).await[..] else { panic!("one entry") };
    assert_eq!((&entry["account"], &entry["details"]["refusal"]), (&json!(ACCOUNT), &json!(id)));
    assert_eq!(found(&instance, &format!("refusal={}", id.to_uppercase())).await.len(), 1);
    assert_eq!(found(&instance, "refusal=0000000000000000").await.len(), 0);
    assert_eq!(export(&instance, &instance.owner, &format!("refusal={}", ids[0])).await.len(), 1);
}

#[tokio::test]
async fn the_newest_come_first_unless_asked_otherwise() {
    let instance = Instance::start().await;
    let places = async |order: &str| {
        let entries = found(&instance, order).await;
        entries.iter().map(|entry| entry["sequence"].as_i64().unwrap()).collect::<Vec<_>>()
    };
    let newest = places("").await;
    assert!(newest.len() > 2 && newest.is_sorted_by(|left, right| left > right), "{newest:?}");
    assert!(places("order=oldest-first").await.is_sorted());
}

#[tokio::test]
async fn pages_have_every_entry_once() {
    let instance = Instance::start().await;
    instance.server.session().await;
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = instance.get(&format!("{AUDIT}?limit=1&order=oldest-first{cursor}")).await;
        seen.extend(entries(&page).iter().map(|entry| entry["sequence"].as_i64().unwrap()));
        let Some(next) = page.body["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert!(seen.len() > 4);
    assert_eq!(seen, (1..=i64::try_from(seen.len()).unwrap()).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_cursor_outlives_a_restart() {
    let mut instance = Instance::start().await;
    let next = instance.get(&format!("{AUDIT}?limit=1")).await.body["next"].as_str().unwrap().to_owned();
    instance.server.restart().await;
    assert_eq!(instance.get(&format!("{AUDIT}?limit=1&cursor={next}")).await.status, 200);
}

#[tokio::test]
async fn a4_forged_and_foreign_cursors_are_refused() {
    let instance = Instance::start().await;
    let next = instance.get(&format!("{AUDIT}?limit=1")).await.body["next"].as_str().unwrap().to_owned();
    let forged = format!("1.{}", "0".repeat(16));
    for cursor in [forged, ".".to_owned(), format!("{next}0"), format!("{next}&account={ACCOUNT}")] {
        let answer = instance.get(&format!("{AUDIT}?cursor={cursor}")).await;
        assert_eq!((answer.status, &answer.body["field"]), (400, &json!("cursor")), "{cursor}");
    }
}

#[tokio::test]
async fn a4_a_parameter_out_of_its_form_is_refused_by_its_name() {
    let instance = Instance::start().await;
    for (query, field) in [
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("limit=-1", "limit"),
        ("actor=1", "actor"),
        ("actor=user:x", "actor"),
        ("application=x", "application"),
        ("address=x", "address"),
        ("total=1", "total"),
        ("user=1&user=2", "user"),
        ("user=99999999999999999999", "user"),
        ("since=now", "since"),
        ("action=nothing", "action"),
        ("session=1", "session"),
        ("order=up", "order"),
        ("refusal=1", "refusal"),
        ("account=a-b", "account"),
    ] {
        let answer = instance.get(&format!("{AUDIT}?{query}")).await;
        assert_eq!((answer.status, &answer.body["field"]), (400, &json!(field)), "{query}: {answer:?}");
    }
    assert_eq!(instance.get(&format!("{AUDIT}/export?limit=5")).await.body["field"], json!("limit"));
}

#[tokio::test]
async fn failures_of_this_minute_are_there() {
    let instance = Instance::start().await;
    instance.server.log_in("name", "wrong").await;
    let refused = found(&instance, &format!("account={ACCOUNT}&action=log-in-refused")).await;
    assert_eq!(refused[0]["reason"], json!("wrong-password"));
}

#[tokio::test]
async fn who_is_limited_to_an_account_sees_its_entries_only() {
    let instance = Instance::start().await;
    instance.other_account().await;
    instance.server.session().await;
    for role in ["administrator", "auditor"] {
        let (here, _) = instance.token(&format!("{role} here"), role, Some(ACCOUNT)).await;
        let (there, _) = instance.token(&format!("{role} there"), role, Some("other")).await;
        let seen =
            async |bearer: &str| entries(&instance.ask(Some(bearer), (Method::GET, AUDIT), None).await);
        let seen_here = seen(&here).await;
        assert!(seen_here.iter().any(|entry| entry["action"] == "logged-in"));
        assert!(seen_here.iter().all(|entry| entry["account"] == ACCOUNT), "{seen_here:?}");
        assert!(seen(&there).await.iter().all(|entry| entry["account"] == "other"));
        assert!(export(&instance, &there, "").await.iter().all(|entry| entry["account"] == "other"));
        for account in [ACCOUNT, "nowhere", "administrators"] {
            for path in [format!("{AUDIT}?account={account}"), format!("{AUDIT}/export?account={account}")] {
                assert_eq!(instance.raw(&there, &path).await.status(), 403, "{path}");
            }
        }
    }
}

#[tokio::test]
async fn entries_of_the_administrators_account_are_for_owners() {
    let instance = Instance::start().await;
    let (auditor, _) = instance.token("all", "auditor", None).await;
    let of_home = |entries: &[Value]| entries.iter().any(|entry| entry["account"] == "administrators");
    assert!(of_home(&found(&instance, "").await));
    let seen = entries(&instance.ask(Some(&auditor), (Method::GET, AUDIT), None).await);
    assert!(!seen.is_empty() && !of_home(&seen), "{seen:?}");
    assert!(!of_home(&export(&instance, &auditor, "").await));
    let path = format!("{AUDIT}?account=administrators");
    assert_eq!(instance.ask(Some(&auditor), (Method::GET, &path), None).await.status, 403);
}

#[tokio::test]
async fn an_export_has_every_entry_and_tells_of_itself() {
    let instance = Instance::start().await;
    instance.server.session().await;
    let exported = export(&instance, &instance.owner, "").await;
    let mut listed = found(&instance, "order=oldest-first").await;
    assert_eq!(exported, listed);
    let own = listed.pop().unwrap();
    assert_eq!((&own["action"], &own["actor"]["name"]), (&json!("audit-exported"), &json!("admin")));
    assert_eq!(own["target"]["kind"], json!("audit"));
}

#[tokio::test]
async fn an_export_says_what_it_was_limited_to() {
    let instance = Instance::start().await;
    let filter = format!("account={ACCOUNT}&user=7&since=5&action=logged-in");
    assert_eq!(export(&instance, &instance.owner, &filter).await, Vec::<Value>::new());
    let told = found(&instance, "action=audit-exported").await.remove(0);
    assert_eq!(told["account"], json!(ACCOUNT));
    assert_eq!(told["details"], json!({ "user": 7, "since": 5, "action": "logged-in" }));
}

#[tokio::test]
async fn an_export_of_many_pages_has_every_entry_once() {
    use vestibule_model::{Actor, AuditAction, AuditRecord, Means, Millis};
    use vestibule_store::Change;

    let instance = Instance::start().await;
    let record = AuditRecord::new(Millis::EPOCH, AuditAction::Restored, Actor::System, Means::System);
    let many = vec![Change::Audit(record.into()); 2_500];
    instance.server.store.commit(many).await.unwrap();
    for order in ["oldest-first", "newest-first"] {
        let exported = export(&instance, &instance.owner, &format!("action=restored&order={order}")).await;
        assert_eq!(exported.len(), 2_500, "{order}");
    }
}

#[tokio::test]
async fn entries_about_a_user_bear_their_login_name() {
    let instance = Instance::start().await;
    instance.server.session().await;
    instance.server.log_in("name", "wrong").await;
    let path = format!("/admin/v1/accounts/{ACCOUNT}/users/3705342601");
    instance.patch(&path, json!({ "nickname": "J" })).await;
    instance.patch(&path, json!({ "login_name": "renamed" })).await;
    instance.remove(&path).await;
    let entries =
        instance.get("/admin/v1/audit?user=3705342601&order=oldest-first").await.body["entries"].clone();
    let told = |entry: &Value| (entry["action"].clone(), entry["user_name"].clone());
    let told: Vec<_> = entries.as_array().unwrap().iter().map(told).collect();
    let expected = [
        ("logged-in", "name"),
        ("log-in-refused", "name"),
        ("changed", "name"),
        ("changed", "renamed"),
        ("session-ended", "renamed"),
        ("deleted", "renamed"),
    ];
    for (action, name) in expected {
        assert!(told.contains(&(json!(action), json!(name))), "{action} {name}: {told:?}");
    }
    assert!(told.iter().all(|(_, name)| name.is_string()), "{told:?}");
}
