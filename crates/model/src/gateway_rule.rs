//! Rules of the gate: what a gateway may let through, each under a name that the gateway's configuration says.

use serde::{Deserialize, Serialize};

use crate::{AccountId, Application, Population, Rank, UserKind};

/// A rule of the gate. Belongs to the installation: one gateway stands before the users of many accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GatewayRule {
    /// Unique in the installation; [`GatewayRule::is_name`].
    pub name: String,
    /// What it asks for, and what is answered.
    pub settings: GatewayRuleSettings,
}

/// What a rule asks for, and what is answered by it. The default asks for a session and nothing else. A list that is empty
/// asks for nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GatewayRuleSettings {
    /// What is taken, in the order in which it counts. Anything else only contradicts.
    pub credentials: Vec<GatewayCredential>,
    /// Of which accounts users have to be.
    pub accounts: Vec<AccountId>,
    /// The privilege numbers that a user's profiles have to give, all of them.
    pub privileges: Vec<i32>,
    /// The rank that a user has to have at least.
    pub minimum_rank: Option<Rank>,
    /// What kinds of user are let through.
    pub user_kinds: Vec<UserKind>,
    /// Of which populations users have to be.
    pub populations: Vec<Population>,
    /// With which applications sessions have to have been opened; [`Application::None`]: with none.
    pub applications: Vec<Application>,
    /// Patterns of paths, of which one has to match that of the target.
    pub paths: Vec<String>,
    /// In what shape is refused.
    pub refusals: RefusalStyle,
    /// What the service behind the gateway is told.
    pub identity_headers: Vec<IdentityHeader>,
    /// Whether the addresses of the API key or OAuth client that a session was opened with are also those from where the session
    /// may be used. Those of a bot's key always are.
    pub application_addresses: bool,
}

/// What shows in a request who asks: a place that shows a session, or a proof without one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum GatewayCredential {
    /// The bearer of `Authorization`.
    Bearer,
    /// The id in `LV-Session`.
    LivevoxId,
    /// The session cookie.
    Cookie,
    /// The bearer in the path of the target, as the messaging service has it.
    BearerInTarget,
    /// The signature of the request by an API key (OAuth 1.0, RFC 5849): lets the key through, and no user.
    Signature,
    /// The bearer of `Authorization`, where it is a token that an OAuth client got in its own name (`app/token`): lets the client
    /// through, and no user.
    ClientToken,
    /// The cookie of the service's own pages (`/me/`), for services on the same host.
    Page,
}

/// The shape of a refusal's body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum RefusalStyle {
    /// As the dialect of the credential that is shown has it.
    #[default]
    ByCredential,
    /// The JSON of `LiveVox` (contract livevox §5).
    Livevox,
    /// The JSON of `LivePerson`'s Login Service (contract liveperson §1).
    Liveperson,
    /// The text of OAuth 1.0 (contract liveperson §3).
    Oauth,
    /// Problem details (RFC 9457).
    Problem,
    /// Browsers that ask for a page are led to the login page, and back to where they wanted to go; everything else is refused
    /// as [`Self::ByCredential`] has it.
    Redirect,
}

/// A header by which the service behind a gateway is told who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum IdentityHeader {
    /// `X-Vestibule-Account`: the account's id.
    Account,
    /// `X-Vestibule-User`: the user's id.
    User,
    /// `X-Vestibule-User-Name`: the login name.
    UserName,
    /// `X-Vestibule-Application`: the id of the application that the session was opened with.
    Application,
    /// `X-Vestibule-Session`: a name of the session that opens nothing.
    Session,
    /// `X-Vestibule-Roles`: the user's rank.
    Roles,
    /// `X-Vestibule-Privileges`: the permissions of the user's profiles.
    Privileges,
    /// `X-Vestibule-Seconds-Left`: after how many seconds the session ends if it is not used again.
    SecondsLeft,
    /// `X-Vestibule-Skills`: the ids of the user's skills.
    Skills,
    /// `X-Vestibule-Max-Chats`: the most conversations at once.
    MaxChats,
    /// `X-Vestibule-Max-Async-Chats`: the most asynchronous conversations at once.
    MaxAsyncChats,
    /// `X-Vestibule-Method`: how the session was opened.
    Method,
}

