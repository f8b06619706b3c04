//! Sessions: one engine, whatever the dialect that opened them.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{AccountId, ApplicationId, Millis, SecretVersion, SessionId, UserId};

/// A session that was opened and has not been ended. Whether it has expired is a question of the time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its id; opens nothing by itself.
    pub id: SessionId,
    /// The account of the user.
    pub account: AccountId,
    /// Whose it is.
    pub user: UserId,
    /// The application it was opened with.
    pub application: Application,
    /// Which of the application's secrets it was opened with; without an application, the first.
    pub secret_version: SecretVersion,
    /// How it was opened.
    pub method: AuthenticationMethod,
    /// The dialect it was opened in.
    pub dialect: Dialect,
    /// The address it was opened from.
    pub address: Option<IpAddr>,
    /// When it was opened.
    pub created: Millis,
    /// When it was last used.
    pub last_used: Millis,
    /// How long it lives unused.
    pub idle: Duration,
    /// When it ends however much it is used; None: never.
    pub absolute_end: Option<Millis>,
    /// The user's credential version at the time of opening.
    pub credential_version: i64,
}

impl Session {
    /// The first moment at which the session is dead if it is not used again.
    pub fn expires_at(&self) -> Millis {
        self.expires_after(self.last_used)
    }

    /// The same if it was last used at `last_used`.
    pub fn expires_after(&self, last_used: Millis) -> Millis {
        let idle_end = last_used.plus(self.idle);
        self.absolute_end.map_or(idle_end, |end| end.min(idle_end))
    }

    /// The session as it is told at `now`: what lies ahead was told by a clock that ran ahead, and is taken for now. Its
    /// limits stay as long as they are.
    #[must_use]
    pub fn as_of(self, now: Millis) -> Self {
        let ahead = self.created.since(now);
        Self {
            created: self.created.min(now),
            last_used: self.last_used.min(now),
            absolute_end: self.absolute_end.map(|end| end.minus(ahead)),
            ..self
        }
    }

    /// Whether the session lives at `now`. It dies at its end exactly, not a millisecond before.
    pub fn is_live(&self, now: Millis) -> bool {
        now < self.expires_at()
    }
}

/// What a session was opened with besides a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", content = "id", rename_all = "kebab-case")]
pub enum Application {
    /// Nothing: a user's own login.
    None,
    /// An API key.
    ApiKey(ApplicationId),
    /// An OAuth 2.0 client.
    OauthClient(ApplicationId),
    /// An application token.
    #[serde(rename = "application-token")]
    Token(ApplicationId),
}

impl Application {
    /// The word for its kind, as it is serialised.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::ApiKey(_) => "api-key",
            Self::OauthClient(_) => "oauth-client",
            Self::Token(_) => "application-token",
        }
    }

    /// Its id, if it is one.
    pub const fn id(self) -> Option<ApplicationId> {
        match self {
            Self::None => None,
            Self::ApiKey(id) | Self::OauthClient(id) | Self::Token(id) => Some(id),
        }
    }
}

/// How a session was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AuthenticationMethod {
    /// By password.
    Password,
    /// By the four values of an API key.
    ApiKey,
    /// By an OAuth client's id and secret.
    OauthClient,
    /// By an assertion of a SAML identity provider.
    Saml,
    /// By an ID token of an OpenID provider.
    Oidc,
}

/// The dialect a session was opened in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    /// The LivePerson Login Service.
    LivePerson,
    /// LiveVox Session Management.
    LiveVox,
    /// The service's own pages, in a browser.
    Pages,
}

/// Why a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum EndReason {
    /// Its holder logged out.
    LoggedOut,
    /// A later login took its place, by the account's session policy.
    Replaced,
    /// It was not used for its idle limit.
    Expired,
    /// It reached its absolute end.
    AbsoluteEnd,
    /// The user's credentials changed; which way is not known.
    CredentialsChanged,
    /// Its user changed the password.
    PasswordChanged,
    /// Somebody else set the user's password.
    PasswordSet,
    /// The password became older than the policy allows.
    PasswordExpired,
    /// Somebody asked for a new password.
    MustChangePassword,
    /// The user was disabled.
    UserDisabled,
    /// The user was deleted.
    UserDeleted,
    /// The account was disabled.
    AccountDisabled,
    /// The account was deleted.
    AccountDeleted,
    /// The account's users log in through its identity provider only, from now on.
    SsoOnly,
    /// The account lost the feature that bots need.
    BotFeatureOff,
    /// The key, client or token it was opened with was disabled, deleted or changed, or may not be used from there.
    ApplicationRefused,
    /// The connection that it was opened by was disabled or deleted.
    ConnectionRefused,
    /// The identity provider said that the login there is over.
    LoggedOutAtProvider,
    /// Its user ended it from another session.
    EndedByOwner,
    /// An administrator, or somebody of a higher rank, ended it.
    EndedByAdministrator,
    /// The code that it was opened with, or a refresh token of it, was shown a second time: somebody else has it too.
    TokenReused,
}

impl fmt::Display for EndReason {
    /// The name that the audit and the administration API have for it.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(out)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn session(last_used: i64, idle: u64, absolute_end: Option<i64>) -> Session {
        Session {
            id: SessionId([1; 16]),
            account: "a".parse().unwrap(),
            user: UserId(1),
            application: Application::None,
            secret_version: SecretVersion::default(),
            method: AuthenticationMethod::Password,
            dialect: Dialect::LivePerson,
            address: None,
            created: Millis::EPOCH,
            last_used: Millis::from_unix(last_used),
            idle: Duration::from_millis(idle),
            absolute_end: absolute_end.map(Millis::from_unix),
            credential_version: 1,
        }
    }

    #[test]
    fn dies_at_its_idle_limit_to_the_millisecond() {
        let session = session(1_000, 500, None);
        assert!(session.is_live(Millis::from_unix(1_499)));
        assert!(!session.is_live(Millis::from_unix(1_500)));
    }

    #[test]
    fn f3_what_a_clock_told_that_ran_ahead_is_told_as_of_now() {
        let now = Millis::from_unix(1_000);
        let ahead = Session { created: Millis::from_unix(5_000), ..session(9_000, 500, Some(5_700)) };
        let told = ahead.as_of(now);
        assert_eq!((told.created, told.last_used), (now, now));
        assert_eq!(told.absolute_end, Some(Millis::from_unix(1_700)));
        assert_eq!(told.clone().as_of(now.plus(Duration::from_hours(1))), told);
    }

    proptest! {
        #[test]
        fn sliding_never_passes_the_absolute_end(last_used in 0_i64..10_000, idle in 1_u64..10_000, end in 0_i64..10_000) {
            let session = session(last_used, idle, Some(end));
            prop_assert!(!session.is_live(Millis::from_unix(end)));
            prop_assert!(session.expires_at() <= Millis::from_unix(end));
        }
    }
}
