//! A server whose API is asked, and the database under it, which a file is laid over.

use vestibule_auth::{FirstOwner, Kind, blank_saml, new_connection, seal_api_key};
use vestibule_model::{
    Account, ApiKey, ApplicationId, ApplicationToken, Clock, Connection, ConnectionId, Der, GatewayRule,
    GatewayRuleSettings, Group, Identity, OauthClient, Profile, Protocol, SamlConnection, Skill, User,
    UserId,
};
use vestibule_saml::pem;
use vestibule_testkit::TestServer;

use super::*;

const PASSWORD: &str = "admin-password";

/// The largest id that profiles, groups and skills may have.
const LARGEST: i64 = (1 << 53) - 1;

/// The id of a user and of applications that are deleted.
pub(super) const DELETED: i64 = 4_000;

pub(super) struct Scene {
    server: TestServer,
    bearer: String,
    /// The first owner.
    pub(super) owner: i64,
}

/// Which field is refused, and why.
type Refusal = (String, String);

impl Scene {
    pub(super) async fn make() -> Self {
        let server = TestServer::start().await;
        server.change(Self::besides(&server)).await;
        let first = FirstOwner::WithPassword(PASSWORD.to_owned().into());
        server.auth.administration().make_administrators_account(first, server.clock.now()).await.unwrap();
        let owner = server.store.administrators().await.unwrap()[0].user.0;
        let log_in = server.admin_request(Method::POST, "/admin/v1/login");
        let log_in = log_in.json(&json!({ "username": "admin", "password": PASSWORD }));
        let answer: Value = log_in.send().await.unwrap().json().await.unwrap();
        let bearer = answer["token"].as_str().unwrap().to_owned();
        Self { server, bearer, owner }
    }

    /// What the rules need to be broken, besides the fixture.
    fn besides(server: &TestServer) -> Vec<Change> {
        let here = &server.fixture.account;
        let mut changes = vec![
            Change::PutGroup(here.id, Group { id: 5, name: "Inner".into(), parent: Some(-1) }),
            Change::PutSkill(here.id, Skill { id: 1, name: "sales".into() }),
        ];
        let other =
            Account { id: "other".parse().unwrap(), code: "OTHER".into(), number: 568, ..here.clone() };
        changes.push(Change::PutAccount(other.into()));
        let mut skilled = server.fixture.users[0].clone();
        skilled.skills = vec![1];
        skilled.identities =
            vec![Identity { connection: ConnectionId(connections::SAML), subject: "taken".into() }];
        changes.push(Change::PutConnection(here.id, connection(connections::SAML, "adfs").into()));
        changes.push(Change::PutUser(skilled.into()));
        changes.extend(Self::used_up(server));
        changes.extend(Self::full(server));
        changes.extend(Self::deleted(server));
        let names = (1..200).map(|number| number.to_string()).chain([here.id.to_string()]);
        let rules = names.map(|name| GatewayRule { name, settings: GatewayRuleSettings::default() });
        changes.extend(rules.map(|rule| Change::PutGatewayRule(rule.into())));
        changes
    }

    /// A user and applications of an id that is not given again.
    fn deleted(server: &TestServer) -> Vec<Change> {
        let fixture = &server.fixture;
        let (here, id) = (fixture.account.id, ApplicationId(DELETED));
        let user = User {
            id: UserId(DELETED),
            login_name: "deleted".into(),
            number: 100,
            pid: uuid::Uuid::from_u128(78),
            ..fixture.users[0].clone()
        };
        let key = ApiKey { id, app_key: "deleted".into(), name: "deleted".into(), ..fixture.api_key.clone() };
        let client = fixture.oauth_client.clone();
        let client = OauthClient { id, client_id: "deleted".into(), name: "deleted".into(), ..client };
        let token = fixture.application_tokens[0].clone();
        let token = ApplicationToken { id, name: "deleted".into(), token: [99; 32].into(), ..token };
        vec![
            Change::PutUser(user.into()),
            Change::PutApiKey(here, key.into()),
            Change::PutOauthClient(here, client.into()),
            Change::PutApplicationToken(here, token.into()),
            Change::PutConnection(here, connection(DELETED, "deleted").into()),
            Change::DeleteConnection(here, ConnectionId(DELETED)),
            Change::DeleteUser(UserId(DELETED)),
            Change::DeleteApiKey(here, id),
            Change::DeleteOauthClient(here, id),
            Change::DeleteApplicationToken(here, id),
        ]
    }

    fn used_up(server: &TestServer) -> Vec<Change> {
        let id = USED_UP.parse().unwrap();
        let account = Account { id, code: "UP".into(), number: 569, ..server.fixture.account.clone() };
        let last = User {
            id: UserId(1_000_000_001),
            account: id,
            number: i32::MAX,
            pid: uuid::Uuid::from_u128(77),
            ..server.fixture.users[0].clone()
        };
        let profile = Profile { id: LARGEST, name: "last".into(), ..server.fixture.profiles[0].clone() };
        vec![
            Change::PutAccount(account.into()),
            Change::PutUser(last.into()),
            Change::PutProfile(id, profile),
            Change::PutGroup(id, Group { id: LARGEST, name: "last".into(), parent: None }),
            Change::PutSkill(id, Skill { id: LARGEST, name: "last".into() }),
        ]
    }