impl GatewayRule {
    /// The rule that there always is: it can be changed, and put back to the default, and never deleted.
    pub const DEFAULT: &'static str = "default";

    /// The rule that there always is, as it is while nobody has set it.
    pub fn unset_default() -> Self {
        Self { name: Self::DEFAULT.to_owned(), settings: GatewayRuleSettings::default() }
    }

    /// The most characters of a name.
    pub const LONGEST_NAME: usize = 64;

    /// Whether a text may be the name of a rule: a small letter or digit, then small letters, digits and hyphens; it stands in
    /// paths of URLs and in the configuration of gateways.
    pub fn is_name(text: &str) -> bool {
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let begins = text.bytes().next().is_some_and(is_plain);
        begins && text.len() <= Self::LONGEST_NAME && text.bytes().all(|byte| is_plain(byte) || byte == b'-')
    }
}

impl GatewayCredential {
    /// What the default rule takes: whatever shows a session of a dialect. A service that trusts the gate for users is not opened to
    /// what is none.
    pub const USUAL: [Self; 4] = [Self::Bearer, Self::LivevoxId, Self::Cookie, Self::BearerInTarget];
}

impl IdentityHeader {
    /// What the default rule tells.
    pub const USUAL: [Self; 8] = [
        Self::Account,
        Self::User,
        Self::UserName,
        Self::Application,
        Self::Session,
        Self::Roles,
        Self::Privileges,
        Self::SecondsLeft,
    ];

    /// Every one, those that the default rule tells first.
    pub const ALL: [Self; 12] = [
        Self::Account,
        Self::User,
        Self::UserName,
        Self::Application,
        Self::Session,
        Self::Roles,
        Self::Privileges,
        Self::SecondsLeft,
        Self::Skills,
        Self::MaxChats,
        Self::MaxAsyncChats,
        Self::Method,
    ];
}

impl Default for GatewayRuleSettings {
    fn default() -> Self {
        Self {
            credentials: GatewayCredential::USUAL.to_vec(),
            accounts: Vec::new(),
            privileges: Vec::new(),
            minimum_rank: None,
            user_kinds: Vec::new(),
            populations: Vec::new(),
            applications: Vec::new(),
            paths: Vec::new(),
            refusals: RefusalStyle::default(),
            identity_headers: IdentityHeader::USUAL.to_vec(),
            application_addresses: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ApplicationId;

    #[test]
    fn what_an_earlier_version_wrote_is_the_default() {
        let read = serde_json::from_str::<GatewayRuleSettings>("{}").unwrap();
        assert_eq!(read, GatewayRuleSettings::default());
    }

    #[test]
    fn what_a_later_version_asks_for_is_not_left_out() {
        assert!(serde_json::from_str::<GatewayRuleSettings>(r#"{"countries":["GR"]}"#).is_err());
    }

    #[test]
    fn applications_are_written_by_kind_and_id() {
        let all = [
            Application::None,
            Application::ApiKey(ApplicationId(1)),
            Application::OauthClient(ApplicationId(2)),
            Application::Token(ApplicationId(3)),
        ];
        let text = serde_json::to_string(&all).unwrap();
        for application in all {
            assert_eq!(serde_json::to_value(application).unwrap()["kind"], application.kind());
        }
        let expected = r#"[{"kind":"none"},{"kind":"api-key","id":1},{"kind":"oauth-client","id":2},{"kind":"application-token","id":3}]"#;
        assert_eq!(text, expected);
        assert_eq!(serde_json::from_str::<[Application; 4]>(&text).unwrap(), all);
    }

    #[test]
    fn names_are_those_that_stand_in_paths() {
        for name in ["default", "a", "0", "reports-2", &"a".repeat(64)] {
            assert!(GatewayRule::is_name(name), "{name}");
        }
        for name in ["", "-a", "A", "a_b", "a.b", "a/b", "ä", "a b", &"a".repeat(65)] {
            assert!(!GatewayRule::is_name(name), "{name}");
        }
    }
}
