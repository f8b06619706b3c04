//! `vestibule login`, `vestibule logout` and `vestibule password`: a session of an administrator, kept in the file of saved services.

use anyhow::{Context, anyhow};
use serde_json::{Value, json};
use vestibule_auth::MIN_PASSWORD_LENGTH;

use super::code::{Coded, Codes, with_code};
use crate::client::{
    Client, JsonResponse, Output, ResourcePath, Saved, Secret, Servers, ServiceError, Target, TokenFrom,
    Wanted, ask, ask_secret, ask_secret_twice, next_secret_from_stdin, secret_from_stdin,
};
use crate::command_line::{LogInArguments, LogOutArguments, OwnPasswordArguments};
use crate::input_error::InputError;
use crate::{moment, screen};

/// Reads passwords from standard input.
const FLAG: &str = "--password-stdin";

pub(super) async fn log_in(arguments: &LogInArguments) -> anyhow::Result<()> {
    let mut servers = Servers::load()?;
    let mut target = Target::find(&arguments.service, &servers)?;
    if target.token_from == TokenFrom::Environment {
        screen::complain(
            "VESTIBULE_CLIENT_TOKEN is set, and goes before the session that is kept from this login.",
        );
    }
    // Who logs in is not somebody yet.
    target.token = None;
    let client = Client::new(&target)?;
    let name = name(arguments.name.as_ref())?;
    let password =
        if arguments.password_stdin { secret_from_stdin(FLAG)? } else { ask_secret("password: ", FLAG)? };
    let mut codes = Codes::new(arguments.password_stdin);
    let answer = codes.send(FLAG, &Login { client: &client, name: &name, password: &password }).await?;
    let answer = match answer {
        Err(error) if error.wanted() == Some(Wanted::NewPassword) => {
            let new = new_password(arguments.password_stdin)?;
            let change = Change { client: &client, name: &name, password: &password, new: &new };
            codes.send(FLAG, &change).await?.map_err(ServiceError::without_advice)?;
            log_in_behind_change(&mut codes, &Login { client: &client, name: &name, password: &new }).await?
        }
        other => other.map_err(ServiceError::without_advice)?,
    };
    let token = answer.text("token").context("the answer has no token")?.to_owned();
    let saved_as = keep(&mut servers, &target, Secret::new(token))?;
    say(Output::of(&arguments.service), &answer.body, &name, &saved_as);
    Ok(())
}

/// Changes one's own password, which ends all of one's sessions, and begins another one.
pub(super) async fn change_password(arguments: &OwnPasswordArguments) -> anyhow::Result<()> {
    let mut servers = Servers::load()?;
    let mut target = Target::find(&arguments.service, &servers)?;
    target.token = None;
    let client = Client::new(&target)?;
    let name = name(arguments.name.as_ref())?;
    let (password, new) = if arguments.password_stdin {
        let password = secret_from_stdin(FLAG)?;
        let missing =
            || InputError::new(FLAG, "the second line of standard input has to be the new password");
        (password, next_secret_from_stdin(FLAG)?.ok_or_else(missing)?)
    } else {
        let present = ask_secret("present password: ", FLAG)?;
        screen::complain(rule());
        (present, ask_secret_twice("new password: ", FLAG)?)
    };
    let mut codes = Codes::new(arguments.password_stdin);
    let change = Change { client: &client, name: &name, password: &password, new: &new };
    codes.send(FLAG, &change).await?.map_err(ServiceError::without_advice)?;
    let login = Login { client: &client, name: &name, password: &new };
    let answer = log_in_behind_change(&mut codes, &login).await?;
    let token = answer.text("token").context("the answer has no token")?.to_owned();
    let saved_as = keep(&mut servers, &target, Secret::new(token))?;
    let sentence =
        format!("changed the password of {name} and logged in to {saved_as}; all other sessions have ended");
    Output::of(&arguments.service).done(&Value::Null, &sentence);
    Ok(())
}

/// Logs in with the password that was just set. Whatever becomes of it, the password is another: what is told says so, and for want of
/// the next code no argument was wrong.
async fn log_in_behind_change(codes: &mut Codes, login: &Login<'_>) -> anyhow::Result<JsonResponse> {
    let no_code = "the password is changed; log in with it and the next code: vestibule login";
    let answer = codes.send(FLAG, login).await.map_err(|_| anyhow!(no_code))?;
    let answer = answer.map_err(ServiceError::without_advice);
    answer.context("the password is changed; log in with it: vestibule login")
}

