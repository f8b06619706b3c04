//! The rules of the values that applications prove themselves by, where somebody brings their own.

use vestibule_model::{ApplicationId, ApplicationToken};

use super::rule::Rule;
use super::violation::Violation;
use crate::administration::ApplicationValue;

/// The longest value, in characters; a token has its own limit.
const LONGEST: usize = 254;

/// Whether a value may be given.
///
/// # Errors
///
/// It is empty, too long, or has characters that it may not have. The error does not repeat it.
pub fn check_value(value: ApplicationValue, given: &str) -> Result<(), Violation> {
    let (rule, longest, fits) = match value {
        ApplicationValue::ApplicationToken => {
            (Rule::Token, ApplicationToken::LONGEST, ApplicationToken::is_token(given))
        }
        ApplicationValue::AppKey => (Rule::AppKey, LONGEST, is_value(given)),
        ApplicationValue::KeySecret => (Rule::KeySecret, LONGEST, is_value(given)),
        ApplicationValue::AccessToken => (Rule::AccessToken, LONGEST, is_value(given)),
        ApplicationValue::AccessTokenSecret => (Rule::AccessTokenSecret, LONGEST, is_value(given)),
        ApplicationValue::ClientId => (Rule::ClientId, LONGEST, is_value(given)),
        ApplicationValue::ClientSecret => (Rule::ClientSecret, LONGEST, is_value(given)),
    };
    if fits { Ok(()) } else { Err(Violation::with(rule, longest)) }
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

fn is_value(given: &str) -> bool {
    (1..=LONGEST).contains(&given.len()) && given.bytes().all(|byte| byte.is_ascii_graphic())
}
