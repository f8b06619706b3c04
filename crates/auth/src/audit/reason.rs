//! Why a session that lived may not go on: what has become of its account, its user, or what it was opened with.

use vestibule_model::{
    AccountState, Application, AuthenticationMethod, EndReason, Feature, Millis, Session, SignOn, User,
};

use super::End;
use crate::directory::AccountEntry;

/// The reason why the session may not go on. `before` is the user as they were, if that is known; `account` the account
/// as it is now.
pub(crate) fn why_not_current(
    session: &Session,
    before: Option<&User>,
    account: Option<&AccountEntry>,
    now: Millis,
) -> EndReason {
    let Some(account) = account else { return EndReason::AccountDeleted };
    if account.account.state == AccountState::Disabled {
        return EndReason::AccountDisabled;
    }
    let Some(user) = account.user(session.user) else { return EndReason::UserDeleted };
    if !user.enabled {
        return EndReason::UserDisabled;
    }
    if user.credential_version != session.credential_version {
        let changed_at = |user: &User| user.password.as_ref().map(|password| password.changed_at);
        let is_another = before.is_some_and(|before| changed_at(before) != changed_at(&user));
        return if is_another { EndReason::PasswordSet } else { EndReason::CredentialsChanged };
    }
    match session.method {
        AuthenticationMethod::Password if account.account.sign_on == SignOn::SsoOnly => EndReason::SsoOnly,
        AuthenticationMethod::Password
            if account.password_expires_at(&user).is_some_and(|end| now >= end) =>
        {
            EndReason::PasswordExpired
        }
        AuthenticationMethod::Password if user.must_change_password => EndReason::MustChangePassword,
        AuthenticationMethod::Password => match session.application {
            Application::None => EndReason::CredentialsChanged,
            Application::Token(_) | Application::ApiKey(_) | Application::OauthClient(_) => {
                EndReason::ApplicationRefused
            }
        },
        AuthenticationMethod::Saml | AuthenticationMethod::Oidc => match session.application {
            Application::None => EndReason::CredentialsChanged,
            Application::Token(_) | Application::ApiKey(_) | Application::OauthClient(_) => {
                EndReason::ApplicationRefused
            }
        },
        AuthenticationMethod::ApiKey | AuthenticationMethod::OauthClient => {
            if account.account.features.contains(&Feature::UserTypeBot) {
                EndReason::ApplicationRefused
            } else {
                EndReason::BotFeatureOff
            }
        }
    }
}

/// The end of a session that was not used, or has reached its end. One that was opened with superseded secrets, and so had the
/// end of their overlap as its own, ended with them.
pub(crate) fn end_of_expired(session: &Session, account: Option<&AccountEntry>) -> End {
    let end = End::expired(session);
    if end.reason != EndReason::AbsoluteEnd {
        return end;
    }
    let secrets = account.and_then(|account| account.secrets_of(session.application));
    let with_them = secrets.is_some_and(|(present, overlap)| {
        session.secret_version != present
            && overlap.is_none_or(|overlap| session.absolute_end >= Some(overlap.until))
    });
    if with_them { End { reason: EndReason::ApplicationRefused, ..end } } else { end }
}
