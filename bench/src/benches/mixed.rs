//! What a busy installation does: of a thousand requests 900 checks, 80 refreshes, 15 logins of bots by their key and 5
//! logouts. Against bare hyper, which reads the same requests and answers a constant.

use std::sync::Arc;

use anyhow::Result;
use vestibule_crypto::TokenKeys;
use vestibule_model::{Session, SessionId, UserKind};

use super::key_login::{BOTS, key_logins};
use super::refresh::{SESSIONS, of_session};
use super::{Bench, compare};
use crate::child::Server;
use crate::data::{Tokens, enough_for};
use crate::fixture::Fixture;
use crate::floors::hyper;
use crate::load::{self, Answer, Kind, Questions, block_on};
use crate::plan::Plan;
use crate::report::Finding;
use crate::turns::Turn;

pub(super) const BENCH: Bench = Bench { name: "mixed", run };

/// More than log out in a second; a round ends before its time when nobody is left.
const LOGOUTS_AT_MOST: f64 = 1_000.0;

fn run(plan: &Plan) -> Result<Finding> {
    let leaving = enough_for(LOGOUTS_AT_MOST, plan.rounds * (plan.warm_up + plan.span));
    let folder = plan.new_folder()?;
    let fixture = Fixture::people(SESSIONS + leaving)?.with_bots(BOTS)?;
    let mut sessions = fixture.sessions();
    sessions.truncate(fixture.users.iter().filter(|user| user.kind == UserKind::Human).count());
    block_on(fixture.write(folder.path(), &sessions))?;
    let server = Server::vestibule(plan, folder.path(), &fixture)?;
    let hyper = Server::hyper(plan)?;

    let keys = TokenKeys::derive(&fixture.master);
    let (staying, leaving) = sessions.split_at(SESSIONS);
    let requests = |operation, sessions: &[Session]| -> Vec<Box<[u8]>> {
        sessions.iter().map(|session| of_session(operation, &keys, (session.id, session.account))).collect()
    };
    let ids: Vec<SessionId> = staying.iter().map(|session| session.id).collect();
    let tokens = Arc::new(Tokens::bearers(&keys, &ids));
    let checks = Questions::checks(&tokens, Kind::Genuine, Answer::Status("200"));
    let refreshes = Questions::prepared(requests("refresh", staying));
    let logins = key_logins(&fixture);
    let with = |logouts| {
        let kinds = [(900, &checks), (80, &refreshes), (15, &logins), (5, &logouts)];
        Questions::mixed(kinds.map(|(share, kind)| (share, Arc::clone(kind))).into())
    };
    // Bare hyper ends nothing: it may be asked for the same logouts again.
    let to_hyper = with(Questions::prepared(requests("logout", leaving)));
    let to_service = with(Questions::once(requests("logout", leaving)));
    let turns = [
        Turn::floor(hyper::WHAT, || load::drive(plan, hyper.target(), &to_hyper)),
        Turn::subject("90 % check, 8 % refresh, 1.5 % key login, 0.5 % logout", || {
            load::drive(plan, server.target(), &to_service)
        }),
    ];
    compare(plan, BENCH.name, &turns, None)
}
