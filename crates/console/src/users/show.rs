//! `/console/accounts/{account}/users/{user}`

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_auth::{
    AccountUser, AdministrationError, Caller, HOME, PageRequest, Scope, SessionFilter, UserEntry,
};
use vestibule_model::{
    Actor, ConnectionId, Group, Identity, Millis, Profile, SessionOrder, Skill, UserId, UserKind,
};
use vestibule_serve::forms::Zone;

use super::{UserDeed, above, state, user_address};
use crate::connections::{connection_address, looked_at};
use crate::forms::Done;
use crate::frame::Frame;
use crate::parts::{self, Cell, Fact, Shape, Table, counted, sentence};
use crate::place::Place;
use crate::refused::ConsoleError;
use crate::resources::Kind;
use crate::routes::{ADMINISTRATORS, SESSIONS};
use crate::signed_in::SignedIn;
use crate::{ConsoleState, answer, audit, sessions, words};

/// How many sessions of a user are shown, the newest.
const SHOWN: usize = 10;

#[derive(Template)]
#[template(path = "user.html")]
struct UserPage {
    frame: Frame,
    facts: Vec<Fact>,
    /// Which logins were looked at for the connections that they came in by, if any.
    looked_at: Option<String>,
    count: String,
    sessions: String,
    table: Table,
    lives: Vec<Told>,
    /// What may be done: its name, and where.
    deeds: Vec<(&'static str, String)>,
    delete: Option<String>,
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
    let may = caller.require(Scope::WriteAccount(account)).is_ok();
    let own = user_address(account, id);
    let frame = Frame::of(signed_in.viewer(), user.login_name.clone());
    let mut facts = facts(&console, caller, &user, last_login, &zone);
    let of_user = [("user", &*id.to_string())];
    let (came_in_by, looked_at) = came_in_by(&console, caller, &user, &zone).await?;
    facts.push(came_in_by);
    facts.push(Fact::many("Sessions", sessions::links(account, &of_user), "none"));
    facts.push(Fact::one("Audit", audit::link("Audit of this user", account, &of_user)));
    let mut deeds = if may { deeds(&console, caller, &user, page.total) } else { Vec::new() };
    if may_be_given_a_role(&console, caller, &user).await {
        deeds.push(("Give a role", parts::address(&format!("{ADMINISTRATORS}/new"), of_user)));
    }
    let shown = UserPage {
        frame: above(frame, AccountUser { account, user: id }, None).saying(Done::said(&signed_in.request)),
        deeds,
        delete: may.then(|| format!("{own}/{}", UserDeed::Delete.word())),
        facts,
        looked_at,
        count: counted(page.total, "live session", "live sessions"),
        sessions: format!("{SESSIONS}?account={account}&user={id}"),
        table: sessions::table_to_end(&console, caller, &page.sessions, &zone),
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

/// By which connections they came in, and when last; and which logins were looked at for it, if any.
async fn came_in_by(
    console: &ConsoleState,
    caller: &Caller,
    user: &UserEntry,
    zone: &Zone,
) -> Result<(Fact, Option<String>), AdministrationError> {
    let of = AccountUser { account: user.account, user: user.id };
    let Some(last) = console.administration().last_logins_by_connection(caller, of).await? else {
        return Ok((Fact::one("Came in by", Cell::words("no connection")), None));
    };
    let by = |(id, at): (ConnectionId, Millis)| {
        let at = parts::time(at, zone);
        let Some(usable) = user.account().connection(id) else {
            return Cell::words(format!("a connection of before, last {at}"));
        };
        let name = &usable.connection.display_name;
        Cell::whole(&format!("{name}, last {at}")).to(connection_address(user.account, id))
    };
    let fact = Fact::many("Came in by", last.found.into_iter().map(by).collect(), "no connection");
    Ok((fact, Some(looked_at(last.looked_at, "user"))))
}

/// Whether it is one of the administrators' account who has no role, and the caller may give them one.
async fn may_be_given_a_role(console: &ConsoleState, caller: &Caller, user: &UserEntry) -> bool {
    if user.account.as_str() != HOME
        || user.kind == UserKind::Bot
        || caller.require(Scope::WriteInstallation).is_err()
    {
        return false;
    }
    let known = console.administration().administrators(caller).await;
    known.is_ok_and(|known| known.iter().all(|known| known.administrator.user != user.id))
}

/// What may be done to somebody of whom so many sessions live.
fn deeds(
    console: &ConsoleState,
    caller: &Caller,
    user: &UserEntry,
    sessions: usize,
) -> Vec<(&'static str, String)> {
    let own = user_address(user.account, user.id);
    let at = |deed: UserDeed| (deed.name(), format!("{own}/{}", deed.word()));
    let mut deeds = vec![("Edit", format!("{own}/edit"))];
    if user.kind != UserKind::Bot {
        deeds.push(("Set password", format!("{own}/password")));
    }
    if console.administration().is_locked(caller, user) {
        deeds.push(at(UserDeed::Unlock));
    }
    let is_oneself = matches!(&caller.actor, Actor::User { id, .. } if *id == user.id);
    if user.second_factor.is_some() && !is_oneself {
        deeds.push(at(UserDeed::ResetSecondFactor));
    }
    if sessions > 0 {
        deeds.push(at(UserDeed::EndSessions));
    }
    deeds.push(at(if user.enabled { UserDeed::Disable } else { UserDeed::Enable }));
    deeds
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
    let mut facts = who(user, administration.is_locked(caller, user), last_login, (caller.now, zone));
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
fn who(
    user: &UserEntry,
    is_locked: bool,
    last_login: Option<Millis>,
    (now, zone): (Millis, &Zone),
) -> Vec<Fact> {
    let text = |text: &str| if text.is_empty() { Cell::words("none") } else { Cell::whole(text) };
    let locked = match user.locked_at.filter(|_| is_locked) {
        Some(at) => Cell::time(at, zone),
        None => Cell::words(if is_locked { "yes" } else { "no" }),
    };
    let policy = user.account().account.lockout_policy_of(user.population);
    let unlocked = user.locked_at.filter(|_| is_locked).map(|at| {
        let ends = Cell::time_or(policy.lock_ends(at), zone, "somebody unlocks them");
        Fact::one("Locked until", ends)
    });
    let expires = user.account().password_expires_at(user).map(|at| {
        let has_expired = now >= at;
        let cell = if has_expired { Cell::tag(Shape::Warn, "has expired") } else { Cell::time(at, zone) };
        Fact::one("Password expires", cell)
    });
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
    let mut facts = vec![
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
    ];
    facts.extend(unlocked);
    facts.extend(expires);
    facts
}
