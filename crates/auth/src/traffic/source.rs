//! Under whom requests are counted.

use std::net::IpAddr;

use vestibule_model::{
    AccountId, Application, AuditRecord, Means, Millis, Refusal, Session, TrafficApplication, TrafficOutcome,
    UserId, UserKind,
};
use vestibule_store::TrafficSource;

use super::{Counted, Route};
use crate::administration;
use crate::authorize::Live;
use crate::directory::UserEntry;
use crate::gateway::Objection;
use crate::service::Auth;

/// Nobody knows whose it is.
pub(crate) const UNKNOWN: TrafficSource =
    TrafficSource { account: None, application: TrafficApplication::Unknown };

/// An administrator's call.
pub(crate) const ADMINISTRATOR: TrafficSource =
    TrafficSource { account: None, application: TrafficApplication::Administrator };

/// A user, as requests are counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CountedUser {
    pub(crate) id: UserId,
    pub(crate) kind: UserKind,
}

impl CountedUser {
    fn of(user: &UserEntry) -> Self {
        Self { id: user.id, kind: user.kind }
    }
}

/// Whoever is known for what they show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Caller {
    pub(crate) source: TrafficSource,
    /// None: it is for nobody, or nobody knows for whom.
    pub(crate) user: Option<CountedUser>,
}

impl Caller {
    pub(crate) const UNKNOWN: Self = Self { source: UNKNOWN, user: None };
    pub(crate) const ADMINISTRATOR: Self = Self { source: ADMINISTRATOR, user: None };

    /// The user of a session, and the application it was opened with. Administrators are counted as one.
    pub(crate) fn of(user: &UserEntry, application: Application) -> Self {
        if user.is_administrator {
            return Self::ADMINISTRATOR;
        }
        let (account, application) = (Some(user.account().account.id), TrafficApplication::Of(application));
        Self { source: TrafficSource { account, application }, user: Some(CountedUser::of(user)) }
    }

    /// An application, for no user.
    pub(crate) fn application(account: AccountId, application: Application) -> Self {
        let application = TrafficApplication::Of(application);
        Self { source: TrafficSource { account: Some(account), application }, user: None }
    }

    /// The holder of a session.
    pub(crate) fn live(live: &Live<'_>) -> Self {
        Self::of(&live.entry.holder, live.entry.application())
    }
}

impl From<Objection> for TrafficOutcome {
    fn from(objection: Objection) -> Self {
        match objection {
            Objection::Account => Self::OtherAccount,
            Objection::Application => Self::OtherApplication,
            Objection::UserKind => Self::OtherUserKind,
            Objection::Population => Self::OtherPopulation,
            Objection::Rank => Self::RankTooLow,
            Objection::Privilege => Self::MissingPrivilege,
            Objection::Address => Self::OtherAddress,
            Objection::Path | Objection::AmbiguousPath | Objection::NoTarget => Self::OtherPath,
        }
    }
}

/// What came of a login, and of whatever else an application or a user has to prove themselves for.
pub(crate) const fn outcome_of(refusal: Refusal) -> TrafficOutcome {
    match refusal {
        Refusal::UnknownAccount
        | Refusal::UnknownUser
        | Refusal::WrongPassword
        | Refusal::WrongKey
        | Refusal::WrongApplicationToken
        | Refusal::AssertionRefused
        | Refusal::AlreadyUsed
        | Refusal::WrongOneTimeCode
        | Refusal::WrongCode
        | Refusal::TokenReused
        | Refusal::Stale
        | Refusal::NotProved => TrafficOutcome::WrongCredentials,
        Refusal::Locked => TrafficOutcome::Locked,
        Refusal::SecondFactorNeeded | Refusal::SecondFactorNotSet => TrafficOutcome::SecondFactorNeeded,
        Refusal::KeyNotAllowed
        | Refusal::Disabled
        | Refusal::PasswordExpired
        | Refusal::MustChangePassword
        | Refusal::SsoOnly
        | Refusal::BotFeatureOff
        | Refusal::TooManySessions
        | Refusal::Blocked
        | Refusal::NoConnection
        | Refusal::PasswordPolicy
        | Refusal::NotAllowed
        | Refusal::WrongScope => TrafficOutcome::NotAllowed,
        Refusal::TooManyFailures | Refusal::Overloaded => TrafficOutcome::TooManyRequests,
        Refusal::ProviderFailed => TrafficOutcome::Unavailable,
        Refusal::NoSession | Refusal::MayNotStay => TrafficOutcome::InvalidCredential,
    }
}

/// Whose attempt was refused, as far as it is known.
pub(crate) fn source_of_refusal(record: &AuditRecord, why: Refusal) -> TrafficSource {
    let is_administration = record.account == Some(administration::administrators_account());
    let application = match (why, record.means) {
        _ if is_administration => return ADMINISTRATOR,
        (Refusal::WrongKey | Refusal::WrongApplicationToken, _) | (_, Means::Nothing) => {
            TrafficApplication::Unknown
        }
        (_, Means::ApplicationToken(id)) => TrafficApplication::Of(Application::Token(id)),
        (_, Means::ApiKey(id)) => TrafficApplication::Of(Application::ApiKey(id)),
        (_, Means::OauthClient(id)) => TrafficApplication::Of(Application::OauthClient(id)),
        (_, Means::Password | Means::Session | Means::Saml | Means::Oidc) => {
            TrafficApplication::Of(Application::None)
        }
        (_, Means::AdministrationToken | Means::CommandLine | Means::System) => return ADMINISTRATOR,
    };
    match record.account {
        Some(account) => TrafficSource { account: Some(account), application },
        None => UNKNOWN,
    }
}

impl Auth {
    /// Counts a request of one of our own routes.
    pub(crate) fn count_own(
        &self,
        route: Route<'static>,
        Caller { source, user }: Caller,
        outcome: TrafficOutcome,
        address: Option<IpAddr>,
        now: Millis,
    ) {
        let agent = None;
        self.traffic.count(&Counted { source, user, route, outcome, address, agent, now });
    }

    /// Counts that somebody logged in.
    pub(crate) fn count_login(&self, user: &UserEntry, session: &Session, now: Millis) {
        let caller = Caller::of(user, session.application);
        self.count_own(Route::LOGIN, caller, TrafficOutcome::Allowed, session.address, now);
    }
}
