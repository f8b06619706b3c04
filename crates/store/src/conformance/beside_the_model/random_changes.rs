//! Random changes of few accounts, names, numbers and sessions.

use proptest::collection::vec;
use proptest::prelude::*;
use vestibule_model::{
    Account, AccountId, AdministrationToken, AdministrationTokenId, Administrator, AdministratorRole, ApiKey,
    ApplicationId, ApplicationToken, AuditRecord, Connection, ConnectionId, Generation, Identity, Millis,
    OauthClient, PasswordCredential, RememberedAnswer, Session, SessionId, SessionReference, Superseded,
    User, UserId,
};

use super::super::samples::{
    account, administration_token, agent, api_key, application_token, audit_record, digest, gateway_rule,
    group, id, oauth_client, oidc_connection, profile, saml_connection, session, skill, user,
};
use super::random_traffic::traffic;
use crate::{
    ApplicationTouch, Change, Changed, DirectoryScope, EndRecords, EndSessions, EndedSessions,
    FederatedLogin, FederatedLogins, FederatedLogout, LastUse, Part, PartKind, Sequence, SessionNumber,
    SessionSelector, SessionsDecision, SessionsVersion,
};

/// Few, so that commits meet.
pub(super) const ACCOUNTS: [&str; 3] = ["a", "b", "c"];

fn scope() -> impl Strategy<Value = DirectoryScope> {
    prop_oneof![
        name().prop_map(|account| DirectoryScope::Kind(account, PartKind::Account)),
        name().prop_map(|account| DirectoryScope::Kind(account, PartKind::User)),
        name().prop_map(|account| DirectoryScope::Kind(account, PartKind::Skill)),
        name().prop_map(|account| DirectoryScope::part(account, Part::Account)),
        Just(DirectoryScope::Part(Changed::GatewayRules)),
        (1..4_i32).prop_map(|number| DirectoryScope::User(user_id(number))),
        (name(), 1..3_i64).prop_map(|(account, id)| DirectoryScope::part(account, Part::Group(id))),
    ]
}

/// Any change, of few things.
pub(super) fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        5 => (-1..3_i64, scope()).prop_map(|(at, scope)| Change::ExpectUnchanged {
            since: Sequence(at.min(0)),
            scopes: vec![scope],
        }),
        6 => (0..2_u8, 0..5_i64).prop_map(|(value, at)| Change::ConsumeOnce {
            value: [value; 32],
            expires: Millis::from_unix(at),
        }),
        1 => (0..5_i64, 0..3_usize)
            .prop_map(|(before, limit)| Change::ForgetExpired { before: Millis::from_unix(before), limit }),
        1 => (0..20_u64, 0..20_u64).prop_map(|(keep, limit)| Change::TrimChanges { keep, limit }),
        4 => an_account().prop_map(|account| Change::PutAccount(account.into())),
        1 => (name(), 1..3_i64).prop_map(|(account, id)| Change::PutProfile(account, profile(id))),
        1 => (name(), 1..3_i64).prop_map(|(account, id)| Change::PutGroup(account, group(id))),
        1 => (name(), 1..3_i64).prop_map(|(account, id)| Change::PutSkill(account, skill(id))),
        6 => a_user().prop_map(|user| Change::PutUser(user.into())),
        2 => (name(), an_api_key()).prop_map(|(account, key)| Change::PutApiKey(account, key.into())),
        2 => (name(), a_client()).prop_map(|(account, client)| Change::PutOauthClient(account, client.into())),
        2 => (name(), a_token()).prop_map(|(account, token)| Change::PutApplicationToken(account, token.into())),
        2 => (name(), a_connection()).prop_map(|(account, own)| Change::PutConnection(account, own.into())),
        2 => (1..5, hash(), 1..4_i64).prop_map(|(number, hash, credential_version)| Change::SetPassword {
            user: user_id(number),
            password: password(hash).into(),
            credential_version,
        }),
        1 => (1..5, hash(), hash())
            .prop_map(|(number, old, new)| Change::ReplacePasswordHash { user: user_id(number), old, new }),
        1 => (1..5, time()).prop_map(|(number, locked_at)| Change::SetLock { user: user_id(number), locked_at }),
        8 => a_session().prop_map(|session| Change::OpenSession(session.into())),
        5 => (0..5_u8, a_federated_origin(), 0..3_i64).prop_map(a_federated_login),
        4 => (a_federated_origin(), prop::bool::ANY, 1..4_i64, 0..5_i64).prop_map(a_federated_logout),
        6 => a_decision().prop_map(Change::DecideOnSessions),
        2 => (0..5_u8).prop_map(|byte| Change::EndSession(SessionId([byte; 16]))),
        1 => (0..5_u8, 0..3_i64, an_entry()).prop_map(|(byte, at, entry)| Change::EndIfUnusedSince {
            session: SessionId([byte; 16]),
            last_used: Millis::from_unix(at),
            entry: entry.into(),
        }),
        1 => (a_selector(), prop::option::of(0..5_u8)).prop_map(an_end_of_many),
        2 => vec((0..5_u64, 0..3_i64), 0..4).prop_map(last_uses),
        2 => vec((1..4_i64, 0..3_i64, 0..3_u64), 0..4).prop_map(application_touches),
        4 => traffic(),
        1 => deletion(),
        1 => prop::sample::select(vec!["x", "y"]).prop_map(|name| Change::PutGatewayRule(gateway_rule(name).into())),
        2 => administration(),
        1 => an_answer(),
        1 => (0..4_i64, 0..3_usize)
            .prop_map(|(before, limit)| Change::ForgetAnswers { before: Millis::from_unix(before), limit }),
        2 => an_entry().prop_map(|record| Change::Audit(record.into())),
        1 => (0..4_i64, 0..3_usize)
            .prop_map(|(before, limit)| Change::PruneAudit { before: Millis::from_unix(before), limit }),
    ]
}

