//! Facts: what is put is read back, as it was and where it belongs.

use vestibule_model::{
    Account, AccountState, ApiKey, ApplicationToken, ClientMetadata, Concurrency, Group, LockoutPolicy, Look,
    OauthClient, PasswordPolicy, Profile, Rank, Reach, RoleType, SecondFactorPolicy, SecretVersion,
    SessionPolicy, SignOn, Skill, Unlock, User, UserKind, WhenFull,
};

use super::given;
use super::samples::{
    ELSEWHERE, HERE, account, agent, api_key, application_token, digest, group, id, oauth_client,
    oidc_connection, profile, saml_connection, skill, user,
};
use crate::{AccountRows, Change, DirectoryRows, Store};

fn put(account: Account) -> Change {
    Change::PutAccount(account.into())
}

/// What the store has of an account that must be there.
async fn rows(store: &dyn Store, account: &str) -> AccountRows {
    store.account(id(account)).await.unwrap().unwrap()
}

pub async fn an_empty_store_has_no_accounts(store: &dyn Store) {
    assert_eq!(store.directory().await.unwrap(), DirectoryRows::default());
}

pub async fn an_account_is_read_back(store: &dyn Store) {
    given(store, [put(account(HERE))]).await;
    assert_eq!(rows(store, HERE).await, AccountRows::empty(account(HERE)));
}

pub async fn every_policy_is_read_back(store: &dyn Store) {
    let password = PasswordPolicy {
        history: 5,
        expiry_days: 90,
        require_special: true,
        min_strength: 3,
        ..Default::default()
    };
    let many = |when_full| Concurrency::Many { limit: 4, when_full };
    let concurrencies =
        [Concurrency::One, Concurrency::Same, many(WhenFull::EndOldest), many(WhenFull::Refuse)];
    let minutes = Unlock::AfterMinutes;
    let unlocks = [Unlock::ByAdministrator, minutes(0), minutes(45), minutes(u32::MAX)];
    for (concurrency, unlock) in concurrencies.into_iter().zip(unlocks) {
        let account = Account {
            state: AccountState::Disabled,
            sign_on: SignOn::Password,
            second_factor: SecondFactorPolicy::Optional,
            features: [].into(),
            services: Vec::new(),
            password_policy: password.clone(),
            lockout_policy: LockoutPolicy { failures: 0, unlock },
            agent_lockout_policy: LockoutPolicy { failures: 9, unlock },
            session_policy: SessionPolicy { concurrency, ..SessionPolicy::default() },
            livevox_session_policy: SessionPolicy {
                concurrency,
                reach: Reach::EveryDialect,
                ..SessionPolicy::livevox()
            },
            ..account(HERE)
        };
        given(store, [put(account.clone())]).await;
        assert_eq!(rows(store, HERE).await.account, account);
    }
}

pub async fn profiles_groups_and_skills_are_read_back(store: &dyn Store) {
    let roles = [
        RoleType::Administrator,
        RoleType::Agent,
        RoleType::AgentManager,
        RoleType::CampaignManager,
        RoleType::Lpa,
    ];
    let profiles: Vec<_> = roles.into_iter().map(|role| Profile { role, ..profile(role.number()) }).collect();
    let groups = vec![Group { parent: None, ..group(-1) }, group(4)];
    let skills = vec![skill(0), skill(9)];
    given(store, [put(account(HERE))]).await;
    given(store, profiles.iter().map(|profile| Change::PutProfile(id(HERE), profile.clone()))).await;
    given(store, groups.iter().map(|group| Change::PutGroup(id(HERE), group.clone()))).await;
    given(store, skills.iter().map(|skill| Change::PutSkill(id(HERE), skill.clone()))).await;
    let expected = AccountRows { profiles, groups, skills, ..AccountRows::empty(account(HERE)) };
    assert_eq!(rows(store, HERE).await, expected);
}

pub async fn every_rank_is_read_back(store: &dyn Store) {
    let ranks = [Rank::Agent, Rank::Manager, Rank::ItUser, Rank::SuperUser, Rank::SysAdmin].map(Some);
    let profiles: Vec<_> = (1..)
        .zip(ranks.into_iter().chain([None]))
        .map(|(id, rank)| Profile { rank, ..profile(id) })
        .collect();
    given(store, [put(account(HERE))]).await;
    given(store, profiles.iter().map(|profile| Change::PutProfile(id(HERE), profile.clone()))).await;
    assert_eq!(rows(store, HERE).await.profiles, profiles);
}

pub async fn a_user_is_read_back(store: &dyn Store) {
    let users = vec![
        user(HERE, 1),
        User { kind: UserKind::Bot, ..agent(HERE, 2, "Bot.One") },
        User { kind: UserKind::System, enabled: false, ..user(HERE, 3) },
    ];
    given(store, [put(account(HERE))]).await;
    given(store, users.iter().map(|user| Change::PutUser(user.clone().into()))).await;
    assert_eq!(rows(store, HERE).await.users, users);
}

