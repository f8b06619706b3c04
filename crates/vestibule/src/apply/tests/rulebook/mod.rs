//! Every rule of the directory, broken once over the administration API of a real server and once in a file, on the same
//! database: both refuse, in the same words. A rule without a line here fails the test.

mod accounts;
mod applications;
mod connections;
mod gateway_rules;
mod kept;
mod removals;
mod resources;
mod scene;
mod users;

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};
use vestibule_auth::Rule;
use vestibule_crypto::{KeyRing, MasterKey};

use super::*;
use scene::Scene;

/// One way to break one rule.
struct Line {
    rule: Rule,
    /// What is asked of the API, under `/admin/v1/accounts/`; with a slash before it, under `/admin/v1`.
    method: Method,
    path: String,
    body: Option<Value>,
    /// The same in a file.
    account: &'static str,
    file: String,
}

/// The account of the fixture.
const HERE: &str = vestibule_testkit::ACCOUNT;

/// An account that has as many of everything as it may.
const FULL: &str = "full";

/// An account whose numbers are used up.
const USED_UP: &str = "used_up";

impl Line {
    fn post(rule: Rule, path: &str, body: Value, file: impl Into<String>) -> Self {
        let path = format!("{HERE}/{path}");
        Self { rule, method: Method::POST, path, body: Some(body), account: HERE, file: file.into() }
    }

    fn patch(rule: Rule, path: &str, body: Value, file: impl Into<String>) -> Self {
        Self { method: Method::PATCH, ..Self::post(rule, path, body, file) }
    }

    fn delete(rule: Rule, path: &str, file: impl Into<String>) -> Self {
        Self { method: Method::DELETE, body: None, ..Self::post(rule, path, Value::Null, file) }
    }

    /// What the API has no request for, and which reason is expected.
    fn file(rule: Rule, file: &str, reason: &str) -> Self {
        Self { method: Method::GET, body: Some(reason.into()), ..Self::post(rule, "", Value::Null, file) }
    }

    /// With another id in the file than what is there of that name.
    fn with_id(self, id: i64) -> Self {
        Self { file: format!("{}id = {id}\n", self.file), ..self }
    }

    /// A file brings about what the API asks for first.
    fn only_over_the_api(self) -> Self {
        Self { file: String::new(), ..self }
    }

    fn within(self, account: &'static str) -> Self {
        Self { path: self.path.replacen(HERE, account, 1), account, ..self }
    }

    fn text(&self) -> String {
        format!("[[account]]\nid = \"{}\"\n{}", self.account, self.file)
    }
}

fn lines(scene: &Scene) -> Vec<Line> {
    [
        accounts::lines(scene),
        users::lines(),
        resources::lines(),
        applications::lines(),
        connections::lines(),
        gateway_rules::lines(),
        identities(),
        removals::lines(scene),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Ids and numbers, which only a file chooses.
fn identities() -> Vec<Line> {
    let user = |more: &str| format!("[[account.user]]\nlogin_name = \"new\"\n{more}\n");
    let key = |id: &str| format!("[[account.api_key]]\nname = \"new\"\nid = {id}\n");
    let ids = "from 1 to 9007199254740991";
    let mut lines = vec![
        Line::file(Rule::UserNumber, &user("number = -4"), "from 0 to 2147483646"),
        Line::file(Rule::UserNumber, &user("number = 2147483647"), "from 0 to 2147483646"),
        Line::file(Rule::UserNumberTaken, &user("number = 1"), "this is taken"),
        Line::file(Rule::UserId, &user("id = -5"), ids),
        Line::file(Rule::UserId, &user("id = 9223372036854775807"), ids),
        Line::file(Rule::UserIdTaken, &user("id = 1000000001"), "this is taken"),
        Line::file(Rule::ApplicationId, &key("-9223372036854775808"), ids),
        Line::file(Rule::ApplicationIdTaken, &key("1001"), "this is taken"),
    ];
    let deleted = format!("id = {}", scene::DELETED);
    lines.push(Line::file(
        Rule::UserIdDeleted,
        &user(&deleted),
        "a deleted user had this, and ids are not given again",
    ));
    for kind in ["api_key", "oauth_client", "application_token"] {
        let file = format!("[[account.{kind}]]\nname = \"new\"\n{deleted}\n");
        let reason = "a deleted application had this, and ids are not given again";
        lines.push(Line::file(Rule::ApplicationIdDeleted, &file, reason));
    }
    for kind in ["oauth_client", "application_token"] {
        let file = format!("[[account.{kind}]]\nname = \"new\"\nid = 0\n");
        lines.push(Line::file(Rule::ApplicationId, &file, ids));
    }
    lines
}

/// What credentials are made with under a master key.
pub(super) fn tools(master: &MasterKey, now: Millis) -> Tools<'static> {
    let ring = KeyRing::from(master);
    Tools {
        rng: &OsRng,
        now,
        engine: Engine::Portable,
        params: vestibule_testkit::CHEAP,
        sealer: Sealer::derive(&ring),
        secrets: SecretHasher::derive(&ring),
        generation: ring.active(),
        check_values: ring.check_values(),
        actor: Actor::CommandLine { name: "uid 1000".into() },
    }
}

#[test]
fn every_rule_has_a_line() {
    let scene = block_on(Scene::make());
    let covered: BTreeSet<Rule> = lines(&scene).into_iter().map(|line| line.rule).collect();
    let missing: Vec<&Rule> = Rule::ALL.iter().filter(|rule| !covered.contains(rule)).collect();
    assert!(missing.is_empty(), "no line breaks {missing:?}");
}

#[test]
fn what_the_api_refuses_a_file_is_refused_in_the_same_words() {
    block_on(async {
        let scene = Scene::make().await;
        let before = scene.directory().await;
        let mut wrong = Vec::new();
        for line in lines(&scene) {
            let asked = scene.asked(&line).await;
            let applied = if line.file.is_empty() { asked.clone() } else { scene.applied(&line).await };
            if asked.is_none() || asked != applied {
                wrong.push(format!("{:?}: the API says {asked:?}, a file {applied:?}", line.rule));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        assert_eq!(scene.directory().await, before, "nothing was changed");
    });
}