fn a_decision() -> impl Strategy<Value = SessionsDecision> {
    let version = (0..3_i64, 0..2_i64, 0..2_i64).prop_map(|(user, account, installation)| SessionsVersion {
        user,
        account,
        installation,
    });
    (name(), 1..4, version, prop::option::of(0..5_u8)).prop_map(|(account, number, version, given)| {
        let given = given.map(|byte| SessionId([byte; 16]));
        SessionsDecision { account, user: user_id(number), version, given }
    })
}

/// Connection, subject and session at an identity provider.
type Origin = (ConnectionId, [u8; 32], Option<[u8; 32]>);

fn a_federated_origin() -> impl Strategy<Value = Origin> {
    (1..3_i64, 0..2_u8, prop::option::of(0..2_u8)).prop_map(|(connection, subject, index)| {
        (ConnectionId(connection), [subject; 32], index.map(|index| [index; 32]))
    })
}

fn a_federated_login((byte, origin, issued_at): (u8, Origin, i64)) -> Change {
    let (session, issued_at) = (SessionId([byte; 16]), Millis::from_unix(issued_at));
    let (connection, subject, session_index) = origin;
    Change::NoteFederatedLogin(FederatedLogin { session, connection, subject, session_index, issued_at })
}

fn a_federated_logout((origin, of_subject, issued_at, until): (Origin, bool, i64, i64)) -> Change {
    let (connection, subject, session_index) = origin;
    let logins = FederatedLogins { connection, subject: of_subject.then_some(subject), session_index };
    let (issued_at, kept_until) = (Millis::from_unix(issued_at), Millis::from_unix(until));
    Change::NoteFederatedLogout(FederatedLogout { logins, issued_at, kept_until })
}

fn a_selector() -> impl Strategy<Value = SessionSelector> {
    let sessions = prop_oneof![
        (1..4).prop_map(|number| EndedSessions::OfUser(user_id(number))),
        (1..4, 0..5_u8)
            .prop_map(|(number, byte)| EndedSessions::OfUserBut(user_id(number), SessionId([byte; 16]))),
        name().prop_map(EndedSessions::OfAccount),
        (1..5_u8).prop_map(
            |number| Generation::new(number).map_or(EndedSessions::All, EndedSessions::UnderMasterKey)
        ),
        Just(EndedSessions::All),
        (0..5_u8).prop_map(|byte| EndedSessions::AllBut(SessionId([byte; 16]))),
    ];
    let until = prop_oneof![3 => Just(i64::MAX), 1 => Just(0)];
    (sessions, prop::option::of(name()), until).prop_map(|(sessions, account, until)| SessionSelector {
        sessions,
        account,
        opened_until: Millis::from_unix(until),
    })
}

