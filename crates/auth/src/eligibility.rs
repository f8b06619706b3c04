//! Who may log in and who may stay: the account and user states that refuse somebody who proved who they are.
//!
//! The same questions are asked at login and at every refresh.

use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;
use vestibule_model::{
    Account, AccountState, Application, ApplicationId, ApplicationToken, AuthenticationMethod, Feature,
    GrantType, Millis, OauthClient, Privilege, SecretVersion, Session, SignOn, User, UserKind,
};

use crate::directory::{AccountFacts, UsableApiKey, UserEntry};

/// A state in which somebody who proved who they are is refused. Told to nobody else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IneligibleReason {
    /// Too many failed logins.
    Locked,
    /// The account or the user is disabled.
    Disabled,
    /// The password is older than the policy allows.
    PasswordExpired,
    /// An administrator asked for a new password.
    MustChangePassword,
    /// The account logs in through its identity provider only.
    SsoOnly,
    /// Application login without the account's feature "User Type - Bot".
    BotFeatureOff,
    /// The user has as many sessions as the policy allows.
    TooManySessions,
    /// The user has a second factor, and it was not shown.
    SecondFactor,
    /// The account asks for a second factor, and the user has none.
    SecondFactorNotSet,
    /// The user is one of the administrators' account, and administers nothing.
    NoRole,
}

impl fmt::Display for IneligibleReason {
    /// For the log.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Locked => "the user is locked",
            Self::Disabled => "the account or the user is disabled",
            Self::PasswordExpired => "the password has expired",
            Self::MustChangePassword => "the password must be changed",
            Self::SsoOnly => "the account logs in through its identity provider only",
            Self::BotFeatureOff => "the account has not the feature \"User Type - Bot\"",
            Self::TooManySessions => "the user has as many sessions as the policy allows",
            Self::SecondFactor => "the user has a second factor, which was not shown",
            Self::SecondFactorNotSet => "the account asks for a second factor, and the user has none",
            Self::NoRole => "the user has no role",
        })
    }
}

/// Whether the account and the user are in use at all.
pub(crate) fn enabled(entry: &AccountFacts, user: &User) -> Result<(), IneligibleReason> {
    let usable = entry.account.state == AccountState::Enabled && user.enabled;
    if usable { Ok(()) } else { Err(IneligibleReason::Disabled) }
}

/// Whether the account's users prove who they are by password at all.
pub(crate) fn passwords_count(entry: &AccountFacts) -> Result<(), IneligibleReason> {
    match entry.account.sign_on {
        SignOn::Password => Ok(()),
        SignOn::SsoOnly => Err(IneligibleReason::SsoOnly),
    }
}

/// Whether somebody who proved the user's password may be logged in.
pub(crate) fn of_user(entry: &AccountFacts, user: &User, now: Millis) -> Result<(), IneligibleReason> {
    enabled(entry, user)?;
    passwords_count(entry)?;
    password_may_stay(entry, user, now)
}

/// Whether the user may keep the password, or has to change it before anything else.
pub(crate) fn password_may_stay(
    entry: &AccountFacts,
    user: &User,
    now: Millis,
) -> Result<(), IneligibleReason> {
    if entry.password_expires_at(user).is_some_and(|end| now >= end) {
        return Err(IneligibleReason::PasswordExpired);
    }
    if user.must_change_password {
        return Err(IneligibleReason::MustChangePassword);
    }
    Ok(())
}

/// When nothing has expired yet: what is refused then is refused whatever the clock says.
pub(crate) const BEFORE_ALL_TIME: Millis = Millis::from_unix(i64::MIN);

/// The first moment at which a session that was opened by password may not go on, whatever its own limits: the same
/// questions as at login. It is asked once for each state of the account and the user, not at each use of a session.
pub(crate) fn password_sessions_end(entry: &AccountFacts, user: &User) -> Millis {
    const NEVER: Millis = Millis::from_unix(i64::MAX);
    match of_user(entry, user, BEFORE_ALL_TIME) {
        Ok(()) => entry.password_expires_at(user).unwrap_or(NEVER),
        Err(_) => BEFORE_ALL_TIME,
    }
}

