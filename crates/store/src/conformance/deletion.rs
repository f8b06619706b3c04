//! Facts: what is deleted is gone with all that hung on it, and its id is never given again.

use vestibule_model::{
    AdministrationToken, Administrator, AdministratorRole, ApplicationId, ConnectionId, SessionId, UserId,
};

use super::samples::{
    ELSEWHERE, HERE, account, administration_token, api_key, application_token, audit_record, group, id,
    oauth_client, profile, saml_connection, session, skill, user,
};
use super::{every_session, given, misfit};
use crate::{AccountRows, AuditQuery, Change, Part, Store};

/// Two accounts, each with two users, two of everything numbered, and a session for each user.
async fn inhabited(store: &dyn Store) {
    for (index, name) in (0_u8..).zip([HERE, ELSEWHERE]) {
        let first = 1 + 2 * i32::from(index);
        given(store, [Change::PutAccount(account(name).into())]).await;
        for number in [first, first + 1] {
            let (here, number_of_id) = (id(name), i64::from(number));
            let user = user(name, number);
            let session = session(u8::try_from(number).unwrap(), &user);
            given(
                store,
                [
                    Change::PutProfile(here, profile(number_of_id)),
                    Change::PutGroup(here, group(number_of_id)),
                    Change::PutSkill(here, skill(number_of_id)),
                    Change::PutApiKey(here, api_key(number_of_id).into()),
                    Change::PutOauthClient(here, oauth_client(number_of_id).into()),
                    Change::PutApplicationToken(here, application_token(number_of_id).into()),
                    Change::PutConnection(here, saml_connection(number_of_id).into()),
                    Change::PutUser(user.into()),
                    Change::OpenSession(session.into()),
                ],
            )
            .await;
        }
    }
}

async fn rows(store: &dyn Store, name: &str) -> AccountRows {
    store.account(id(name)).await.unwrap().unwrap()
}

async fn sessions(store: &dyn Store) -> Vec<u8> {
    every_session(store).await.iter().map(|session| session.id.0[0]).collect()
}

/// Which accounts a commit changes.
async fn changes(store: &dyn Store, change: Change) -> Vec<String> {
    let before = store.directory().await.unwrap().sequence;
    given(store, [change]).await;
    let changed = store.changes(before).await.unwrap().changed;
    changed.iter().filter_map(|changed| changed.changed.in_account()).map(|id| id.to_string()).collect()
}

pub async fn a_deleted_user_is_gone(store: &dyn Store) {
    inhabited(store).await;
    assert_eq!(changes(store, Change::DeleteUser(user(HERE, 1).id)).await, [HERE]);
    assert_eq!(rows(store, HERE).await.users, [user(HERE, 2)]);
}

pub async fn a_deleted_user_administers_no_more(store: &dyn Store) {
    inhabited(store).await;
    let administrator =
        |number| Administrator { user: user(HERE, number).id, role: AdministratorRole::Owner };
    given(store, [1, 2].map(administrator).map(Change::PutAdministrator)).await;
    given(store, [Change::DeleteUser(user(HERE, 1).id)]).await;
    assert_eq!(store.administrators().await.unwrap(), [administrator(2)]);
}

pub async fn the_id_of_a_deleted_user_is_never_given_again(store: &dyn Store) {
    inhabited(store).await;
    given(store, [Change::DeleteUser(user(HERE, 1).id)]).await;
    misfit(store, [Change::PutUser(user(HERE, 1).into())]).await;
    let elsewhere = vestibule_model::User { id: user(HERE, 1).id, ..user(ELSEWHERE, 9) };
    misfit(store, [Change::PutUser(elsewhere.into())]).await;
}

