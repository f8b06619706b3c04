//! API keys and OAuth clients. Values that are not declared are generated, and shown once.

use vestibule_auth::{ApplicationValue, api_key_has_secrets, new_api_key, new_oauth_client};
use vestibule_model::{ApiKey, OauthClient, SecretDigest, User, UserId};
use vestibule_store::AccountRows;

use super::account::set;
use super::declared::{DeclaredApiKey, DeclaredOauthClient};
use super::draft::{Draft, Tools};
use super::problem::Problem;

/// Puts an API key into its account.
pub(super) fn api_key(
    draft: &mut Draft,
    rows: &mut AccountRows,
    tools: &Tools<'_>,
    declared: &DeclaredApiKey,
) -> Result<(), Problem> {
    let element = format!("api key {}/{}", rows.account.id, declared.name);
    let names: Vec<(&str, &str)> =
        rows.api_keys.iter().map(|key| (key.app_key.as_str(), key.name.as_str())).collect();
    let mut key = match find(&element, "app_key", &names, declared.app_key.as_deref(), &declared.name)? {
        Some(position) => rows.api_keys.swap_remove(position),
        None => generated_api_key(draft, &element, tools, declared)?,
    };
    key.name.clone_from(&declared.name);
    set(&mut key.developer, declared.developer.as_ref());
    set(&mut key.description, declared.description.as_ref());
    set(&mut key.enabled, declared.enabled.as_ref());
    set(&mut key.privileges, declared.privileges.as_ref().map(|set| set.iter().copied().collect()).as_ref());
    set(
        &mut key.addresses,
        declared.addresses.as_ref().map(|list| list.iter().map(|net| net.0).collect()).as_ref(),
    );
    set(&mut key.access_token, declared.access_token.as_ref());
    if let Some((secret, token_secret)) = both_secrets(&element, declared)?
        && !api_key_has_secrets(&tools.sealer, &key, secret, token_secret)
    {
        tools.seal(&mut key, secret, token_secret);
    }
    rows.api_keys.push(key);
    if rows.api_keys.len() > ApiKey::MAX_PER_ACCOUNT {
        let reason = format!("an account has at most {} API keys", ApiKey::MAX_PER_ACCOUNT);
        return Err(Problem::new(&element, "name", reason));
    }
    Ok(())
}

/// A key that is new, with generated values in the place of those that are not declared.
fn generated_api_key(
    draft: &mut Draft,
    element: &str,
    tools: &Tools<'_>,
    declared: &DeclaredApiKey,
) -> Result<ApiKey, Problem> {
    let mut value = |value, declared| draft.value(element, value, declared, tools.rng);
    let app_key = value(ApplicationValue::AppKey, declared.app_key.as_ref());
    let both = both_secrets(element, declared)?;
    let secret = value(ApplicationValue::KeySecret, both.map(|(secret, _)| secret));
    let access_token = value(ApplicationValue::AccessToken, declared.access_token.as_ref());
    let token_secret = value(ApplicationValue::AccessTokenSecret, both.map(|(_, secret)| secret));
    let mut key = new_api_key(draft.new_application_id(tools.rng), app_key, access_token);
    tools.seal(&mut key, &secret, &token_secret);
    Ok(key)
}

/// Bots whose key or client has other secrets now lose the sessions that the old ones opened.
pub(super) fn end_sessions_of_changed_secrets(before: &AccountRows, rows: &mut AccountRows) {
    let key_secrets = |rows: &AccountRows, app_key: &str| {
        let key = rows.api_keys.iter().find(|key| key.app_key == app_key)?;
        Some((key.sealed_secret.clone(), key.access_token.clone(), key.sealed_access_token_secret.clone()))
    };
    let client_secret = |rows: &AccountRows, client_id: &str| {
        rows.oauth_clients.iter().find(|client| client.client_id == client_id).map(|client| client.secret)
    };
    let changed = |id: &str| {
        let key = key_secrets(before, id).is_some_and(|old| key_secrets(rows, id) != Some(old));
        key || client_secret(before, id).is_some_and(|old| client_secret(rows, id) != Some(old))
    };
    let tied = |user: &User| {
        let known = before.users.iter().find(|known| known.id == user.id);
        let untouched = known.is_some_and(|known| known.credential_version == user.credential_version);
        untouched && user.allowed_app_key.as_deref().is_some_and(changed)
    };
    let losing: Vec<UserId> = rows.users.iter().filter(|user| tied(user)).map(|user| user.id).collect();
    for user in rows.users.iter_mut().filter(|user| losing.contains(&user.id)) {
        user.credential_version += 1;
    }
}

