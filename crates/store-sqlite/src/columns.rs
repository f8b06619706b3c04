//! How values stand in columns: the numbers that stand for words, JSON, times, ids.
//!
//! Every number that is stored for a word is in this file. A number once used keeps its meaning for ever.

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use serde::Serialize;
use serde::de::DeserializeOwned;
use vestibule_model::{
    AccountId, AccountState, ApplicationId, AuditAction, AuditReason, AuthenticationMethod, Dialect,
    EndReason, Generation, KeyState, Means, Millis, Population, Rank, Refusal, RoleType, SecondFactorPolicy,
    SignOn, TargetKind, TrafficOutcome, UserKind,
};
use vestibule_store::PartKind;

/// A word that is stored as a number.
pub(crate) trait Word: Copy {
    /// What it is, for the error about a number that nobody knows.
    const WHAT: &'static str;

    fn number(self) -> i64;

    fn from_number(number: i64) -> Option<Self>;
}

macro_rules! words {
    ($($what:literal $word:ty { $($variant:ident = $number:literal,)+ })+) => {$(
        impl Word for $word {
            const WHAT: &'static str = $what;

            fn number(self) -> i64 {
                match self { $(Self::$variant => $number,)+ }
            }

            fn from_number(number: i64) -> Option<Self> {
                match number { $($number => Some(Self::$variant),)+ _ => None }
            }
        }
    )+};
}