pub async fn what_is_deleted_is_known_by_its_id(store: &dyn Store) {
    inhabited(store).await;
    let one = ApplicationId(1);
    let asked = |number| {
        let application = ApplicationId(number);
        [
            Part::User(user(HERE, i32::try_from(number).unwrap()).id),
            Part::ApiKey(application),
            Part::OauthClient(application),
            Part::ApplicationToken(application),
            Part::Connection(ConnectionId(number)),
            Part::Profile(number),
        ]
    };
    let deletions = [
        Change::DeleteUser(user(HERE, 1).id),
        Change::DeleteApiKey(id(HERE), one),
        Change::DeleteOauthClient(id(HERE), one),
        Change::DeleteApplicationToken(id(HERE), one),
        Change::DeleteConnection(id(HERE), ConnectionId(1)),
        Change::DeleteProfile(id(HERE), 1),
    ];
    for (index, deletion) in deletions.into_iter().enumerate() {
        given(store, [deletion]).await;
        let known = store.deleted([asked(2), asked(1)].concat()).await.unwrap();
        assert_eq!(known, asked(1)[..=index.min(4)]);
    }
    given(store, [Change::DeleteAccount(id(ELSEWHERE))]).await;
    assert_eq!(store.deleted(asked(3).to_vec()).await.unwrap(), asked(3)[..5]);
}

pub async fn the_name_of_a_deleted_user_is_free(store: &dyn Store) {
    inhabited(store).await;
    let heir = vestibule_model::User { id: UserId(77), ..user(HERE, 1) };
    given(store, [Change::DeleteUser(user(HERE, 1).id), Change::PutUser(heir.clone().into())]).await;
    assert_eq!(rows(store, HERE).await.users, [heir, user(HERE, 2)]);
}

pub async fn a_session_of_a_deleted_user_is_refused(store: &dyn Store) {
    inhabited(store).await;
    given(store, [Change::DeleteUser(user(HERE, 1).id)]).await;
    let open = Change::OpenSession(session(9, &user(HERE, 1)).into());
    let refused = super::refused(store, [open]).await;
    assert!(matches!(refused, crate::StoreError::StaleCredentials), "{refused:?}");
}

pub async fn deleted_profiles_groups_and_skills_are_gone(store: &dyn Store) {
    inhabited(store).await;
    for delete in [
        Change::DeleteProfile(id(HERE), 1),
        Change::DeleteGroup(id(HERE), 1),
        Change::DeleteSkill(id(HERE), 1),
    ] {
        assert_eq!(changes(store, delete).await, [HERE]);
    }
    let found = rows(store, HERE).await;
    assert_eq!(
        (found.profiles, found.groups, found.skills),
        (vec![profile(2)], vec![group(2)], vec![skill(2)])
    );
    assert_eq!(found.users, [user(HERE, 1), user(HERE, 2)]);
}

pub async fn a_deleted_api_key_is_gone(store: &dyn Store) {
    let delete = Change::DeleteApiKey(id(HERE), ApplicationId(1));
    inhabited(store).await;
    assert_eq!(changes(store, delete).await, [HERE]);
    assert_eq!(rows(store, HERE).await.api_keys, [api_key(2)]);
    misfit(store, [Change::PutApiKey(id(HERE), api_key(1).into())]).await;
}

pub async fn a_deleted_oauth_client_is_gone(store: &dyn Store) {
    let delete = Change::DeleteOauthClient(id(HERE), ApplicationId(1));
    inhabited(store).await;
    assert_eq!(changes(store, delete).await, [HERE]);
    assert_eq!(rows(store, HERE).await.oauth_clients, [oauth_client(2)]);
    misfit(store, [Change::PutOauthClient(id(HERE), oauth_client(1).into())]).await;
}

pub async fn a_deleted_application_token_is_gone(store: &dyn Store) {
    let delete = Change::DeleteApplicationToken(id(HERE), ApplicationId(1));
    inhabited(store).await;
    assert_eq!(changes(store, delete).await, [HERE]);
    assert_eq!(rows(store, HERE).await.application_tokens, [application_token(2)]);
    misfit(store, [Change::PutApplicationToken(id(HERE), application_token(1).into())]).await;
}

pub async fn an_application_of_another_account_is_not_deleted(store: &dyn Store) {
    inhabited(store).await;
    for delete in [
        Change::DeleteApiKey(id(ELSEWHERE), ApplicationId(1)),
        Change::DeleteOauthClient(id(ELSEWHERE), ApplicationId(1)),
        Change::DeleteApplicationToken(id(ELSEWHERE), ApplicationId(1)),
        Change::DeleteProfile(id(ELSEWHERE), 1),
    ] {
        assert_eq!(changes(store, delete).await, [""; 0]);
    }
    assert_eq!(rows(store, HERE).await.api_keys.len(), 2);
}

