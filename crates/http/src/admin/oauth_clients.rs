//! `/admin/v1/accounts/{account}/oauth-clients`: what bots log in with that speak OAuth 2.0, and what may ask the sentinel for
//! tokens.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vestibule_auth::{AdministrationError, ClientWithSecret, GivenClient};
use vestibule_model::{
    Application, ClientMetadata, GrantType, Millis, OauthClient, Privilege, RefreshRotation,
};
use zeroize::Zeroizing;

use super::account_resources::{Creation, HasSecrets, InAccount, RepresentedResource, Words};
use super::forms::{
    Address, AddressOrNetwork, ApplicationSecret, ApplicationValue, Line, Name, RedirectUri, ScopeText,
};
use super::idempotency::CreatedResponse;
use super::{networks, renewal};

/// What of an OAuth client can be changed. A change names the fields that it changes.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OauthClientDetails)]
#[expect(clippy::struct_excessive_bools, reason = "each is a setting of its own")]
pub(super) struct Details {
    #[schema(value_type = Name)]
    name: String,
    /// Whether it may be used.
    enabled: bool,
    /// What it may be used for; `user-login` lets bots log in with it.
    privileges: Vec<Privilege>,
    /// Networks such as `10.0.0.0/8`, or single addresses, from which it may be used; empty: any.
    #[schema(value_type = Vec<AddressOrNetwork>, max_items = 1000)]
    addresses: Vec<String>,
    /// What users read as its name; empty: its name.
    #[schema(value_type = Line)]
    display_name: String,
    /// What it is for, for people.
    #[schema(value_type = Line)]
    description: String,
    /// Where its logo is; empty: it has none.
    #[schema(value_type = Address)]
    logo_uri: String,
    /// By which grants it may get tokens of the sentinel; none: it logs bots in, and nothing else.
    grant_types: Vec<GrantType>,
    /// Where users may be sent back to, compared byte by byte: https, or http to `127.0.0.1`, `[::1]` or `localhost`.
    #[schema(value_type = Vec<RedirectUri>, max_items = 100)]
    redirect_uris: Vec<String>,
    /// Whether it can keep no secret: it proves itself by PKCE alone.
    public: bool,
    /// Whether users are asked whether they agree.
    consent: bool,
    /// What it may ask for in `scope`, besides the scopes of OpenID Connect.
    #[schema(value_type = Vec<ScopeText>, max_items = 100)]
    scopes: Vec<String>,
    /// Whether each use of a refresh token gives another one.
    refresh_rotation: RefreshRotation,
    /// Whose users may use it, by the ids of profiles; empty: everybody may.
    enabled_for_profiles: Vec<i64>,
    /// Whether it is a resource server: it may ask what tokens of the account are (RFC 7662), and revoke them (RFC 7009).
    resource_server: bool,
}

/// What a tag names: being used is no change.
#[derive(Serialize, ToSchema)]
#[schema(as = OauthClientItem)]
pub(super) struct Item {
    id: i64,
    /// What bots are tied to. Not a secret, and never changed.
    client_id: String,
    /// Until when the secret before the present one works as well: milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    previous_values_until: Option<i64>,
    #[serde(flatten)]
    details: Details,
}

#[derive(Serialize, ToSchema)]
#[schema(as = OauthClient)]
pub(super) struct ItemWithUse {
    #[serde(flatten)]
    item: Item,
    /// When a session was last opened with it: milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_used: Option<i64>,
}

/// An OAuth client with its secret.
#[derive(Serialize, ToSchema)]
#[schema(as = OauthClientWithSecrets)]
pub(super) struct OauthClientWithSecret {
    #[serde(flatten)]
    item: Item,
    /// The client secret. It is shown here and never again. A public client has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

/// An OAuth client that is to be made: the name is needed, everything else has a default.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes a body that is read field by field")]
pub(super) struct NewOauthClient {
    #[schema(value_type = Name)]
    name: String,
    /// Generated unless it is given; no other client or key of the account has it.
    #[schema(value_type = Option<ApplicationValue>)]
    client_id: Option<String>,
    /// Generated unless it is given.
    #[schema(value_type = Option<ApplicationSecret>)]
    secret: Option<String>,
    #[serde(flatten)]
    details: Details,
}

impl RepresentedResource for OauthClient {
    const WORDS: Words = Words {
        collection: "oauth-clients",
        tag: "OAuth clients",
        page: "OauthClients",
        list: "The OAuth clients of an account, in the order of their ids.",
        make: "Makes an OAuth client. An account has at most 100.",
        read: "One OAuth client.",
        change: "Changes an OAuth client. The sessions that it would not open any more end.",
        delete: "Deletes an OAuth client, and ends the sessions that were opened with it. Bots go on naming it.",
        change_refusals: &[],
        delete_refusals: &[],
    };

