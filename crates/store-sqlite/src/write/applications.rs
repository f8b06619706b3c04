//! Writing what programs log in with.

use rusqlite::{Connection, named_params, params};
use vestibule_model::{
    AccountId, ApiKey, ApplicationToken, Generation, OauthClient, SecretDigest, Superseded,
};
use vestibule_store::{ApplicationTouch, StoreError};

use super::{execute, own};
use crate::columns::{At, Id, Json, Numbered};
use crate::error::of_change;

const PUT_API_KEY: &str = "
    INSERT INTO api_keys (id, account_id, app_key, sealed_secret, access_token, sealed_access_token_secret,
                          secret_version, superseded_until, sealed_superseded_secret, superseded_access_token,
                          sealed_superseded_access_token_secret,
                          name, developer, description, enabled, privileges, addresses)
    VALUES (:id, :account_id, :app_key, :sealed_secret, :access_token, :sealed_access_token_secret,
            :secret_version, :superseded_until, :sealed_superseded_secret, :superseded_access_token,
            :sealed_superseded_access_token_secret,
            :name, :developer, :description, :enabled, :privileges, :addresses)
    ON CONFLICT (id) DO UPDATE SET
        app_key = excluded.app_key, sealed_secret = excluded.sealed_secret,
        access_token = excluded.access_token,
        sealed_access_token_secret = excluded.sealed_access_token_secret,
        secret_version = excluded.secret_version, superseded_until = excluded.superseded_until,
        sealed_superseded_secret = excluded.sealed_superseded_secret,
        superseded_access_token = excluded.superseded_access_token,
        sealed_superseded_access_token_secret = excluded.sealed_superseded_access_token_secret,
        name = excluded.name, developer = excluded.developer, description = excluded.description,
        enabled = excluded.enabled, privileges = excluded.privileges, addresses = excluded.addresses
    WHERE api_keys.account_id = excluded.account_id";

pub(super) fn put_api_key(
    connection: &Connection,
    account: AccountId,
    key: &ApiKey,
) -> Result<(), StoreError> {
    let before = key.superseded.as_ref().map(|before| &before.values);
    let parameters = named_params! {
        ":id": key.id.0,
        ":account_id": Id(account),
        ":app_key": key.app_key,
        ":sealed_secret": key.sealed_secret,
        ":access_token": key.access_token,
        ":sealed_access_token_secret": key.sealed_access_token_secret,
        ":secret_version": key.secret_version.0,
        ":superseded_until": key.superseded.as_ref().map(|before| At(before.until)),
        ":sealed_superseded_secret": before.map(|values| &values.sealed_secret),
        ":superseded_access_token": before.map(|values| &values.access_token),
        ":sealed_superseded_access_token_secret": before.map(|values| &values.sealed_access_token_secret),
        ":name": key.name,
        ":developer": key.developer,
        ":description": key.description,
        ":enabled": key.enabled,
        ":privileges": Json(&key.privileges),
        ":addresses": Json(&key.addresses),
    };
    own(execute(connection, PUT_API_KEY, parameters)?, || format!("API key {}", key.id))
}

pub(super) fn put_oauth_client(
    connection: &Connection,
    account: AccountId,
    client: &OauthClient,
) -> Result<(), StoreError> {
    let sql = "
        INSERT INTO oauth_clients (id, account_id, client_id, secret, secret_generation, secret_version,
                                   superseded_until, superseded_secret, superseded_generation, name, enabled,
                                   privileges, addresses, metadata)
        VALUES (:id, :account_id, :client_id, :secret, :secret_generation, :secret_version, :superseded_until,
                :superseded_secret, :superseded_generation, :name, :enabled, :privileges, :addresses, :metadata)
        ON CONFLICT (id) DO UPDATE SET
            client_id = excluded.client_id, secret = excluded.secret,
            secret_generation = excluded.secret_generation, secret_version = excluded.secret_version,
            superseded_until = excluded.superseded_until, superseded_secret = excluded.superseded_secret,
            superseded_generation = excluded.superseded_generation,
            name = excluded.name, enabled = excluded.enabled, privileges = excluded.privileges,
            addresses = excluded.addresses, metadata = excluded.metadata
        WHERE oauth_clients.account_id = excluded.account_id";
    let parameters = named_params! {
        ":id": client.id.0,
        ":account_id": Id(account),
        ":client_id": client.client_id,
        ":secret": client.secret.tag,
        ":secret_generation": Numbered(client.secret.generation),
        ":secret_version": client.secret_version.0,
        ":superseded_until": client.superseded.map(|before| At(before.until)),
        ":superseded_secret": client.superseded.map(|before| before.values.tag),
        ":superseded_generation": superseded_generation(client.superseded),
        ":name": client.name,
        ":enabled": client.enabled,
        ":privileges": Json(&client.privileges),
        ":addresses": Json(&client.addresses),
        ":metadata": Json(&client.metadata),
    };
    own(execute(connection, sql, parameters)?, || format!("OAuth client {}", client.id))
}

