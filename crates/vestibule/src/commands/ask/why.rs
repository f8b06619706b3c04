//! `vestibule why`

use serde_json::{Value, json};
use vestibule_model::visible;

use super::reference;
use crate::client::{ResourcePath, Service, ServiceError, ask_secret, items, secret_from_stdin, user_of};
use crate::command_line::WhyArguments;
use crate::moment;
use crate::screen;

pub(super) async fn run(service: &Service, arguments: &WhyArguments) -> anyhow::Result<()> {
    let body = question(service, arguments).await?;
    let answer = service.client.post(&ResourcePath::of("why"), Some(&body)).await?;
    let lives = items(answer.body)?;
    if service.output.is_json() {
        service.output.show(&Value::Array(lives), &[]);
        return Ok(());
    }
    if lives.is_empty() {
        return Err(ServiceError::NoSuch("the audit knows no session of that user".to_owned()).into());
    }
    for (index, life) in lives.iter().enumerate() {
        if index > 0 {
            screen::say("");
        }
        screen::say(told(life));
    }
    Ok(())
}

async fn question(service: &Service, arguments: &WhyArguments) -> anyhow::Result<Value> {
    if let (Some(account), Some(user)) = (arguments.account, &arguments.user) {
        let user = user_of(&service.client, account, user).await?;
        return Ok(json!({ "account": account.to_string(), "user": user }));
    }
    let session = match arguments.session.as_deref().unwrap_or("-") {
        "-" => {
            let pasted = if std::io::IsTerminal::is_terminal(&std::io::stdin()) {
                ask_secret("reference, bearer, cookie or LiveVox session id: ", "-")?
            } else {
                secret_from_stdin("-")?
            };
            pasted.reveal().trim().to_owned()
        }
        text => reference("SESSION", text)?.to_string(),
    };
    Ok(json!({ "session": session }))
}

/// A life for people: the answer first, then what happened.
fn told(life: &Value) -> String {
    let text =
        |value: &Value, field: &str| visible(value.get(field).and_then(Value::as_str).unwrap_or_default());
    let mut lines = vec![format!("session {}", text(life, "session")), text(life, "answer")];
    let steps = life.get("steps").and_then(Value::as_array).into_iter().flatten();
    lines.extend(steps.map(|step| {
        let at = step.get("at").and_then(Value::as_i64).map(moment::show).unwrap_or_default();
        format!("  {at}  {}", text(step, "text"))
    }));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_life_is_told_with_the_answer_first() {
        let life = json!({
            "session": "r", "answer": "It ended.", "state": { "kind": "gone" },
            "steps": [{ "at": 1_790_000_000_000_i64, "entry": 7, "text": "logged in" }],
        });
        assert_eq!(told(&life), "session r\nIt ended.\n  2026-09-21T14:13:20Z  logged in");
    }
}