/// All that are selected, but for one of which nothing is told. They are told of in an order that is the store's: alike.
fn an_end_of_many((selector, stays): (SessionSelector, Option<u8>)) -> Change {
    let records = EndRecords::by(move |session| {
        (stays != Some(session.id.0[0]))
            .then(|| AuditRecord { user_name: Some("x".into()), ..audit_record(1) })
    });
    Change::EndSessions(EndSessions { selector, behind: None, limit: 100, records }.into())
}

fn deletion() -> impl Strategy<Value = Change> {
    let application = || (name(), (1..4_i64).prop_map(ApplicationId));
    prop_oneof![
        1 => name().prop_map(Change::DeleteAccount),
        1 => Just(Change::DeleteGatewayRule("x".into())),
        2 => (1..5).prop_map(|number| Change::DeleteUser(user_id(number))),
        1 => (name(), 1..3_i64).prop_map(|(account, id)| Change::DeleteProfile(account, id)),
        1 => (name(), 1..3_i64).prop_map(|(account, id)| Change::DeleteGroup(account, id)),
        1 => (name(), 1..3_i64).prop_map(|(account, id)| Change::DeleteSkill(account, id)),
        1 => application().prop_map(|(account, id)| Change::DeleteApiKey(account, id)),
        1 => application().prop_map(|(account, id)| Change::DeleteOauthClient(account, id)),
        1 => application().prop_map(|(account, id)| Change::DeleteApplicationToken(account, id)),
        1 => (name(), 1..4_i64)
            .prop_map(|(account, id)| Change::DeleteConnection(account, ConnectionId(id))),
    ]
}

fn administration() -> impl Strategy<Value = Change> {
    let token = || (1..4_i64).prop_map(AdministrationTokenId);
    prop_oneof![
        2 => (1..5, role()).prop_map(|(number, role)| {
            Change::PutAdministrator(Administrator { user: user_id(number), role })
        }),
        1 => (1..5).prop_map(|number| Change::DeleteAdministrator(user_id(number))),
        2 => (1..4_i64, 1..4, role()).prop_map(|(id, name, role)| {
            let token =
                AdministrationToken { name: format!("name {name}"), role, ..administration_token(id) };
            Change::PutAdministrationToken(token.into())
        }),
        1 => token().prop_map(Change::DeleteAdministrationToken),
        1 => (token(), 0..3_i64).prop_map(|(token, at)| Change::TouchAdministrationToken {
            token,
            last_used: Millis::from_unix(1_785_000_000_007 + at),
        }),
    ]
}

fn an_answer() -> impl Strategy<Value = Change> {
    (1..4_i64, 1..3_i64, 0..4_i64, 0..4_i64).prop_map(|(key, request, at, before)| {
        let (key, request, at) = (digest(key), digest(request), Millis::from_unix(at));
        let answer = RememberedAnswer { key, request, at, sealed: vec![1] };
        Change::RememberAnswer { answer: answer.into(), replaces_before: Millis::from_unix(before) }
    })
}

fn role() -> impl Strategy<Value = AdministratorRole> {
    prop_oneof![
        Just(AdministratorRole::Owner),
        name().prop_map(AdministratorRole::Administrator),
        prop::option::of(name()).prop_map(AdministratorRole::Auditor),
    ]
}

fn an_entry() -> impl Strategy<Value = AuditRecord> {
    let user = prop::option::of((1..3).prop_map(user_id));
    let session = prop::option::of((0..2_u8).prop_map(|byte| SessionReference([byte; 16])));
    (prop::option::of(name()), user, session, 0..4_i64).prop_map(|(account, user, session, at)| AuditRecord {
        at: Millis::from_unix(at),
        account,
        user,
        user_name: None,
        session,
        ..audit_record(at)
    })
}

pub(super) fn name() -> impl Strategy<Value = AccountId> {
    prop::sample::select(&ACCOUNTS[..]).prop_map(id)
}

fn an_account() -> impl Strategy<Value = Account> {
    (prop::sample::select(&ACCOUNTS[..]), 0..6, 0..6).prop_map(|(name, code, number)| Account {
        code: format!("code {code}"),
        number,
        ..account(name)
    })
}