    type Details = Details;
    type Item = Item;
    type ListItem = ItemWithUse;
    type Uses = HashMap<Application, Millis>;
    type New = NewOauthClient;
    type Created = OauthClientWithSecret;

    fn details(&self) -> Details {
        let metadata = self.metadata.clone();
        Details {
            name: self.name.clone(),
            enabled: self.enabled,
            privileges: self.privileges.clone(),
            addresses: networks::written(&self.addresses),
            display_name: metadata.display_name,
            description: metadata.description,
            logo_uri: metadata.logo_uri,
            grant_types: metadata.grant_types,
            redirect_uris: metadata.redirect_uris,
            public: metadata.public,
            consent: metadata.consent,
            scopes: metadata.scopes,
            refresh_rotation: metadata.refresh_rotation,
            enabled_for_profiles: metadata.enabled_for_profiles,
            resource_server: metadata.resource_server,
        }
    }

    fn with_details(self, details: Details) -> Result<Self, AdministrationError> {
        let addresses = networks::read(&details.addresses)?;
        let metadata = ClientMetadata {
            display_name: details.display_name,
            description: details.description,
            logo_uri: details.logo_uri,
            grant_types: details.grant_types,
            redirect_uris: details.redirect_uris,
            public: details.public,
            consent: details.consent,
            scopes: details.scopes,
            refresh_rotation: details.refresh_rotation,
            enabled_for_profiles: details.enabled_for_profiles,
            resource_server: details.resource_server,
        };
        let Details { name, enabled, privileges, .. } = details;
        Ok(Self { name, enabled, privileges, addresses, metadata, ..self })
    }

    fn item(&self) -> Item {
        Item {
            id: self.id.0,
            client_id: self.client_id.clone(),
            previous_values_until: renewal::until(self.superseded.as_ref()),
            details: self.details(),
        }
    }

    fn list_item(&self, last: &Self::Uses) -> ItemWithUse {
        let last_used = last.get(&Application::OauthClient(self.id)).copied();
        ItemWithUse { item: self.item(), last_used: last_used.map(Millis::as_unix) }
    }

    async fn uses(within: InAccount<'_>) -> Result<Self::Uses, AdministrationError> {
        within.admin.auth.administration().last_uses(within.caller, within.account).await
    }

    async fn create(creation: Creation<'_>) -> Result<CreatedResponse, AdministrationError> {
        let Creation { within: InAccount { admin, caller, account }, mut patch, pending } = creation;
        let given = GivenClient {
            client_id: patch.take("client_id")?,
            secret: patch.take::<String>("secret")?.map(Zeroizing::new),
        };
        let fill = |blank: Self| patch.applied_to(blank);
        let stored = |made: &ClientWithSecret| Self::created_response(account.as_str(), made).stored();
        let idempotency = pending.with_response(&stored);
        let made =
            admin.auth.administration().make_oauth_client(caller, account, given, fill, idempotency).await?;
        Ok(Self::created_response(account.as_str(), &made))
    }
}

impl HasSecrets<1> for OauthClient {
    const RENEW: &'static str = "Gives an OAuth client another secret. The one so far works beside it until the overlap is over; the sessions that rest on\n\
        that one end then, and none before. During an overlap it can be done only without another.";

    fn with_secrets(made: &ClientWithSecret) -> OauthClientWithSecret {
        let [secret] = &made.secrets;
        // What would prove nothing is no use to anybody.
        let is_kept = !made.application.metadata.public;
        OauthClientWithSecret { item: made.application.item(), secret: is_kept.then(|| secret.to_string()) }
    }
}
