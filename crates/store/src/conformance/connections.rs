//! Facts: connections to identity providers, and as whom those know users.

use vestibule_model::{
    AccountId, Connection, ConnectionId, Generation, Identity, OidcConnection, OwnKey, Protocol,
    SamlConnection, User, UserId, seal_prefix,
};

use super::samples::{ELSEWHERE, HERE, account, id, later, oidc_connection, saml_connection, user};
use super::{given, misfit};
use crate::{Change, SealHolder, Store};

async fn two_accounts(store: &dyn Store) {
    given(store, [HERE, ELSEWHERE].map(|name| Change::PutAccount(account(name).into()))).await;
}

fn put(name: &str, connection: Connection) -> Change {
    Change::PutConnection(id(name), connection.into())
}

async fn connections(store: &dyn Store, name: &str) -> Vec<Connection> {
    store.account(id(name)).await.unwrap().unwrap().connections
}

/// One of each protocol with nothing optional.
fn bare() -> [Connection; 2] {
    let mut connections = [saml_connection(11), oidc_connection(12)];
    for connection in &mut connections {
        connection.enabled = false;
        connection.targets.clear();
        match &mut connection.protocol {
            Protocol::Saml(saml) => {
                let SamlConnection { logout_url, certificates, metadata_url, audiences, .. } = &mut **saml;
                (*logout_url, *metadata_url) = (None, None);
                certificates.clear();
                audiences.clear();
                (saml.unsolicited, saml.allow_cbc, saml.sign_requests) = (false, false, false);
                (saml.key, saml.previous_key) = (None, None);
            }
            Protocol::Oidc(oidc) => {
                let OidcConnection { sealed_client_secret, jwks_uri, end_session_endpoint, .. } = &mut **oidc;
                (*sealed_client_secret, *jwks_uri, *end_session_endpoint) = (None, None, None);
                (oidc.names_itself_in_callbacks, oidc.password_grant) = (false, false);
                (oidc.scopes, oidc.jwks) = (Vec::new(), String::new());
            }
        }
    }
    connections
}

pub async fn a_connection_is_read_back(store: &dyn Store) {
    two_accounts(store).await;
    let all = [[saml_connection(1), oidc_connection(2)], bare()].concat();
    given(store, all.iter().map(|connection| put(HERE, connection.clone()))).await;
    assert_eq!(connections(store, HERE).await, all);
}

pub async fn a_connection_may_speak_another_protocol(store: &dyn Store) {
    two_accounts(store).await;
    given(store, [put(HERE, saml_connection(1))]).await;
    let other = Connection { protocol: oidc_connection(1).protocol, ..saml_connection(1) };
    given(store, [put(HERE, other.clone())]).await;
    assert_eq!(connections(store, HERE).await, [other]);
}

pub async fn a_connections_name_is_taken_once_within_the_account(store: &dyn Store) {
    two_accounts(store).await;
    given(store, [put(HERE, saml_connection(1))]).await;
    let same = |id| Connection { name: saml_connection(1).name, ..oidc_connection(id) };
    misfit(store, [put(HERE, same(2))]).await;
    given(store, [put(ELSEWHERE, same(3))]).await;
    let upper = Connection { name: saml_connection(1).name.to_uppercase(), ..same(4) };
    given(store, [put(HERE, upper)]).await;
}

pub async fn a_connection_is_not_taken_over_by_another_account(store: &dyn Store) {
    two_accounts(store).await;
    given(store, [put(HERE, saml_connection(1))]).await;
    misfit(store, [put(ELSEWHERE, saml_connection(1))]).await;
    given(store, [Change::DeleteConnection(id(ELSEWHERE), ConnectionId(1))]).await;
    assert_eq!(connections(store, HERE).await, [saml_connection(1)]);
}

pub async fn a_deleted_connection_is_gone_and_its_id_is_not_given_again(store: &dyn Store) {
    two_accounts(store).await;
    given(store, [put(HERE, saml_connection(1)), put(HERE, oidc_connection(2))]).await;
    given(store, [put(ELSEWHERE, oidc_connection(3))]).await;
    given(store, [Change::DeleteConnection(id(HERE), ConnectionId(1))]).await;
    assert_eq!(connections(store, HERE).await, [oidc_connection(2)]);
    misfit(store, [put(HERE, saml_connection(1))]).await;
    given(store, [Change::DeleteAccount(id(ELSEWHERE)), Change::PutAccount(account(ELSEWHERE).into())]).await;
    assert_eq!(connections(store, ELSEWHERE).await, []);
    misfit(store, [put(ELSEWHERE, oidc_connection(3))]).await;
}