pub async fn a_user_with_nothing_optional_is_read_back(store: &dyn Store) {
    let bare = User {
        email: String::new(),
        allowed_app_key: None,
        profiles: Vec::new(),
        skills: Vec::new(),
        member_of: None,
        manager_of: Vec::new(),
        must_change_password: false,
        password: None,
        locked_at: None,
        second_factor: None,
        ..user(HERE, 1)
    };
    given(store, [put(account(HERE)), Change::PutUser(bare.clone().into())]).await;
    assert_eq!(rows(store, HERE).await.users, [bare]);
}

pub async fn an_api_key_is_read_back(store: &dyn Store) {
    let bare = ApiKey { enabled: false, privileges: Vec::new(), addresses: Vec::new(), ..api_key(2) };
    let keys = [api_key(1), bare];
    given(store, [put(account(HERE))]).await;
    given(store, keys.iter().map(|key| Change::PutApiKey(id(HERE), key.clone().into()))).await;
    assert_eq!(rows(store, HERE).await.api_keys, keys);
}

pub async fn an_oauth_client_is_read_back(store: &dyn Store) {
    let bare = OauthClient {
        superseded: None,
        enabled: false,
        privileges: Vec::new(),
        addresses: Vec::new(),
        metadata: ClientMetadata::default(),
        ..oauth_client(2)
    };
    let clients = [oauth_client(1), bare];
    given(store, [put(account(HERE))]).await;
    given(store, clients.iter().map(|client| Change::PutOauthClient(id(HERE), client.clone().into()))).await;
    assert_eq!(rows(store, HERE).await.oauth_clients, clients);
}

pub async fn an_application_token_is_read_back(store: &dyn Store) {
    let bare = ApplicationToken { superseded: None, ..application_token(2) };
    let unused = ApplicationToken { enabled: false, last_used: None, requests: 0, ..bare };
    let tokens = [application_token(1), unused];
    given(store, [put(account(HERE))]).await;
    given(store, tokens.iter().map(|token| Change::PutApplicationToken(id(HERE), token.clone().into())))
        .await;
    assert_eq!(rows(store, HERE).await.application_tokens, tokens);
}

pub async fn text_of_any_kind_is_read_back(store: &dyn Store) {
    let texts = ["", " ", "'; DROP TABLE users; --", "\"\\\n\t", "\u{1f511}", "e\u{301}", "%_", "\u{feff}x"];
    given(store, [put(account(HERE))]).await;
    for text in texts {
        let skill = Skill { id: 1, name: text.into() };
        given(store, [Change::PutSkill(id(HERE), skill.clone())]).await;
        assert_eq!(rows(store, HERE).await.skills, [skill]);
    }
}

pub async fn numbers_at_their_ends_are_read_back(store: &dyn Store) {
    given(store, [put(Account { number: i32::MIN, ..account(HERE) })]).await;
    let skills = [i64::MIN, i64::MAX].map(skill);
    given(store, skills.iter().map(|skill| Change::PutSkill(id(HERE), skill.clone()))).await;
    let ends = User { number: i32::MAX, credential_version: i64::MAX, max_chats: -1, ..user(HERE, 1) };
    given(store, [Change::PutUser(ends.clone().into())]).await;
    let rows = rows(store, HERE).await;
    assert_eq!((rows.account.number, rows.skills, rows.users), (i32::MIN, skills.into(), vec![ends]));
}

pub async fn a_put_replaces_what_has_the_same_id(store: &dyn Store) {
    let before = everything(HERE);
    let after = AccountRows {
        account: Account {
            code: "Other".into(),
            number: 9,
            sign_on: SignOn::Password,
            look: Look::default(),
            ..before.account.clone()
        },
        profiles: vec![Profile {
            name: "Other".into(),
            role: RoleType::Lpa,
            rank: None,
            permissions: vec![],
            ..profile(1)
        }],
        groups: vec![Group { name: "Other".into(), parent: None, ..group(1) }],
        skills: vec![Skill { name: "Other".into(), ..skill(1) }],
        users: vec![User { id: before.users[0].id, password: None, ..agent(HERE, 2, "Other") }],
        ..with_other_applications(&before)
    };
    given(store, puts(&before)).await;
    given(store, puts(&after)).await;
    assert_eq!(rows(store, HERE).await, after);
}

/// The same account, with other applications of the same ids.
fn with_other_applications(before: &AccountRows) -> AccountRows {
    AccountRows {
        api_keys: vec![ApiKey {
            app_key: "other".into(),
            sealed_secret: vec![],
            secret_version: SecretVersion(0),
            superseded: None,
            enabled: false,
            ..api_key(1)
        }],
        oauth_clients: vec![OauthClient {
            client_id: "other".into(),
            secret_version: SecretVersion(9),
            superseded: None,
            enabled: false,
            metadata: ClientMetadata::default(),
            ..oauth_client(1)
        }],
        application_tokens: vec![ApplicationToken {
            name: "Other".into(),
            token: digest(404),
            secret_version: SecretVersion(9),
            superseded: None,
            enabled: false,
            ..application_token(1)
        }],
        connections: vec![oidc_connection(1)],
        ..before.clone()
    }
}