/// Whether a bot that proved the values of its key may be logged in. Password expiry and SSO do not matter.
pub(crate) fn of_bot(entry: &AccountFacts, user: &User) -> Result<(), IneligibleReason> {
    enabled(entry, user)?;
    if !entry.account.features.contains(&Feature::UserTypeBot) {
        return Err(IneligibleReason::BotFeatureOff);
    }
    Ok(())
}

/// Whether somebody whom an identity provider vouched for may be logged in, and stay. Their password is no matter: it may have
/// expired, and there may be none. Bots have no identity there.
pub(crate) fn of_federated(entry: &AccountFacts, user: &User) -> Result<(), IneligibleReason> {
    enabled(entry, user)
}

/// Whether the key that `user` is tied to may be used for login from this address, is this application, and has or still
/// had these secrets.
pub(crate) fn key_may_log_in(
    entry: &AccountFacts,
    user: &User,
    application: Application,
    version: SecretVersion,
    address: Option<IpAddr>,
    now: Millis,
) -> bool {
    let Some(allowed) = user.allowed_app_key.as_deref().filter(|_| user.kind == UserKind::Bot) else {
        return false;
    };
    let (enabled, privileges, addresses) = match application {
        Application::None | Application::Token(_) => return false,
        Application::ApiKey(id) => match entry.api_key(allowed) {
            Some(UsableApiKey { key, .. })
                if key.id == id && version.counts(key.secret_version, key.superseded.as_ref(), now) =>
            {
                (key.enabled, &key.privileges, &key.addresses)
            }
            _ => return false,
        },
        Application::OauthClient(id) => match entry.oauth_client(allowed) {
            Some(client)
                if client.id == id
                    && version.counts(client.secret_version, client.superseded.as_ref(), now) =>
            {
                (client.enabled, &client.privileges, &client.addresses)
            }
            _ => return false,
        },
    };
    enabled && privileges.contains(&Privilege::UserLogin) && is_among(addresses, address)
}

/// Whether an application with these addresses may be used from this one: without any, from everywhere.
pub(crate) fn is_among(addresses: &[IpNet], address: Option<IpAddr>) -> bool {
    addresses.is_empty()
        || address.is_some_and(|address| addresses.iter().any(|net| net.contains(&address.to_canonical())))
}

/// Whether users may log in with an application that was recognised by a token.
pub(crate) fn token_may_log_in(entry: &AccountFacts, application: Application) -> bool {
    let Application::Token(id) = application else { return false };
    entry.application_token_of_id(id).is_some_and(|token| token.enabled)
}

/// Whether a session that was opened with this token may go on.
fn token_admits(token: &ApplicationToken, version: SecretVersion, now: Millis) -> bool {
    token.enabled && version.counts(token.secret_version, token.superseded.as_ref(), now)
}

/// Whether a client is for this user.
pub(crate) fn client_serves(client: &OauthClient, user: &User) -> bool {
    let profiles = &client.metadata.enabled_for_profiles;
    profiles.is_empty() || profiles.iter().any(|profile| user.profiles.contains(profile))
}

/// Whether a session that a client was given in the name of this user may go on. From where its bearer is shown is no matter:
/// the client's addresses are about where it asks for tokens.
fn client_admits(user: &UserEntry, client: ApplicationId, version: SecretVersion, now: Millis) -> bool {
    user.account().oauth_client_of_id(client).is_some_and(|client| {
        client.enabled
            && client.metadata.may(GrantType::AuthorizationCode)
            && version.counts(client.secret_version, client.superseded.as_ref(), now)
            && client_serves(client, user)
    })
}

/// Whether nothing is different between these that a session may rest on. What is not named is taken for something that one does.
pub(crate) fn rest_alike(before: &Account, after: &Account) -> bool {
    let alike = Account {
        code: after.code.clone(),
        number: after.number,
        time_zone: after.time_zone.clone(),
        second_factor: after.second_factor,
        services: after.services.clone(),
        lockout_policy: after.lockout_policy.clone(),
        agent_lockout_policy: after.agent_lockout_policy.clone(),
        session_policy: after.session_policy.clone(),
        livevox_session_policy: after.livevox_session_policy.clone(),
        look: after.look.clone(),
        ..before.clone()
    };
    alike == *after
}

