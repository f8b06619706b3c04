//! The rules of the values that applications prove themselves by, where somebody brings their own.

use vestibule_model::{ApplicationId, ApplicationToken};

use super::rule::Rule;
use super::violation::Violation;
use crate::administration::ApplicationValue;

/// The longest value by which an application is known, or proves itself, in characters; a token has its own limit.
pub const LONGEST_VALUE: usize = 254;

/// The shortest secret that is given to an application, in characters: 64 bits in hexadecimal digits, as the vendor's keys have them (contract liveperson §1).
pub const SHORTEST_SECRET: usize = 16;

/// Whether a value may be given.
///
/// # Errors
///
/// It is too short, too long, or has characters that it may not have. The error does not repeat it.
pub fn check_value(value: ApplicationValue, given: &str) -> Result<(), Violation> {
    let (rule, shortest, longest) = match value {
        ApplicationValue::ApplicationToken => (Rule::Token, SHORTEST_SECRET, ApplicationToken::LONGEST),
        ApplicationValue::AppKey => (Rule::AppKey, 1, LONGEST_VALUE),
        ApplicationValue::KeySecret => (Rule::KeySecret, SHORTEST_SECRET, LONGEST_VALUE),
        ApplicationValue::AccessToken => (Rule::AccessToken, 1, LONGEST_VALUE),
        ApplicationValue::AccessTokenSecret => (Rule::AccessTokenSecret, SHORTEST_SECRET, LONGEST_VALUE),
        ApplicationValue::ClientId => (Rule::ClientId, 1, LONGEST_VALUE),
        ApplicationValue::ClientSecret => (Rule::ClientSecret, SHORTEST_SECRET, LONGEST_VALUE),
    };
    let has_characters = match value {
        ApplicationValue::ApplicationToken => ApplicationToken::is_token(given),
        _ => given.bytes().all(|byte| byte.is_ascii_graphic()),
    };
    if has_characters && (shortest..=longest).contains(&given.len()) {
        Ok(())
    } else {
        Err(Violation::with(rule, format_args!("{shortest} to {longest}")))
    }
}

/// Both secrets of an API key, or none: they are kept and compared together.
///
/// # Errors
///
/// One of them alone is given.
pub fn check_values_together<S>(
    secret: Option<S>,
    access_token_secret: Option<S>,
) -> Result<Option<(S, S)>, Violation> {
    match (secret, access_token_secret) {
        (Some(secret), Some(token_secret)) => Ok(Some((secret, token_secret))),
        (None, None) => Ok(None),
        (Some(_), None) => Err(Violation::of(Rule::KeySecretAlone)),
        (None, Some(_)) => Err(Violation::of(Rule::AccessTokenSecretAlone)),
    }
}

/// Whether an application may have a token that `holder` has: a token finds its account, so no other application has it, in
/// whichever account.
///
/// # Errors
///
/// The holder is another one.
pub fn check_token_holder(token: ApplicationId, holder: Option<ApplicationId>) -> Result<(), Violation> {
    let is_taken = holder.is_some_and(|holder| holder != token);
    if is_taken { Err(Violation::of(Rule::TokenTaken)) } else { Ok(()) }
}