pub async fn lists_are_in_the_order_of_ids(store: &dyn Store) {
    given(store, [put(account(HERE))]).await;
    for number in [10, 9, 100, 1] {
        let mut one = everything(HERE);
        one.skills = vec![skill(number)];
        one.users = vec![user(HERE, i32::try_from(number).unwrap())];
        one.api_keys = vec![api_key(number)];
        one.application_tokens = vec![application_token(number)];
        one.connections = vec![saml_connection(number)];
        given(store, puts(&one)).await;
    }
    let rows = rows(store, HERE).await;
    assert!(rows.skills.is_sorted_by_key(|skill| skill.id) && rows.skills.len() == 4);
    assert!(rows.users.is_sorted_by_key(|user| user.id) && rows.users.len() == 4);
    assert!(rows.api_keys.is_sorted_by_key(|key| key.id) && rows.api_keys.len() == 4);
    let tokens = rows.application_tokens;
    assert!(tokens.is_sorted_by_key(|token| token.id) && tokens.len() == 4);
    assert!(rows.connections.is_sorted_by_key(|one| one.id) && rows.connections.len() == 4);
}

pub async fn the_directory_is_every_account_by_id(store: &dyn Store) {
    for name in ["b", "a_", "B", "_"] {
        given(store, [put(account(name))]).await;
    }
    let directory = store.directory().await.unwrap();
    let names: Vec<_> = directory.accounts.iter().map(|rows| rows.account.id.to_string()).collect();
    assert_eq!(names, ["B", "_", "a_", "b"]);
}

pub async fn the_directory_is_read_without_users(store: &dyn Store) {
    given(store, puts(&everything(HERE))).await;
    let mut expected = store.directory().await.unwrap();
    assert!(!expected.accounts[0].users.is_empty());
    expected.accounts[0].users.clear();
    assert_eq!(store.directory_without_users().await.unwrap(), expected);
}

pub async fn an_account_has_only_what_belongs_to_it(store: &dyn Store) {
    let here = everything(HERE);
    let mut elsewhere = everything(ELSEWHERE);
    elsewhere.users = vec![user(ELSEWHERE, 2)];
    elsewhere.api_keys = vec![api_key(2)];
    elsewhere.oauth_clients = vec![oauth_client(2)];
    elsewhere.application_tokens = vec![application_token(2)];
    elsewhere.connections = vec![oidc_connection(2)];
    given(store, puts(&here)).await;
    given(store, puts(&elsewhere)).await;
    assert_eq!(rows(store, HERE).await, here);
    assert_eq!(rows(store, ELSEWHERE).await, elsewhere);
    assert_eq!(store.directory().await.unwrap().accounts, [here, elsewhere]);
}

pub async fn an_unknown_account_is_none(store: &dyn Store) {
    given(store, [put(account(HERE))]).await;
    assert_eq!(store.account(id("LE84207511")).await.unwrap(), None);
}

/// An account with one of each.
fn everything(name: &str) -> AccountRows {
    AccountRows {
        account: account(name),
        profiles: vec![profile(1)],
        groups: vec![group(1)],
        skills: vec![skill(1)],
        users: vec![user(name, 1)],
        api_keys: vec![api_key(1)],
        oauth_clients: vec![oauth_client(1)],
        application_tokens: vec![application_token(1)],
        connections: vec![saml_connection(1)],
    }
}

/// The changes that put an account as it is given.
fn puts(rows: &AccountRows) -> Vec<Change> {
    let id = rows.account.id;
    let mut puts = vec![put(rows.account.clone())];
    puts.extend(rows.profiles.iter().map(|profile| Change::PutProfile(id, profile.clone())));
    puts.extend(rows.groups.iter().map(|group| Change::PutGroup(id, group.clone())));
    puts.extend(rows.skills.iter().map(|skill| Change::PutSkill(id, skill.clone())));
    puts.extend(rows.users.iter().map(|user| Change::PutUser(user.clone().into())));
    puts.extend(rows.api_keys.iter().map(|key| Change::PutApiKey(id, key.clone().into())));
    puts.extend(rows.oauth_clients.iter().map(|client| Change::PutOauthClient(id, client.clone().into())));
    let tokens = rows.application_tokens.iter();
    puts.extend(tokens.map(|token| Change::PutApplicationToken(id, token.clone().into())));
    let connections = rows.connections.iter();
    puts.extend(connections.map(|connection| Change::PutConnection(id, connection.clone().into())));
    puts
}
