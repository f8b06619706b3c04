//! `vestibule second-factor …`

use anyhow::Context;
use qrcode::render::unicode::Dense1x2;
use qrcode::{EcLevel, QrCode};
use serde_json::{Value, json};

use super::code::Codes;
use super::login::keep;
use crate::client::{
    Client, JsonResponse, Output, ResourcePath, Secret, Servers, Service, Target, TokenFrom, ask_secret,
    secret_from_stdin,
};
use crate::command_line::{PasswordAndCode, SecondFactorAction, ServiceArguments};
use crate::screen;

/// Reads password and code from standard input.
const FLAG: &str = "--password-stdin";

pub(super) async fn run(arguments: &ServiceArguments, action: SecondFactorAction) -> anyhow::Result<()> {
    let service = Service::open(arguments)?;
    match action {
        SecondFactorAction::Show => {
            let own = service.client.get(&place(), &[]).await?.body;
            service.output.show(&own, &["since", "recovery_codes_left", "required"]);
            Ok(())
        }
        SecondFactorAction::SetUp(shown) => set_up(arguments, &service, &shown).await,
        SecondFactorAction::RecoveryCodes(shown) => {
            let renewed = show(&service.client, "recovery-codes", &shown).await?.body;
            tell_codes(service.output, &renewed)
        }
        SecondFactorAction::Remove(shown) => {
            let removed = show(&service.client, "remove", &shown).await?.body;
            service.output.done(&removed, "removed the second factor: the password alone logs in, or where one is required, only to set up another");
            Ok(())
        }
    }
}

fn place() -> ResourcePath {
    ResourcePath::of("second-factor")
}

fn password(shown: &PasswordAndCode) -> anyhow::Result<Secret> {
    if shown.password_stdin { secret_from_stdin(FLAG) } else { ask_secret("password: ", FLAG) }
}

/// What is done with password and code.
async fn show(client: &Client, what: &str, shown: &PasswordAndCode) -> anyhow::Result<JsonResponse> {
    let password = password(shown)?;
    let code = Codes::new(shown.password_stdin).next(FLAG)?;
    let body = json!({ "password": password.reveal(), "code": code.reveal() });
    Ok(client.post(&place().at(what), Some(&body)).await?)
}

async fn set_up(
    arguments: &ServiceArguments,
    service: &Service,
    shown: &PasswordAndCode,
) -> anyhow::Result<()> {
    let password = password(shown)?;
    let begun = service.client.post(&place(), None).await?;
    let text = |field: &str| begun.text(field).with_context(|| format!("the answer has no {field}"));
    let (secret, address, state) = (text("secret")?, text("address")?, text("state")?);
    tell_secret(service.output, secret, address);
    let mut codes = Codes::new(shown.password_stdin);
    let set_up = loop {
        let code = codes.next(FLAG)?;
        let body = json!({ "state": state, "code": code.reveal(), "password": password.reveal() });
        match service.client.post(&place().at("confirm"), Some(&body)).await {
            Err(error) if error.field() == Some("code") && !shown.password_stdin => {
                screen::complain("The code was not taken.");
            }
            other => break other?,
        }
    };
    // First what is shown once: whatever becomes of the rest.
    tell_codes(service.output, &set_up.body)?;
    screen::complain("The second factor is set up. All your sessions of before have ended.");
    keep_session(arguments, set_up.text("token"))
}

/// The session of before has ended; what is saved with a service is another from here on.
fn keep_session(arguments: &ServiceArguments, token: Option<&str>) -> anyhow::Result<()> {
    let mut servers = Servers::load()?;
    let target = Target::find(arguments, &servers)?;
    let Some(token) = token.filter(|_| target.token_from == TokenFrom::File) else {
        screen::complain("Run `vestibule login`.");
        return Ok(());
    };
    keep(&mut servers, &target, Secret::new(token.to_owned())).map(drop)
}

fn tell_secret(output: Output, secret: &str, address: &str) {
    if output.is_json() {
        screen::say(json!({ "secret": secret, "address": address }));
        return;
    }
    if let Some(picture) = picture(address) {
        screen::complain(picture);
    }
    screen::complain(format_args!(
        "Scan the picture with an authenticator app, or type the secret there: {secret}\n{address}"
    ));
}

/// The address as a QR code in half blocks, light on dark and with its quiet zone, as terminals mostly are.
fn picture(address: &str) -> Option<String> {
    let code = QrCode::with_error_correction_level(address, EcLevel::L).ok()?;
    let (dark, light) = (Dense1x2::Light, Dense1x2::Dark);
    Some(code.render::<Dense1x2>().dark_color(dark).light_color(light).build())
}

/// On standard output, which may be a file.
fn tell_codes(output: Output, answer: &Value) -> anyhow::Result<()> {
    let codes = answer.get("recovery_codes").and_then(Value::as_array).context("the answer has no codes")?;
    if output.is_json() {
        screen::say(json!({ "recovery_codes": codes }));
        return Ok(());
    }
    screen::complain(
        "Recovery codes, each for one login without the app. They are shown here and never again:",
    );
    codes.iter().filter_map(Value::as_str).for_each(screen::say);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_as_wide_as_it_is_high_and_has_a_margin() {
        let picture = picture("otpauth://totp/a:b?secret=GEZDGNBVGY3TQOJQ").unwrap();
        let lines: Vec<&str> = picture.lines().collect();
        let width = lines[0].chars().count();
        assert!(lines.iter().all(|line| line.chars().count() == width), "{picture}");
        assert_eq!(lines.len(), width.div_ceil(2), "{picture}");
        assert!(lines[0].chars().all(|block| block == '█'), "{picture}");
        assert!(picture_is_none(&"x".repeat(10_000)));
    }

    fn picture_is_none(text: &str) -> bool {
        picture(text).is_none()
    }
}
