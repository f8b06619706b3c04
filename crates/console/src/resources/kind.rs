//! The kinds.

use vestibule_auth::{AccountCounts, AccountResourceId};
use vestibule_model::{AccountId, Application, ApplicationId, TargetKind};

use crate::accounts::account_address;

/// A kind of thing that accounts have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Profiles,
    Groups,
    Skills,
    ApiKeys,
    OauthClients,
    ApplicationTokens,
}

impl Kind {
    pub(crate) const ALL: [Self; 6] = [
        Self::Profiles,
        Self::Groups,
        Self::Skills,
        Self::ApiKeys,
        Self::OauthClients,
        Self::ApplicationTokens,
    ];

    /// As paths have it.
    const fn word(self) -> &'static str {
        match self {
            Self::Profiles => "profiles",
            Self::Groups => "groups",
            Self::Skills => "skills",
            Self::ApiKeys => "api-keys",
            Self::OauthClients => "oauth-clients",
            Self::ApplicationTokens => "application-tokens",
        }
    }

    /// That of a word in a path.
    pub(crate) fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// All of them, as a title.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Profiles => "Profiles",
            Self::Groups => "Groups",
            Self::Skills => "Skills",
            Self::ApiKeys => "API keys",
            Self::OauthClients => "OAuth clients",
            Self::ApplicationTokens => "Application tokens",
        }
    }

    /// One of them.
    pub(crate) const fn one(self) -> &'static str {
        match self {
            Self::Profiles => "profile",
            Self::Groups => "group",
            Self::Skills => "skill",
            Self::ApiKeys => "API key",
            Self::OauthClients => "OAuth client",
            Self::ApplicationTokens => "application token",
        }
    }

    /// Some of them, within a sentence.
    pub(crate) const fn many(self) -> &'static str {
        match self {
            Self::Profiles => "profiles",
            Self::Groups => "groups",
            Self::Skills => "skills",
            Self::ApiKeys => "API keys",
            Self::OauthClients => "OAuth clients",
            Self::ApplicationTokens => "application tokens",
        }
    }

    /// As the audit has it.
    pub(crate) const fn target(self) -> TargetKind {
        match self {
            Self::Profiles => TargetKind::Profile,
            Self::Groups => TargetKind::Group,
            Self::Skills => TargetKind::Skill,
            Self::ApiKeys => TargetKind::ApiKey,
            Self::OauthClients => TargetKind::OauthClient,
            Self::ApplicationTokens => TargetKind::ApplicationToken,
        }
    }

    /// Whether sessions are opened with one.
    pub(crate) const fn opens_sessions(self) -> bool {
        self.application(0).is_some()
    }

    /// The one of this id, as a program proves itself with it; None: none does.
    pub(crate) const fn application(self, id: i64) -> Option<Application> {
        let id = ApplicationId(id);
        match self {
            Self::ApiKeys => Some(Application::ApiKey(id)),
            Self::OauthClients => Some(Application::OauthClient(id)),
            Self::ApplicationTokens => Some(Application::Token(id)),
            Self::Profiles | Self::Groups | Self::Skills => None,
        }
    }

    /// What is said where there is none.
    pub(crate) const fn empty(self) -> &'static str {
        match self {
            Self::Profiles => {
                "There is no profile: users have the rank of an agent until one gives them another."
            }
            Self::Groups => "There is no group.",
            Self::Skills => "There is no skill.",
            Self::ApiKeys => "There is no API key: programs that log bots in need one.",
            Self::OauthClients => "There is no OAuth client: programs that ask for tokens need one.",
            Self::ApplicationTokens => "There is no application token: LiveVox clients need one.",
        }
    }

    /// Where the list of an account is.
    pub(crate) fn address(self, account: AccountId) -> String {
        format!("{}/{}", account_address(account), self.word())
    }

    /// Where the page of one is.
    pub(crate) fn address_of(self, AccountResourceId { account, id }: AccountResourceId) -> String {
        format!("{}/{id}", self.address(account))
    }

    /// How many an account has.
    pub(crate) const fn count(self, counts: &AccountCounts) -> usize {
        match self {
            Self::Profiles => counts.profiles,
            Self::Groups => counts.groups,
            Self::Skills => counts.skills,
            Self::ApiKeys => counts.api_keys,
            Self::OauthClients => counts.oauth_clients,
            Self::ApplicationTokens => counts.application_tokens,
        }
    }
}
