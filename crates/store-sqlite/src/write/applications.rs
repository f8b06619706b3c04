//! Writing what programs log in with.

use rusqlite::{Connection, named_params, params};
use vestibule_model::{AccountId, ApiKey, ApplicationToken, OauthClient};
use vestibule_store::{ApplicationTouch, StoreError};

use super::{execute, own};
use crate::columns::{At, Id, Json};
use crate::error::of_change;

pub(super) fn put_api_key(
    connection: &Connection,
    account: AccountId,
    key: &ApiKey,
) -> Result<(), StoreError> {
    let sql = "
        INSERT INTO api_keys (id, account_id, app_key, sealed_secret, access_token, sealed_access_token_secret,
                              name, developer, description, enabled, privileges, addresses)
        VALUES (:id, :account_id, :app_key, :sealed_secret, :access_token, :sealed_access_token_secret,
                :name, :developer, :description, :enabled, :privileges, :addresses)
        ON CONFLICT (id) DO UPDATE SET
            app_key = excluded.app_key, sealed_secret = excluded.sealed_secret,
            access_token = excluded.access_token,
            sealed_access_token_secret = excluded.sealed_access_token_secret,
            name = excluded.name, developer = excluded.developer, description = excluded.description,
            enabled = excluded.enabled, privileges = excluded.privileges, addresses = excluded.addresses
        WHERE api_keys.account_id = excluded.account_id";
    let parameters = named_params! {
        ":id": key.id.0,
        ":account_id": Id(account),
        ":app_key": key.app_key,
        ":sealed_secret": key.sealed_secret,
        ":access_token": key.access_token,
        ":sealed_access_token_secret": key.sealed_access_token_secret,
        ":name": key.name,
        ":developer": key.developer,
        ":description": key.description,
        ":enabled": key.enabled,
        ":privileges": Json(&key.privileges),
        ":addresses": Json(&key.addresses),
    };
    own(execute(connection, sql, parameters)?, || format!("API key {}", key.id))
}

pub(super) fn put_oauth_client(
    connection: &Connection,
    account: AccountId,
    client: &OauthClient,
) -> Result<(), StoreError> {
    let sql = "
        INSERT INTO oauth_clients (id, account_id, client_id, secret, name, enabled, privileges, addresses)
        VALUES (:id, :account_id, :client_id, :secret, :name, :enabled, :privileges, :addresses)
        ON CONFLICT (id) DO UPDATE SET
            client_id = excluded.client_id, secret = excluded.secret, name = excluded.name,
            enabled = excluded.enabled, privileges = excluded.privileges, addresses = excluded.addresses
        WHERE oauth_clients.account_id = excluded.account_id";
    let parameters = named_params! {
        ":id": client.id.0,
        ":account_id": Id(account),
        ":client_id": client.client_id,
        ":secret": client.secret.0,
        ":name": client.name,
        ":enabled": client.enabled,
        ":privileges": Json(&client.privileges),
        ":addresses": Json(&client.addresses),
    };
    own(execute(connection, sql, parameters)?, || format!("OAuth client {}", client.id))
}

/// When a token that is there was last used, and how often, stays.
pub(super) fn put_application_token(
    connection: &Connection,
    account: AccountId,
    token: &ApplicationToken,
) -> Result<(), StoreError> {
    let sql = "
        INSERT INTO application_tokens (id, account_id, name, token, enabled, last_used, requests)
        VALUES (:id, :account_id, :name, :token, :enabled, :last_used, :requests)
        ON CONFLICT (id) DO UPDATE SET
            name = excluded.name, token = excluded.token, enabled = excluded.enabled
        WHERE application_tokens.account_id = excluded.account_id";
    let parameters = named_params! {
        ":id": token.id.0,
        ":account_id": Id(account),
        ":name": token.name,
        ":token": token.token.0,
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
