//! API keys and OAuth clients. Values that are not declared are generated, and shown once.

use vestibule_auth::{
    ApplicationValue, KnownValues, NamedValues, has_free_name, new_api_key, new_oauth_client,
};
use vestibule_model::{ApiKey, OauthClient, SecretDigest, SecretVersion, Superseded};
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
    let secrets = both_secrets(&element, declared)?;
    let secrets = secrets.map(|(secret, token_secret)| (secret.as_str(), token_secret.as_str()));
    set_values(&mut key, tools, NamedValues { access_token: declared.access_token.as_deref(), secrets });
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

/// No two keys of an account have the same name.
pub(super) fn expect_names(before: Option<&AccountRows>, after: &AccountRows) -> Result<(), Problem> {
    let as_it_was = |key: &ApiKey| before?.api_keys.iter().find(|before| before.id == key.id);
    match after.api_keys.iter().find(|key| !has_free_name(key, as_it_was(key), &after.api_keys)) {
        None => Ok(()),
        Some(key) => {
            let element = format!("api key {}/{}", after.account.id, key.name);
            Err(Problem::new(element, "name", "another API key of the account has it"))
        }
    }
}

/// Values that a key has, or had before a renewal and still may be used with, are no change; any others are all that it has
/// from here on.
fn set_values(key: &mut ApiKey, tools: &Tools<'_>, named: NamedValues<'_>) {
    if named.of(key, &tools.sealer, tools.now) != KnownValues::Others {
        return;
    }
    if let Some(token) = named.access_token {
        token.clone_into(&mut key.access_token);
    }
    if let Some((secret, token_secret)) = named.secrets
        && (NamedValues { access_token: None, ..named }).of(key, &tools.sealer, tools.now)
            != KnownValues::Present
    {
        tools.seal(key, secret, token_secret);
    }
    (key.secret_version, key.superseded) = (key.secret_version.next(), None);
}

/// An application that has one secret, of which a digest is kept.
pub(super) struct OneSecret<'a> {
    pub(super) secret: &'a mut SecretDigest,
    pub(super) version: &'a mut SecretVersion,
    pub(super) superseded: &'a mut Option<Superseded<SecretDigest>>,
}

impl OneSecret<'_> {
    /// The same as with an API key's values.
    pub(super) fn set(self, declared: &str, tools: &Tools<'_>) {
        let before = self.superseded.filter(|before| before.counts(tools.now));
        // Under whichever generation of the master key it is kept.
        let is_of = |digest: &SecretDigest| tools.secrets.matches(declared.as_bytes(), digest);
        if is_of(self.secret) || before.is_some_and(|before| is_of(&before.values)) {
            return;
        }
        let declared = tools.secrets.digest(declared.as_bytes());
        (*self.secret, *self.version, *self.superseded) = (declared, self.version.next(), None);
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
    if let Some(declared) = &declared.secret {
        let OauthClient { secret, secret_version: version, superseded, .. } = &mut client;
        OneSecret { secret, version, superseded }.set(declared, tools);
    }
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
    new_oauth_client(draft.new_application_id(tools.rng), client_id, tools.secrets.digest(secret.as_bytes()))
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
