//! Sealed secrets with their places, whoever has them, as sealing them anew needs.

use vestibule_crypto::{SealContext, SealError, Sealer};
use vestibule_model::Rng;
use vestibule_store::SealHolder;

use super::connections;

/// Where the secrets of second factors are.
pub(crate) const USERS_TABLE: &str = "users";
pub(crate) const SECOND_FACTOR_COLUMN: &str = "sealed_second_factor";

/// A secret as it is stored, and where.
pub(crate) struct SealedSecret {
    pub(crate) holder: SealHolder,
    /// In which column of the holder's row.
    pub(crate) column: &'static str,
    pub(crate) sealed: Vec<u8>,
}

impl SealedSecret {
    /// The same secret, sealed anew for the same place.
    pub(crate) fn sealed_anew(&self, sealer: &Sealer, rng: &dyn Rng) -> Result<Vec<u8>, SealError> {
        let (table, row) = match self.holder {
            SealHolder::ApiKey(_, key) => ("api_keys", key.0.to_be_bytes()),
            SealHolder::Connection(_, connection) => (connections::TABLE, connection.0.to_be_bytes()),
            SealHolder::User(_, user) => (USERS_TABLE, user.0.to_be_bytes()),
            SealHolder::SigningKey(key) => ("signing_keys", key.0.to_be_bytes()),
        };
        let context = SealContext { table, column: self.column, row: &row };
        Ok(sealer.seal(rng, &context, &sealer.open(&context, &self.sealed)?))
    }
}
