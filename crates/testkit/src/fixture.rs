//! Accounts to test with, built as rows and written through the store.

use uuid::Uuid;
use vestibule_auth::seal_api_key;
use vestibule_crypto::{Argon2Params, Engine, MasterKey, OsRng, PasswordHasher, Sealer, SecretHasher};
use vestibule_model::{
    Account, AccountId, AccountState, ApiKey, ApplicationId, ApplicationToken, ClientMetadata, Connection,
    Feature, Group, LockoutPolicy, Look, Millis, OauthClient, PasswordCredential, PasswordPolicy, Population,
    Privilege, Profile, Rng, RoleType, SecondFactorPolicy, SecretVersion, Service, SessionPolicy, SignOn,
    User, UserId, UserKind,
};
use vestibule_store::Change;

/// The account that tests log in to.
pub const ACCOUNT: &str = "12345678";

/// Argon2 parameters that make a test fast.
pub const CHEAP: Argon2Params = Argon2Params { memory_kib: 32, iterations: 1, parallelism: 1 };

/// An application token of the account.
pub const TOKEN: &str = "a0009999bcbc00001111000000000000";

/// Another application token of the account.
pub const OTHER_TOKEN: &str = "b0009999bcbc00001111000000000000";

/// The four values of an API key.
#[derive(Clone, Debug)]
pub struct Key {
    /// The consumer key.
    pub app_key: &'static str,
    /// The consumer secret.
    pub secret: &'static str,
    /// The token.
    pub access_token: &'static str,
    /// The token secret.
    pub access_token_secret: &'static str,
}

impl Key {
    /// The key that the fixture's bot is tied to.
    pub const BOT: Self = Self {
        app_key: "0123456789abcdef0123456789abcdef",
        secret: "0123456789abcdef",
        access_token: "fedcba9876543210fedcba9876543210",
        access_token_secret: "fedcba9876543210",
    };
}

/// An account with a user `name`, a bot `bot` with a key, and a bot `client` with an OAuth client; change what a test
/// is about.
pub struct AccountFixture {
    /// The account.
    pub account: Account,
    /// Its users: `name`, `bot`, `client`.
    pub users: Vec<User>,
    /// The key that `bot` is tied to.
    pub api_key: ApiKey,
    /// The client that `client` is tied to: id `client-id`, secret `client-secret`.
    pub oauth_client: OauthClient,
    /// Two application tokens: [`TOKEN`] and [`OTHER_TOKEN`].
    pub application_tokens: Vec<ApplicationToken>,
    /// An administrator's profile and an agent's.
    pub profiles: Vec<Profile>,
    /// Its connections; none at first.
    pub connections: Vec<Connection>,
}

impl AccountFixture {
    /// Everything as a new account has it, passwords set at `now`.
    pub fn new(master: &MasterKey, now: Millis) -> Self {
        let id: AccountId = ACCOUNT.parse().expect("an account id");
        let mut name = user(id, 1, "name", UserKind::Human);
        name.password = Some(password("password", now));
        let mut bot = user(id, 2, "bot", UserKind::Bot);
        bot.allowed_app_key = Some(Key::BOT.app_key.to_owned());
        let mut client = user(id, 3, "client", UserKind::Bot);
        client.allowed_app_key = Some("client-id".to_owned());
        Self {
            account: account(id),
            users: vec![name, bot, client],
            api_key: api_key(master),
            oauth_client: oauth_client(master),
            application_tokens: vec![
                application_token(master, 1, "demo", TOKEN),
                application_token(master, 2, "reports", OTHER_TOKEN),
            ],
            profiles: vec![
                profile(1, RoleType::Administrator, &[100, 101, 1_730]),
                profile(2, RoleType::Agent, &[101, 1_740]),
            ],
            connections: Vec::new(),
        }
    }

    /// The user of this login name.
    pub fn user(&mut self, login_name: &str) -> &mut User {
        self.users.iter_mut().find(|user| user.login_name == login_name).expect("a user of the fixture")
    }

    /// Adds a human with a password.
    pub fn add_user(&mut self, login_name: &str, with_password: &str, now: Millis) -> &mut User {
        let number = i64::try_from(self.users.len()).expect("few users") + 1;
        let mut user = user(self.account.id, number, login_name, UserKind::Human);
        user.password = Some(password(with_password, now));
        self.users.push(user);
        self.users.last_mut().expect("the user just added")
    }

