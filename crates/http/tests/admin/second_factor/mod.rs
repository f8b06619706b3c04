//! `/admin/v1/second-factor`, and what it asks of logins

mod meanwhile;
mod required;
mod without_password;

use std::sync::atomic::Ordering;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use totp_rs::{Builder, Secret};
use vestibule_auth::Settings;
use vestibule_model::{AuditAction, AuditReason, Clock as _, LockoutPolicy, Refusal, Unlock};
use vestibule_store::{AuditQuery, Change};

use crate::described::Described;
use crate::support::{Answer, Instance, PASSWORD};

const PATH: &str = "/admin/v1/second-factor";
const CONFIRM: &str = "/admin/v1/second-factor/confirm";
const REMOVE: &str = "/admin/v1/second-factor/remove";
const RENEW: &str = "/admin/v1/second-factor/recovery-codes";
const REQUIRED: &str = "urn:vestibule:second-factor-required";

/// The code that a device with this secret shows, by the server's clock.
pub(crate) fn code(instance: &Instance, secret: &str) -> String {
    let secret = Secret::try_from_base32(secret).unwrap();
    let now = u64::try_from(instance.server.clock.now().as_unix()).unwrap() / 1_000;
    Builder::new().with_secret(secret).build_noncompliant().generate(now).to_string()
}

/// The code of the next step, which was not shown yet.
fn next_code(instance: &Instance, secret: &str) -> String {
    instance.server.clock.advance(Duration::from_secs(30));
    code(instance, secret)
}

/// The owner with a second factor.
struct Enrolled {
    instance: Instance,
    secret: String,
    recovery: Vec<String>,
}

impl Enrolled {
    async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    async fn start_with(change: impl FnOnce(&mut Settings)) -> Self {
        let mut instance = Instance::start_with(change).await;
        let bearer = instance.owner.clone();
        let (secret, set_up) = set_up(&instance, &bearer, PASSWORD).await;
        instance.owner = text(&set_up, "token");
        let recovery = texts(&set_up.body["recovery_codes"]);
        Self { instance, secret, recovery }
    }

    /// In an account where no password locks anybody.
    async fn after_ten_wrong_codes() -> Self {
        let enrolled = Self::start().await;
        let home = enrolled.instance.server.store.account("administrators".parse().unwrap()).await;
        let mut home = home.unwrap().unwrap().account;
        home.lockout_policy.failures = 0;
        enrolled.instance.server.change(vec![Change::PutAccount(home.into())]).await;
        for _ in 0..10 {
            assert_eq!(enrolled.log_in("wrong").await.status, 401);
        }
        enrolled
    }

    fn next_code(&self) -> String {
        next_code(&self.instance, &self.secret)
    }

    async fn log_in(&self, code: &str) -> Answer {
        log_in(&self.instance, PASSWORD, Some(code)).await
    }

    /// Asks one of the operations that take password and code.
    async fn show(&self, path: &str, password: &str, code: &str) -> Answer {
        self.instance.send(Method::POST, path, json!({ "password": password, "code": code })).await
    }
}

fn text(answer: &Answer, field: &str) -> String {
    answer.body[field].as_str().expect("the field").to_owned()
}

