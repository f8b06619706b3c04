//! API keys and OAuth clients. Values that are not declared are generated, and shown once.

use vestibule_auth::{
    ApplicationValue, KnownValues, NamedValues, ResourceKind, check_value, check_values_together,
    new_api_key, new_oauth_client, untie,
};
use vestibule_model::{ApiKey, OauthClient, SecretDigest, SecretVersion, Superseded};
use vestibule_store::AccountRows;

use super::account::set;
use super::client_metadata::set_metadata;
use super::declared::{DeclaredApiKey, DeclaredOauthClient};
use super::draft::{AccountDraft, Draft, GivenSecret, Tools};
use super::problem::Problem;

/// Puts an API key into its account.
pub(super) fn api_key(
    draft: &mut Draft,
    account: &mut AccountDraft,
    tools: &Tools<'_>,
    declared: &DeclaredApiKey,
) -> Result<(), Problem> {
    let element = format!("api key {}/{}", account.rows.account.id, declared.name);
    let keys = &account.rows.api_keys;
    let known = keys.iter().map(|key| (key.id.0, key.app_key.as_str(), key.name.as_str()));
    let known = known.collect::<Vec<_>>();
    let index = find(&element, "app_key", &known, declared.id, declared.app_key.as_deref(), &declared.name)?;
    if declared.removed {
        let gone = index.map(|index| account.rows.api_keys.remove(index));
        if let Some(key) = &gone {
            untie_bots(&mut account.rows, &key.app_key);
        }
        return account.claim_removed(&element, Some(ResourceKind::ApiKey), gone.map(|key| key.id.0));
    }
    let mut key = if let Some(position) = index {
        account.rows.api_keys.swap_remove(position)
    } else {
        account.expect_not_removed(&element)?;
        generated_api_key(draft, &element, tools, declared)?
    };
    refuse_other(&element, "app_key", declared.app_key.as_deref(), &key.app_key)?;
    account.claim(&element, Some(ResourceKind::ApiKey), key.id.0)?;
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
    let named = NamedValues { access_token: declared.access_token.as_deref(), secrets };
    set_values(&element, &mut key, tools, named)?;
    account.rows.api_keys.push(key);
    Ok(())
}

/// A key that is new, with generated values in the place of those that are not declared.
fn generated_api_key(
    draft: &mut Draft,
    element: &str,
    tools: &Tools<'_>,
    declared: &DeclaredApiKey,
) -> Result<ApiKey, Problem> {
    let both = both_secrets(element, declared)?;
    let mut value = |value, declared| draft.value(element, value, declared, tools.rng);
    let app_key = value(ApplicationValue::AppKey, declared.app_key.as_ref())?;
    let secret = value(ApplicationValue::KeySecret, both.map(|(secret, _)| secret))?;
    let access_token = value(ApplicationValue::AccessToken, declared.access_token.as_ref())?;
    let token_secret = value(ApplicationValue::AccessTokenSecret, both.map(|(_, secret)| secret))?;
    let mut key = new_api_key(
        draft.new_application_id(element, ResourceKind::ApiKey, declared.id, tools.rng)?,
        app_key,
        access_token,
    );
    tools.seal(&mut key, &secret, &token_secret);
    Ok(key)
}

/// Values that a key has, or had before a renewal and still may be used with, are no change; any others are all that it has
/// from here on.
fn set_values(
    element: &str,
    key: &mut ApiKey,
    tools: &Tools<'_>,
    named: NamedValues<'_>,
) -> Result<(), Problem> {
    if named.of(key, &tools.sealer, tools.now) != KnownValues::Others {
        return Ok(());
    }
    if let Some(token) = named.access_token {
        check_given(element, ApplicationValue::AccessToken, token)?;
        token.clone_into(&mut key.access_token);
    }
    if let Some((secret, token_secret)) = named.secrets
        && (NamedValues { access_token: None, ..named }).of(key, &tools.sealer, tools.now)
            != KnownValues::Present
    {
        check_given(element, ApplicationValue::KeySecret, secret)?;
        check_given(element, ApplicationValue::AccessTokenSecret, token_secret)?;
        tools.seal(key, secret, token_secret);
    }
    (key.secret_version, key.superseded) = (key.secret_version.next(), None);
    Ok(())
}

/// Refuses a value that may not be given.
pub(super) fn check_given(element: &str, value: ApplicationValue, given: &str) -> Result<(), Problem> {
    check_value(value, given).map_err(|violation| Problem::broken(element, violation))
}

/// An application that has one secret, of which a digest is kept.
pub(super) struct OneSecret<'a> {
    pub(super) secret: &'a mut SecretDigest,
    pub(super) version: &'a mut SecretVersion,
    pub(super) superseded: &'a mut Option<Superseded<SecretDigest>>,
}

impl OneSecret<'_> {
    /// The same as with an API key's values.
    pub(super) fn set(
        self,
        element: &str,
        value: ApplicationValue,
        declared: &str,
        tools: &Tools<'_>,
    ) -> Result<(), Problem> {
        let before = self.superseded.filter(|before| before.counts(tools.now));
        // Under whichever generation of the master key it is kept.
        let is_of = |digest: &SecretDigest| tools.secrets.matches(declared.as_bytes(), digest);
        if is_of(self.secret) || before.is_some_and(|before| is_of(&before.values)) {
            return Ok(());
        }
        check_given(element, value, declared)?;
        let declared = tools.secrets.digest(declared.as_bytes());
        (*self.secret, *self.version, *self.superseded) = (declared, self.version.next(), None);
        Ok(())
    }
}

