//! `POST …/secrets`: old and new secrets beside each other, and the sessions that rest on each.

mod api;
mod ends;
mod keys;
mod tokens;

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use vestibule_model::{Clock, Concurrency, SessionPolicy, WhenFull};
use vestibule_store::Change;
use vestibule_testkit::{ACCOUNT, Key};

use crate::applications::{bot_login, of, renewed_within};
use crate::support::{Answer, Instance};

/// The overlap of these tests: less than the idle limits of every dialect.
const OVERLAP: Duration = Duration::from_hours(1);

const MOMENT: Duration = Duration::from_millis(1);

/// A moment less than the overlap.
const ALMOST: Duration = Duration::from_millis(3_600_000 - 1);

/// The fixture's API key, OAuth client and first application token.
const KEY: &str = "api-keys/1";
const CLIENT: &str = "oauth-clients/2";
const TOKEN: &str = "application-tokens/1";

/// An instance whose bots may have several sessions, so that no login ends another, and whose owner shows a token that lives
/// longer than any overlap of these tests.
async fn instance() -> Instance {
    // However many logins with values of before fail.
    let mut instance = Instance::start_with(|settings| settings.failures.per_minute = 0).await;
    let expires = instance.server.clock.now().plus(24 * OVERLAP).as_unix();
    let body = json!({ "name": "renewals", "role": "owner", "expires": expires });
    let token = instance.send(Method::POST, "/admin/v1/administration-tokens", body).await.body;
    instance.owner = token["secret"].as_str().unwrap().to_owned();
    let concurrency = Concurrency::Many { limit: 0, when_full: WhenFull::Refuse };
    let mut account = instance.server.fixture.account.clone();
    account.session_policy = SessionPolicy { concurrency, ..account.session_policy };
    instance.server.change(vec![Change::PutAccount(account.into())]).await;
    instance
}

/// Other secrets for something of the fixture.
async fn renew(instance: &Instance, what: &str, overlap: Duration) -> Value {
    let answer = renewed_within(instance, &of(what), overlap.as_secs()).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.body
}

/// The values of the fixture's key, as a creation shows them.
fn old_key() -> Value {
    let Key { app_key, secret, access_token, access_token_secret } = Key::BOT;
    json!({
        "app_key": app_key, "secret": secret, "access_token": access_token,
        "access_token_secret": access_token_secret,
    })
}

fn old_client() -> Value {
    json!({ "client_id": "client-id", "secret": "client-secret" })
}

/// The tokens of a bot's session.
struct Bot {
    bearer: String,
    session: (String, String),
}

/// A bot of the fixture that logs in with these values.
async fn bot(instance: &Instance, name: &str, values: &Value) -> Bot {
    let answer = bot_login(instance, name, values).await;
    assert_eq!(answer.status(), 200, "{name} logs in");
    let body: Value = answer.json().await.unwrap();
    let text = |key: &str| body[key].as_str().unwrap().to_owned();
    Bot { bearer: text("bearer"), session: (text("sessionId"), text("csrf")) }
}

/// Whether a session may go on: whoever asks is told the same.
async fn lives(instance: &Instance, bot: &Bot) -> bool {
    let check = instance.server.request(Method::GET, "/gateway/check").bearer_auth(&bot.bearer);
    let check = check.send().await.unwrap().status().as_u16();
    let refresh = instance.server.refresh(&bot.session).await;
    assert_eq!(check == 200, refresh == 200, "check {check}, refresh {refresh}");
    refresh == 200
}

/// What the list of sessions shows of the account.
async fn sessions(instance: &Instance) -> Vec<Value> {
    let answer = instance.get(&format!("/admin/v1/sessions?account={ACCOUNT}")).await;
    answer.body["sessions"].as_array().unwrap().clone()
}

async fn shown(instance: &Instance, what: &str) -> Answer {
    instance.get(&of(what)).await
}
