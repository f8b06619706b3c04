//! Words for sessions that more than one face writes.

use vestibule_model::{Application, AuthenticationMethod, Dialect, Rank};

/// The dialect that a session was opened in.
pub(crate) const fn dialect(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::LivePerson => "liveperson",
        Dialect::LiveVox => "livevox",
        Dialect::Pages => "pages",
    }
}

/// How a session was opened.
pub(crate) const fn method(method: AuthenticationMethod) -> &'static str {
    match method {
        AuthenticationMethod::Password => "password",
        AuthenticationMethod::ApiKey => "api-key",
        AuthenticationMethod::OauthClient => "oauth-client",
        AuthenticationMethod::Saml => "saml",
        AuthenticationMethod::Oidc => "oidc",
    }
}

/// How much of the account a user may see.
pub(crate) const fn role(rank: Rank) -> &'static str {
    match rank {
        Rank::Agent => "agent",
        Rank::Manager => "manager",
        Rank::ItUser => "it-user",
        Rank::SuperUser => "super-user",
        Rank::SysAdmin => "sys-admin",
    }
}

/// The id of what a session was opened with.
pub(crate) const fn application(application: Application) -> Option<i64> {
    match application.id() {
        Some(id) => Some(id.0),
        None => None,
    }
}