/// Both secrets or none: they are compared and sealed together.
fn both_secrets<'a>(
    element: &str,
    declared: &'a DeclaredApiKey,
) -> Result<Option<(&'a String, &'a String)>, Problem> {
    check_values_together(declared.secret.as_ref(), declared.access_token_secret.as_ref())
        .map_err(|violation| Problem::broken(element, violation))
}

/// Puts an OAuth client into its account.
pub(super) fn oauth_client(
    draft: &mut Draft,
    account: &mut AccountDraft,
    tools: &Tools<'_>,
    declared: &DeclaredOauthClient,
) -> Result<(), Problem> {
    let element = format!("oauth client {}/{}", account.rows.account.id, declared.name);
    let clients = &account.rows.oauth_clients;
    let known = clients.iter().map(|client| (client.id.0, client.client_id.as_str(), client.name.as_str()));
    let known = known.collect::<Vec<_>>();
    let index =
        find(&element, "client_id", &known, declared.id, declared.client_id.as_deref(), &declared.name)?;
    if declared.removed {
        let gone = index.map(|index| account.rows.oauth_clients.remove(index));
        if let Some(client) = &gone {
            untie_bots(&mut account.rows, &client.client_id);
        }
        return account.claim_removed(
            &element,
            Some(ResourceKind::OauthClient),
            gone.map(|client| client.id.0),
        );
    }
    let mut client = if let Some(position) = index {
        account.rows.oauth_clients.swap_remove(position)
    } else {
        account.expect_not_removed(&element)?;
        generated_oauth_client(draft, &element, tools, declared)?
    };
    refuse_other(&element, "client_id", declared.client_id.as_deref(), &client.client_id)?;
    account.claim(&element, Some(ResourceKind::OauthClient), client.id.0)?;
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
    set_metadata(&element, &mut client.metadata, &account.rows, declared)?;
    if let Some(declared) = &declared.secret {
        let OauthClient { secret, secret_version: version, superseded, .. } = &mut client;
        let kept = OneSecret { secret, version, superseded };
        kept.set(&element, ApplicationValue::ClientSecret, declared, tools)?;
    }
    account.rows.oauth_clients.push(client);
    Ok(())
}

fn generated_oauth_client(
    draft: &mut Draft,
    element: &str,
    tools: &Tools<'_>,
    declared: &DeclaredOauthClient,
) -> Result<OauthClient, Problem> {
    let client_id =
        draft.value(element, ApplicationValue::ClientId, declared.client_id.as_ref(), tools.rng)?;
    let given = GivenSecret { text: declared.secret.as_ref(), digest: declared.secret_digest.as_deref() };
    // Of a public client it would prove nothing: nobody is told one.
    let is_told = declared.public != Some(true) || given.text.is_some() || given.digest.is_some();
    let digest = if is_told {
        draft.digest(element, ApplicationValue::ClientSecret, given, tools)?
    } else {
        tools.secrets.digest(ApplicationValue::ClientSecret.generate(tools.rng).as_bytes())
    };
    Ok(new_oauth_client(
        draft.new_application_id(element, ResourceKind::OauthClient, declared.id, tools.rng)?,
        client_id,
        digest,
    ))
}

/// Takes a public id that has gone from the bots that are tied to it. A key and a client may have shared it, from before that was
/// refused: then the other one stays.
fn untie_bots(rows: &mut AccountRows, gone: &str) {
    let is_there = rows.api_keys.iter().any(|key| key.app_key == gone)
        || rows.oauth_clients.iter().any(|client| client.client_id == gone);
    if !is_there {
        rows.users.iter_mut().for_each(|user| {
            untie(user, gone);
        });
    }
}

/// What bots are tied to is for good.
fn refuse_other(
    element: &str,
    key: &'static str,
    declared: Option<&str>,
    present: &str,
) -> Result<(), Problem> {
    if declared.is_none_or(|declared| declared == present) {
        return Ok(());
    }
    Err(Problem::new(element, key, "this does not change: declare another one, and remove this one"))
}

/// Where the declared thing is among those that there are, each with id, public id and name: by its id if that is declared, else
/// by its public id, else by its name.
fn find(
    element: &str,
    key: &str,
    things: &[(i64, &str, &str)],
    id: Option<i64>,
    public_id: Option<&str>,
    name: &str,
) -> Result<Option<usize>, Problem> {
    if let Some(id) = id {
        return Ok(things.iter().position(|(other, _, _)| *other == id));
    }
    if let Some(public_id) = public_id {
        return Ok(things.iter().position(|(_, other, _)| *other == public_id));
    }
    match things.iter().filter(|(_, _, other)| *other == name).count() {
        0 | 1 => Ok(things.iter().position(|(_, _, other)| *other == name)),
        _ => Err(Problem::new(element, key, "needed, because there are several of this name")),
    }
}
