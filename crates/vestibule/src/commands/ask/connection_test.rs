//! `vestibule connection test`: what a login came to, or would have.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::{Value, json};
use vestibule_auth::TEST_LASTS;
use vestibule_model::{Clock as _, visible};

use super::connection::{find, secret_of};
use crate::client::{ResourcePath, Service, ServiceError};
use crate::clock::SystemClock;
use crate::command_line::TestConnection;
use crate::exit_code::Refusal;
use crate::screen;

/// How often is asked whether a browser has come back.
const PAUSE: Duration = Duration::from_secs(1);

/// The report of a login; the exit code says whether it would be taken.
pub(super) async fn run(service: &Service, test: &TestConnection) -> anyhow::Result<()> {
    let (_, place) = find(service, &test.one).await?;
    let report = if test.browser {
        by_browser(service, &place).await?
    } else {
        let body = match (&test.saml_response, &test.id_token) {
            (Some(file), _) => json!({ "saml_response": secret_of(file)?.as_str() }),
            (None, Some(file)) => json!({ "id_token": secret_of(file)?.as_str() }),
            (None, None) => Value::Null,
        };
        service.client.post(&place.at("test"), Some(&body)).await?.body
    };
    if service.output.is_json() {
        service.output.show(&report, &[]);
    } else {
        tell(&report);
    }
    if report["taken"] == true {
        return Ok(());
    }
    Err(Refusal::new("it would be refused").into())
}

/// Makes a test, says where a browser begins it, and waits for the report as long as the service keeps the test.
async fn by_browser(service: &Service, connection: &ResourcePath) -> anyhow::Result<Value> {
    let made = service.client.post(&connection.at("tests"), None).await?.body;
    let (id, address) = (made["id"].as_str().unwrap_or_default(), made["login_address"].as_str());
    screen::complain(format!(
        "Open this in a browser and log in at the identity provider; the test waits for ten minutes:\n{}",
        visible(address.unwrap_or_default())
    ));
    let begun = SystemClock.monotonic();
    loop {
        tokio::time::sleep(PAUSE).await;
        let waited = SystemClock.monotonic().since(begun);
        match service.client.get(&connection.at("tests").at(id), &[]).await {
            Ok(mut found) if found.body["report"].is_object() => return Ok(found.body["report"].take()),
            Ok(_) => {}
            Err(error) if error.status() == Some(StatusCode::NOT_FOUND) => {
                // The connection may be gone: then that is what is told.
                service.client.get(connection, &[]).await?;
                return Err(Refusal::new(gone(waited)).into());
            }
            Err(error) if is_busy(&error) && waited < TEST_LASTS => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Whether the same may work in a moment.
fn is_busy(error: &ServiceError) -> bool {
    error
        .status()
        .is_some_and(|status| status == StatusCode::TOO_MANY_REQUESTS || matches!(status.as_u16(), 502..=504))
}

/// Why a service that has the connection does not have the test any more, so long after it was made.
fn gone(after: Duration) -> &'static str {
    if after + PAUSE * 2 < TEST_LASTS {
        "the service does not know the test any more: it was started anew, or many tests were made after this one; make another one"
    } else {
        "no browser came back from the identity provider: what its page says is the reason; look there whether it knows the connection's entity_id and consumer_url, or redirect_uri"
    }
}

/// What came, then every check in its order, with what to do about it.
fn tell(report: &Value) {
    let list = |field: &str| report[field].as_array().cloned().unwrap_or_default();
    let word = |value: &Value, field: &str| value[field].as_str().unwrap_or_default().to_owned();
    for claim in list("claims") {
        let values = claim["values"].as_array().cloned().unwrap_or_default();
        let values: Vec<&str> = values.iter().filter_map(Value::as_str).collect();
        let (name, values) = (word(&claim, "name"), values.join(", "));
        match claim["time"].as_str() {
            Some(time) => say(&format!("{name}: {time} ({values})")),
            None => say(&format!("{name}: {values}")),
        }
    }
    for signature in list("signatures") {
        let (flaw, by) = (word(&signature, "flaw"), word(&signature, "verified_by"));
        let is_right = match (flaw.is_empty(), by.is_empty()) {
            (false, _) => flaw,
            (true, false) => format!("right, by {by}"),
            (true, true) => "right".to_owned(),
        };
        say(&format!("signature of {}: {is_right}", word(&signature, "element")));
    }
    for check in list("checks") {
        let (name, refusal) = (word(&check, "check"), word(&check, "refusal"));
        if refusal.is_empty() {
            say(&format!("ok       {name}: {}", word(&check, "found")));
        } else {
            say(&format!("REFUSED  {name}: {refusal}"));
            say(&format!("         {}", word(&check, "fix")));
        }
    }
    if let Some(user) = report["user"].as_str() {
        let does = if report["taken"] == true { "logs in" } else { "names" };
        say(&format!("{does} {user}"));
    }
}

/// What others wrote is shown as it is, and may be made to be shown otherwise.
fn say(line: &str) {
    screen::say(visible(line));
}