words! {
    "account state" AccountState { Enabled = 1, Disabled = 2, }
    "way of signing on" SignOn { Password = 1, SsoOnly = 2, }
    "policy on second factors" SecondFactorPolicy { Optional = 1, Required = 2, }
    "role type" RoleType { Administrator = 1, Agent = 2, AgentManager = 3, CampaignManager = 4, Lpa = 5, }
    "rank" Rank { Agent = 1, Manager = 2, ItUser = 3, SuperUser = 4, SysAdmin = 5, }
    "population" Population { User = 1, Agent = 2, }
    "user kind" UserKind { System = 0, Human = 1, Bot = 2, }
    "opening" AuthenticationMethod { Password = 1, ApiKey = 2, OauthClient = 3, Saml = 4, Oidc = 5, }
    "part of the directory" PartKind {
        Everything = 0, Account = 1, Profile = 2, Group = 3, Skill = 4, ApiKey = 5, OauthClient = 6,
        ApplicationToken = 7, User = 8, Credentials = 9, Connection = 10,
    }
    "dialect" Dialect { LivePerson = 1, LiveVox = 2, Pages = 3, }
    "protocol of a connection" ProtocolKind { Saml = 1, Oidc = 2, }
    "application kind" ApplicationKind { None = 0, ApiKey = 1, OauthClient = 2, Token = 3, }
    "kind of traffic's application" TrafficApplicationKind {
        None = 0, ApiKey = 1, OauthClient = 2, Token = 3, Administrator = 4, Unknown = 5,
    }
    "outcome of a request" TrafficOutcome {
        Allowed = 0, NoCredential = 1, InvalidCredential = 2, Contradictory = 3, OtherAccount = 4, OtherApplication = 5,
        OtherUserKind = 6, OtherPopulation = 7, RankTooLow = 8, MissingPrivilege = 9, OtherAddress = 10, OtherPath = 11,
        WrongCredentials = 12, Locked = 13, NotAllowed = 14, SecondFactorNeeded = 15, TooManyRequests = 16, Unavailable = 17,
    }
    "state of a master key" KeyState { Distributed = 0, Active = 1, Readable = 2, Retired = 3, }
    "administrator's role" RoleKind { Owner = 1, Administrator = 2, Auditor = 3, }
    "actor" ActorKind { Unknown = 0, User = 1, AdministrationToken = 2, CommandLine = 3, System = 4, Connection = 5, }
    "means" MeansKind {
        Nothing = 0, Password = 1, ApplicationToken = 2, ApiKey = 3, OauthClient = 4, Session = 5,
        AdministrationToken = 6, CommandLine = 7, System = 8, Saml = 9, Oidc = 10,
    }
    "kind of thing" TargetKind {
        Account = 1, User = 2, Profile = 3, Group = 4, Skill = 5, ApiKey = 6, OauthClient = 7,
        ApplicationToken = 8, AdministrationToken = 9, Administrator = 10, Audit = 11, MasterKey = 12, Connection = 13, GatewayRule = 14,
        SigningKey = 20,
    }
    "action" AuditAction {
        LoggedIn = 1, JoinedSession = 2, LogInRefused = 3, RefreshRefused = 4, ChangePasswordRefused = 5,
        SessionEnded = 6, UserLocked = 7, UserUnlocked = 8, PasswordChanged = 9, PasswordSet = 10,
        PasswordRehashed = 11, Created = 12, Changed = 13, Deleted = 14, AdministrationRefused = 15,
        AuditPruned = 16, AuditExported = 17, Restored = 18, SetBack = 19, WitnessRenewed = 20,
        CommitsLost = 21, DirectoryExported = 22, TokenIssued = 30, TokenRefused = 31,
        LogOutRefused = 32, SecondFactorSet = 40, SecondFactorRemoved = 41,
    }
    "reason of an end" EndReason {
        LoggedOut = 1, Replaced = 2, Expired = 3, AbsoluteEnd = 4, CredentialsChanged = 5, PasswordChanged = 6,
        PasswordSet = 7, PasswordExpired = 8, MustChangePassword = 9, UserDisabled = 10, UserDeleted = 11,
        AccountDisabled = 12, AccountDeleted = 13, SsoOnly = 14, BotFeatureOff = 15, ApplicationRefused = 16,
        EndedByOwner = 17, EndedByAdministrator = 18,
        ConnectionRefused = 19, LoggedOutAtProvider = 20, TokenReused = 30,
    }
    "reason of a refusal" Refusal {
        UnknownAccount = 101, UnknownUser = 102, WrongPassword = 103, WrongKey = 104, KeyNotAllowed = 105,
        WrongApplicationToken = 106, Locked = 107, Disabled = 108, PasswordExpired = 109,
        MustChangePassword = 110, SsoOnly = 111, BotFeatureOff = 112, TooManySessions = 113, Blocked = 114,
        TooManyFailures = 115, Overloaded = 116, Stale = 117, PasswordPolicy = 118, NoSession = 119,
        MayNotStay = 120, NotProved = 121, NotAllowed = 122,
        AssertionRefused = 123, AlreadyUsed = 124, NoConnection = 125, ProviderFailed = 126,
        WrongCode = 140, TokenReused = 141, WrongScope = 142,
        SecondFactorNeeded = 150, WrongOneTimeCode = 151, SecondFactorNotSet = 152,
    }
}

/// Which role an administrator has; the account it is limited to stands in a column of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RoleKind {
    Owner,
    Administrator,
    Auditor,
}

/// Who did what an entry of the audit tells; id and name stand in columns of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ActorKind {
    Unknown,
    User,
    AdministrationToken,
    CommandLine,
    System,
    Connection,
}

/// By which means; the application stands in a column of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MeansKind {
    Nothing,
    Password,
    ApplicationToken,
    ApiKey,
    OauthClient,
    Saml,
    Oidc,
    Session,
    AdministrationToken,
    CommandLine,
    System,
}

impl MeansKind {
    pub(crate) const fn of(means: Means) -> (Self, Option<ApplicationId>) {
        match means {
            Means::Nothing => (Self::Nothing, None),
            Means::Password => (Self::Password, None),
            Means::ApplicationToken(id) => (Self::ApplicationToken, Some(id)),
            Means::ApiKey(id) => (Self::ApiKey, Some(id)),
            Means::OauthClient(id) => (Self::OauthClient, Some(id)),
            Means::Saml => (Self::Saml, None),
            Means::Oidc => (Self::Oidc, None),
            Means::Session => (Self::Session, None),
            Means::AdministrationToken => (Self::AdministrationToken, None),
            Means::CommandLine => (Self::CommandLine, None),
            Means::System => (Self::System, None),
        }
    }