/// What a session was opened with.
#[derive(Clone, Copy)]
pub(crate) struct OpenedWith {
    pub(crate) method: AuthenticationMethod,
    pub(crate) application: Application,
    pub(crate) secret_version: SecretVersion,
}

impl From<&Session> for OpenedWith {
    fn from(session: &Session) -> Self {
        let Session { method, application, secret_version, .. } = *session;
        Self { method, application, secret_version }
    }
}

/// Whether the user of a session that was opened so, with these secrets of its application, may stay. That the session's credentials are those of this entry is
/// the caller's to know.
pub(crate) fn may_go_on(user: &UserEntry, opened: OpenedWith, address: Option<IpAddr>, now: Millis) -> bool {
    let OpenedWith { method, application, secret_version: version } = opened;
    let account = user.account();
    match (method, application) {
        (AuthenticationMethod::Password, Application::Token(token)) => {
            let token = account.application_token_of_id(token);
            now < user.password_sessions_end && token.is_some_and(|token| token_admits(token, version, now))
        }
        (AuthenticationMethod::Password, Application::OauthClient(client)) => {
            now < user.password_sessions_end && client_admits(user, client, version, now)
        }
        (AuthenticationMethod::Password, _) => now < user.password_sessions_end,
        (AuthenticationMethod::Saml | AuthenticationMethod::Oidc, application) => {
            let admits = match application {
                Application::None => true,
                Application::Token(token) => account
                    .application_token_of_id(token)
                    .is_some_and(|token| token_admits(token, version, now)),
                Application::OauthClient(client) => client_admits(user, client, version, now),
                // Nobody opens such a session.
                Application::ApiKey(_) => false,
            };
            admits && of_federated(account, user).is_ok()
        }
        (AuthenticationMethod::ApiKey | AuthenticationMethod::OauthClient, application) => {
            of_bot(account, user).is_ok() && key_may_log_in(account, user, application, version, address, now)
        }
    }
}

#[cfg(test)]
mod tests {
    use vestibule_model::{LockoutPolicy, Look, PasswordPolicy, SecondFactorPolicy, Service, SessionPolicy};

    use super::*;
    use crate::administration::new_account;

    /// Every field of an account, and whether a session may rest on it. One that is left out does not compile.
    macro_rules! rests {
        ($($field:ident: $rests:literal),+ $(,)?) => {{
            let before = new_account("a".parse().unwrap(), None);
            let Account { $($field),+ } = other_account();
            $(
                let after = Account { $field, ..before.clone() };
                assert_ne!(after, before, stringify!($field));
                assert_eq!(!rest_alike(&before, &after), $rests, stringify!($field));
            )+
        }};
    }

    /// An account of which every field is another than a new one has.
    fn other_account() -> Account {
        let new = new_account("b".parse().unwrap(), Some(1));
        let service = Service { name: "agentVep".to_owned(), base_uri: None };
        Account {
            time_zone: "Europe/Athens".to_owned(),
            state: AccountState::Disabled,
            sign_on: SignOn::SsoOnly,
            second_factor: SecondFactorPolicy::Required,
            features: [Feature::UserTypeBot].into(),
            services: vec![service],
            password_policy: PasswordPolicy { expiry_days: 1, ..new.password_policy },
            lockout_policy: LockoutPolicy { failures: 77, ..new.lockout_policy },
            agent_lockout_policy: LockoutPolicy { failures: 77, ..new.agent_lockout_policy },
            session_policy: SessionPolicy::livevox(),
            livevox_session_policy: SessionPolicy::default(),
            look: Look { name: Some("B".to_owned()), ..new.look },
            ..new
        }
    }

    #[test]
    fn sessions_rest_on_what_of_an_account_decides_who_may_stay() {
        rests! {
            id: true,
            code: false,
            number: false,
            time_zone: false,
            state: true,
            sign_on: true,
            second_factor: false,
            features: true,
            services: false,
            password_policy: true,
            lockout_policy: false,
            agent_lockout_policy: false,
            session_policy: false,
            livevox_session_policy: false,
            look: false,
        }
    }
}
