//! Which secrets the applications of an account have, and what is kept of those before them.

use vestibule_model::{Application, SecretVersion, Superseded};

use super::facts::AccountFacts;

impl AccountFacts {
    /// The overlaps of secrets that are not erased yet.
    pub(super) fn all_overlaps(&self) -> Vec<Superseded<()>> {
        let keys = self.all_api_keys().filter_map(|key| key.superseded.as_ref().map(Superseded::overlap));
        let clients = self.all_oauth_clients().filter_map(|client| client.superseded);
        let tokens = self.all_application_tokens().filter_map(|token| token.superseded);
        keys.chain(clients.chain(tokens).map(|before| before.overlap())).collect()
    }

    /// Which secrets an application has, and the overlap with those before them, if there is one.
    pub(crate) fn secrets_of(
        &self,
        application: Application,
    ) -> Option<(SecretVersion, Option<Superseded<()>>)> {
        match application {
            Application::None => None,
            Application::ApiKey(id) => {
                let key = self.all_api_keys().find(|key| key.id == id)?;
                Some((key.secret_version, key.superseded.as_ref().map(Superseded::overlap)))
            }
            Application::OauthClient(id) => {
                let client = self.all_oauth_clients().find(|client| client.id == id)?;
                Some((client.secret_version, client.superseded.map(|before| before.overlap())))
            }
            Application::Token(id) => {
                let token = self.application_token_of_id(id)?;
                Some((token.secret_version, token.superseded.map(|before| before.overlap())))
            }
        }
    }
}
