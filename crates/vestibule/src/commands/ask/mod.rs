//! Commands that ask a running service over its administration API. A file per noun: arguments → requests → what is shown.

mod account;
mod administration;
mod code;
mod connection;
mod connection_certificate;
mod connection_test;
mod crud;
mod gateway_rule;
mod identities;
mod login;
mod master_key;
mod policy;
mod second_factor;
mod server;
mod session;
mod session_ends;
mod signing_key;
mod thing;
mod traffic;
mod user;
mod why;

use uuid::Uuid;

pub(crate) use crud::{extent, tell_of_more};
pub(crate) use session::{application_in, user_in};

use super::small_runtime;
use crate::client::Service;
use crate::command_line::AskAction;
use crate::input_error::InputError;

/// Does what is asked for.
pub(crate) fn ask(action: AskAction) -> anyhow::Result<()> {
    small_runtime()?.block_on(run(action))
}

async fn run(action: AskAction) -> anyhow::Result<()> {
    match action {
        AskAction::Login(arguments) => login::log_in(&arguments).await,
        AskAction::Logout(arguments) => login::log_out(&arguments).await,
        AskAction::Password(arguments) => login::change_password(&arguments).await,
        AskAction::SecondFactor(asking) => second_factor::run(&asking.service, asking.action).await,
        AskAction::Server(asking) => server::run(&asking.service, asking.action),
        AskAction::Account(asking) => account::run(&Service::open(&asking.service)?, asking.action).await,
        AskAction::Policy(asking) => policy::run(&Service::open(&asking.service)?, asking.action).await,
        AskAction::User(asking) => user::run(&Service::open(&asking.service)?, asking.action).await,
        AskAction::Profile(asking) => thing::run(&Service::open(&asking.service)?, asking.action).await,
        AskAction::Group(asking) => thing::run(&Service::open(&asking.service)?, asking.action).await,
        AskAction::Skill(asking) => thing::run(&Service::open(&asking.service)?, asking.action).await,
        AskAction::Key(asking) => {
            thing::run_with_secrets(&Service::open(&asking.service)?, asking.action).await
        }
        AskAction::Client(asking) => {
            thing::run_with_secrets(&Service::open(&asking.service)?, asking.action).await
        }
        AskAction::Token(asking) => {
            thing::run_with_secrets(&Service::open(&asking.service)?, asking.action).await
        }
        AskAction::Connection(asking) => {
            connection::run(&Service::open(&asking.service)?, asking.action).await
        }
        AskAction::Session(asking) => session::run(&Service::open(&asking.service)?, asking.action).await,
        AskAction::Why(arguments) => why::run(&Service::open(&arguments.service)?, &arguments).await,
        AskAction::Traffic(arguments) => traffic::run(&Service::open(&arguments.service)?, &arguments).await,
        AskAction::Administrator(asking) => {
            administration::administrators(&Service::open(&asking.service)?, asking.action).await
        }
        AskAction::GatewayRule(asking) => {
            gateway_rule::run(&Service::open(&asking.service)?, asking.action).await
        }
        AskAction::MasterKey(action) => master_key::run(action).await,
        AskAction::SigningKey(action) => signing_key::run(action).await,
        AskAction::AdministrationToken(asking) => {
            administration::tokens(&Service::open(&asking.service)?, asking.action).await
        }
    }
}

/// A session's reference. What is none may be a bearer, so it is not shown.
pub(crate) fn reference(place: &str, text: &str) -> Result<Uuid, InputError> {
    let reason = "this is no reference, as `vestibule session list` shows it. A bearer or a cookie opens the session: \
                  never give it as an argument, but see `vestibule why -`";
    Uuid::try_parse(text).map_err(|_| InputError::new(place, reason))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_reference_is_not_shown() {
        let refusal = reference("SESSION", "hunter2").unwrap_err().to_string();
        assert!(!refusal.contains("hunter2"), "{refusal}");
    }
}
