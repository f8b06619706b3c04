//! Checks of requests that an API key signed, each with a nonce of its own, against checks by bearer: both by nginx's path and
//! one rule that takes either.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Result;
use vestibule_crypto::TokenKeys;
use vestibule_model::{Clock as _, GatewayCredential, GatewayRule, GatewayRuleSettings};
use vestibule_oauth1::SignatureMethod;
use vestibule_oauth1::testing::{Client, Made};
use vestibule_store::{Change, Store as _};

use super::{Bench, compare};
use crate::child::Server;
use crate::fixture::{ACCESS_TOKEN, ACCESS_TOKEN_SECRET, APP_KEY, Fixture, SECRET, open_store};
use crate::load::{self, Questions, block_on};
use crate::plan::Plan;
use crate::report::Finding;
use crate::timing::SystemClock;
use crate::turns::Turn;

pub(super) const BENCH: Bench = Bench { name: "signed-check", run };

/// How many sessions there are to show bearers of.
const SESSIONS: usize = 10_000;

/// How many signed requests are prepared for each millisecond: more than one core answers. Each can be asked once.
const PREPARED_PER_MILLISECOND: usize = 80;

/// For how long the service runs, as it sees it. Within five minutes after a start uses of signatures are stored, each by a commit; what is
/// measured is the service as it is from then on.
const RUNS: Duration = Duration::from_mins(10);

fn run(plan: &Plan) -> Result<Finding> {
    let folder = plan.new_folder()?;
    let fixture = Fixture::people(SESSIONS)?;
    let sessions = fixture.sessions();
    block_on(async {
        fixture.write(folder.path(), &sessions).await?;
        let credentials = vec![GatewayCredential::Bearer, GatewayCredential::Signature];
        let settings = GatewayRuleSettings { credentials, ..GatewayRuleSettings::default() };
        let rule = GatewayRule { name: "signed".to_owned(), settings };
        open_store(folder.path(), &fixture.master)?.commit(vec![Change::PutGatewayRule(rule.into())]).await?;
        Ok(())
    })?;
    let server = Server::vestibule_started_ago(plan, folder.path(), &fixture, RUNS)?;
    let tokens = TokenKeys::derive(&fixture.master);
    let bearer = |session: &vestibule_model::Session| {
        request(&format!("Bearer {}", tokens.bearer(session.id).as_str()))
    };
    let by_bearer = Questions::prepared(sessions.iter().map(bearer).collect());
    let nonces = AtomicU64::new(0);
    let turns = [
        Turn::floor("checks by bearer", || load::drive(plan, server.target(), &by_bearer)),
        Turn::subject("signed checks", || load::drive(plan, server.target(), &signed(plan, &nonces))),
    ];
    compare(plan, BENCH.name, &turns, Some(0.5))
}

/// As many signed requests as a turn may ask.
fn signed(plan: &Plan, nonces: &AtomicU64) -> Arc<Questions> {
    let client = Client {
        consumer_key: APP_KEY.to_owned(),
        consumer_secret: SECRET.to_owned(),
        token: ACCESS_TOKEN.to_owned(),
        token_secret: ACCESS_TOKEN_SECRET.to_owned(),
        method: SignatureMethod::HmacSha1,
    };
    let timestamp = SystemClock.now().as_unix() / 1_000;
    let sign = |_| {
        let nonce = format!("{:032x}", nonces.fetch_add(1, Ordering::Relaxed));
        let (uri, parameters) = ("https://api.example.com/orders/4711", &[("page", "7")][..]);
        request(&client.authorization(&Made { method: "GET", uri, parameters, timestamp, nonce: &nonce }))
    };
    let milliseconds = usize::try_from((plan.warm_up + plan.span).as_millis()).unwrap_or_default();
    Questions::once((0..milliseconds * PREPARED_PER_MILLISECOND).map(sign).collect())
}

/// What nginx asks about a request that it holds.
fn request(authorization: &str) -> Box<[u8]> {
    let request = format!(
        "GET /gateway/check/nginx/rule/signed HTTP/1.1\r\nHost: vestibule.example.net\r\n\
         X-Original-Method: GET\r\nX-Original-URI: /orders/4711?page=7\r\n\
         X-Forwarded-Host: api.example.com\r\nX-Forwarded-Proto: https\r\nX-Forwarded-For: 192.0.2.7\r\n\
         Authorization: {authorization}\r\n\r\n"
    );
    request.into_bytes().into_boxed_slice()
}
