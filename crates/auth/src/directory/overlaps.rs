//! Which secrets the applications of an account have, and what is kept of those before them.

use vestibule_model::{Application, SecretVersion, Superseded};
use vestibule_store::AccountRows;

use super::account::AccountFacts;

/// The overlaps of secrets that are not erased yet.
pub(super) fn overlaps(rows: &AccountRows) -> Vec<Superseded<()>> {
    let keys = rows.api_keys.iter().filter_map(|key| key.superseded.as_ref().map(Superseded::overlap));
    let clients = rows.oauth_clients.iter().filter_map(|client| client.superseded);
    let tokens = rows.application_tokens.iter().filter_map(|token| token.superseded);
    keys.chain(clients.chain(tokens).map(|before| before.overlap())).collect()
}

impl AccountFacts {
    /// Which secrets an application has, and the overlap with those before them, if there is one.
    pub(crate) fn secrets_of(
        &self,
        application: Application,
    ) -> Option<(SecretVersion, Option<Superseded<()>>)> {
        match application {
            Application::None => None,
            Application::ApiKey(id) => {
                let key = self.api_keys().into_iter().find(|key| key.id == id)?;
                Some((key.secret_version, key.superseded.as_ref().map(Superseded::overlap)))
            }
            Application::OauthClient(id) => {
                let client = self.oauth_clients().into_iter().find(|client| client.id == id)?;
                Some((client.secret_version, client.superseded.map(|before| before.overlap())))
            }
            Application::Token(id) => {
                let token = self.application_token_of_id(id)?;
                Some((token.secret_version, token.superseded.map(|before| before.overlap())))
            }
        }
    }
}
