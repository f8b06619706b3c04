//! `/admin/v1/accounts/{account}/application-tokens`: what programs show when they log somebody in.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vestibule_auth::{AccountResourcePage, AdministrationError, PageRequest, TokenWithText};
use vestibule_model::{ApplicationToken, Millis};
use zeroize::Zeroizing;

use super::account_resources::{Creation, HasSecrets, InAccount, RepresentedResource, Words};
use super::forms::{ApplicationTokenText, Name};
use super::idempotency::CreatedResponse;
use super::renewal;

/// What of an application token can be changed. A change names the fields that it changes.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ApplicationTokenDetails)]
pub(super) struct Details {
    /// Unique within the account.
    #[schema(value_type = Name)]
    name: String,
    /// Whether it may be used.
    enabled: bool,
}

/// What a tag names: being used is no change.
#[derive(Serialize, ToSchema)]
#[schema(as = ApplicationTokenItem)]
pub(super) struct Item {
    id: i64,
    /// Until when the token before the present one works as well: milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    previous_values_until: Option<i64>,
    #[serde(flatten)]
    details: Details,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ApplicationToken)]
pub(super) struct ItemWithUse {
    #[serde(flatten)]
    item: Item,
    /// When a session opened with it was last used, as of some seconds ago: milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_used: Option<i64>,
    /// How many requests its sessions have made, as of some seconds ago.
    requests: u64,
}

/// An application token with its text.
#[derive(Serialize, ToSchema)]
#[schema(as = ApplicationTokenWithText)]
pub(super) struct TokenAndText {
    #[serde(flatten)]
    item: Item,
    /// What programs show. It is shown here and never again.
    token: String,
}

/// An application token that is to be made: the name is needed, everything else has a default.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes a body that is read field by field")]
pub(super) struct NewApplicationToken {
    /// Unique within the account.
    #[schema(value_type = Name)]
    name: String,
    /// Unique in the installation; generated unless it is given.
    #[schema(value_type = Option<ApplicationTokenText>)]
    token: Option<String>,
    #[serde(flatten)]
    details: Details,
}

impl RepresentedResource for ApplicationToken {
    const WORDS: Words = Words {
        collection: "application-tokens",
        tag: "application tokens",
        page: "ApplicationTokens",
        list: "The application tokens of an account, in the order of their ids.",
        make: "Makes an application token. An account has at most five.",
        read: "One application token.",
        change: "Changes an application token. The sessions that were opened with it end when it is disabled.",
        delete: "Deletes an application token, and ends the sessions that were opened with it.",
        change_refusals: &[409],
        delete_refusals: &[],
    };

    type Details = Details;
    type Item = Item;
    type ListItem = ItemWithUse;
    type Uses = ();
    type New = NewApplicationToken;
    type Created = TokenAndText;

    fn details(&self) -> Details {
        Details { name: self.name.clone(), enabled: self.enabled }
    }

    fn with_details(self, details: Details) -> Result<Self, AdministrationError> {
        let Details { name, enabled } = details;
        Ok(Self { name, enabled, ..self })
    }

    fn item(&self) -> Item {
        Item {
            id: self.id.0,
            previous_values_until: renewal::until(self.superseded.as_ref()),
            details: self.details(),
        }
    }

    fn list_item(&self, (): &()) -> ItemWithUse {
        let last_used = self.last_used.map(Millis::as_unix);
        ItemWithUse { item: self.item(), last_used, requests: self.requests }
    }

    async fn uses(_place: InAccount<'_>) -> Result<(), AdministrationError> {
        // It is counted in the thing itself.
        Ok(())
    }

    async fn page(
        within: InAccount<'_>,
        range: PageRequest<'_>,
    ) -> Result<AccountResourcePage<Self>, AdministrationError> {
        within.admin.auth.administration().application_tokens(within.caller, within.account, range).await
    }

    async fn find(within: InAccount<'_>, id: i64) -> Result<Self, AdministrationError> {
        within.admin.auth.administration().application_token_of_id(within.caller, within.account, id).await
    }

    async fn create(creation: Creation<'_>) -> Result<CreatedResponse, AdministrationError> {
        let Creation { within: InAccount { admin, caller, account }, mut patch, pending } = creation;
        let given = patch.take::<String>("token")?.map(Zeroizing::new);
        let fill = |blank: Self| patch.applied_to(blank);
        let stored = |made: &TokenWithText| Self::created_response(account.as_str(), made).stored();
        let idempotency = pending.with_response(&stored);
        let made = admin
            .auth
            .administration()
            .make_application_token(caller, account, given, fill, idempotency)
            .await?;
        Ok(Self::created_response(account.as_str(), &made))
    }
}

impl HasSecrets<1> for ApplicationToken {
    const RENEW: &'static str = "Gives an application token another text. The one so far works beside it until the overlap is over; the sessions that rest\n\
        on that one end then, and none before. Both together are one of the five that an account has. During an overlap it can be\n\
        done only without another.";

    fn with_secrets(made: &TokenWithText) -> TokenAndText {
        let [text] = &made.secrets;
        TokenAndText { item: made.application.item(), token: text.to_string() }
    }
}
