//! The data that is measured on: one account, its users, their key and sessions, written through the store.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use uuid::Uuid;
use vestibule_auth::seal_api_key;
use vestibule_crypto::{Argon2Params, AuditKey, Engine, MasterKey, OsRng, PasswordHasher, Sealer, TokenKeys};
use vestibule_model::{
    Account, AccountId, AccountState, ApiKey, Application, ApplicationId, Clock as _, Dialect, Feature,
    Group, LockoutPolicy, Millis, Opening, PasswordCredential, PasswordPolicy, Population, Privilege,
    Profile, Rng as _, RoleType, Service, Session, SessionPolicy, SignOn, User, UserId, UserKind,
};
use vestibule_store::{Change, Store as _};
use vestibule_store_sqlite::SqliteStore;

use crate::timing::SystemClock;

/// The account that everybody belongs to.
pub(crate) const ACCOUNT: &str = "12345678";
/// Everybody's password.
pub(crate) const PASSWORD: &str = "bench-passw0rd";
/// The key that every bot is tied to: its four values.
pub(crate) const APP_KEY: &str = "0123456789abcdef0123456789abcdef";
pub(crate) const SECRET: &str = "0123456789abcdef";
pub(crate) const ACCESS_TOKEN: &str = "fedcba9876543210fedcba9876543210";
pub(crate) const ACCESS_TOKEN_SECRET: &str = "fedcba9876543210";

const KEY_ID: ApplicationId = ApplicationId(1);

/// The users of an account, written to a folder of their own.
pub(crate) struct Fixture {
    /// The key under which it was written.
    pub(crate) master: MasterKey,
    /// In the order of their numbers.
    pub(crate) users: Vec<User>,
}

impl Fixture {
    /// An account with people that have a password, all the same hash of it: it is hashed only once.
    pub(crate) fn people(count: usize) -> Result<Self> {
        let hash = hash_of_password()?;
        let password =
            || PasswordCredential { hash: hash.clone(), changed_at: SystemClock.now(), history: Vec::new() };
        Self::new(count, |number| User { password: Some(password()), ..user(number, UserKind::Human) })
    }

    /// An account with bots that are tied to one key.
    pub(crate) fn bots(count: usize) -> Result<Self> {
        let key = || Some(APP_KEY.to_owned());
        Self::new(count, |number| User { allowed_app_key: key(), ..user(number, UserKind::Bot) })
    }

    fn new(count: usize, user: impl Fn(i32) -> User) -> Result<Self> {
        let count = i32::try_from(count).context("so many users have no numbers")?;
        Ok(Self { master: MasterKey::generate(&OsRng), users: (1..=count).map(user).collect() })
    }

    /// Writes everything and the sessions given into a new database.
    pub(crate) async fn write(&self, folder: &Path, sessions: &[Session]) -> Result<()> {
        let store = open_store(folder, &self.master)?;
        let mut changes = account_changes(&self.master)?;
        changes.extend(self.users.iter().map(|user| Change::PutUser(Box::new(user.clone()))));
        changes.extend(sessions.iter().map(|session| Change::OpenSession(Box::new(session.clone()))));
        store.commit(changes).await.context("cannot write the accounts to measure on")
    }

    /// A new session of each user, as a login opens it.
    pub(crate) fn sessions(&self) -> Vec<Session> {
        let tokens = TokenKeys::derive(&self.master);
        let now = SystemClock.now();
        self.users.iter().map(|user| new_session(&tokens, user, now)).collect()
    }
}

/// A session as a login of this user opens it.
pub(crate) fn new_session(tokens: &TokenKeys, user: &User, now: Millis) -> Session {
    let (application, opening) = match user.kind {
        UserKind::Bot => (Application::ApiKey(KEY_ID), Opening::ApiKey),
        UserKind::Human | UserKind::System => (Application::None, Opening::Password),
    };
    Session {
        id: tokens.mint_session_id(&OsRng),
        account: user.account,
        user: user.id,
        application,
        opening,
        dialect: Dialect::LivePerson,
        address: Some(std::net::Ipv4Addr::LOCALHOST.into()),
        created: now,
        last_used: now,
        idle: SessionPolicy::default().idle(),
        absolute_end: None,
        credential_version: user.credential_version,
    }
}

