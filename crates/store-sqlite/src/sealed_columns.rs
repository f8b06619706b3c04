//! Where sealed secrets are kept: every place that has to be sealed anew under another generation of the master key.

use rusqlite::types::Value;
use vestibule_model::AccountId;
use vestibule_store::SealHolder;

/// The columns of a table that hold sealed secrets, or NULL.
pub(crate) struct SealedColumns {
    pub(crate) table: &'static str,
    pub(crate) columns: &'static [&'static str],
    /// Which row is a holder's: a condition on the parameters that [`place`] gives.
    pub(crate) row: &'static str,
}

const API_KEYS: SealedColumns = SealedColumns {
    table: "api_keys",
    columns: &[
        "sealed_secret",
        "sealed_access_token_secret",
        "sealed_superseded_secret",
        "sealed_superseded_access_token_secret",
    ],
    row: "id = ?1 AND account_id = ?2",
};

const CONNECTIONS: SealedColumns = SealedColumns {
    table: "connections",
    columns: &["sealed_key", "sealed_previous_key", "sealed_client_secret"],
    row: "id = ?1 AND account_id = ?2",
};

const SIGNING_KEYS: SealedColumns =
    SealedColumns { table: "signing_keys", columns: &["sealed"], row: "id = ?1" };

const USERS: SealedColumns =
    SealedColumns { table: "users", columns: &["sealed_second_factor"], row: "id = ?1 AND account_id = ?2" };

/// All of them.
pub(crate) const SEALED_COLUMNS: [&SealedColumns; 4] = [&API_KEYS, &CONNECTIONS, &SIGNING_KEYS, &USERS];

/// Where the secrets of a holder are, and the parameters that name its row.
pub(crate) fn place(holder: SealHolder) -> (&'static SealedColumns, Vec<Value>) {
    match holder {
        SealHolder::ApiKey(account, key) => (&API_KEYS, of_account(account, key.0)),
        SealHolder::Connection(account, connection) => (&CONNECTIONS, of_account(account, connection.0)),
        SealHolder::User(account, user) => (&USERS, of_account(account, user.0)),
        SealHolder::SigningKey(key) => (&SIGNING_KEYS, vec![key.0.into()]),
    }
}

fn of_account(account: AccountId, id: i64) -> Vec<Value> {
    vec![id.into(), account.as_str().to_owned().into()]
}