fn texts(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

async fn begin(instance: &Instance, bearer: &str) -> (String, String) {
    let begun = instance.ask(Some(bearer), (Method::POST, PATH), None).await;
    assert_eq!(begun.status, 200, "{begun:?}");
    let (secret, state) = (text(&begun, "secret"), text(&begun, "state"));
    assert!(text(&begun, "address").contains(&secret), "{begun:?}");
    (secret, state)
}

/// Sets one up for whoever has this bearer and this password: the secret, and the answer.
async fn set_up(instance: &Instance, bearer: &str, password: &str) -> (String, Answer) {
    let (secret, state) = begin(instance, bearer).await;
    let body = json!({ "state": state, "code": code(instance, &secret), "password": password });
    (secret, instance.ask(Some(bearer), (Method::POST, CONFIRM), Some(body)).await)
}

async fn log_in(instance: &Instance, password: &str, code: Option<&str>) -> Answer {
    log_in_as(instance, "admin", password, code).await
}

async fn log_in_as(instance: &Instance, name: &str, password: &str, code: Option<&str>) -> Answer {
    let mut body = json!({ "username": name, "password": password });
    if let Some(code) = code {
        body["code"] = code.into();
    }
    instance.ask(None, (Method::POST, "/admin/v1/login"), Some(body)).await
}

/// Another owner, `jane`, with the owner's password; her id.
async fn another_owner(instance: &Instance) -> i64 {
    instance.administrator("jane", "owner").await
}

async fn refusals(instance: &Instance) -> Vec<Refusal> {
    let page = instance.server.auth.audit(AuditQuery { limit: 200, ..AuditQuery::default() }).await.unwrap();
    let reasons = page.entries.iter().filter_map(|entry| entry.record.reason);
    reasons
        .filter_map(|reason| match reason {
            AuditReason::Refused(why) => Some(why),
            AuditReason::Ended(_) => None,
        })
        .collect()
}

#[tokio::test]
async fn a_login_asks_for_the_code_after_the_right_password_alone() {
    let enrolled = Enrolled::start().await;
    let asked = log_in(&enrolled.instance, PASSWORD, None).await;
    assert_eq!((asked.status, &asked.body["type"]), (401, &json!(REQUIRED)), "{asked:?}");
    let wrong = log_in(&enrolled.instance, "wrong", None).await;
    assert_eq!((wrong.status, &wrong.body["type"]), (401, &json!("about:blank")), "{wrong:?}");
    let right = enrolled.log_in(&enrolled.next_code()).await;
    assert_eq!(right.status, 200, "{right:?}");
    let bearer = right.body["token"].as_str();
    assert_eq!(enrolled.instance.ask(bearer, (Method::GET, "/admin/v1/accounts"), None).await.status, 200);
    assert!(refusals(&enrolled.instance).await.contains(&Refusal::SecondFactorNeeded));
}

#[tokio::test]
async fn it_is_set_up_with_a_code_of_the_device_and_the_password() {
    let instance = Instance::start().await;
    let (secret, state) = begin(&instance, &instance.owner).await;
    let confirm = async |state: &str, code: &str, password: &str| {
        let body = json!({ "state": state, "code": code, "password": password });
        instance.send(Method::POST, CONFIRM, body).await
    };
    let code = code(&instance, &secret);
    for (shown, field) in [
        ((state.as_str(), "wrong", PASSWORD), "code"),
        ((&state, &code, "wrong"), "password"),
        (("none", &code, PASSWORD), "state"),
    ] {
        let refused = confirm(shown.0, shown.1, shown.2).await;
        assert_eq!((refused.status, &refused.body["field"]), (422, &json!(field)), "{refused:?}");
    }
    assert_eq!(instance.get(PATH).await.body["since"], Value::Null);
    let set_up = confirm(&state, &code, PASSWORD).await;
    assert_eq!((set_up.status, texts(&set_up.body["recovery_codes"]).len()), (200, 10), "{set_up:?}");
}

#[tokio::test]
async fn setting_it_up_ends_the_sessions_that_a_password_alone_has_opened() {
    let mut instance = Instance::start().await;
    let other = instance.log_in("admin", PASSWORD).await.body["token"].as_str().unwrap().to_owned();
    let own = instance.owner.clone();
    let (_, set_up) = set_up(&instance, &own, PASSWORD).await;
    for bearer in [&other, &own] {
        let answer = instance.ask(Some(bearer), (Method::GET, PATH), None).await;
        assert_eq!(answer.status, 401, "{answer:?}");
    }
    instance.owner = text(&set_up, "token");
    let shown = instance.get(PATH).await;
    assert_eq!((&shown.body["recovery_codes_left"], &shown.body["required"]), (&json!(10), &json!(false)));
    assert_eq!(instance.get("/admin/v1/accounts").await.status, 200);
}

#[tokio::test]
async fn why_those_sessions_ended_is_told_with_who_set_it_up() {
    let mut instance = Instance::start().await;
    let listed = instance.get("/admin/v1/sessions?account=administrators").await;
    let reference = listed.body["sessions"][0]["reference"].clone();
    let (_, set_up) = set_up(&instance, &instance.owner, PASSWORD).await;
    instance.owner = text(&set_up, "token");
    let why = instance.send(Method::POST, "/admin/v1/why", json!({ "session": reference })).await;
    let answer = why.body["lives"][0]["answer"].as_str().unwrap();
    assert!(answer.contains("credentials were changed by administrator admin"), "{answer}");
}

#[tokio::test]
async fn it_is_still_asked_for_after_a_restart() {
    let mut enrolled = Enrolled::start().await;
    enrolled.instance.server.restart().await;
    assert_eq!(log_in(&enrolled.instance, PASSWORD, None).await.status, 401);
    assert_eq!(enrolled.log_in(&enrolled.next_code()).await.status, 200);
}

#[tokio::test]
async fn s13_a_code_of_an_administrator_logs_in_once_whoever_shows_it_again() {
    let enrolled = Enrolled::start().await;
    let used = code(&enrolled.instance, &enrolled.secret);
    assert_eq!(enrolled.log_in(&used).await.status, 401, "that which set it up is used");
    let code = enrolled.next_code();
    let all = tokio::join!(enrolled.log_in(&code), enrolled.log_in(&code), enrolled.log_in(&code));
    let mut statuses = [all.0.status, all.1.status, all.2.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 401, 401]);
    assert!(refusals(&enrolled.instance).await.contains(&Refusal::AlreadyUsed));
}