pub async fn a_deleted_account_is_gone_with_all_that_belongs_to_it(store: &dyn Store) {
    inhabited(store).await;
    let (before, delete) = (rows(store, ELSEWHERE).await, Change::DeleteAccount(id(HERE)));
    assert_eq!(changes(store, delete).await, [HERE]);
    assert_eq!(store.account(id(HERE)).await.unwrap(), None);
    assert_eq!(store.directory().await.unwrap().accounts, [before]);
}

pub async fn roles_and_tokens_limited_to_a_deleted_account_are_gone(store: &dyn Store) {
    inhabited(store).await;
    let here = AdministratorRole::Administrator(id(HERE));
    let roles = [
        (user(HERE, 1).id, AdministratorRole::Owner),
        (user(ELSEWHERE, 3).id, here),
        (user(ELSEWHERE, 4).id, AdministratorRole::Auditor(None)),
    ];
    let roles = roles.map(|(user, role)| Administrator { user, role });
    given(store, roles.map(Change::PutAdministrator)).await;
    let limited = AdministrationToken { role: here, ..administration_token(1) };
    let tokens = [limited, administration_token(2)];
    given(store, tokens.clone().map(|token| Change::PutAdministrationToken(token.into()))).await;
    given(store, [Change::DeleteAccount(id(HERE))]).await;
    assert_eq!(store.administrators().await.unwrap(), [roles[2]]);
    assert_eq!(store.administration_tokens().await.unwrap(), [tokens[1].clone()]);
    misfit(store, [Change::PutAdministrationToken(administration_token(1).into())]).await;
}

pub async fn an_account_that_was_deleted_can_be_made_anew_with_other_users(store: &dyn Store) {
    inhabited(store).await;
    given(store, [Change::DeleteAccount(id(HERE)), Change::PutAccount(account(HERE).into())]).await;
    assert_eq!(rows(store, HERE).await, AccountRows::empty(account(HERE)));
    misfit(store, [Change::PutUser(user(HERE, 1).into())]).await;
    misfit(store, [Change::PutApiKey(id(HERE), api_key(1).into())]).await;
}

pub async fn the_audit_of_a_deleted_account_stays(store: &dyn Store) {
    inhabited(store).await;
    given(store, [Change::Audit(audit_record(1).into()), Change::DeleteAccount(id(HERE))]).await;
    let query = AuditQuery { account: Some(id(HERE)), ..AuditQuery::default() };
    assert_eq!(store.audit(query).await.unwrap().entries[0].record, audit_record(1));
}

pub async fn deleting_what_is_not_there_is_no_error_and_moves_nothing(store: &dyn Store) {
    inhabited(store).await;
    for delete in [
        Change::DeleteAccount(id("nowhere")),
        Change::DeleteUser(UserId(404)),
        Change::DeleteProfile(id(HERE), 404),
        Change::DeleteGroup(id("nowhere"), 1),
        Change::DeleteSkill(id(HERE), 404),
        Change::DeleteApiKey(id(HERE), ApplicationId(404)),
        Change::DeleteOauthClient(id(HERE), ApplicationId(404)),
        Change::DeleteApplicationToken(id(HERE), ApplicationId(404)),
    ] {
        assert_eq!(changes(store, delete).await, [""; 0]);
    }
    assert_eq!(sessions(store).await, [1, 2, 3, 4]);
}

pub async fn a_refused_commit_deletes_nothing(store: &dyn Store) {
    inhabited(store).await;
    let (before, delete) = (rows(store, HERE).await, Change::DeleteAccount(id(HERE)));
    misfit(store, [delete, Change::PutSkill(id(HERE), skill(1))]).await;
    assert_eq!(rows(store, HERE).await, before);
    assert_eq!(sessions(store).await, [1, 2, 3, 4]);
    assert_eq!(every_session(store).await[0].id, SessionId([1; 16]));
}
