//! `/console/accounts/{account}/users/{user}`

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_auth::{AccountUser, Caller, PageRequest, SessionFilter, UserEntry};
use vestibule_model::{Group, Identity, Millis, Profile, SessionOrder, Skill, UserId};
use vestibule_serve::forms::Zone;

use super::state;
use crate::accounts::account_address;
use crate::frame::Frame;
use crate::parts::{self, Cell, Fact, Shape, Table, counted, sentence};
use crate::place::Place;
use crate::refused::ConsoleError;
use crate::resources::Kind;
use crate::routes::{ACCOUNTS, SESSIONS};
use crate::sessions::table;
use crate::signed_in::SignedIn;
use crate::{ConsoleState, answer, words};

/// How many sessions of a user are shown, the newest.
const SHOWN: usize = 10;

#[derive(Template)]
#[template(path = "user.html")]
struct UserPage {
    frame: Frame,
    facts: Vec<Fact>,
    count: String,
    sessions: String,
    table: Table,
    lives: Vec<Told>,
}

/// The life of one of the newest sessions, in a sentence.
struct Told {
    reference: String,
    answer: String,
}

/// `GET`.
pub(crate) async fn show(
    State(console): State<ConsoleState>,
    signed_in: SignedIn,
    place: Place,
) -> Result<Response, ConsoleError> {
    let (account, id) = (place.account()?, UserId(place.number("user")?));
    let (administration, caller) = (console.administration(), &signed_in.caller);
    let user = administration.user_of_id(caller, account, id)?;
    let last_login = administration.last_login(caller, account, id).await?;
    let filter = SessionFilter { account: Some(account), user: Some(id), ..SessionFilter::default() };
    let wanted = PageRequest { limit: SHOWN, cursor: None };
    let page = administration.list_live_sessions(caller, &filter, SessionOrder::Newest, wanted).await?;
    let zone = Zone::of("UTC");
    let time = |at: Millis| parts::time(at, &zone);
    let lives = administration.why_of_user(caller, AccountUser { account, user: id }, &time).await?;
    let own = account_address(account);
    let users = format!("{own}/users");
    let shown = UserPage {
        frame: Frame::of(signed_in.viewer(), user.login_name.clone()).below([
            ("Accounts", ACCOUNTS),
            (account.as_str(), &own),
            ("Users", &users),
        ]),
        facts: facts(&console, caller, &user, last_login, &zone),
        count: counted(page.total, "live session", "live sessions"),
        sessions: format!("{SESSIONS}?account={account}&user={id}"),
        table: table(&console, &page.sessions, &zone),
        lives: lives
            .iter()
            .map(|life| Told {
                reference: crate::sessions::name(life.session),
                answer: sentence(&life.answer),
            })
            .collect(),
    };
    Ok(answer::page(StatusCode::OK, &shown))
}

fn facts(
    console: &ConsoleState,
    caller: &Caller,
    user: &UserEntry,
    last_login: Option<Millis>,
    zone: &Zone,
) -> Vec<Fact> {
    let administration = console.administration();
    let account = user.account;
    let own = |kind: Kind, id: i64, name: Option<String>| {
        let text = name.map_or_else(|| Cell::code(id), |name| Cell::text(&name));
        text.to(format!("{}/{id}", kind.address(account)))
    };
    let profile = |id: &i64| {
        let found = administration.account_resource::<Profile>(caller, account, *id);
        own(Kind::Profiles, *id, found.ok().map(|found| found.name))
    };
    let group = |id: &i64| {
        let found = administration.account_resource::<Group>(caller, account, *id);
        own(Kind::Groups, *id, found.ok().map(|found| found.name))
    };
    let skill = |id: &i64| {
        let found = administration.account_resource::<Skill>(caller, account, *id);
        own(Kind::Skills, *id, found.ok().map(|found| found.name))
    };
    let mut facts = who(user, administration.is_locked(caller, user), last_login, zone);
    facts.extend([
        Fact::many("Profiles", user.profiles.iter().map(profile).collect(), "none"),
        Fact::many("Member of", user.member_of.iter().map(group).collect(), "no group"),
        Fact::many("Manager of", user.manager_of.iter().map(group).collect(), "no group"),
        Fact::many("Skills", user.skills.iter().map(skill).collect(), "none"),
    ]);
    if let Some(key) = &user.allowed_app_key {
        facts.push(Fact::one("Logs in with", Cell::code(key)));
    }
    let known = |identity: &Identity| {
        let connection = user.account().connection(identity.connection);
        let name = connection.map_or("a connection of before", |usable| usable.connection.name.as_str());
        Cell::whole(&format!("{name} as {}", identity.subject))
    };
    facts.push(Fact::many("Known to", user.identities.iter().map(known).collect(), "no identity provider"));
    facts
}

/// Who it is, and whether they may log in.
fn who(user: &UserEntry, is_locked: bool, last_login: Option<Millis>, zone: &Zone) -> Vec<Fact> {
    let text = |text: &str| if text.is_empty() { Cell::words("none") } else { Cell::whole(text) };
    let locked = match user.locked_at.filter(|_| is_locked) {
        Some(at) => Cell::time(at, zone),
        None => Cell::words(if is_locked { "yes" } else { "no" }),
    };
    let password = match (&user.password, user.must_change_password) {
        (None, _) => Cell::words("none"),
        (Some(_), true) => Cell::tag(Shape::Warn, "has to be changed at the next login"),
        (Some(password), false) => Cell::time(password.changed_at, zone),
    };
    let second_factor = match &user.second_factor {
        Some(factor) => {
            let left = counted(factor.recovery.len(), "recovery code", "recovery codes");
            Cell::words(format!("since {}, {left} left", zone.day(factor.since)))
        }
        None => Cell::words("none"),
    };
    vec![
        Fact::one("State", state(user, is_locked)),
        Fact::one("Name", text(&user.full_name)),
        Fact::one("Nickname", text(&user.nickname)),
        Fact::one("E-mail", text(&user.email)),
        Fact::one("Kind", Cell::words(words::kind(user.kind))),
        Fact::one("Population", Cell::words(words::population(user.population))),
        Fact::one("Id", Cell::code(user.id)),
        Fact::one("LiveVox number", Cell::code(user.number)),
        Fact::one("Last login", Cell::time_or(last_login, zone, "never")),
        Fact::one("Locked since", locked),
        Fact::one("Password set", password),
        Fact::one("Second factor", second_factor),
    ]
}