/// A token is found by its digest, and so is the one before it: no other has either.
const TAKEN: &str = "
    SELECT count(*) > 0 FROM application_tokens
    WHERE id <> ?1 AND (token IN (?2, ?3) OR superseded_token IN (?2, ?3))";

/// When a token that is there was last used, and how often, stays.
pub(super) fn put_application_token(
    connection: &Connection,
    account: AccountId,
    token: &ApplicationToken,
) -> Result<(), StoreError> {
    let superseded = token.superseded.map(|before| before.values.tag);
    let mut select = connection.prepare_cached(TAKEN).map_err(of_change)?;
    if select
        .query_row(params![token.id.0, token.token.tag, superseded], |row| row.get(0))
        .map_err(of_change)?
    {
        return Err(StoreError::Constraint("the application token is taken".into()));
    }
    let sql = "
        INSERT INTO application_tokens (id, account_id, name, token, token_generation, secret_version,
                                        superseded_until, superseded_token, superseded_generation, enabled,
                                        last_used, requests)
        VALUES (:id, :account_id, :name, :token, :token_generation, :secret_version, :superseded_until,
                :superseded_token, :superseded_generation, :enabled, :last_used, :requests)
        ON CONFLICT (id) DO UPDATE SET
            name = excluded.name, token = excluded.token, token_generation = excluded.token_generation,
            secret_version = excluded.secret_version, superseded_until = excluded.superseded_until,
            superseded_token = excluded.superseded_token, superseded_generation = excluded.superseded_generation,
            enabled = excluded.enabled
        WHERE application_tokens.account_id = excluded.account_id";
    let parameters = named_params! {
        ":id": token.id.0,
        ":account_id": Id(account),
        ":name": token.name,
        ":token": token.token.tag,
        ":token_generation": Numbered(token.token.generation),
        ":secret_version": token.secret_version.0,
        ":superseded_until": token.superseded.map(|before| At(before.until)),
        ":superseded_token": superseded,
        ":superseded_generation": superseded_generation(token.superseded),
        ":enabled": token.enabled,
        ":last_used": token.last_used.map(At),
        ":requests": count(token.requests),
    };
    own(execute(connection, sql, parameters)?, || format!("application token {}", token.id))
}

/// A sum beyond the largest number would be no whole number any more, and be refused.
const TOUCH: &str = "
    UPDATE application_tokens SET
        last_used = max(coalesce(last_used, ?2), ?2), requests = min(requests, 9223372036854775807 - ?3) + ?3
    WHERE id = ?1";

pub(super) fn touch(connection: &Connection, touches: &[ApplicationTouch]) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(TOUCH).map_err(of_change)?;
    for touch in touches {
        let parameters = params![touch.application.0, At(touch.last_used), count(touch.requests)];
        statement.execute(parameters).map_err(of_change)?;
    }
    Ok(())
}

fn count(requests: u64) -> i64 {
    i64::try_from(requests).unwrap_or(i64::MAX)
}

/// Where there is none, that of a secret which there is not.
fn superseded_generation(superseded: Option<Superseded<SecretDigest>>) -> Numbered {
    Numbered(superseded.map_or(Generation::FIRST, |before| before.values.generation))
}
