//! What the rules have to know of everything else that is there.

use vestibule_model::{AccountId, Application, Identity, Population, UserId};

/// The kinds of things that belong to an account, its users aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ResourceKind {
    /// Sets of permissions.
    Profile,
    /// Groups of users.
    Group,
    /// Skills.
    Skill,
    /// API keys.
    ApiKey,
    /// OAuth clients.
    OauthClient,
    /// Application tokens.
    ApplicationToken,
    /// Connections to identity providers.
    Connection,
}

/// A thing that users and groups may name, by its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reference {
    /// A profile of a user.
    Profile(i64),
    /// A group that users are in or manage, or that is above another.
    Group(i64),
    /// A skill of a user.
    Skill(i64),
    /// A connection that knows a user.
    Connection(i64),
}

/// How many refer to a thing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Referring {
    /// Users, each once.
    pub users: usize,
    /// Groups that stand under it.
    pub groups: usize,
}

/// What is in an account beside the thing that is judged.
pub trait Neighbours {
    /// Whether there is a thing of this id.
    fn has(&self, reference: Reference) -> bool;

    /// The group above a group.
    fn parent(&self, group: i64) -> Option<i64>;

    /// How many groups there are.
    fn group_count(&self) -> usize;

    /// Whether another user than `id` has this login name.
    fn has_other_user(&self, id: UserId, population: Population, login_name: &str) -> bool;

    /// Whether another thing of the kind than that of the id has this name.
    fn has_other_named(&self, kind: ResourceKind, id: i64, name: &str) -> bool;

    /// How many others of the kind there are than that of the id.
    fn others(&self, kind: ResourceKind, id: i64) -> usize;

    /// Whether an API key or OAuth client has this public id.
    fn has_application(&self, public_id: &str) -> bool;

    /// Whether one but that of this kind and id has it.
    fn has_other_application(&self, kind: ResourceKind, id: i64, public_id: &str) -> bool;

    /// Whether another user than `id` has this identity, as far as is known here: of other accounts the store knows.
    fn has_other_identity(&self, id: UserId, identity: &Identity) -> bool;

    /// How many refer to it.
    fn referring(&self, to: Reference) -> Referring;
}

/// What is in the installation beside the account that is judged.
pub trait Installation {
    /// Whether there is an account of this id.
    fn has_account(&self, id: &str) -> bool;

    /// Whether an account has an OAuth client of this id.
    fn has_client(&self, client_id: &str) -> bool;

    /// Whether an account has this application; there always is none.
    fn has_application(&self, application: Application) -> bool;

    /// Whether another account has this client code.
    fn has_other_code(&self, account: AccountId, code: &str) -> bool;

    /// Whether another account has this client number.
    fn has_other_number(&self, account: AccountId, number: i32) -> bool;
}
