//! What of the directory changed, how those who follow it are told, and what a transaction may expect not to have changed.

use std::collections::BTreeSet;

use vestibule_model::{
    Account, AccountId, ApiKey, ApplicationId, ApplicationToken, Connection, ConnectionId, GatewayRule,
    Group, OauthClient, Profile, Skill, User, UserId,
};

/// A position in the order of directory changes; grows with every commit that changes a directory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sequence(pub i64);

/// What changed in the directory, and up to where that was looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DirectoryChanges {
    /// Each part once, in order.
    pub changed: Vec<ChangedPart>,
    /// Whether it is not known what changed, because it is forgotten ([`Change::TrimChanges`](crate::Change::TrimChanges)) or
    /// what was asked for is no position of this store: then everything is to be read anew, and nothing is named.
    pub is_trimmed: bool,
    /// Ask again from here.
    pub sequence: Sequence,
}

/// A part that changed, as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedPart {
    /// Which.
    pub changed: Changed,
    /// None: it is not there any more, or it is an account with everything in it, which is to be read as a whole.
    pub row: Option<PartRow>,
}

/// A row of the directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PartRow {
    /// What an account itself says.
    Account(Box<Account>),
    /// A profile.
    Profile(Profile),
    /// A group.
    Group(Group),
    /// A skill.
    Skill(Skill),
    /// An API key.
    ApiKey(Box<ApiKey>),
    /// An OAuth client.
    OauthClient(Box<OauthClient>),
    /// An application token.
    ApplicationToken(Box<ApplicationToken>),
    /// A connection.
    Connection(Box<Connection>),
    /// A user.
    User(Box<User>),
    /// Every rule of the gate, by name.
    GatewayRules(Vec<GatewayRule>),
}

/// Which part of the directory changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Changed {
    /// The rules of the gate, which belong to no account. They are few, and named together.
    GatewayRules,
    /// Something of an account.
    OfAccount {
        /// In which account.
        account: AccountId,
        /// What of it.
        part: Part,
    },
}

/// A part of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// The account with everything in it: it was deleted, and may have been made again, or more changed than is worth
    /// naming. Stands for all of its parts.
    Everything,
    /// What the account itself says.
    Account,
    /// A profile.
    Profile(i64),
    /// A group.
    Group(i64),
    /// A skill.
    Skill(i64),
    /// An API key.
    ApiKey(ApplicationId),
    /// An OAuth client.
    OauthClient(ApplicationId),
    /// An application token.
    ApplicationToken(ApplicationId),
    /// A connection.
    Connection(ConnectionId),
    /// A user who was made, changed or deleted.
    User(UserId),
    /// What logins change of a user: the hash of the password, the password, the lock.
    Credentials(UserId),
}

/// A kind of [`Part`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PartKind {
    /// [`Part::Everything`].
    Everything,
    /// [`Part::Account`].
    Account,
    /// [`Part::Profile`].
    Profile,
    /// [`Part::Group`].
    Group,
    /// [`Part::Skill`].
    Skill,
    /// [`Part::ApiKey`].
    ApiKey,
    /// [`Part::OauthClient`].
    OauthClient,
    /// [`Part::ApplicationToken`].
    ApplicationToken,
    /// [`Part::Connection`].
    Connection,
    /// [`Part::User`].
    User,
    /// [`Part::Credentials`].
    Credentials,
}

/// What of the directory a decision rests on: what a transaction expects not to have changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DirectoryScope {
    /// Everything of a kind in an account.
    Kind(AccountId, PartKind),
    /// One part.
    Part(Changed),
    /// A user, with what logins change of them, in whichever account.
    User(UserId),
}

/// More parts of an account than this that changed are not named one by one.
const MOST_PARTS: usize = 1_000;

impl Part {
    /// What kind of part it is.
    pub const fn kind(self) -> PartKind {
        match self {
            Self::Everything => PartKind::Everything,
            Self::Account => PartKind::Account,
            Self::Profile(_) => PartKind::Profile,
            Self::Group(_) => PartKind::Group,
            Self::Skill(_) => PartKind::Skill,
            Self::ApiKey(_) => PartKind::ApiKey,
            Self::OauthClient(_) => PartKind::OauthClient,
            Self::ApplicationToken(_) => PartKind::ApplicationToken,
            Self::Connection(_) => PartKind::Connection,
            Self::User(_) => PartKind::User,
            Self::Credentials(_) => PartKind::Credentials,
        }
    }