fn known_as(identities: impl IntoIterator<Item = (i64, &'static str)>, user: User) -> User {
    let identity = |(connection, subject): (i64, &str)| Identity {
        connection: ConnectionId(connection),
        subject: subject.into(),
    };
    User { identities: identities.into_iter().map(identity).collect(), ..user }
}

fn put_user(user: User) -> Change {
    Change::PutUser(user.into())
}

pub async fn identities_of_a_user_are_read_back(store: &dyn Store) {
    two_accounts(store).await;
    let strange = known_as([(1, "\"'\\\u{0}\n"), (2, ""), (2, "Ä")], user(HERE, 1));
    given(store, [put_user(strange.clone())]).await;
    assert_eq!(store.user(strange.id).await.unwrap(), Some(strange.clone()));
    let none = known_as([], strange);
    given(store, [put_user(none.clone())]).await;
    assert_eq!(store.user(none.id).await.unwrap(), Some(none));
}

pub async fn an_identity_is_taken_once_in_the_installation(store: &dyn Store) {
    two_accounts(store).await;
    given(store, [put_user(known_as([(1, "a"), (1, "b")], user(HERE, 1)))]).await;
    misfit(store, [put_user(known_as([(1, "b")], user(HERE, 2)))]).await;
    misfit(store, [put_user(known_as([(9, "x"), (1, "a")], user(ELSEWHERE, 3)))]).await;
    misfit(store, [put_user(known_as([(9, "x"), (9, "x")], user(HERE, 2)))]).await;
    given(store, [put_user(known_as([(2, "a"), (1, "A")], user(HERE, 2)))]).await;
}

pub async fn an_identity_that_is_given_up_is_free_again(store: &dyn Store) {
    two_accounts(store).await;
    let (first, second) = (user(HERE, 1), user(HERE, 2));
    given(store, [put_user(known_as([(1, "a"), (1, "b")], first.clone()))]).await;
    given(store, [put_user(known_as([(1, "b")], first.clone()))]).await;
    given(store, [put_user(known_as([(1, "a")], second.clone()))]).await;
    misfit(store, [put_user(known_as([(1, "b"), (1, "a")], second.clone()))]).await;
    given(store, [Change::DeleteUser(first.id), put_user(known_as([(1, "b")], second.clone()))]).await;
    let heir = User { id: UserId(77), ..known_as([(1, "b")], user(ELSEWHERE, 1)) };
    misfit(store, [put_user(heir.clone())]).await;
    given(store, [Change::DeleteAccount(id(HERE)), put_user(heir)]).await;
}

pub async fn an_identity_outlives_its_connection(store: &dyn Store) {
    two_accounts(store).await;
    let known = known_as([(1, "a")], user(HERE, 1));
    given(store, [put(HERE, saml_connection(1)), put_user(known.clone())]).await;
    given(store, [Change::DeleteConnection(id(HERE), ConnectionId(1))]).await;
    assert_eq!(store.user(known.id).await.unwrap(), Some(known));
}

fn sealed(generation: Generation, byte: u8) -> Vec<u8> {
    [seal_prefix(generation), vec![byte; 40]].concat()
}

/// Every secret of it sealed under a generation, the first byte behind the prefix telling which it is.
fn sealed_under(generation: Generation, mut connection: Connection) -> Connection {
    for (byte, (_, secret)) in (1..).zip(connection.seals_mut()) {
        *secret = sealed(generation, byte);
    }
    connection
}

pub async fn every_secret_of_a_connection_keeps_its_generation_from_retiring(store: &dyn Store) {
    two_accounts(store).await;
    let all = [saml_connection(1), oidc_connection(2)];
    let now = vestibule_model::Millis::EPOCH;
    let activate = Change::ActivateMasterKey { generation: later(), check_value: [2; 32], at: now };
    given(store, all.clone().map(|connection| put(HERE, sealed_under(Generation::FIRST, connection)))).await;
    given(store, [activate]).await;
    let under_first = async || store.remains(Generation::FIRST, now).await.unwrap().sealed_secrets;
    assert_eq!(under_first().await, 2);
    let reseal = |account: AccountId, connection: &Connection, byte| Change::Reseal {
        holder: SealHolder::Connection(account, connection.id),
        old: sealed(Generation::FIRST, byte),
        new: sealed(later(), byte),
    };
    given(store, [reseal(id(ELSEWHERE), &all[0], 1), reseal(id(HERE), &all[0], 1)]).await;
    assert_eq!(under_first().await, 2);
    given(store, [reseal(id(HERE), &all[0], 2), reseal(id(HERE), &all[1], 1)]).await;
    assert_eq!(under_first().await, 0);
    assert_eq!(connections(store, HERE).await, all.map(|connection| sealed_under(later(), connection)));
    given(store, [Change::RetireMasterKey { generation: Generation::FIRST, at: now }]).await;
}

/// What tells that nothing of it is kept elsewhere than where it is sealed anew.
pub async fn a_key_and_the_one_before_it_are_kept_apart(store: &dyn Store) {
    two_accounts(store).await;
    let mut only_previous = saml_connection(1);
    let Protocol::Saml(saml) = &mut only_previous.protocol else { return };
    saml.key = None;
    saml.previous_key = saml.previous_key.take().map(|key| OwnKey { sealed_key: vec![9], ..key });
    given(store, [put(HERE, only_previous.clone())]).await;
    assert_eq!(connections(store, HERE).await, [only_previous]);
}