/// Both secrets or none: they are compared and sealed together.
fn both_secrets<'a>(
    element: &str,
    declared: &'a DeclaredApiKey,
) -> Result<Option<(&'a String, &'a String)>, Problem> {
    match (&declared.secret, &declared.access_token_secret) {
        (Some(secret), Some(token_secret)) => Ok(Some((secret, token_secret))),
        (None, None) => Ok(None),
        (Some(_), None) => Err(Problem::new(element, "access_token_secret", "needed beside secret")),
        (None, Some(_)) => Err(Problem::new(element, "secret", "needed beside access_token_secret")),
    }
}

/// Puts an OAuth client into its account.
pub(super) fn oauth_client(
    draft: &mut Draft,
    rows: &mut AccountRows,
    tools: &Tools<'_>,
    declared: &DeclaredOauthClient,
) -> Result<(), Problem> {
    let element = format!("oauth client {}/{}", rows.account.id, declared.name);
    let names: Vec<(&str, &str)> =
        rows.oauth_clients.iter().map(|client| (client.client_id.as_str(), client.name.as_str())).collect();
    let mut client = match find(&element, "client_id", &names, declared.client_id.as_deref(), &declared.name)?
    {
        Some(position) => rows.oauth_clients.swap_remove(position),
        None => generated_oauth_client(draft, &element, tools, declared),
    };
    client.name.clone_from(&declared.name);
    set(&mut client.enabled, declared.enabled.as_ref());
    set(
        &mut client.privileges,
        declared.privileges.as_ref().map(|set| set.iter().copied().collect()).as_ref(),
    );
    set(
        &mut client.addresses,
        declared.addresses.as_ref().map(|list| list.iter().map(|net| net.0).collect()).as_ref(),
    );
    set(&mut client.secret, declared.secret.as_ref().map(|secret| digest(tools, secret)).as_ref());
    rows.oauth_clients.push(client);
    Ok(())
}

fn generated_oauth_client(
    draft: &mut Draft,
    element: &str,
    tools: &Tools<'_>,
    declared: &DeclaredOauthClient,
) -> OauthClient {
    let mut value = |value, declared| draft.value(element, value, declared, tools.rng);
    let client_id = value(ApplicationValue::ClientId, declared.client_id.as_ref());
    let secret = value(ApplicationValue::ClientSecret, declared.secret.as_ref());
    new_oauth_client(draft.new_application_id(tools.rng), client_id, digest(tools, &secret))
}

fn digest(tools: &Tools<'_>, secret: &str) -> SecretDigest {
    tools.secrets.digest(secret.as_bytes())
}

/// Where the declared thing is among those that there are: by its public id if that is declared, else by its name.
fn find(
    element: &str,
    key: &str,
    things: &[(&str, &str)],
    public_id: Option<&str>,
    name: &str,
) -> Result<Option<usize>, Problem> {
    if name.is_empty() || public_id == Some("") {
        return Err(Problem::new(element, if name.is_empty() { "name" } else { key }, "must not be empty"));
    }
    if let Some(public_id) = public_id {
        return Ok(things.iter().position(|(other, _)| *other == public_id));
    }
    match things.iter().filter(|(_, other)| *other == name).count() {
        0 | 1 => Ok(things.iter().position(|(_, other)| *other == name)),
        _ => Err(Problem::new(element, key, "needed, because there are several of this name")),
    }
}
