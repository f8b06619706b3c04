//! Lives in words.

use vestibule_model::{
    Actor, AdministrationTokenId, ApplicationId, AuditRecord, AuditTarget, Dialect, Means, Refusal,
    TargetKind,
};

use super::*;

const SESSION: SessionReference = SessionReference([7; 16]);

fn jane() -> Actor {
    Actor::User { id: UserId(17), name: "jane".into() }
}

fn entry(sequence: i64, record: AuditRecord) -> AuditEntry {
    let record =
        AuditRecord { account: "one".parse().ok(), user: Some(UserId(5)), session: Some(SESSION), ..record };
    AuditEntry { place: AuditPlace::in_first(sequence), record }
}

fn opened() -> AuditEntry {
    let actor = Actor::User { id: UserId(5), name: "bob".into() };
    let record =
        AuditRecord::new(Millis::EPOCH, AuditAction::LoggedIn, actor, Means::ApiKey(ApplicationId(7)));
    let dialect = Some(Dialect::LivePerson);
    entry(1, AuditRecord { address: "192.0.2.7".parse().ok(), dialect, ..record })
}

fn ended(reason: EndReason, actor: Actor, means: Means) -> AuditRecord {
    let record = AuditRecord::new(Millis::from_unix(9_000), AuditAction::SessionEnded, actor, means);
    AuditRecord { reason: Some(AuditReason::Ended(reason)), ..record }
}

fn tell(entries: &[AuditEntry], cause: Option<&AuditEntry>) -> Life {
    life(Evidence { entries, cause, ..Evidence::nothing(SESSION) }, &|at| format!("at {at}"))
}

/// The answer about a session that ended so.
fn answer(end: AuditRecord, cause: Option<&AuditEntry>) -> String {
    tell(&[opened(), entry(2, end)], cause).answer
}

#[test]
fn a_session_that_was_never_heard_of_is_unknown() {
    let life = tell(&[], None);
    assert_eq!((life.state, life.account), (LifeState::Unknown, None));
    assert!(life.answer.contains("nothing is known"), "{}", life.answer);
}

#[test]
fn the_opening_is_told_with_means_and_address() {
    let life = tell(&[opened()], None);
    assert_eq!(
        life.steps[0].text,
        "opened by bob (user 5) with API key 7 from 192.0.2.7, in the LivePerson dialect"
    );
    assert_eq!((life.state, life.user), (LifeState::Gone, Some(UserId(5))));
}