#[tokio::test]
async fn s13_a_recovery_code_of_an_administrator_counts_once_also_after_a_restart() {
    let mut enrolled = Enrolled::start().await;
    let recovery = enrolled.recovery[0].clone();
    assert_eq!(enrolled.log_in(&recovery).await.status, 200);
    assert_eq!(enrolled.log_in(&recovery).await.status, 401);
    enrolled.instance.server.restart().await;
    assert_eq!(enrolled.log_in(&recovery).await.status, 401);
    assert_eq!(enrolled.instance.get(PATH).await.body["recovery_codes_left"], 9);
}

#[tokio::test]
async fn l_wrong_codes_of_administrators_lock_and_a_right_password_between_them_forgets_nothing() {
    let enrolled = Enrolled::start().await;
    let policy = LockoutPolicy { failures: 3, unlock: Unlock::AfterMinutes(30) };
    let home =
        enrolled.instance.server.store.account("administrators".parse().unwrap()).await.unwrap().unwrap();
    let mut home = home.account;
    home.lockout_policy = policy;
    enrolled.instance.server.change(vec![Change::PutAccount(home.into())]).await;
    for _ in 0..3 {
        assert_eq!(log_in(&enrolled.instance, PASSWORD, None).await.body["type"], REQUIRED);
        assert_eq!(enrolled.log_in("wrong").await.status, 401);
    }
    assert_eq!(enrolled.log_in(&enrolled.next_code()).await.status, 401, "locked");
    enrolled.instance.server.clock.advance(Duration::from_mins(30));
    assert_eq!(enrolled.log_in(&enrolled.next_code()).await.status, 200);
    let reasons = refusals(&enrolled.instance).await;
    assert!(
        reasons.contains(&Refusal::WrongOneTimeCode) && reasons.contains(&Refusal::Locked),
        "{reasons:?}"
    );
}

#[tokio::test]
async fn l_ten_wrong_codes_of_an_administrator_in_a_row_are_the_most_where_none_lock() {
    let enrolled = Enrolled::after_ten_wrong_codes().await;
    assert_eq!(enrolled.log_in(&enrolled.next_code()).await.status, 429);
    enrolled.instance.server.clock.advance(Duration::from_mins(15));
    assert_eq!(enrolled.log_in(&enrolled.next_code()).await.status, 200);
}

#[tokio::test]
async fn whoever_is_unlocked_has_no_wrong_codes_any_more() {
    let enrolled = Enrolled::after_ten_wrong_codes().await;
    let unlock =
        format!("/admin/v1/accounts/administrators/users/{}/unlock", enrolled.instance.owner_id().await);
    let owner = Some(enrolled.instance.owner.as_str());
    assert_eq!(enrolled.instance.ask(owner, (Method::POST, &unlock), None).await.status, 204);
    let unlocked =
        AuditQuery { action: Some(AuditAction::UserUnlocked), limit: 200, ..AuditQuery::default() };
    assert_eq!(
        enrolled.instance.server.auth.audit(unlocked).await.unwrap().entries.len(),
        1,
        "somebody did it"
    );
    assert_eq!(enrolled.log_in(&enrolled.next_code()).await.status, 200);
}