    fn full(server: &TestServer) -> Vec<Change> {
        let (fixture, id) = (&server.fixture, FULL.parse().unwrap());
        let account = Account { id, code: "FULL".into(), number: 570, ..fixture.account.clone() };
        let mut changes = vec![Change::PutAccount(account.into())];
        for number in 1..=10_000 {
            let name = number.to_string();
            let profile = Profile { id: number, name: name.clone(), ..fixture.profiles[0].clone() };
            changes.push(Change::PutProfile(id, profile));
            changes.push(Change::PutGroup(id, Group { id: number, name: name.clone(), parent: None }));
            changes.push(Change::PutSkill(id, Skill { id: number, name }));
        }
        for number in 1..=100 {
            let name = number.to_string();
            let (key, client) = (fixture.api_key.clone(), fixture.oauth_client.clone());
            let id_of_key = ApplicationId(1_000 + number);
            let mut key = ApiKey { id: id_of_key, app_key: name.clone(), name: name.clone(), ..key };
            seal_api_key(&Sealer::derive(server.master()), &OsRng, &mut key, "secret", "token-secret");
            changes.push(Change::PutApiKey(id, key.into()));
            let public_id = format!("client_{number}");
            let client =
                OauthClient { id: ApplicationId(2_000 + number), client_id: public_id, name, ..client };
            changes.push(Change::PutOauthClient(id, client.into()));
        }
        for number in 1..=100 {
            let name = format!("c{number}");
            changes.push(Change::PutConnection(id, connection(6_000 + number, &name).into()));
        }
        for number in 1..=5_u8 {
            let token = ApplicationToken {
                id: ApplicationId(3_000 + i64::from(number)),
                name: number.to_string(),
                token: [number; 32].into(),
                ..fixture.application_tokens[0].clone()
            };
            changes.push(Change::PutApplicationToken(id, token.into()));
        }
        changes
    }

    pub(super) async fn directory(&self) -> DirectoryRows {
        self.server.store.directory().await.unwrap()
    }

    async fn ask(&self, line: &Line) -> reqwest::Response {
        let path = match line.path.strip_prefix('/') {
            Some(path) => format!("/admin/v1/{path}"),
            None => format!("/admin/v1/accounts/{}", line.path),
        };
        let mut request = self.server.admin_request(line.method.clone(), path.trim_end_matches('/'));
        request = request.bearer_auth(&self.bearer);
        if line.method == Method::PATCH || line.method == Method::DELETE {
            request = request.header("if-match", "*");
        }
        if let Some(body) = &line.body {
            request = request.json(body);
        }
        request.send().await.unwrap()
    }

    /// What the API answers.
    pub(super) async fn status(&self, line: &Line) -> u16 {
        self.ask(line).await.status().as_u16()
    }

    /// Changes the database as another program would.
    pub(super) async fn change(&self, changes: Vec<Change>) {
        self.server.change(changes).await;
    }

    /// What the API refuses; None: nothing.
    pub(super) async fn asked(&self, line: &Line) -> Option<Refusal> {
        if line.method == Method::GET {
            let reason = line.body.as_ref().and_then(Value::as_str)?;
            return Some((line.rule.field().to_owned(), reason.to_owned()));
        }
        let answer = self.ask(line).await;
        let status = answer.status().as_u16();
        let body: Value = answer.json().await.unwrap_or_default();
        let expected = if line.rule.kind() == Kind::Invalid { 422 } else { 409 };
        if status != expected {
            return Some((format!("status {status}"), body.to_string()));
        }
        let field = body["field"].as_str().unwrap_or_default();
        assert_eq!(field, line.rule.field(), "{:?}", line.rule);
        Some((field.to_owned(), in_small(body["detail"].as_str().unwrap())))
    }

    /// What a file is refused, of that rule; None: nothing.
    pub(super) async fn applied(&self, line: &Line) -> Option<Refusal> {
        let declared =
            Declared::read(Path::new("a.toml"), &line.text()).map_err(|error| error.to_string()).unwrap();
        let present = Present::read(&*self.server.store, &declared).await.unwrap();
        let problems = draft(&present, &self.tools(), &declared).err()?;
        let broken = problems.iter().find(|problem| problem.rule == Some(line.rule));
        let Some(broken) = broken else { return Some(("another".into(), format!("{problems:?}"))) };
        assert!(broken.place.contains(line.account), "{broken:?}");
        let (reason, _) = broken.reason.split_once(": application token").unwrap_or((&broken.reason, ""));
        Some((line.rule.field().to_owned(), in_small(reason)))
    }

    fn tools(&self) -> Tools<'static> {
        tools(self.server.master(), self.server.clock.now())
    }

    pub(super) fn store(&self) -> &dyn Store {
        &*self.server.store
    }
}

/// A connection of SAML.
fn connection(id: i64, name: &str) -> Connection {
    let certificate = pem(&connections::CERTIFICATE, "CERTIFICATE").unwrap();
    let saml = SamlConnection {
        identity_provider: "https://idp.example".into(),
        login_url: "https://idp.example/sso".into(),
        certificates: vec![Der(certificate)],
        ..blank_saml()
    };
    let blank = new_connection(ConnectionId(id));
    let protocol = Protocol::Saml(saml.into());
    Connection { name: name.into(), display_name: name.into(), protocol, ..blank }
}

/// The API begins a sentence where a file goes on with one.
fn in_small(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map(|first| first.to_lowercase().chain(characters).collect()).unwrap_or_default()
}
