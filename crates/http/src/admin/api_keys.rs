//! `/admin/v1/accounts/{account}/api-keys`: what bots log in with.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vestibule_auth::{AdministrationError, GivenKey, KeyWithSecrets};
use vestibule_model::{ApiKey, Application, Millis, Privilege};
use zeroize::Zeroizing;

use super::account_resources::{Creation, HasSecrets, InAccount, RepresentedResource, Words};
use super::forms::{AddressOrNetwork, ApplicationSecret, ApplicationValue, Line, Name};
use super::idempotency::CreatedResponse;
use super::{networks, renewal};

/// What of an API key can be changed. A change names the fields that it changes.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ApiKeyDetails)]
pub(super) struct Details {
    /// Unique within the account.
    #[schema(value_type = Name)]
    name: String,
    #[schema(value_type = Line)]
    developer: String,
    #[schema(value_type = Line)]
    description: String,
    /// Whether it may be used.
    enabled: bool,
    /// What it may be used for; `user-login` lets bots log in with it.
    privileges: Vec<Privilege>,
    /// Networks such as `10.0.0.0/8`, or single addresses, from which it may be used; empty: any.
    #[schema(value_type = Vec<AddressOrNetwork>, max_items = 1000)]
    addresses: Vec<String>,
}

/// What a tag names: being used is no change.
#[derive(Serialize, ToSchema)]
#[schema(as = ApiKeyItem)]
pub(super) struct Item {
    id: i64,
    /// The consumer key: what bots are tied to. Not a secret, and never changed.
    app_key: String,
    /// The token. Not a secret.
    access_token: String,
    /// Until when the values before these work as well: milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    previous_values_until: Option<i64>,
    #[serde(flatten)]
    details: Details,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ApiKey)]
pub(super) struct ItemWithUse {
    #[serde(flatten)]
    item: Item,
    /// When a session was last opened with it: milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_used: Option<i64>,
}

/// An API key with its secrets.
#[derive(Serialize, ToSchema)]
#[schema(as = ApiKeyWithSecrets)]
pub(super) struct ApiKeyWithSecrets {
    #[serde(flatten)]
    item: Item,
    /// The consumer secret. It is shown here and never again.
    secret: String,
    /// The token secret. It is shown here and never again.
    access_token_secret: String,
}

/// An API key that is to be made: the name is needed, everything else has a default.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes a body that is read field by field")]
pub(super) struct NewApiKey {
    /// Unique within the account.
    #[schema(value_type = Name)]
    name: String,
    /// Generated unless it is given, as everything up to `access_token_secret`; no other key or client of the account has it.
    #[schema(value_type = Option<ApplicationValue>)]
    app_key: Option<String>,
    #[schema(value_type = Option<ApplicationValue>)]
    access_token: Option<String>,
    /// Given together with `access_token_secret`, or not at all.
    #[schema(value_type = Option<ApplicationSecret>)]
    secret: Option<String>,
    #[schema(value_type = Option<ApplicationSecret>)]
    access_token_secret: Option<String>,
    #[serde(flatten)]
    details: Details,
}

impl RepresentedResource for ApiKey {
    const WORDS: Words = Words {
        collection: "api-keys",
        tag: "API keys",
        page: "ApiKeys",
        list: "The API keys of an account, in the order of their ids.",
        make: "Makes an API key. An account has at most 100.",
        read: "One API key.",
        change: "Changes an API key. The sessions that it would not open any more end.",
        delete: "Deletes an API key, and ends the sessions that were opened with it. Bots go on naming it.",
        change_refusals: &[409],
        delete_refusals: &[],
    };

    type Details = Details;
    type Item = Item;
    type ListItem = ItemWithUse;
    type Uses = HashMap<Application, Millis>;
    type New = NewApiKey;
    type Created = ApiKeyWithSecrets;

    fn details(&self) -> Details {
        Details {
            name: self.name.clone(),
            developer: self.developer.clone(),
            description: self.description.clone(),
            enabled: self.enabled,
            privileges: self.privileges.clone(),
            addresses: networks::written(&self.addresses),
        }
    }

    fn with_details(self, details: Details) -> Result<Self, AdministrationError> {
        let Details { name, developer, description, enabled, privileges, addresses } = details;
        let addresses = networks::read(&addresses)?;
        Ok(Self { name, developer, description, enabled, privileges, addresses, ..self })
    }

    fn item(&self) -> Item {
        Item {
            id: self.id.0,
            app_key: self.app_key.clone(),
            access_token: self.access_token.clone(),
            previous_values_until: renewal::until(self.superseded.as_ref()),
            details: self.details(),
        }
    }

    fn list_item(&self, last: &Self::Uses) -> ItemWithUse {
        let last_used = last.get(&Application::ApiKey(self.id)).copied();
        ItemWithUse { item: self.item(), last_used: last_used.map(Millis::as_unix) }
    }

    async fn uses(within: InAccount<'_>) -> Result<Self::Uses, AdministrationError> {
        within.admin.auth.administration().last_uses(within.caller, within.account).await
    }

    async fn create(creation: Creation<'_>) -> Result<CreatedResponse, AdministrationError> {
        let Creation { within: InAccount { admin, caller, account }, mut patch, pending } = creation;
        let given = GivenKey {
            app_key: patch.take("app_key")?,
            secret: patch.take::<String>("secret")?.map(Zeroizing::new),
            access_token: patch.take("access_token")?,
            access_token_secret: patch.take::<String>("access_token_secret")?.map(Zeroizing::new),
        };
        let fill = |blank: Self| patch.applied_to(blank);
        let stored = |made: &KeyWithSecrets| Self::created_response(account.as_str(), made).stored();
        let idempotency = pending.with_response(&stored);
        let made =
            admin.auth.administration().make_api_key(caller, account, given, fill, idempotency).await?;
        Ok(Self::created_response(account.as_str(), &made))
    }
}

impl HasSecrets<2> for ApiKey {
    const RENEW: &'static str = "Gives an API key another `access_token` and other secrets. The values so far work beside them until the overlap is over;\n\
        the sessions that rest on those end then, and none before. During an overlap it can be done only without another.";

    fn with_secrets(made: &KeyWithSecrets) -> ApiKeyWithSecrets {
        let [secret, token_secret] = &made.secrets;
        ApiKeyWithSecrets {
            item: made.application.item(),
            secret: secret.to_string(),
            access_token_secret: token_secret.to_string(),
        }
    }
}