    /// Its id within its kind; None: an account has one of the kind.
    pub const fn id(self) -> Option<i64> {
        match self {
            Self::Everything | Self::Account => None,
            Self::Profile(id) | Self::Group(id) | Self::Skill(id) => Some(id),
            Self::ApiKey(id) | Self::OauthClient(id) | Self::ApplicationToken(id) => Some(id.0),
            Self::Connection(id) => Some(id.0),
            Self::User(id) | Self::Credentials(id) => Some(id.0),
        }
    }

    /// The part of this kind and id. Without an id where the kind has them, it is the account with everything in it: whoever
    /// follows reads more than is needed, and never less.
    pub const fn of(kind: PartKind, id: Option<i64>) -> Self {
        match (kind, id) {
            (PartKind::Account, _) => Self::Account,
            (PartKind::Profile, Some(id)) => Self::Profile(id),
            (PartKind::Group, Some(id)) => Self::Group(id),
            (PartKind::Skill, Some(id)) => Self::Skill(id),
            (PartKind::ApiKey, Some(id)) => Self::ApiKey(ApplicationId(id)),
            (PartKind::OauthClient, Some(id)) => Self::OauthClient(ApplicationId(id)),
            (PartKind::ApplicationToken, Some(id)) => Self::ApplicationToken(ApplicationId(id)),
            (PartKind::Connection, Some(id)) => Self::Connection(ConnectionId(id)),
            (PartKind::User, Some(id)) => Self::User(UserId(id)),
            (PartKind::Credentials, Some(id)) => Self::Credentials(UserId(id)),
            (_, _) => Self::Everything,
        }
    }
}

impl Changed {
    /// In which account; None: in none.
    pub const fn in_account(self) -> Option<AccountId> {
        match self {
            Self::GatewayRules => None,
            Self::OfAccount { account, .. } => Some(account),
        }
    }

    /// An account with everything in it.
    pub const fn everything(account: AccountId) -> Self {
        Self::OfAccount { account, part: Part::Everything }
    }

    /// What an account itself says.
    pub const fn account(account: AccountId) -> Self {
        Self::OfAccount { account, part: Part::Account }
    }

    /// One user.
    pub const fn user(account: AccountId, user: UserId) -> Self {
        Self::OfAccount { account, part: Part::User(user) }
    }

    /// What logins change of one user.
    pub const fn credentials(account: AccountId, user: UserId) -> Self {
        Self::OfAccount { account, part: Part::Credentials(user) }
    }

    /// The changes without those that another one stands for.
    pub fn condensed(changes: &BTreeSet<Self>) -> Vec<Self> {
        let changes: Vec<Self> = changes.iter().copied().collect();
        let mut condensed = Vec::with_capacity(changes.len());
        for of_account in changes.chunk_by(|one, next| one.in_account() == next.in_account()) {
            match of_account {
                [Self::OfAccount { account, part }, ..]
                    if *part == Part::Everything || of_account.len() > MOST_PARTS =>
                {
                    condensed.push(Self::everything(*account));
                }
                _ => condensed.extend(of_account),
            }
        }
        condensed
    }
}

impl DirectoryScope {
    /// One part of an account.
    pub const fn part(account: AccountId, part: Part) -> Self {
        Self::Part(Changed::OfAccount { account, part })
    }

    /// Whether a change is one of what is meant.
    pub fn includes(&self, changed: &Changed) -> bool {
        let Changed::OfAccount { account, part } = *changed else {
            return *self == Self::Part(Changed::GatewayRules);
        };
        let is_everything = part == Part::Everything;
        match *self {
            Self::User(user) => match part {
                Part::User(other) | Part::Credentials(other) => other == user,
                _ => is_everything,
            },
            Self::Kind(of, kind) => account == of && (part.kind() == kind || is_everything),
            Self::Part(Changed::OfAccount { account: of, part: meant }) => {
                account == of && (part == meant || is_everything)
            }
            Self::Part(Changed::GatewayRules) => false,
        }
    }
}
