//! Words for what the model knows.

use vestibule_auth::{HOME, RoleKind};
use vestibule_model::{
    AccountId, AccountState, AdministratorRole, Application, AuthenticationMethod, Dialect, GrantType,
    Population, Privilege, Protocol, Rank, RefreshRotation, RoleType, SecondFactorPolicy, Session, SignOn,
    UserKind,
};

use crate::parts::{Cell, Shape};
use crate::resources::Kind;

/// Whether something may be used.
pub(crate) fn enabled(is_enabled: bool) -> Cell {
    if is_enabled { Cell::tag(Shape::Good, "enabled") } else { Cell::tag(Shape::Quiet, "disabled") }
}

pub(crate) fn state(state: AccountState) -> Cell {
    enabled(state == AccountState::Enabled)
}

pub(crate) const fn sign_on(sign_on: SignOn) -> &'static str {
    match sign_on {
        SignOn::Password => "by password",
        SignOn::SsoOnly => "by the identity provider alone",
    }
}

pub(crate) const fn second_factor(policy: SecondFactorPolicy) -> &'static str {
    match policy {
        SecondFactorPolicy::Optional => "each user decides",
        SecondFactorPolicy::Required => "required",
    }
}

pub(crate) const fn kind(kind: UserKind) -> &'static str {
    match kind {
        UserKind::System => "system",
        UserKind::Human => "person",
        UserKind::Bot => "bot",
    }
}

pub(crate) const fn population(population: Population) -> &'static str {
    match population {
        Population::User => "user",
        Population::Agent => "agent",
    }
}

pub(crate) const fn rank(rank: Rank) -> &'static str {
    match rank {
        Rank::Agent => "agent",
        Rank::Manager => "manager",
        Rank::ItUser => "IT user",
        Rank::SuperUser => "super user",
        Rank::SysAdmin => "system administrator",
    }
}

pub(crate) const fn role(role: RoleType) -> &'static str {
    match role {
        RoleType::Administrator => "administrator",
        RoleType::Agent => "agent",
        RoleType::AgentManager => "agent manager",
        RoleType::CampaignManager => "campaign manager",
        RoleType::Lpa => "staff of the vendor",
    }
}

pub(crate) const fn privilege(privilege: Privilege) -> &'static str {
    match privilege {
        Privilege::UserLogin => "User Login",
        Privilege::AccountConfigRead => "read the configuration",
        Privilege::AccountConfigWrite => "change the configuration",
        Privilege::DataRead => "read data",
        Privilege::AppKeyManagement => "manage API keys",
    }
}

pub(crate) const fn grant(grant: GrantType) -> &'static str {
    match grant {
        GrantType::ClientCredentials => "client credentials",
        GrantType::AuthorizationCode => "authorization code",
        GrantType::RefreshToken => "refresh token",
    }
}

/// When a refresh token is replaced.
pub(crate) const fn rotation(rotation: RefreshRotation) -> &'static str {
    match rotation {
        RefreshRotation::OfPublicClients => "of public clients alone",
        RefreshRotation::Always => "always",
        RefreshRotation::Never => "never, but of public clients",
    }
}

const fn method(method: AuthenticationMethod) -> &'static str {
    match method {
        AuthenticationMethod::Password => "password",
        AuthenticationMethod::ApiKey => "API key",
        AuthenticationMethod::OauthClient => "OAuth client",
        AuthenticationMethod::Saml => "SAML",
        AuthenticationMethod::Oidc => "OpenID Connect",
    }
}

const fn dialect(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::LivePerson => "LivePerson",
        Dialect::LiveVox => "LiveVox",
        Dialect::Pages => "pages",
    }
}

/// How a session was opened.
pub(crate) fn opened_by(session: &Session) -> String {
    opening(session.account, session.method, session.dialect)
}

/// The same of one that may have ended.
pub(crate) fn opening(account: AccountId, by: AuthenticationMethod, spoken: Dialect) -> String {
    let place = match spoken {
        // Administrators have no pages but these.
        Dialect::Pages if account.as_str() == HOME => "console",
        other => dialect(other),
    };
    format!("{}, {place}", method(by))
}

/// What a session was opened with, which leads to it.
pub(crate) fn opened_with(account: AccountId, with: Application) -> Cell {
    let known = application(account, with).zip(with.id());
    known.map_or_else(
        || Cell::words("nothing else"),
        |((kind, page), id)| Cell::words(format!("{} {id}", kind.one())).to(page),
    )
}

/// Of which kind an application is, and where its page is.
pub(crate) fn application(account: AccountId, application: Application) -> Option<(Kind, String)> {
    let id = application.id()?;
    let kind = match application {
        Application::None => return None,
        Application::ApiKey(_) => Kind::ApiKeys,
        Application::OauthClient(_) => Kind::OauthClients,
        Application::Token(_) => Kind::ApplicationTokens,
    };
    Some((kind, format!("{}/{id}", kind.address(account))))
}

/// What an administrator may do.
pub(crate) fn administrator_role(role: AdministratorRole) -> String {
    let word = RoleKind::of(role).word();
    role.account().map_or_else(|| word.to_owned(), |account| format!("{word} of {account}"))
}

/// What an identity provider speaks.
pub(crate) const fn protocol(protocol: &Protocol) -> &'static str {
    match protocol {
        Protocol::Saml(_) => "SAML 2.0",
        Protocol::Oidc(_) => "OpenID Connect",
    }
}
