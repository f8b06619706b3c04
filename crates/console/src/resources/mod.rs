//! What belongs to an account and has an id there: each kind is listed and looked at in the same way. What is particular to one, it
//! says in a file of its own.

mod applications;
pub(crate) mod delete;
pub(crate) mod edit;
pub(crate) mod end_overlap;
mod form_api_key;
mod form_numbered;
mod form_oauth_client;
mod form_token;
mod formed;
mod kind;
mod list;
pub(crate) mod make;
mod numbered;
pub(crate) mod renew;
mod show;

pub(crate) use form_api_key::{
    ACCESS_TOKEN, ACCESS_TOKEN_SECRET, APP_KEY, SECRET, choose_privileges, privileges, read_privileges,
    shown_key,
};
pub(crate) use form_token::{APPLICATION_TOKEN, shown_token};
pub(crate) use kind::Kind;
pub(crate) use list::show as list;
pub(crate) use show::show;

use std::collections::HashMap;

use vestibule_auth::{
    AccountResource, AccountResourceId, AccountResourcePage, Administration, AdministrationError, Affected,
    Caller, Consequences, PageRequest,
};
use vestibule_model::{AccountId, Application, ApplicationId, Millis};
use vestibule_serve::forms::Zone;

use crate::ConsoleState;
use crate::accounts::account_address;
use crate::frame::Frame;
use crate::parts::{Cell, Fact};
use crate::routes::ACCOUNTS;

/// Does something with the type of a kind.
macro_rules! with_kind {
    ($kind:expr, $P:ident => $body:expr) => {{
        use $crate::resources::Kind;
        match $kind {
            Kind::Profiles => {
                type $P = vestibule_model::Profile;
                $body
            }
            Kind::Groups => {
                type $P = vestibule_model::Group;
                $body
            }
            Kind::Skills => {
                type $P = vestibule_model::Skill;
                $body
            }
            Kind::ApiKeys => {
                type $P = vestibule_model::ApiKey;
                $body
            }
            Kind::OauthClients => {
                type $P = vestibule_model::OauthClient;
                $body
            }
            Kind::ApplicationTokens => {
                type $P = vestibule_model::ApplicationToken;
                $body
            }
        }
    }};
}
use with_kind;

/// The same with the number of its secrets, where it has any.
macro_rules! with_secrets {
    ($kind:expr, $P:ident, $N:ident => $body:expr) => {{
        use $crate::resources::Kind;
        match $kind {
            Kind::ApiKeys => {
                type $P = vestibule_model::ApiKey;
                const $N: usize = 2;
                $body
            }
            Kind::OauthClients => {
                type $P = vestibule_model::OauthClient;
                const $N: usize = 1;
                $body
            }
            Kind::ApplicationTokens => {
                type $P = vestibule_model::ApplicationToken;
                const $N: usize = 1;
                $body
            }
            Kind::Profiles | Kind::Groups | Kind::Skills => Err($crate::place::not_found()),
        }
    }};
}
use with_secrets;

/// Of which account something is wanted, and by whom.
#[derive(Clone, Copy)]
pub(crate) struct Of<'a> {
    pub(crate) administration: &'a Administration<'a>,
    pub(crate) caller: &'a Caller,
    pub(crate) account: AccountId,
}

/// Those of a kind that an account has: all of them, of which the rules allow ten thousand.
pub(crate) fn all<P: AccountResource>(of: Of<'_>) -> Result<Vec<P>, AdministrationError> {
    let wanted = PageRequest { limit: usize::MAX, cursor: None };
    of.administration.account_resources(of.caller, of.account, wanted).map(|page| page.resources)
}

/// A page below that of one, whose name is known, or below the list of them.
fn above(frame: Frame, kind: Kind, account: AccountId, thing: Option<(&str, i64)>) -> Frame {
    let (own, list) = (account_address(account), kind.address(account));
    let its = thing.map(|(name, id)| (name, kind.address_of(AccountResourceId { account, id })));
    let above = [("Accounts", ACCOUNTS), (account.as_str(), &own), (kind.title(), &list)];
    frame.below(above.into_iter().chain(its.as_ref().map(|(name, its)| (*name, its.as_str()))))
}

/// What rests on one now.
async fn resting(
    console: &ConsoleState,
    caller: &Caller,
    kind: Kind,
    AccountResourceId { account, id }: AccountResourceId,
) -> Result<Consequences, AdministrationError> {
    if !kind.opens_sessions() {
        return Ok(Consequences::default());
    }
    let affected = Affected::Application(account, ApplicationId(id));
    console.administration().consequences(caller, affected).await
}

/// What is known besides the things themselves.
struct Around {
    account: AccountId,
    zone: Zone,
    /// When a session was last opened with each application.
    last_uses: HashMap<Application, Millis>,
}

/// A kind as pages tell it.
trait Shown: AccountResource {
    /// The columns of its list, behind the name.
    const COLUMNS: &'static [&'static str];

    /// The name of one.
    fn name(&self) -> &str;

    /// What stands in its columns.
    fn cells(&self, around: &Around) -> Vec<Cell>;

    /// What is told of one.
    fn facts(&self, around: &Around) -> Vec<Fact>;

    /// Until when its secrets of before work, if it has any.
    fn overlap_until(&self) -> Option<Millis> {
        None
    }

    /// Those of an account.
    async fn page(
        of: Of<'_>,
        wanted: PageRequest<'_>,
    ) -> Result<AccountResourcePage<Self>, AdministrationError> {
        of.administration.account_resources(of.caller, of.account, wanted)
    }

    /// The one of this id.
    async fn find(of: Of<'_>, id: i64) -> Result<Self, AdministrationError> {
        of.administration.account_resource(of.caller, of.account, id)
    }
}
