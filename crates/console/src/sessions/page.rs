//! What the lists of sessions that live and of those that ended have in common.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_auth::AdministrationError;

use crate::answer;
use crate::filters::Filters;
use crate::frame::Frame;
use crate::parts::{Pager, Table};
use crate::routes::{ENDED_SESSIONS, SESSIONS};
use crate::said::Said;
use crate::signed_in::SignedIn;

/// Which sessions are listed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Live,
    Ended,
}

/// A list.
#[derive(Template)]
#[template(path = "sessions.html")]
pub(super) struct SessionsPage {
    pub(super) frame: Frame,
    /// Where the other list is.
    pub(super) tabs: Vec<StateTab>,
    pub(super) filters: Filters,
    /// How many there are; empty: it is not known.
    pub(super) count: String,
    pub(super) table: Table,
    pub(super) pager: Pager,
    /// What may be ended; None: nothing.
    pub(super) ends: Option<EndsOffered>,
}

/// One of the two lists.
pub(super) struct StateTab {
    pub(super) name: &'static str,
    pub(super) address: String,
    pub(super) is_here: bool,
}

/// The ends that a list leads to.
pub(super) struct EndsOffered {
    /// Where all that match are ended, after it was said whose they are.
    pub(super) all: String,
    /// The same in words.
    pub(super) words: String,
}

impl State {
    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Live => "Live sessions",
            Self::Ended => "Ended sessions",
        }
    }

    pub(super) const fn address(self) -> &'static str {
        match self {
            Self::Live => SESSIONS,
            Self::Ended => ENDED_SESSIONS,
        }
    }
}

/// Both lists, for what is asked of both.
pub(super) fn tabs(here: State, asked: &[(&str, &str)]) -> Vec<StateTab> {
    let common = |name: &str| ["account", "user", "application", "address"].contains(&name);
    let asked = || asked.iter().copied().filter(|(name, _)| common(name));
    let tab = |state: State, name| StateTab {
        name,
        address: crate::parts::address(state.address(), asked()),
        is_here: state == here,
    };
    vec![tab(State::Live, "Live"), tab(State::Ended, "Ended")]
}

/// A list that cannot be made: the filters as they were sent, and what is wrong with one of them.
pub(super) fn refused(
    signed_in: &SignedIn,
    state: State,
    filters: Filters,
    error: AdministrationError,
) -> Response {
    let said = Said::bad(format!("Nothing was looked for. {error}."));
    let page = SessionsPage {
        frame: Frame::of(signed_in.viewer(), state.title()).saying(Some(said)),
        tabs: tabs(state, &[]),
        filters,
        count: String::new(),
        table: Table {
            name: state.title(),
            head: Vec::new(),
            rows: Vec::new(),
            empty: "Correct the filter, and ask again.",
        },
        pager: Pager { first: None, next: None },
        ends: None,
    };
    answer::caused_by(answer::page(StatusCode::UNPROCESSABLE_ENTITY, &page), error)
}
