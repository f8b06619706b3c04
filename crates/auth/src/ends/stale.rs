//! Sessions that may not go on since the directory changed: found in the table, and ended by as few words as say it exactly.
//!
//! Which sessions are meant is the rule's to say ([`crate::eligibility`]), for the table here and for the store in its
//! transaction: one that a login opens meanwhile is asked the same. The words are for the store, which goes through no others,
//! and for the journal, which has no rules: they select nothing that may stay.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use vestibule_model::{AccountId, Application, Millis, Session, UserId};
use vestibule_store::{EndRecords, EndedSessions, Part, SessionSelector};

use super::{Ends, ManyEnd};
use crate::audit::{End, record_of_end, why_not_current};
use crate::directory::{AccountEntry, UserEntry};
use crate::directory_follower::Superseded;
use crate::eligibility;
use crate::live::{Among, Entry, Holder, LiveSessions, Search};

/// What sessions may have in common that ends them. Every session of an account that has it was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum InCommon {
    Account,
    Method,
    Application,
    User,
}

impl InCommon {
    fn word(self, session: &Session) -> Option<EndedSessions> {
        match self {
            Self::Account => Some(EndedSessions::OfAccount(session.account)),
            Self::Method => Some(EndedSessions::ByMethod(session.method)),
            Self::Application if session.application == Application::None => None,
            Self::Application => Some(EndedSessions::OfApplication(session.application)),
            Self::User => Some(EndedSessions::OfUser(session.user)),
        }
    }
}

/// Sessions that were looked at, and whether each may not go on.
type LookedAt = Vec<(Session, bool)>;

/// The users whose sessions ended, as they were before.
type Before = HashMap<UserId, Arc<UserEntry>>;

impl Ends {
    /// Of the sessions that rested on what is not there any more as it was, and may not go on.
    pub(crate) fn of_superseded(&self, superseded: Superseded<'_>) -> Vec<ManyEnd> {
        match superseded {
            Superseded::Parts { before, parts } => self.ends_of_resting_on(before, parts),
            Superseded::User { account, user, before } => self.ends_of_user(account, user, before),
            Superseded::Users { account, before } => self.ends_of_users(account, before),
        }
    }

    fn ends_of_user(&self, account: AccountId, user: UserId, before: Option<Arc<UserEntry>>) -> Vec<ManyEnd> {
        let now = self.clock.now();
        let looked_at = self.looked_at(self.live.of_user(user, now), now);
        let before = before.into_iter().map(|before| (user, before)).collect();
        self.ends_of_stale(account, &looked_at, &[InCommon::User], before)
    }

    /// Of all users of an account that changed or is gone. They are given as they were before.
    fn ends_of_users(&self, account: AccountId, before: Vec<Arc<UserEntry>>) -> Vec<ManyEnd> {
        let now = self.clock.now();
        let (mut looked_at, mut of_sessions) = (LookedAt::new(), Before::new());
        for user in before {
            let sessions = self.live.of_user(user.id, now);
            if !sessions.is_empty() {
                looked_at.append(&mut self.looked_at(sessions, now));
                of_sessions.insert(user.id, user);
            }
        }
        let all = [InCommon::Account, InCommon::Method, InCommon::Application, InCommon::User];
        self.ends_of_stale(account, &looked_at, &all, of_sessions)
    }

    /// Of those that rest on parts of an account, which are not users, and have changed. `before` is the account as it was.
    fn ends_of_resting_on(&self, before: &AccountEntry, parts: &[Part]) -> Vec<ManyEnd> {
        let account = before.account.id;
        if parts.contains(&Part::Account) {
            return self.ends_of_users(account, before.users());
        }
        let applications: Vec<Application> =
            parts.iter().filter_map(|part| application(*part)).filter(|one| before.has(*one)).collect();
        if applications.is_empty() {
            return Vec::new();
        }
        let (now, mut sessions, mut holders) = (self.clock.now(), Vec::new(), Before::new());
        for shard in 0..LiveSessions::<UserEntry>::WALK {
            let wants = |entry: &Entry<UserEntry>| Holder::account(&*entry.holder) == account;
            let search = Search { among: Among::OpenedWith(&applications), now, wants };
            for found in self.live.search_shard(shard, search) {
                holders.insert(found.session.user, found.holder);
                sessions.push(found.session);
            }
        }
        self.ends_of_stale(account, &self.looked_at(sessions, now), &[InCommon::Application], holders)
    }

    fn looked_at(&self, sessions: Vec<Session>, now: Millis) -> LookedAt {
        let is_stale = |session: &Session| {
            let may =
                self.live.with(session.id, now, |live| self.directory.may_go_on(live, session.address, now));
            may == Some(false)
        };
        let with_answer = |session: Session| {
            let is_stale = is_stale(&session);
            (session, is_stale)
        };
        sessions.into_iter().map(with_answer).collect()
    }

    /// Takes those that may not go on out of the table: what ended so is not revived when the cause is gone.
    fn ends_of_stale(
        &self,
        account: AccountId,
        looked_at: &LookedAt,
        in_common: &[InCommon],
        before: Before,
    ) -> Vec<ManyEnd> {
        let now = self.clock.now();
        let stale: Vec<&Session> =
            looked_at.iter().filter(|(_, is_stale)| *is_stale).map(|(session, _)| session).collect();
        let Some(last) = stale.iter().map(|session| session.created).max() else { return Vec::new() };
        for session in stale {
            self.live.remove(session.id);
        }
        // A table that is not complete does not know what the others have in common.
        let in_common = if self.live.is_complete() { in_common } else { &[] };
        let entry = self.directory.account(account);
        let rule = Arc::new(Rule { before, entry, now });
        let end = |(sessions, session): (EndedSessions, &Session)| {
            let selector = SessionSelector { sessions, account: Some(account), opened_until: last.max(now) };
            let end = rule.end_of(session);
            tracing::debug!(%sessions, reason = %end.reason, "sessions ended");
            ManyEnd::new(selector, end, now, self.records_by(&rule))
        };
        in_as_few_words(looked_at, in_common).into_iter().map(end).collect()
    }