fn name(given: Option<&String>) -> anyhow::Result<String> {
    given.map_or_else(|| ask("name: ", "NAME"), |name| Ok(name.clone()))
}

/// What a new password needs. The service tells the policy of the moment in a refusal only; this is the one that it begins with.
fn rule() -> String {
    format!(
        "A new one has {MIN_PASSWORD_LENGTH} characters at least and is hard to guess, unless your policy for administrators is \
         another."
    )
}

/// The new password of somebody who may not log in without one.
fn new_password(from_stdin: bool) -> anyhow::Result<Secret> {
    screen::complain(format_args!("The password must be changed. {}", rule()));
    if !from_stdin {
        return ask_secret_twice("new password: ", FLAG);
    }
    let missing =
        || InputError::new(FLAG, "give the new password as the second line, or run `vestibule password`");
    Ok(next_secret_from_stdin(FLAG)?.ok_or_else(missing)?)
}

struct Login<'a> {
    client: &'a Client,
    name: &'a str,
    password: &'a Secret,
}

impl Coded for Login<'_> {
    async fn send(&self, code: Option<&Secret>) -> Result<JsonResponse, ServiceError> {
        let body = json!({ "username": self.name, "password": self.password.reveal() });
        self.client.post(&ResourcePath::of("login"), Some(&with_code(body, code))).await
    }
}

struct Change<'a> {
    client: &'a Client,
    name: &'a str,
    password: &'a Secret,
    new: &'a Secret,
}

impl Coded for Change<'_> {
    async fn send(&self, code: Option<&Secret>) -> Result<JsonResponse, ServiceError> {
        let (password, new) = (self.password.reveal(), self.new.reveal());
        let body = json!({ "username": self.name, "password": password, "new_password": new });
        self.client.post(&ResourcePath::of("password"), Some(&with_code(body, code))).await
    }
}

/// Saves the session with its service, which is saved too, and chosen, if it was named by a URL.
pub(super) fn keep(servers: &mut Servers, target: &Target, token: Secret) -> anyhow::Result<String> {
    let name = if let Some(name) = &target.saved_as {
        name.clone()
    } else {
        let name = target.address.name();
        if servers.get(&name).is_some_and(|saved| saved.url != target.address.text()) {
            let reason =
                format_args!("another service is saved as {name}: run `vestibule server add NAME URL` first");
            return Err(InputError::new("--server", reason).into());
        }
        name
    };
    let url = target.address.text().to_owned();
    let saved = Saved { url, ca: target.ca.clone(), plaintext: target.plaintext, token: Some(token) };
    servers.put(&name, saved)?;
    if target.is_named_by_url {
        servers.choose(&name);
    }
    servers.save()?;
    Ok(name)
}

fn say(output: Output, answer: &Value, name: &str, saved_as: &str) {
    let role = answer.get("role").and_then(Value::as_str).unwrap_or_default();
    let of = answer.get("account").and_then(Value::as_str).map(|account| format!(" of account {account}"));
    let expires = answer.get("expires").and_then(Value::as_i64).map(moment::show).unwrap_or_default();
    let shown = json!({ "server": saved_as, "role": role, "account": answer.get("account"), "expires": answer.get("expires") });
    let of = of.unwrap_or_default();
    let sentence = format!(
        "logged in to {saved_as} as {name}, {role}{of}; the session ends at {expires} if it is not used until then"
    );
    output.done(&shown, &sentence);
    if answer.get("must_set_up_second_factor") == Some(&Value::Bool(true)) {
        screen::complain(
            "Administrators need a second factor here, and you have none: nothing else is answered before `vestibule second-factor set-up`.",
        );
    }
}

pub(super) async fn log_out(arguments: &LogOutArguments) -> anyhow::Result<()> {
    let mut servers = Servers::load()?;
    let target = Target::find(&arguments.service, &servers)?;
    if target.token.is_none() {
        Output::of(&arguments.service).done(&Value::Null, "nobody was logged in");
        return Ok(());
    }
    let client = Client::new(&target)?;
    let sentence = match client.post(&ResourcePath::of("logout"), None).await {
        Ok(_) => "logged out".to_owned(),
        Err(error) => match error.status().map(|status| status.as_u16()) {
            Some(401) => "the session had ended already".to_owned(),
            Some(409) => "an administration token works on until it is revoked".to_owned(),
            _ => return Err(error.into()),
        },
    };
    if let Some(name) = target.saved_as.as_ref().filter(|_| target.token_from == TokenFrom::File) {
        servers.set_token(name, None);
        servers.save()?;
    }
    Output::of(&arguments.service).done(&Value::Null, &sentence);
    Ok(())
}
