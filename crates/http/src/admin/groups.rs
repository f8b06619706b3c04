//! `/admin/v1/accounts/{account}/groups`: groups of users, one above another.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vestibule_auth::AdministrationError;
use vestibule_model::Group;

use super::account_resources::{Creation, InAccount, RepresentedResource, Words, create_numbered};
use super::forms::Name;
use super::idempotency::CreatedResponse;

/// What of a group can be changed. A change names the fields that it changes.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = GroupDetails)]
pub(super) struct Details {
    /// Unique within the account.
    #[schema(value_type = Name)]
    name: String,
    /// The id of the group above.
    parent: Option<i64>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Group)]
pub(super) struct Item {
    id: i64,
    #[serde(flatten)]
    details: Details,
}

/// A group that is to be made: the name is needed, everything else has a default.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes a body that is read field by field")]
pub(super) struct NewGroup {
    /// Unique within the account.
    #[schema(value_type = Name)]
    name: String,
    /// Unique within the account (-1 is the main group); the next one unless told.
    #[schema(minimum = -9_007_199_254_740_991_i64, maximum = 9_007_199_254_740_991_i64)]
    id: Option<i64>,
    #[serde(flatten)]
    details: Details,
}

impl RepresentedResource for Group {
    const WORDS: Words = Words {
        collection: "groups",
        tag: "groups",
        page: "Groups",
        list: "The groups of an account, in the order of their ids.",
        make: "Makes a group. An account has at most 10,000.",
        read: "One group.",
        change: "Changes a group.",
        delete: "Deletes a group that no user and no other group names.",
        change_refusals: &[409],
        delete_refusals: &[409],
    };

    type Details = Details;
    type Item = Item;
    type ListItem = Item;
    type Uses = ();
    type New = NewGroup;
    type Created = Item;

    fn details(&self) -> Details {
        Details { name: self.name.clone(), parent: self.parent }
    }

    fn with_details(self, details: Details) -> Result<Self, AdministrationError> {
        let Details { name, parent } = details;
        Ok(Self { id: self.id, name, parent })
    }

    fn item(&self) -> Item {
        Item { id: self.id, details: self.details() }
    }

    fn list_item(&self, (): &()) -> Item {
        self.item()
    }

    async fn uses(_place: InAccount<'_>) -> Result<(), AdministrationError> {
        Ok(())
    }

    async fn create(creation: Creation<'_>) -> Result<CreatedResponse, AdministrationError> {
        create_numbered::<Self>(creation).await
    }
}
