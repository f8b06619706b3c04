//! `/admin/v1/accounts/{account}/skills`: what conversations are routed by.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vestibule_auth::AdministrationError;
use vestibule_model::Skill;

use super::account_resources::{Creation, InAccount, RepresentedResource, Words, create_numbered};
use super::forms::Name;
use super::idempotency::CreatedResponse;

/// What of a skill can be changed. A change names the fields that it changes.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SkillDetails)]
pub(super) struct Details {
    /// Unique within the account.
    #[schema(value_type = Name)]
    name: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Skill)]
pub(super) struct Item {
    id: i64,
    #[serde(flatten)]
    details: Details,
}

/// A skill that is to be made: the name is needed, everything else has a default.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes a body that is read field by field")]
pub(super) struct NewSkill {
    /// Unique within the account.
    #[schema(value_type = Name)]
    name: String,
    /// Unique within the account; the next one unless told.
    #[schema(minimum = -9_007_199_254_740_991_i64, maximum = 9_007_199_254_740_991_i64)]
    id: Option<i64>,
    #[serde(flatten)]
    details: Details,
}

impl RepresentedResource for Skill {
    const WORDS: Words = Words {
        collection: "skills",
        tag: "skills",
        page: "Skills",
        list: "The skills of an account, in the order of their ids.",
        make: "Makes a skill. An account has at most 10,000.",
        read: "One skill.",
        change: "Changes a skill.",
        delete: "Deletes a skill that no user has.",
        change_refusals: &[409],
        delete_refusals: &[409],
    };

    type Details = Details;
    type Item = Item;
    type ListItem = Item;
    type Uses = ();
    type New = NewSkill;
    type Created = Item;

    fn details(&self) -> Details {
        Details { name: self.name.clone() }
    }

    fn with_details(self, details: Details) -> Result<Self, AdministrationError> {
        Ok(Self { id: self.id, name: details.name })
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