#[test]
fn a_replaced_session_names_the_policy_and_the_address_of_the_later_login() {
    let end = AuditRecord {
        address: "192.0.2.9".parse().ok(),
        details: Some(r#"{"sessions_per_user":1}"#.into()),
        ..ended(EndReason::Replaced, jane(), Means::Password)
    };
    assert_eq!(
        answer(end.clone(), None),
        "ended at 9000: replaced by a later login of the same user from 192.0.2.9, because account policy allows one \
         session per user"
    );
    let three = AuditRecord { details: Some(r#"{"sessions_per_user":3}"#.into()), ..end };
    assert!(answer(three, None).ends_with("allows 3 sessions per user"));
}

#[test]
fn an_expired_session_names_its_limit_and_its_last_use() {
    let details = Some(r#"{"expired":8000,"last_used":1000,"idle_ms":28800000}"#.into());
    let end = AuditRecord { details, ..ended(EndReason::Expired, Actor::System, Means::System) };
    assert_eq!(answer(end, None), "expired at 8000: unused for its idle limit of 8 h; last used at 1000");
}

#[test]
fn an_end_by_an_administrator_names_them_and_their_way() {
    let by_session = ended(EndReason::EndedByAdministrator, jane(), Means::Session);
    assert_eq!(
        answer(by_session.clone(), None),
        "ended at 9000 by administrator jane (user 17) through the administration API"
    );
    let with_key = AuditRecord { details: Some(r#"{"master_key":1}"#.into()), ..by_session.clone() };
    assert!(
        answer(with_key, None).ends_with("API, with all sessions under generation 1 of the master key"),
        "an end with the key"
    );
    let of_dialect = AuditRecord { dialect: Some(Dialect::LiveVox), ..by_session };
    assert!(answer(of_dialect, None).ends_with("jane (user 17), in the LiveVox dialect"));
    let token = Actor::AdministrationToken { id: AdministrationTokenId(3), name: "deploy".into() };
    let by_token = ended(EndReason::EndedByAdministrator, token, Means::AdministrationToken);
    assert!(
        answer(by_token, None).contains("the administration token deploy (3) through the administration API")
    );
}

#[test]
fn a_disabled_user_is_told_with_who_disabled_them() {
    let target = AuditTarget { kind: TargetKind::User, id: "5".into(), name: "bob".into() };
    let operator = Actor::CommandLine { name: "uid 1000".into() };
    let record = AuditRecord::new(Millis::EPOCH, AuditAction::Changed, operator, Means::CommandLine);
    let after = Some(r#"{"enabled":false}"#.into());
    let changed = entry(2, AuditRecord { target: Some(target), after, ..record });
    let cause = cause::find(EndReason::UserDisabled, cause::Of::default(), std::slice::from_ref(&changed));
    assert_eq!(cause, Some(&changed));
    let end = ended(EndReason::UserDisabled, Actor::System, Means::System);
    assert_eq!(
        answer(end, cause),
        "ended at 9000: the user was disabled by somebody on the command line (uid 1000)"
    );
}

#[test]
fn a_change_of_something_else_is_no_cause() {
    let target = AuditTarget { kind: TargetKind::User, id: "5".into(), name: "bob".into() };
    let record = AuditRecord::new(Millis::EPOCH, AuditAction::Changed, jane(), Means::Session);
    let after = Some(r#"{"email":"a@b"}"#.into());
    let changed = entry(2, AuditRecord { target: Some(target), after, ..record });
    assert_eq!(cause::find(EndReason::UserDisabled, cause::Of::default(), &[changed]), None);
}

#[test]
fn a_token_that_a_resource_server_revoked_is_told_so() {
    let end = ended(EndReason::LoggedOut, Actor::Unknown, Means::OauthClient(ApplicationId(7)));
    let expected = "ended at 9000: the OAuth client 7, a resource server, revoked its token";
    assert_eq!(answer(end, None), expected);
}

#[test]
fn a_password_changed_by_its_owner_is_told_so() {
    let end = ended(EndReason::PasswordChanged, jane(), Means::Password);
    assert_eq!(answer(end, None), "ended at 9000: password changed by its owner");
}

#[test]
fn refreshes_after_the_end_are_told_and_do_not_change_the_answer() {
    let record = AuditRecord::new(
        Millis::from_unix(9_500),
        AuditAction::RefreshRefused,
        Actor::Unknown,
        Means::Session,
    );
    let reason = Some(AuditReason::Refused(Refusal::NoSession));
    let refused = entry(3, AuditRecord { reason, count: 4, ..record });
    let end = entry(2, ended(EndReason::LoggedOut, jane(), Means::Session));
    let life = tell(&[opened(), end, refused], None);
    assert_eq!(life.answer, "ended at 9000: its holder logged out");
    assert!(life.steps[2].text.starts_with("refresh, 4 times, refused: it did not live any more"));
}

#[test]
fn every_reason_has_words_of_its_own() {
    let reasons = [
        EndReason::LoggedOut,
        EndReason::Replaced,
        EndReason::Expired,
        EndReason::AbsoluteEnd,
        EndReason::CredentialsChanged,
        EndReason::PasswordChanged,
        EndReason::PasswordSet,
        EndReason::PasswordExpired,
        EndReason::MustChangePassword,
        EndReason::UserDisabled,
        EndReason::UserDeleted,
        EndReason::AccountDisabled,
        EndReason::AccountDeleted,
        EndReason::SsoOnly,
        EndReason::BotFeatureOff,
        EndReason::ApplicationRefused,
        EndReason::ConnectionRefused,
        EndReason::LoggedOutAtProvider,
        EndReason::EndedByOwner,
        EndReason::EndedByAdministrator,
        EndReason::TokenReused,
    ];
    let told: std::collections::BTreeSet<String> =
        reasons.iter().map(|reason| answer(ended(*reason, jane(), Means::Session), None)).collect();
    assert_eq!(told.len(), reasons.len());
}

/// The answer about a session of API key 7 that ended of a change.
fn refused_after(action: AuditAction, after: &str) -> String {
    refused_after_by((jane(), Means::Session), action, after)
}

fn refused_after_by((actor, means): (Actor, Means), action: AuditAction, after: &str) -> String {
    let target = AuditTarget { kind: TargetKind::ApiKey, id: "7".into(), name: "Bots".into() };
    let record = AuditRecord::new(Millis::from_unix(8_000), action, actor, means);
    let cause = entry(2, AuditRecord { target: Some(target), after: Some(after.into()), ..record });
    let end = ended(EndReason::ApplicationRefused, Actor::System, Means::System);
    let of = cause::Of::entries(&[opened()]);
    let found = cause::find(EndReason::ApplicationRefused, of, std::slice::from_ref(&cause));
    assert_eq!(found, Some(&cause));
    answer(end, found)
}

#[test]
fn secrets_that_a_file_has_replaced_were_not_renewed() {
    let somebody = (Actor::CommandLine { name: "uid 0".into() }, Means::CommandLine);
    assert_eq!(
        refused_after_by(somebody, AuditAction::Changed, r#"{"secret":"another"}"#),
        "ended at 9000: the secrets of API key Bots were replaced by others at 8000 by somebody on the command line \
         (uid 0), and the old ones ended at once"
    );
}

#[test]
fn a_change_of_what_a_session_was_opened_with_is_named() {
    let by = "at 8000 by administrator jane (user 17) through the administration API";
    for (action, after, told) in [
        (AuditAction::Deleted, "{}", format!("API key Bots was deleted {by}")),
        (AuditAction::Changed, r#"{"enabled":false}"#, format!("API key Bots was disabled {by}")),
        (
            AuditAction::Changed,
            r#"{"privileges":[]}"#,
            format!("the privileges of API key Bots were changed {by}"),
        ),
        (
            AuditAction::Changed,
            r#"{"addresses":[]}"#,
            format!("the addresses that API key Bots may be used from were changed {by}"),
        ),
        (
            AuditAction::Changed,
            r#"{"secret":"another"}"#,
            format!("the secrets of API key Bots were renewed {by}, without an overlap"),
        ),
        (
            AuditAction::Changed,
            r#"{"access_token":"another","previous_values_until":8500}"#,
            format!("the secrets of API key Bots were renewed {by}, and the old ones ended at 8500"),
        ),
    ] {
        assert_eq!(refused_after(action, after), format!("ended at 9000: {told}"));
    }
}