    /// The changes that write it all.
    pub fn changes(&self) -> Vec<Change> {
        let id = self.account.id;
        let group = Group { id: -1, name: "Main Group".to_owned(), parent: None };
        let mut changes =
            vec![Change::PutAccount(Box::new(self.account.clone())), Change::PutGroup(id, group)];
        changes.extend(self.profiles.iter().cloned().map(|profile| Change::PutProfile(id, profile)));
        changes.push(Change::PutApiKey(id, Box::new(self.api_key.clone())));
        changes.push(Change::PutOauthClient(id, Box::new(self.oauth_client.clone())));
        let connections = self.connections.iter().cloned().map(Box::new);
        changes.extend(connections.map(|connection| Change::PutConnection(id, connection)));
        let tokens = self.application_tokens.iter().cloned().map(Box::new);
        changes.extend(tokens.map(|token| Change::PutApplicationToken(id, token)));
        changes.extend(self.users.iter().cloned().map(|user| Change::PutUser(Box::new(user))));
        changes
    }
}

/// A password at rest, hashed at the parameters of tests.
pub fn password(text: &str, changed_at: Millis) -> PasswordCredential {
    let mut salt = [0; 16];
    OsRng.fill(&mut salt);
    let hash = PasswordHasher::new(Engine::Portable).hash(CHEAP, salt, text.as_bytes()).expect("a hash");
    PasswordCredential { hash, changed_at, history: Vec::new() }
}

fn account(id: AccountId) -> Account {
    let service = |name: &str, base_uri: Option<&str>| Service {
        name: name.to_owned(),
        base_uri: base_uri.map(str::to_owned),
    };
    Account {
        id,
        code: "TEST".to_owned(),
        number: 567,
        time_zone: "Europe/Athens".to_owned(),
        state: AccountState::Enabled,
        sign_on: SignOn::Password,
        second_factor: SecondFactorPolicy::Optional,
        features: [Feature::UserTypeBot].into(),
        services: vec![service("agentVep", None), service("smt", Some("smt.example.net"))],
        password_policy: PasswordPolicy::default(),
        lockout_policy: LockoutPolicy::default(),
        agent_lockout_policy: LockoutPolicy::default(),
        session_policy: SessionPolicy::default(),
        livevox_session_policy: SessionPolicy::livevox(),
        look: Look::default(),
    }
}

fn user(account: AccountId, number: i64, login_name: &str, kind: UserKind) -> User {
    User {
        id: UserId(3_705_342_600 + number),
        account,
        pid: Uuid::from_u128(u128::from(number.unsigned_abs())),
        number: i32::try_from(number).expect("few users"),
        population: Population::User,
        kind,
        login_name: login_name.to_owned(),
        full_name: login_name.to_owned(),
        nickname: login_name.to_owned(),
        email: String::new(),
        enabled: true,
        allowed_app_key: None,
        max_chats: 0,
        max_async_chats: 0,
        profiles: vec![1, 2],
        skills: Vec::new(),
        member_of: Some(-1),
        manager_of: Vec::new(),
        must_change_password: false,
        password: None,
        credential_version: 1,
        identities: Vec::new(),
        locked_at: None,
        second_factor: None,
    }
}

fn profile(id: i64, role: RoleType, permissions: &[i32]) -> Profile {
    Profile { id, name: format!("{role:?}"), role, rank: None, permissions: permissions.to_vec() }
}

fn api_key(master: &MasterKey) -> ApiKey {
    let mut key = ApiKey {
        id: ApplicationId(1),
        app_key: Key::BOT.app_key.to_owned(),
        sealed_secret: Vec::new(),
        access_token: Key::BOT.access_token.to_owned(),
        sealed_access_token_secret: Vec::new(),
        secret_version: SecretVersion::default(),
        superseded: None,
        name: "bots".to_owned(),
        developer: String::new(),
        description: String::new(),
        enabled: true,
        privileges: vec![Privilege::UserLogin],
        addresses: Vec::new(),
    };
    let sealer = Sealer::derive(master);
    seal_api_key(&sealer, &OsRng, &mut key, Key::BOT.secret, Key::BOT.access_token_secret);
    key
}

fn application_token(master: &MasterKey, id: i64, name: &str, token: &str) -> ApplicationToken {
    ApplicationToken {
        id: ApplicationId(id),
        name: name.to_owned(),
        token: SecretHasher::derive(master).digest(token.as_bytes()),
        secret_version: SecretVersion::default(),
        superseded: None,
        enabled: true,
        last_used: None,
        requests: 0,
    }
}

fn oauth_client(master: &MasterKey) -> OauthClient {
    OauthClient {
        id: ApplicationId(2),
        client_id: "client-id".to_owned(),
        secret: SecretHasher::derive(master).digest(b"client-secret"),
        secret_version: SecretVersion::default(),
        superseded: None,
        name: "client".to_owned(),
        enabled: true,
        privileges: vec![Privilege::UserLogin],
        addresses: Vec::new(),
        metadata: ClientMetadata::default(),
    }
}
