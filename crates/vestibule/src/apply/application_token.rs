//! Application tokens: known by their names, because of the tokens themselves only digests are kept.

use vestibule_auth::ApplicationValue;
use vestibule_model::{Account, ApplicationToken, SecretVersion};
use vestibule_store::AccountRows;

use super::account::set;
use super::application::OneSecret;
use super::declared::DeclaredApplicationToken;
use super::difference::token_title;
use super::draft::{Draft, Tools};
use super::problem::Problem;

/// Puts an application token into its account.
pub(super) fn application_token(
    draft: &mut Draft,
    rows: &mut AccountRows,
    tools: &Tools<'_>,
    declared: &DeclaredApplicationToken,
) -> Result<(), Problem> {
    let element = token_title(rows.account.id, &declared.name);
    if declared.name.is_empty() {
        return Err(Problem::new(element, "name", "must not be empty"));
    }
    let text = declared.token.as_deref();
    if text.is_some_and(|text| !ApplicationToken::is_token(text)) {
        let longest = ApplicationToken::LONGEST;
        let reason = format!("a token is 1 to {longest} characters of 0-9, A-Z, a-z and -");
        return Err(Problem::new(element, "token", reason));
    }
    let place = rows.application_tokens.iter().position(|token| token.name == declared.name);
    let mut token = match place {
        Some(place) => rows.application_tokens.swap_remove(place),
        None => new_token(draft, &element, rows, tools, declared)?,
    };
    set(&mut token.enabled, declared.enabled.as_ref());
    if let Some(text) = text {
        draft.refuse_taken(&element, &token, &tools.secrets.digests(text.as_bytes()))?;
        let ApplicationToken { token: secret, secret_version: version, superseded, .. } = &mut token;
        OneSecret { secret, version, superseded }.set(text, tools);
    }
    draft.claim_token(&element, &token)?;
    rows.application_tokens.push(token);
    Ok(())
}

/// A token that is new, generated if it is not declared.
fn new_token(
    draft: &mut Draft,
    element: &str,
    rows: &AccountRows,
    tools: &Tools<'_>,
    declared: &DeclaredApplicationToken,
) -> Result<ApplicationToken, Problem> {
    expect_room(element, rows)?;
    let text = draft.value(element, ApplicationValue::ApplicationToken, declared.token.as_ref(), tools.rng);
    Ok(ApplicationToken {
        id: draft.new_application_id(tools.rng),
        name: declared.name.clone(),
        token: tools.secrets.digest(text.as_bytes()),
        secret_version: SecretVersion::default(),
        superseded: None,
        enabled: true,
        last_used: None,
        requests: 0,
    })
}

/// Disabled ones count as well.
fn expect_room(element: &str, rows: &AccountRows) -> Result<(), Problem> {
    if rows.application_tokens.len() < Account::MAX_APPLICATION_TOKENS {
        return Ok(());
    }
    let reason = format!("an account has at most {} application tokens", Account::MAX_APPLICATION_TOKENS);
    Err(Problem::new(element, "name", reason))
}