#[tokio::test]
async fn l5_a_login_with_a_code_is_answered_alike_and_costs_a_hash_whoever_it_names() {
    let enrolled = Enrolled::start().await;
    let code = enrolled.next_code();
    let filled = || enrolled.instance.server.auth.hash_pool_gauges().filled_kib.load(Ordering::SeqCst);
    let mut answers = Vec::new();
    for (name, password, code) in [
        ("nobody", "wrong", Some(code.as_str())),
        ("admin", "wrong", Some(&code)),
        ("admin", "wrong", None),
        ("admin", PASSWORD, Some("wrong")),
    ] {
        let before = filled();
        let answer = log_in_as(&enrolled.instance, name, password, code).await;
        answers.push((answer.status, answer.body, filled() - before));
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    assert_eq!(enrolled.log_in(&code).await.status, 200, "it was not used up by a wrong password");
}

#[tokio::test]
async fn removing_it_needs_the_password_and_a_code() {
    let enrolled = Enrolled::start().await;
    let code = enrolled.next_code();
    for (password, shown, field) in [("wrong", code.as_str(), "password"), (PASSWORD, "wrong", "code")] {
        let refused = enrolled.show(REMOVE, password, shown).await;
        assert_eq!((refused.status, &refused.body["field"]), (422, &json!(field)), "{refused:?}");
    }
    // Nor by the way in which that of somebody else is reset.
    let id = enrolled.instance.owner_id().await;
    let reset = format!("/admin/v1/accounts/administrators/users/{id}/second-factor");
    assert_eq!(enrolled.instance.delete(&reset).await.status, 409);
    assert_eq!(log_in(&enrolled.instance, PASSWORD, None).await.status, 401);
    assert_eq!(enrolled.show(REMOVE, PASSWORD, &code).await.status, 204);
    assert_eq!(log_in(&enrolled.instance, PASSWORD, None).await.status, 200);
    assert_eq!(enrolled.show(REMOVE, PASSWORD, &code).await.status, 409, "there is none any more");
}

#[tokio::test]
async fn that_ones_own_is_not_reset_is_described() {
    let enrolled = Enrolled::start().await;
    let reset = ("delete", "/admin/v1/accounts/{account}/users/{user}/second-factor");
    let (account, user) = (json!("administrators"), json!(enrolled.instance.owner_id().await));
    let api = Described::by(&enrolled.instance).await;
    let refused = api.call(reset, &[("account", &account), ("user", &user)], None).await;
    assert_eq!(refused.status, 409, "{refused:?}");
}

#[tokio::test]
async fn new_recovery_codes_take_the_place_of_those_of_before() {
    let enrolled = Enrolled::start().await;
    let renewed = enrolled.show(RENEW, PASSWORD, &enrolled.next_code()).await;
    let new = texts(&renewed.body["recovery_codes"]);
    assert_eq!((renewed.status, new.len()), (200, 10), "{renewed:?}");
    assert_eq!(enrolled.log_in(&enrolled.recovery[0]).await.status, 401);
    assert_eq!(enrolled.log_in(&new[0]).await.status, 200);
}

#[tokio::test]
async fn an_owner_resets_that_of_another_administrator() {
    let enrolled = Enrolled::start().await;
    let jane = another_owner(&enrolled.instance).await;
    let bearer = log_in_as(&enrolled.instance, "jane", "F1rst-admin-pass", None).await.body["token"].clone();
    let bearer = bearer.as_str().unwrap();
    let (_, set_up) = set_up(&enrolled.instance, bearer, "F1rst-admin-pass").await;
    assert_eq!(set_up.status, 200, "{set_up:?}");
    assert_eq!(log_in_as(&enrolled.instance, "jane", "F1rst-admin-pass", None).await.status, 401);
    let listed = enrolled.instance.get(&format!("/admin/v1/administrators/{jane}")).await;
    assert_eq!(listed.body["has_second_factor"], true, "{listed:?}");
    let reset = format!("/admin/v1/accounts/administrators/users/{jane}/second-factor");
    assert_eq!(enrolled.instance.delete(&reset).await.status, 204);
    assert_eq!(log_in_as(&enrolled.instance, "jane", "F1rst-admin-pass", None).await.status, 200);
}

#[tokio::test]
async fn a_change_of_password_needs_a_code_as_well() {
    let enrolled = Enrolled::start().await;
    let change = async |code: Option<&str>| {
        let body = json!({ "username": "admin", "password": PASSWORD, "new_password": "An0ther-admin-pass", "code": code });
        enrolled.instance.ask(None, (Method::POST, "/admin/v1/password"), Some(body)).await
    };
    let asked = change(None).await;
    assert_eq!((asked.status, &asked.body["type"]), (401, &json!(REQUIRED)), "{asked:?}");
    assert_eq!(change(Some("wrong")).await.status, 401);
    assert_eq!(change(Some(&enrolled.next_code())).await.status, 204);
    let code = enrolled.next_code();
    assert_eq!(log_in(&enrolled.instance, "An0ther-admin-pass", Some(&code)).await.status, 200);
}

#[tokio::test]
async fn the_audit_says_who_set_one_up_and_who_took_it_away() {
    let enrolled = Enrolled::start().await;
    assert_eq!(enrolled.show(REMOVE, PASSWORD, &enrolled.next_code()).await.status, 204);
    let query = AuditQuery { limit: 200, ..AuditQuery::default() };
    let page = enrolled.instance.server.auth.audit(query).await.unwrap();
    for action in [AuditAction::SecondFactorSet, AuditAction::SecondFactorRemoved] {
        let entry = page.entries.iter().find(|entry| entry.record.action == action).expect("an entry");
        let text = serde_json::to_string(&entry.record).unwrap();
        assert!(text.contains("second_factor") && text.contains("admin"), "{text}");
        assert!(!text.contains(&enrolled.secret) && !text.contains(&enrolled.recovery[0]), "{text}");
    }
}
