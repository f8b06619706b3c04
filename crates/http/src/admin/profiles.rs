//! `/admin/v1/accounts/{account}/profiles`: what users may do, and which role they have.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vestibule_auth::AdministrationError;
use vestibule_model::{Profile, Rank, RoleType};

use super::account_resources::{Creation, InAccount, RepresentedResource, Words, create_numbered};
use super::forms::Name;
use super::idempotency::CreatedResponse;

/// What of a profile can be changed. A change names the fields that it changes.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ProfileDetails)]
pub(super) struct Details {
    /// Unique within the account.
    #[schema(value_type = Name)]
    name: String,
    /// `agent` unless told.
    role: RoleType,
    /// The rank it gives, where that is not the one of its role.
    rank: Option<Rank>,
    /// Privilege numbers.
    #[schema(max_items = 10000)]
    permissions: Vec<i32>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Profile)]
pub(super) struct Item {
    id: i64,
    #[serde(flatten)]
    details: Details,
}

/// A profile that is to be made: the name is needed, everything else has a default.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes a body that is read field by field")]
pub(super) struct NewProfile {
    /// Unique within the account.
    #[schema(value_type = Name)]
    name: String,
    /// Unique within the account; the next one unless told.
    #[schema(minimum = -9_007_199_254_740_991_i64, maximum = 9_007_199_254_740_991_i64)]
    id: Option<i64>,
    #[serde(flatten)]
    details: Details,
}

impl RepresentedResource for Profile {
    const WORDS: Words = Words {
        collection: "profiles",
        tag: "profiles",
        page: "Profiles",
        list: "The profiles of an account, in the order of their ids.",
        make: "Makes a profile. An account has at most 10,000.",
        read: "One profile.",
        change: "Changes a profile. What its users may do changes with it at once.",
        delete: "Deletes a profile that no user has.",
        change_refusals: &[409],
        delete_refusals: &[409],
    };

    type Details = Details;
    type Item = Item;
    type ListItem = Item;
    type Uses = ();
    type New = NewProfile;
    type Created = Item;

    fn details(&self) -> Details {
        Details {
            name: self.name.clone(),
            role: self.role,
            rank: self.rank,
            permissions: self.permissions.clone(),
        }
    }

    fn with_details(self, details: Details) -> Result<Self, AdministrationError> {
        let Details { name, role, rank, permissions } = details;
        Ok(Self { id: self.id, name, role, rank, permissions })
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
