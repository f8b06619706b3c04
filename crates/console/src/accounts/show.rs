//! `/console/accounts/{account}`

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_auth::{HOME, PageRequest, Scope, UserSearch, policies_in_words};
use vestibule_model::{Account, AccountId, Feature};

use super::{Tab, account_address, tabs};
use crate::forms::Done;
use crate::frame::Frame;
use crate::parts::{Cell, Fact, Shape, counted};
use crate::place::Place;
use crate::refused::ConsoleError;
use crate::routes::ACCOUNTS;
use crate::signed_in::SignedIn;
use crate::{ConsoleState, answer, audit, sessions, words};

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage {
    frame: Frame,
    tabs: Vec<Tab>,
    facts: Vec<Fact>,
    actions: Vec<(&'static str, String)>,
    /// Where it is deleted; None: the caller may not.
    delete: Option<String>,
}

/// `GET`.
pub(crate) async fn show(
    State(console): State<ConsoleState>,
    signed_in: SignedIn,
    place: Place,
) -> Result<Response, ConsoleError> {
    let id = place.account()?;
    let (administration, caller) = (console.administration(), &signed_in.caller);
    let account = administration.account_of_id(caller, id)?;
    let counts = administration.account_counts(caller, id)?;
    let search = UserSearch { locked: Some(true), ..UserSearch::default() };
    let found =
        administration.search_users(caller, id, &search, PageRequest { limit: 1, cursor: None }).await?;
    let locked = match found.total {
        0 => Cell::words("nobody"),
        locked => Cell::tag(Shape::Warn, counted(locked, "user", "users")),
    };
    let mut facts = facts(&account);
    facts.push(Fact::one("Locked", locked.to(format!("{}/users?state=locked", account_address(id)))));
    let may = caller.require(Scope::WriteAccount(id)).is_ok();
    facts.push(Fact::many("Connections", connections(id, counts.connections, may), "none"));
    if may {
        facts.push(Fact::many("Change a policy", changes_of_policies(&account), "none"));
    }
    facts.push(Fact::many("Sessions", sessions::links_to_ends(caller, id, &[]), "none"));
    facts.push(Fact::one("Audit", audit::link("Audit of this account", id, &[])));
    let frame = Frame::of(signed_in.viewer(), format!("Account {id}")).below([("Accounts", ACCOUNTS)]);
    let own = account_address(id);
    let actions =
        [("Edit", format!("{own}/edit")), ("Look", format!("{own}/look")), ("Logo", format!("{own}/logo"))];
    let page = AccountPage {
        frame: frame.saying(Done::said(&signed_in.request)),
        tabs: tabs(id, &counts, signed_in.request.path()),
        facts,
        actions: actions.into_iter().filter(|_| may).collect(),
        delete: (caller.require(Scope::WriteInstallation).is_ok() && id.as_str() != HOME)
            .then(|| format!("{own}/delete")),
    };
    Ok(answer::page(StatusCode::OK, &page))
}

/// Where connections are listed, and where another one is made by whoever may.
fn connections(account: AccountId, count: usize, may: bool) -> Vec<Cell> {
    let all = format!("{}/connections", account_address(account));
    let new = may.then(|| Cell::words("New connection").to(format!("{all}/new")));
    [Cell::words(counted(count, "connection", "connections")).to(all)].into_iter().chain(new).collect()
}

/// Where each policy is changed.
fn changes_of_policies(account: &Account) -> Vec<Cell> {
    let own = format!("{}/policies", account_address(account.id));
    let policies = policies_in_words(account).into_iter();
    policies.map(|policy| Cell::words(policy.title).to(format!("{own}/{}", policy.field))).collect()
}

fn facts(account: &Account) -> Vec<Fact> {
    let feature = |feature: &Feature| match feature {
        Feature::UserTypeBot => Cell::words("bots log in as applications"),
    };
    let services = counted(account.services.len(), "service", "services");
    let services = Cell::words(services).to(format!("{}/services", account_address(account.id)));
    let name = account.look.name.as_deref();
    vec![
        Fact::one("Name", name.map_or_else(|| Cell::words("none"), Cell::whole)),
        Fact::one("State", words::state(account.state)),
        Fact::one("LiveVox client code", Cell::code(&account.code)),
        Fact::one("LiveVox client number", Cell::code(account.number)),
        Fact::one("Time zone", Cell::text(&account.time_zone)),
        Fact::one("Sign-on", Cell::words(words::sign_on(account.sign_on))),
        Fact::one("Second factor", Cell::words(words::second_factor(account.second_factor))),
        Fact::many("Features", account.features.iter().map(feature).collect(), "none"),
        Fact::one("Services", services),
    ]
}