fn a_user() -> impl Strategy<Value = User> {
    let names = prop::sample::select(&["x", "X", "y", "z"][..]);
    let version = prop_oneof![5 => Just(1_i64), 1 => Just(2)];
    let parts = (
        name(),
        1..5,
        1..5,
        names,
        any::<bool>(),
        prop::bool::weighted(0.9),
        version,
        time(),
        hash(),
        identities(),
    );
    parts.prop_map(
        |(
            account,
            id,
            number,
            login_name,
            is_agent,
            enabled,
            credential_version,
            locked_at,
            hash,
            identities,
        )| {
            let base = agent(account.as_str(), id, login_name);
            let population = if is_agent { base.population } else { user("a", 1).population };
            let password = Some(password(hash)).filter(|_| number != 4);
            User { number, population, enabled, credential_version, locked_at, password, identities, ..base }
        },
    )
}

fn identities() -> impl Strategy<Value = Vec<Identity>> {
    let one = (1..3_i64, prop::sample::select(&["p", "q"][..]));
    let identity = |(connection, subject): (i64, &str)| Identity {
        connection: ConnectionId(connection),
        subject: subject.into(),
    };
    vec(one.prop_map(identity), 0..3)
}

fn a_connection() -> impl Strategy<Value = Connection> {
    (1..4_i64, 1..4, any::<bool>()).prop_map(|(id, name, is_saml)| {
        let base = if is_saml { saml_connection(id) } else { oidc_connection(id) };
        Connection { name: format!("name-{name}"), ..base }
    })
}

fn an_api_key() -> impl Strategy<Value = ApiKey> {
    (1..4_i64, 1..4_i32).prop_map(|(id, app_key)| ApiKey { app_key: app_key.to_string(), ..api_key(id) })
}

fn a_client() -> impl Strategy<Value = OauthClient> {
    (1..4_i64, 1..4_i32)
        .prop_map(|(id, client)| OauthClient { client_id: client.to_string(), ..oauth_client(id) })
}

fn a_token() -> impl Strategy<Value = ApplicationToken> {
    let superseded = prop::option::of(
        (1..6_i64).prop_map(|of| Superseded { values: digest(of), until: Millis::from_unix(of) }),
    );
    (1..4_i64, 1..4, 1..4_i64, superseded, any::<bool>(), time(), 0..3_u64).prop_map(
        |(id, name, token, superseded, enabled, last_used, requests)| ApplicationToken {
            name: format!("name {name}"),
            token: digest(token),
            superseded,
            enabled,
            last_used,
            requests,
            ..application_token(id)
        },
    )
}

fn password(hash: String) -> PasswordCredential {
    PasswordCredential { hash, changed_at: Millis::EPOCH, history: Vec::new() }
}

fn a_session() -> impl Strategy<Value = Session> {
    let version = prop_oneof![5 => Just(1_i64), 1 => Just(2)];
    let account = prop_oneof![4 => Just(id("a")), 1 => name()];
    (0..5_u8, account, 1..4, version).prop_map(|(byte, account, number, credential_version)| {
        let user = User { credential_version, ..user(account.as_str(), number) };
        Session { last_used: Millis::from_unix(1), ..session(byte, &user) }
    })
}

fn last_uses(uses: Vec<(u64, i64)>) -> Change {
    let last_use = |(place, at)| LastUse { number: SessionNumber(place), at: Millis::from_unix(at) };
    Change::NoteLastUses(uses.into_iter().map(last_use).collect())
}

fn application_touches(touches: Vec<(i64, i64, u64)>) -> Change {
    let touch = |(id, at, requests)| ApplicationTouch {
        application: ApplicationId(id),
        last_used: Millis::from_unix(at),
        requests,
    };
    Change::TouchApplications(touches.into_iter().map(touch).collect())
}

pub(super) fn user_id(number: i32) -> UserId {
    user("a", number).id
}

fn hash() -> impl Strategy<Value = String> {
    prop::sample::select(&["$one", "$two"][..]).prop_map(str::to_owned)
}

fn time() -> impl Strategy<Value = Option<Millis>> {
    prop::option::of((0..2_i64).prop_map(Millis::from_unix))
}