    pub(crate) fn with(self, application: Option<ApplicationId>) -> Means {
        let application = application.unwrap_or(ApplicationId(0));
        match self {
            Self::Nothing => Means::Nothing,
            Self::Password => Means::Password,
            Self::ApplicationToken => Means::ApplicationToken(application),
            Self::ApiKey => Means::ApiKey(application),
            Self::OauthClient => Means::OauthClient(application),
            Self::Saml => Means::Saml,
            Self::Oidc => Means::Oidc,
            Self::Session => Means::Session,
            Self::AdministrationToken => Means::AdministrationToken,
            Self::CommandLine => Means::CommandLine,
            Self::System => Means::System,
        }
    }
}

/// A reason in its column: ends and refusals have numbers apart.
pub(crate) struct Reason(pub(crate) AuditReason);

/// The number of a reason.
pub(crate) fn reason_number(reason: AuditReason) -> i64 {
    match reason {
        AuditReason::Ended(reason) => reason.number(),
        AuditReason::Refused(reason) => reason.number(),
    }
}

impl FromSql for Reason {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        if let Some(end) = EndReason::from_number(i64::column_result(value)?) {
            return Ok(Self(AuditReason::Ended(end)));
        }
        Coded::column_result(value).map(|Coded(refusal)| Self(AuditReason::Refused(refusal)))
    }
}

/// Which kind of application a session was opened with; its id stands in a column of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ApplicationKind {
    None,
    ApiKey,
    OauthClient,
    Token,
}

/// Which kind of application a request is counted under; its id stands in a column of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TrafficApplicationKind {
    None,
    ApiKey,
    OauthClient,
    Token,
    Administrator,
    Unknown,
}

/// Which protocol a connection speaks; what it says in it stands in a column of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProtocolKind {
    Saml,
    Oidc,
}

/// A number in the database that stands for nothing this version knows.
#[derive(Debug, thiserror::Error)]
#[error("{number} stands for no {what} that this version knows")]
struct UnknownNumber {
    number: i64,
    what: &'static str,
}

/// A word in its column.
pub(crate) struct Coded<T>(pub(crate) T);

impl<T: Word> ToSql for Coded<T> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.number().into())
    }
}

impl<T: Word> FromSql for Coded<T> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let number = i64::column_result(value)?;
        let unknown = || FromSqlError::other(UnknownNumber { number, what: T::WHAT });
        T::from_number(number).map(Coded).ok_or_else(unknown)
    }
}

/// A value that stands in its column as JSON text.
pub(crate) struct Json<T>(pub(crate) T);

impl<T: Serialize> ToSql for Json<T> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let text = serde_json::to_string(&self.0)
            .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
        Ok(text.into())
    }
}

impl<T: DeserializeOwned> FromSql for Json<T> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        serde_json::from_str(value.as_str()?).map(Json).map_err(FromSqlError::other)
    }
}

/// A point in time in its column.
pub(crate) struct At(pub(crate) Millis);

impl ToSql for At {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.as_unix().into())
    }
}

impl FromSql for At {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        i64::column_result(value).map(|millis| Self(Millis::from_unix(millis)))
    }
}

/// A generation of the master key in its column.
pub(crate) struct Numbered(pub(crate) Generation);

impl ToSql for Numbered {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(i64::from(self.0.number()).into())
    }
}

impl FromSql for Numbered {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let number = u8::try_from(i64::column_result(value)?).ok();
        number.and_then(Generation::new).map(Self).ok_or(FromSqlError::OutOfRange(i64::column_result(value)?))
    }
}

/// An account's id in its column.
pub(crate) struct Id(pub(crate) AccountId);

impl ToSql for Id {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.as_str().into())
    }
}

impl FromSql for Id {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_str()?.parse().map(Self).map_err(FromSqlError::other)
    }
}
