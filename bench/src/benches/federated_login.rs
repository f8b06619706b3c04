//! Logins by what an identity provider signed, each taken once: by responses of SAML, against the library that verifies them; by ID
//! tokens, against logins by the values of a key.

use std::sync::Arc;

use anyhow::Result;
use serde_json::json;
use vestibule_model::{User, UserKind};
use vestibule_store::{Change, Store as _};

use super::key_login::{BOTS, key_logins};
use super::{Bench, compare};
use crate::child::{Company, Server, measure_floor};
use crate::fixture::{Fixture, Place, federated, open_store};
use crate::floors;
use crate::load::{self, Questions, block_on};
use crate::plan::Plan;
use crate::report::Finding;
use crate::turns::Turn;

/// How many people log in.
const PEOPLE: usize = 1_024;

/// More than are verified in a second.
const RESPONSES_A_SECOND: usize = 4_000;

/// More than log in in a second.
const TOKENS_A_SECOND: usize = 8_000;

pub(super) const SAML: Bench = Bench { name: "saml-login", run: by_response };

pub(super) const OIDC: Bench = Bench { name: "id-token-login", run: by_id_token };

/// The service with people and bots, and a connection of each protocol.
pub(super) struct Federated {
    pub(super) server: Server,
    pub(super) fixture: Fixture,
    _folder: tempfile::TempDir,
}

impl Federated {
    pub(super) fn start(plan: &Plan) -> Result<Self> {
        let folder = plan.new_folder()?;
        let fixture = Fixture::people_of_one_session(PEOPLE)?.with_bots(BOTS)?;
        block_on(fixture.write(folder.path(), &[]))?;
        block_on(async {
            let store = open_store(folder.path(), &fixture.master)?;
            let put = |connection| Change::PutConnection(Place(0).id(), Box::new(connection));
            store.commit(federated::connections().map(put).into()).await?;
            Ok(())
        })?;
        let server = Server::vestibule(plan, folder.path(), &fixture)?;
        Ok(Self { server, fixture, _folder: folder })
    }

    pub(super) fn people(&self) -> Vec<User> {
        self.fixture.users.iter().filter(|user| user.kind == UserKind::Human).cloned().collect()
    }
}

fn by_response(plan: &Plan) -> Result<Finding> {
    let federated = Federated::start(plan)?;
    let count = enough(plan, RESPONSES_A_SECOND);
    let logins = logins(&federated::responses(&federated.people(), count));
    let turns = [
        Turn::floor(floors::SAML, || measure_floor(plan, "saml", Company::Load)),
        Turn::subject("logins by a response of 7 kB", || {
            load::drive(plan, federated.server.target(), &logins)
        }),
    ];
    compare(plan, SAML.name, &turns, Some(0.6))
}

/// Logins by responses, each once.
pub(super) fn logins(documents: &[String]) -> Arc<Questions> {
    let login = |document: &String| {
        let body = json!({ "jwt": "dummy", "assertion": document });
        load::post(Place(0).id().as_str(), "login", &[], &body)
    };
    Questions::once(documents.iter().map(login).collect())
}

fn by_id_token(plan: &Plan) -> Result<Finding> {
    let federated = Federated::start(plan)?;
    let code = Place(0).code();
    let login = |token: &String| {
        let body = json!({ "clientName": code, "idToken": token });
        load::post_json("/session/login/sso", &[("LV-Access", &code)], &body)
    };
    let tokens = federated::id_tokens(&federated.people(), enough(plan, TOKENS_A_SECOND));
    let by_token = Questions::once(tokens.iter().map(login).collect());
    let by_key = key_logins(&federated.fixture);
    let turns = [
        Turn::floor("key logins", || load::drive(plan, federated.server.target(), &by_key)),
        Turn::subject("logins by an ID token", || load::drive(plan, federated.server.target(), &by_token)),
    ];
    compare(plan, OIDC.name, &turns, Some(0.4))
}

/// How many are enough for all rounds at so many a second.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a number of logins, of any size"
)]
pub(super) fn enough(plan: &Plan, per_second: usize) -> usize {
    let seconds = (plan.span + plan.warm_up).as_secs_f64() * f64::from(plan.rounds);
    per_second * seconds.ceil() as usize
}
