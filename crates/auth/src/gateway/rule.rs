//! A rule of the gate, compiled: what a check asks of a session that lives.

use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;

use foldhash::fast::RandomState;
use vestibule_model::{
    AccountId, Application, GatewayCredential, GatewayRule, GatewayRuleSettings, IdentityHeader, Population,
    Rank, RefusalStyle, UserKind,
};

use super::path::{PathPattern, normal_form};
use super::principal::ApplicationPrincipal;
use crate::authorize::Accepted;
use crate::directory::UserEntry;
use crate::eligibility::is_among;

/// A rule of the gate, as checks go by it.
#[derive(Debug)]
pub struct CompiledRule {
    credentials: Box<[GatewayCredential]>,
    refusals: RefusalStyle,
    identity_headers: Box<[IdentityHeader]>,
    /// None: no path is asked for.
    paths: Option<Box<[PathPattern]>>,
    /// None: nothing is asked of the session.
    asked: Option<Box<Asked>>,
    reads_target: bool,
}

/// What is asked of a session. Lists but that of kinds of user are in ascending order; one that is empty asks for nothing.
#[derive(Debug, Default, PartialEq, Eq)]
struct Asked {
    accounts: Vec<AccountId>,
    applications: Vec<Application>,
    user_kinds: Vec<UserKind>,
    populations: Vec<Population>,
    minimum_rank: Option<Rank>,
    privileges: Vec<i32>,
    application_addresses: bool,
}

/// What a rule says about whoever is known, and is not let through. In the order in which it is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Objection {
    /// Of another account.
    Account,
    /// The session was opened with another application, or with one.
    Application,
    /// Another kind of user.
    UserKind,
    /// Of the other population.
    Population,
    /// The rank is too low.
    Rank,
    /// A privilege is missing.
    Privilege,
    /// From an address that is none of the application's.
    Address,
    /// No pattern matches the path of the target.
    Path,
    /// The path of the target has no normal form, so that no pattern can be compared.
    AmbiguousPath,
    /// The gateway tells no target, and patterns are asked for.
    NoTarget,
}

impl fmt::Display for Objection {
    /// For the log.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Account => "the rule is for other accounts",
            Self::Application => "the rule is for sessions of other applications",
            Self::UserKind => "the rule is for other kinds of user",
            Self::Population => "the rule is for the other population",
            Self::Rank => "the rule is for a higher rank",
            Self::Privilege => "the rule is for users with other privileges",
            Self::Address => "the application is for other addresses",
            Self::Path => "the rule is for other paths",
            Self::AmbiguousPath => "the rule asks for a path, and this one can be read in more than one way",
            Self::NoTarget => "the rule asks for a path, and no target is told here: gateways tell it at the path of their kind",
        })
    }
}

impl std::error::Error for Objection {}

/// What is known of a session that lives.
pub(crate) struct Asking<'a> {
    pub(crate) user: &'a UserEntry,
    pub(crate) application: Application,
    pub(crate) address: Option<IpAddr>,
}

impl CompiledRule {
    /// A pattern that is none matches nothing: it lets nobody through, and stands in the way of no start.
    pub(crate) fn new(settings: &GatewayRuleSettings) -> Self {
        let paths = settings.paths.iter().filter_map(|path| PathPattern::new(path).ok());
        let asked = Asked {
            accounts: sorted(&settings.accounts),
            applications: sorted(&settings.applications),
            user_kinds: settings.user_kinds.clone(),
            populations: sorted(&settings.populations),
            minimum_rank: settings.minimum_rank,
            privileges: sorted(&settings.privileges),
            application_addresses: settings.application_addresses,
        };
        let takes = |credential| settings.credentials.contains(&credential);
        let goes_by_target = [GatewayCredential::BearerInTarget, GatewayCredential::Signature];
        Self {
            reads_target: !settings.paths.is_empty() || goes_by_target.into_iter().any(takes),
            credentials: settings.credentials.as_slice().into(),
            refusals: settings.refusals,
            identity_headers: settings.identity_headers.as_slice().into(),
            paths: (!settings.paths.is_empty()).then(|| paths.collect()),
            asked: (asked != Asked::default()).then(|| asked.into()),
        }
    }

    /// In what shape is refused.
    pub const fn refusals(&self) -> RefusalStyle {
        self.refusals
    }

    /// What the service behind the gateway is told.
    pub fn identity_headers(&self) -> &[IdentityHeader] {
        &self.identity_headers
    }