/// Opens the database of a folder.
pub(crate) fn open_store(folder: &Path, master: &MasterKey) -> Result<Arc<SqliteStore>> {
    let store = SqliteStore::open(
        &folder.join("vestibule.db"),
        master.check_value(),
        Arc::new(AuditKey::derive(master)),
    );
    store.map(Arc::new).context("cannot open the database to measure on")
}

/// The password, hashed as the service hashes by default.
pub(crate) fn hash_of_password() -> Result<String> {
    let mut salt = [0; 16];
    OsRng.fill(&mut salt);
    let hash =
        PasswordHasher::new(Engine::default()).hash(Argon2Params::default(), salt, PASSWORD.as_bytes());
    hash.context("cannot hash a password")
}

fn account_changes(master: &MasterKey) -> Result<Vec<Change>> {
    let id: AccountId = ACCOUNT.parse()?;
    let profile = |id, role, permissions: &[i32]| Profile {
        id,
        name: format!("{role:?}"),
        role,
        rank: None,
        permissions: permissions.to_vec(),
    };
    let group = Group { id: -1, name: "Main Group".to_owned(), parent: None };
    Ok(vec![
        Change::PutAccount(Box::new(account(id))),
        Change::PutGroup(id, group),
        Change::PutProfile(id, profile(1, RoleType::Administrator, &[100, 101, 1_730])),
        Change::PutProfile(id, profile(2, RoleType::Agent, &[101, 1_740])),
        Change::PutApiKey(id, Box::new(api_key(master))),
    ])
}

/// With eight services to name at login.
fn account(id: AccountId) -> Account {
    let names = [
        "agentVep",
        "accountConfigReadOnly",
        "asyncMessagingEnt",
        "msgHist",
        "idp",
        "sentinel",
        "smt",
        "etool",
    ];
    let service =
        |name: &&str| Service { name: (*name).to_owned(), base_uri: Some(format!("{name}.example.net")) };
    Account {
        id,
        code: "BENCH".to_owned(),
        number: 1,
        time_zone: "Europe/Athens".to_owned(),
        state: AccountState::Enabled,
        sign_on: SignOn::Password,
        features: [Feature::UserTypeBot].into(),
        services: names.iter().map(service).collect(),
        password_policy: PasswordPolicy::default(),
        lockout_policy: LockoutPolicy::default(),
        agent_lockout_policy: LockoutPolicy::default(),
        session_policy: SessionPolicy::default(),
        livevox_session_policy: SessionPolicy::livevox(),
    }
}

fn api_key(master: &MasterKey) -> ApiKey {
    let mut key = ApiKey {
        id: KEY_ID,
        app_key: APP_KEY.to_owned(),
        sealed_secret: Vec::new(),
        access_token: ACCESS_TOKEN.to_owned(),
        sealed_access_token_secret: Vec::new(),
        name: "bots".to_owned(),
        developer: String::new(),
        description: String::new(),
        enabled: true,
        privileges: vec![Privilege::UserLogin],
        addresses: Vec::new(),
    };
    seal_api_key(&Sealer::derive(master), &OsRng, &mut key, SECRET, ACCESS_TOKEN_SECRET);
    key
}

fn user(number: i32, kind: UserKind) -> User {
    let login_name = format!("user-{number:05}");
    User {
        id: UserId(1_000_000 + i64::from(number)),
        account: ACCOUNT.parse().unwrap_or_else(|_| unreachable!("the account's id is one")),
        pid: Uuid::from_u128(u128::from(number.unsigned_abs())),
        number,
        population: Population::User,
        kind,
        full_name: login_name.clone(),
        nickname: login_name.clone(),
        login_name,
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
        locked_at: None,
    }
}
