//! `/console/administrators`

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_auth::{HOME, NamedAdministrator, Scope};
use vestibule_model::AccountId;
use vestibule_serve::forms::Zone;

use crate::accounts::Tab;
use crate::forms::Done;
use crate::frame::Frame;
use crate::parts::{Cell, Pager, Shape, Table, counted};
use crate::refused::ConsoleError;
use crate::routes::ADMINISTRATORS;
use crate::signed_in::SignedIn;
use crate::users::{user_address, users_address};
use crate::{ConsoleState, answer, words};

#[derive(Template)]
#[template(path = "list.html")]
struct AdministratorsPage {
    frame: Frame,
    tabs: Vec<Tab>,
    actions: Vec<(&'static str, String)>,
    count: String,
    table: Table,
    pager: Pager,
}

/// `GET`. Whoever may not look into the administrators' account sees who they are, and no more of them.
pub(crate) async fn show(
    State(console): State<ConsoleState>,
    signed_in: SignedIn,
) -> Result<Response, ConsoleError> {
    let (administration, caller) = (console.administration(), &signed_in.caller);
    let administrators = administration.administrators(caller).await?;
    let home: Option<AccountId> = HOME.parse().ok();
    let home = home.filter(|home| caller.require(Scope::ReadAccount(*home)).is_ok());
    let seen = match home {
        Some(_) => administration.administrators_last_seen(caller).await?,
        None => std::collections::HashMap::new(),
    };
    let zone = Zone::of("UTC");
    let may = signed_in.caller.require(Scope::WriteInstallation).is_ok();
    let people = home.map(|home| format!("{}/new", users_address(home))).unwrap_or_default();
    let actions = [("New person", people), ("Give a role", format!("{ADMINISTRATORS}/new"))];
    let row = |named: &NamedAdministrator| {
        let user = named.administrator.user;
        let name = Cell::text(&named.name);
        let mut row = vec![
            match home {
                Some(home) => name.to(user_address(home, user)),
                None => name,
            },
            Cell::words(words::administrator_role(named.administrator.role)),
            words::enabled(named.enabled),
            second_factor(named),
        ];
        if home.is_some() {
            let seen = seen.get(&user).copied().unwrap_or_default();
            if named.enabled && seen.is_locked {
                row[2] = Cell::tag(Shape::Bad, "locked");
            }
            row.push(Cell::time_or(seen.last_login, &zone, "never"));
        }
        if may {
            row.push(Cell::words("Change role").to(format!("{ADMINISTRATORS}/{user}/role")));
            row.push(Cell::words("Take the role away").to(format!("{ADMINISTRATORS}/{user}/remove")));
        }
        row
    };
    let mut head = vec!["Login name", "Role", "State", "Second factor"];
    head.extend(home.map(|_| "Last login"));
    if may {
        head.extend(["Change", "Removal"]);
    }
    let page = AdministratorsPage {
        frame: Frame::of(signed_in.viewer(), "Administrators").saying(Done::said(&signed_in.request)),
        tabs: Vec::new(),
        actions: actions.into_iter().filter(|_| may).collect(),
        count: counted(administrators.len(), "administrator", "administrators"),
        table: Table {
            name: "Administrators",
            head,
            rows: administrators.iter().map(row).collect(),
            empty: "There is no administrator.",
        },
        pager: Pager::none(),
    };
    Ok(answer::page(StatusCode::OK, &page))
}

fn second_factor(named: &NamedAdministrator) -> Cell {
    if named.has_second_factor { Cell::tag(Shape::Good, "set up") } else { Cell::tag(Shape::Warn, "none") }
}