    /// What is taken, in the order in which it counts.
    pub fn accepted(&self) -> Accepted<'_> {
        Accepted::InOrder(&self.credentials)
    }

    /// Whether this counts.
    pub fn takes(&self, credential: GatewayCredential) -> bool {
        self.credentials.contains(&credential)
    }

    /// Whether it goes by the target: by its path, or by a credential that the target is part of. Then the account that the target
    /// names counts too.
    pub const fn reads_target(&self) -> bool {
        self.reads_target
    }

    /// The account, where it names one alone.
    pub fn only_account(&self) -> Option<AccountId> {
        let accounts = self.asked.as_ref().map(|asked| &asked.accounts[..]);
        if let Some([account]) = accounts { Some(*account) } else { None }
    }

    /// Whether it names an account, or asks for none.
    pub(crate) fn is_for_account(&self, account: AccountId) -> bool {
        self.asked.as_ref().is_none_or(|asked| is_one_of(&asked.accounts, &account))
    }

    /// Why it lets no request for this target through, as the client sent it; None: it does, if it lets the rest of it. A target of None is not
    /// known.
    pub(crate) fn objection_to_target(&self, target: Option<&str>) -> Option<Objection> {
        let paths = self.paths.as_ref()?;
        let Some(target) = target else { return Some(Objection::NoTarget) };
        let Ok(normal) = normal_form(target) else { return Some(Objection::AmbiguousPath) };
        (!paths.iter().any(|path| path.matches(&normal))).then_some(Objection::Path)
    }

    /// Why somebody whose session lives is not let through, with the objection to the target; None: they are.
    pub(crate) fn objection(&self, asking: &Asking<'_>, to_target: Option<Objection>) -> Option<Objection> {
        let of_session = self.asked.as_ref().and_then(|asked| asked.objection(asking));
        of_session.or(to_target)
    }

    /// Why an application that proved itself is not let through; None: it is. What is asked of a user none has.
    pub(crate) fn objection_to_application(
        &self,
        principal: &ApplicationPrincipal<'_>,
        is_from_there: bool,
        target: Option<&str>,
    ) -> Option<Objection> {
        let of_application = self.asked.as_ref().and_then(|asked| asked.objection_to_application(principal));
        of_application
            .or_else(|| (!is_from_there).then_some(Objection::Address))
            .or_else(|| self.objection_to_target(target))
    }
}

impl Asked {
    fn objection(&self, Asking { user, application, address }: &Asking<'_>) -> Option<Objection> {
        let (account, grants) = (user.account(), user.grants());
        let is_from_there = || match application {
            Application::OauthClient(id) => {
                account.oauth_client_of_id(*id).is_some_and(|client| is_among(&client.addresses, *address))
            }
            // A bot's key is asked about at every use of a session, and the others have no addresses.
            Application::None | Application::ApiKey(_) | Application::Token(_) => true,
        };
        let has = |privilege| grants.privileges.binary_search(privilege).is_ok();
        let asked: [(bool, Objection); 6] = [
            (is_one_of(&self.accounts, &account.account.id), Objection::Account),
            (is_one_of(&self.applications, application), Objection::Application),
            (self.user_kinds.is_empty() || self.user_kinds.contains(&user.kind), Objection::UserKind),
            (is_one_of(&self.populations, &user.population), Objection::Population),
            (self.minimum_rank.is_none_or(|least| grants.rank >= least), Objection::Rank),
            (self.privileges.iter().all(has), Objection::Privilege),
        ];
        let met = asked.into_iter().find(|(is_met, _)| !is_met).map(|(_, objection)| objection);
        let address = || (self.application_addresses && !is_from_there()).then_some(Objection::Address);
        met.or_else(address)
    }

    fn objection_to_application(&self, principal: &ApplicationPrincipal<'_>) -> Option<Objection> {
        let asked: [(bool, Objection); 6] = [
            (is_one_of(&self.accounts, &principal.account.account.id), Objection::Account),
            (is_one_of(&self.applications, &principal.application), Objection::Application),
            (self.user_kinds.is_empty(), Objection::UserKind),
            (self.populations.is_empty(), Objection::Population),
            (self.minimum_rank.is_none(), Objection::Rank),
            (self.privileges.is_empty(), Objection::Privilege),
        ];
        asked.into_iter().find(|(is_met, _)| !is_met).map(|(_, objection)| objection)
    }
}

fn sorted<T: Ord + Clone>(list: &[T]) -> Vec<T> {
    let mut list = list.to_vec();
    list.sort_unstable();
    list
}

/// Whether a value is in an ascending list, which asks for nothing when it is empty.
fn is_one_of<T: Ord>(list: &[T], value: &T) -> bool {
    list.is_empty() || list.binary_search(value).is_ok()
}

/// Every rule of the gate: as it is stored, and as checks go by it.
#[derive(Debug)]
pub(crate) struct Rules {
    /// By name.
    pub(crate) stored: Vec<GatewayRule>,
    compiled: HashMap<String, CompiledRule, RandomState>,
}

impl Rules {
    pub(crate) fn new(stored: Vec<GatewayRule>) -> Self {
        let default = (GatewayRule::DEFAULT.to_owned(), CompiledRule::new(&GatewayRuleSettings::default()));
        let of_stored = stored.iter().map(|rule| (rule.name.clone(), CompiledRule::new(&rule.settings)));
        // One that is stored takes the place of the default.
        Self { compiled: std::iter::once(default).chain(of_stored).collect(), stored }
    }

    pub(crate) fn compiled(&self, name: &str) -> Option<&CompiledRule> {
        self.compiled.get(name)
    }
}

impl Default for Rules {
    fn default() -> Self {
        Self::new(Vec::new())
    }
}
