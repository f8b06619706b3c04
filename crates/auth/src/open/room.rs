//! How a login meets the sessions that its user already has: the policy on how many there may be.

use vestibule_model::{
    AuthenticationMethod, Concurrency, Dialect, Millis, Reach, Session, SessionPolicy, WhenFull,
};

use crate::eligibility::IneligibleReason;
use crate::recognise::Proof;

/// How a login meets the sessions that its user already has.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Room {
    /// It is given this one.
    Stay(Session),
    /// It has a new one, and these end.
    Open { ended: Vec<Session> },
}

/// A login, as far as the sessions before it are concerned.
#[derive(Clone, Copy)]
pub(super) struct NewLogin {
    pub(super) dialect: Dialect,
    pub(super) method: AuthenticationMethod,
    pub(super) proof: Proof,
    pub(super) credential_version: i64,
    /// When it has to end at the latest.
    pub(super) until: Option<Millis>,
}

/// What becomes of the live sessions when one more is asked for, in this dialect, with this application and credential
/// version. One of older credentials is about to be ended by whoever changed them, so it is given to nobody; one that rests
/// on other secrets of the application ends when those do, so it is given to nobody who showed these.
pub(super) fn make_room(
    policy: &SessionPolicy,
    login: NewLogin,
    mut live: Vec<Session>,
) -> Result<Room, IneligibleReason> {
    let NewLogin { dialect, method, proof, credential_version, until } = login;
    // Whoever looks at a page ends nobody's work, and no login ends the page of whoever looks at it.
    live.retain(|session| (session.dialect == Dialect::Pages) == (dialect == Dialect::Pages));
    if policy.reach == Reach::SameDialect {
        live.retain(|session| session.dialect == dialect);
    }
    let keep = match policy.concurrency {
        Concurrency::One => 0,
        Concurrency::Same => {
            let same = |session: &Session| {
                // One that was opened in another way ends for other reasons.
                (session.dialect, session.method, session.credential_version)
                    == (dialect, method, credential_version)
                    && (session.application, session.secret_version)
                        == (proof.application, proof.secret_version)
                    && until.is_none_or(|until| session.absolute_end.is_some_and(|end| end <= until))
            };
            let lives = live.into_iter().find(same);
            return Ok(lives.map_or(Room::Open { ended: Vec::new() }, Room::Stay));
        }
        Concurrency::Many { limit: 0, .. } => return Ok(Room::Open { ended: Vec::new() }),
        Concurrency::Many { limit, when_full } => {
            let limit = usize::try_from(limit).unwrap_or(usize::MAX);
            if when_full == WhenFull::Refuse && live.len() >= limit {
                return Err(IneligibleReason::TooManySessions);
            }
            limit.saturating_sub(1)
        }
    };
    live.sort_by_key(|session| std::cmp::Reverse(session.last_used));
    Ok(Room::Open { ended: live.into_iter().skip(keep).collect() })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;
    use vestibule_model::{Application, ApplicationId, SecretVersion, SessionId, Superseded, UserId};

    use super::*;
    use crate::open::earliest;

    fn sessions(last_used: &[i64]) -> Vec<Session> {
        let session = |(number, at): (u8, &i64)| Session {
            id: SessionId([number; 16]),
            account: "a".parse().unwrap(),
            user: UserId(1),
            application: Application::None,
            secret_version: SecretVersion(0),
            method: AuthenticationMethod::Password,
            dialect: Dialect::LivePerson,
            address: None,
            created: Millis::EPOCH,
            last_used: Millis::from_unix(*at),
            idle: Duration::from_secs(1),
            absolute_end: None,
            credential_version: 1,
        };
        (0..).zip(last_used).map(session).collect()
    }

    fn policy(concurrency: Concurrency) -> SessionPolicy {
        SessionPolicy { concurrency, ..SessionPolicy::default() }
    }

    const LIVEPERSON: NewLogin = NewLogin {
        dialect: Dialect::LivePerson,
        method: AuthenticationMethod::Password,
        proof: Proof::NONE,
        credential_version: 1,
        until: None,
    };

    #[test]
    fn one_session_per_user_ends_every_other() {
        let room = make_room(&policy(Concurrency::One), LIVEPERSON, sessions(&[1, 2]));
        assert!(matches!(room, Ok(Room::Open { ended }) if ended.len() == 2));
    }

    #[test]
    fn sessions_without_limit_stand_beside_each_other() {
        let many = Concurrency::Many { limit: 0, when_full: WhenFull::Refuse };
        let room = make_room(&policy(many), LIVEPERSON, sessions(&[1, 2, 3]));
        assert_eq!(room, Ok(Room::Open { ended: Vec::new() }));
    }

    #[test]
    fn at_the_limit_the_session_used_longest_ago_ends() {
        let many = Concurrency::Many { limit: 3, when_full: WhenFull::EndOldest };
        let room = make_room(&policy(many), LIVEPERSON, sessions(&[5, 1, 9]));
        assert!(
            matches!(room, Ok(Room::Open { ended }) if ended.len() == 1 && ended[0].id == SessionId([1; 16]))
        );
    }

    #[test]
    fn at_the_limit_a_login_is_refused_where_policy_says_so() {
        let many = Concurrency::Many { limit: 2, when_full: WhenFull::Refuse };
        let room = make_room(&policy(many), LIVEPERSON, sessions(&[1, 2]));
        assert_eq!(room, Err(IneligibleReason::TooManySessions));
    }

    #[test]
    fn the_same_application_is_given_the_session_that_lives() {
        let room = make_room(&policy(Concurrency::Same), LIVEPERSON, sessions(&[1]));
        assert!(matches!(room, Ok(Room::Stay(session)) if session.id == SessionId([0; 16])));
    }

    #[test]
    fn a_session_that_lives_longer_than_the_identity_provider_wants_is_given_to_nobody() {
        let until = Some(Millis::from_unix(1_000));
        let joins = |absolute_end: Option<i64>| {
            let mut live = sessions(&[1]);
            live[0].absolute_end = absolute_end.map(Millis::from_unix);
            let room = make_room(&policy(Concurrency::Same), NewLogin { until, ..LIVEPERSON }, live);
            matches!(room, Ok(Room::Stay(_)))
        };
        assert_eq!([None, Some(1_001), Some(1_000)].map(joins), [false, false, true]);
    }

    #[test]
    fn s6_a_session_of_older_credentials_is_given_to_nobody() {
        let newer = NewLogin { credential_version: 2, ..LIVEPERSON };
        let room = make_room(&policy(Concurrency::Same), newer, sessions(&[1]));
        assert_eq!(room, Ok(Room::Open { ended: Vec::new() }));
    }

    #[test]
    fn a_session_that_was_opened_in_another_way_is_not_given() {
        let federated = NewLogin { method: AuthenticationMethod::Saml, ..LIVEPERSON };
        let room = make_room(&policy(Concurrency::Same), federated, sessions(&[1]));
        assert_eq!(room, Ok(Room::Open { ended: Vec::new() }));
    }

    #[test]
    fn another_application_has_a_session_of_its_own() {
        let token = Proof { application: Application::Token(ApplicationId(7)), ..Proof::NONE };
        let other = NewLogin { proof: token, ..LIVEPERSON };
        let room = make_room(&policy(Concurrency::Same), other, sessions(&[1]));
        assert_eq!(room, Ok(Room::Open { ended: Vec::new() }));
    }

    #[test]
    fn s4_a_session_of_other_secrets_of_the_application_is_given_to_nobody() {
        let renewed = Proof { secret_version: SecretVersion(1), ..Proof::NONE };
        let newer = NewLogin { proof: renewed, ..LIVEPERSON };
        let room = make_room(&policy(Concurrency::Same), newer, sessions(&[1]));
        assert_eq!(room, Ok(Room::Open { ended: Vec::new() }));
    }

    proptest! {
        /// Whatever the policy's end and that of the overlap: a session that was opened with superseded secrets ends at the
        /// earlier of the two, and its secrets count exactly as long as the overlap lasts.
        #[test]
        fn s4_a_session_of_superseded_secrets_ends_with_them(
            policy in prop::option::of(0_i64..1_000), until in 0_i64..1_000, at in 0_i64..1_000, version in any::<u8>(),
        ) {
            let (policy, until, now) = (policy.map(Millis::from_unix), Millis::from_unix(until), Millis::from_unix(at));
            let end = earliest([policy, Some(until)]);
            prop_assert!(end == Some(until) || end == policy);
            prop_assert!(end <= Some(until) && policy.is_none_or(|policy| end <= Some(policy)));
            prop_assert_eq!(earliest([policy, None]), policy);
            let (before, superseded) = (SecretVersion(version), Superseded { values: (), until });
            prop_assert_eq!(before.counts(before.next(), Some(&superseded), now), now < until);
            prop_assert!(before.next().counts(before.next(), Some(&superseded), now));
        }
    }

    #[test]
    fn a_login_ends_nothing_of_another_dialect() {
        let livevox = NewLogin { dialect: Dialect::LiveVox, ..LIVEPERSON };
        let room = make_room(&policy(Concurrency::One), livevox, sessions(&[1, 2]));
        assert_eq!(room, Ok(Room::Open { ended: Vec::new() }));
    }

    #[test]
    fn sessions_of_pages_are_outside_of_every_policy_of_the_dialects() {
        let of_pages = NewLogin { dialect: Dialect::Pages, ..LIVEPERSON };
        let mut live = sessions(&[1, 2]);
        live[0].dialect = Dialect::Pages;
        let of_dialects = SessionPolicy { reach: Reach::EveryDialect, ..policy(Concurrency::One) };
        let ended = |login, policy: &SessionPolicy| match make_room(policy, login, live.clone()) {
            Ok(Room::Open { ended }) => ended.into_iter().map(|session| session.dialect).collect::<Vec<_>>(),
            other => panic!("{other:?}"),
        };
        assert_eq!(ended(LIVEPERSON, &of_dialects), [Dialect::LivePerson]);
        assert_eq!(ended(of_pages, &SessionPolicy::PAGES), Vec::<Dialect>::new());
        assert_eq!(ended(of_pages, &of_dialects), [Dialect::Pages]);
    }

    #[test]
    fn a_login_ends_those_of_another_dialect_where_policy_says_so() {
        let policy = SessionPolicy { reach: Reach::EveryDialect, ..policy(Concurrency::One) };
        let room =
            make_room(&policy, NewLogin { dialect: Dialect::LiveVox, ..LIVEPERSON }, sessions(&[1, 2]));
        assert!(matches!(room, Ok(Room::Open { ended }) if ended.len() == 2));
    }
}
