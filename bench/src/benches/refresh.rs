//! Refreshes of sessions, against bare hyper that reads the same requests and answers a constant.

use anyhow::Result;
use serde_json::json;
use vestibule_crypto::TokenKeys;
use vestibule_model::{AccountId, SessionId};

use super::{Bench, Serving, compare};
use crate::child::Server;
use crate::floors::hyper;
use crate::load::{self, Questions};
use crate::plan::Plan;
use crate::report::Finding;
use crate::turns::Turn;

/// How many sessions there are, each of a user of its own.
pub(crate) const SESSIONS: usize = 10_000;

pub(super) const BENCH: Bench = Bench { name: "refresh", run };

fn run(plan: &Plan) -> Result<Finding> {
    let Serving { server, sessions, tokens, .. } = &Serving::sessions(plan, SESSIONS)?;
    let hyper = Server::hyper(plan)?;
    let refreshes =
        sessions.iter().map(|session| of_session("refresh", tokens, (session.id, session.account)));
    let refreshes = Questions::prepared(refreshes.collect());
    let floor = Turn::floor(hyper::WHAT, || load::drive(plan, hyper.target(), &refreshes));
    let subject = Turn::subject("refreshes", || load::drive(plan, server.target(), &refreshes));
    compare(plan, BENCH.name, &[floor, subject], Some(0.6))
}

/// A refresh or a logout: the session's cookie in the head, its csrf token in the body.
pub(super) fn of_session(
    operation: &str,
    tokens: &TokenKeys,
    (id, account): (SessionId, AccountId),
) -> Box<[u8]> {
    let cookie = format!("session_id={}", tokens.cookie(id));
    let body = json!({ "csrf": tokens.csrf(id).as_str() });
    load::post(account.as_str(), operation, &[("Cookie", &cookie)], &body)
}