    fn records_by(&self, rule: &Arc<Rule>) -> EndRecords {
        let (live, tokens, rule) = (Arc::clone(&self.live), self.tokens.clone(), Arc::clone(rule));
        EndRecords::by(move |session| {
            // Whoever stands in the table may go on.
            let ends = !live.has(session.id) && !rule.may_go_on(session);
            let reference = || tokens.reference(session.id);
            ends.then(|| record_of_end(reference(), session, &rule.end_of(session), rule.now))
        })
    }
}

/// Who may go on, by the directory as it was when the ends were decided.
struct Rule {
    before: Before,
    entry: Option<Arc<AccountEntry>>,
    now: Millis,
}

impl Rule {
    fn may_go_on(&self, session: &Session) -> bool {
        let user = self.entry.as_ref().and_then(|entry| entry.user(session.user));
        user.filter(|user| user.credential_version == session.credential_version).is_some_and(|user| {
            user.enabled && eligibility::may_go_on(&user, session.into(), session.address, self.now)
        })
    }

    fn end_of(&self, session: &Session) -> End {
        let before = self.before.get(&session.user).map(|before| &***before);
        let reason = why_not_current(session, before, self.entry.as_deref(), self.now);
        End { user_name: before.map(|before| before.login_name.clone()), ..reason.into() }
    }
}

/// What sessions are opened with, if the part is that.
const fn application(part: Part) -> Option<Application> {
    match part {
        Part::ApiKey(id) => Some(Application::ApiKey(id)),
        Part::OauthClient(id) => Some(Application::OauthClient(id)),
        Part::ApplicationToken(id) => Some(Application::Token(id)),
        _ => None,
    }
}

/// Words that select those that may not go on, and none of the others, each with one of those that it selects. What can be said
/// of more of them is said first.
fn in_as_few_words<'a>(looked_at: &'a LookedAt, in_common: &[InCommon]) -> Vec<(EndedSessions, &'a Session)> {
    let mut left: Vec<&Session> =
        looked_at.iter().filter(|(_, is_stale)| *is_stale).map(|(session, _)| session).collect();
    let mut words = Vec::new();
    for in_common in in_common {
        let stay = looked_at.iter().filter(|(_, is_stale)| !is_stale);
        let stay: HashSet<EndedSessions> = stay.filter_map(|(session, _)| in_common.word(session)).collect();
        let mut said = HashMap::new();
        left.retain(|session| match in_common.word(session).filter(|word| !stay.contains(word)) {
            Some(word) => {
                said.entry(word).or_insert(*session);
                false
            }
            None => true,
        });
        words.extend(said);
    }
    words.extend(left.into_iter().map(|session| (EndedSessions::One(session.id), session)));
    words
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use vestibule_model::{ApplicationId, AuthenticationMethod, Dialect, SecretVersion, SessionId};

    use super::*;

    const ALL: [InCommon; 4] = [InCommon::Account, InCommon::Method, InCommon::Application, InCommon::User];

    /// Of this user, with this key or by password, and whether it may not go on.
    fn session(number: u8, user: i64, key: Option<i64>, is_stale: bool) -> (Session, bool) {
        let session = Session {
            id: SessionId([number; 16]),
            account: "a".parse().unwrap(),
            user: UserId(user),
            application: key.map_or(Application::None, |key| Application::ApiKey(ApplicationId(key))),
            secret_version: SecretVersion(0),
            method: key.map_or(AuthenticationMethod::Password, |_| AuthenticationMethod::ApiKey),
            dialect: Dialect::LivePerson,
            address: None,
            created: Millis::EPOCH,
            last_used: Millis::EPOCH,
            idle: Duration::from_secs(1),
            absolute_end: None,
            credential_version: 1,
        };
        (session, is_stale)
    }

    fn words(looked_at: &LookedAt, in_common: &[InCommon]) -> Vec<String> {
        let mut words: Vec<String> =
            in_as_few_words(looked_at, in_common).iter().map(|(word, _)| word.to_string()).collect();
        words.sort_unstable();
        words
    }

    #[test]
    fn all_sessions_of_an_account_are_one_word() {
        let all = vec![session(1, 1, None, true), session(2, 2, Some(3), true)];
        assert_eq!(words(&all, &ALL), ["the sessions of account a"]);
        assert_eq!(words(&all, &[]).len(), 2, "nothing is known of the others");
        assert!(words(&vec![session(1, 1, None, false)], &ALL).is_empty());
    }

    #[test]
    fn what_has_one_in_common_that_stays_is_said_more_exactly() {
        let by_method = [session(1, 1, None, true), session(2, 2, None, true), session(3, 3, Some(3), false)];
        assert_eq!(words(&by_method.to_vec(), &ALL), ["the sessions opened by Password"]);
        let by_key =
            [session(1, 1, Some(3), true), session(2, 2, Some(3), true), session(3, 3, Some(4), false)];
        assert_eq!(words(&by_key.to_vec(), &ALL), ["the sessions of API key 3"]);
        let by_user = [session(1, 1, None, true), session(2, 1, None, true), session(3, 2, None, false)];
        assert_eq!(words(&by_user.to_vec(), &ALL), ["the sessions of user 1"]);
        let one = [session(1, 1, None, true), session(2, 1, None, false)];
        assert_eq!(words(&one.to_vec(), &ALL), [format!("session {:?}", one[0].0.id)]);
    }
}
