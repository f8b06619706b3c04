//! Application tokens: known by their names, because of the tokens themselves only digests are kept.

use vestibule_auth::{ApplicationValue, ResourceKind};
use vestibule_model::{ApplicationToken, SecretVersion};

use super::account::set;
use super::application::OneSecret;
use super::declared::DeclaredApplicationToken;
use super::difference::token_title;
use super::draft::{AccountDraft, Draft, GivenSecret, Tools};
use super::problem::Problem;

/// Puts an application token into its account.
pub(super) fn application_token(
    draft: &mut Draft,
    account: &mut AccountDraft,
    tools: &Tools<'_>,
    declared: &DeclaredApplicationToken,
) -> Result<(), Problem> {
    let element = token_title(account.rows.account.id, &declared.name);
    let tokens = &mut account.rows.application_tokens;
    let place = match declared.id {
        Some(id) => tokens.iter().position(|token| token.id.0 == id),
        None => tokens.iter().position(|token| token.name == declared.name),
    };
    if declared.removed {
        let gone = place.map(|place| tokens.remove(place).id.0);
        return account.claim_removed(&element, Some(ResourceKind::ApplicationToken), gone);
    }
    let mut token = if let Some(place) = place {
        tokens.swap_remove(place)
    } else {
        account.expect_not_removed(&element)?;
        new_token(draft, &element, tools, declared)?
    };
    account.claim(&element, Some(ResourceKind::ApplicationToken), token.id.0)?;
    token.name.clone_from(&declared.name);
    set(&mut token.enabled, declared.enabled.as_ref());
    if let Some(text) = declared.token.as_deref() {
        draft.refuse_taken(&element, &token, &tools.secrets.digests(text.as_bytes()))?;
        let ApplicationToken { token: secret, secret_version: version, superseded, .. } = &mut token;
        let kept = OneSecret { secret, version, superseded };
        kept.set(&element, ApplicationValue::ApplicationToken, text, tools)?;
    }
    draft.claim_token(&element, &token)?;
    account.rows.application_tokens.push(token);
    Ok(())
}

/// A token that is new, generated if it is not declared.
fn new_token(
    draft: &mut Draft,
    element: &str,
    tools: &Tools<'_>,
    declared: &DeclaredApplicationToken,
) -> Result<ApplicationToken, Problem> {
    let given = GivenSecret { text: declared.token.as_ref(), digest: declared.token_digest.as_deref() };
    let token = draft.digest(element, ApplicationValue::ApplicationToken, given, tools)?;
    Ok(ApplicationToken {
        id: draft.new_application_id(element, ResourceKind::ApplicationToken, declared.id, tools.rng)?,
        name: declared.name.clone(),
        token,
        secret_version: SecretVersion::default(),
        superseded: None,
        enabled: true,
        last_used: None,
        requests: 0,
    })
}
