//! Rotation of the master key, as owners do it: what there is, another one put into force, an old one retired.
//!
//! Distributing a key is not done here: it is put where the service reads its keys, and nothing of it goes over the wire.

use std::sync::Arc;

use tokio::task::JoinSet;
use vestibule_model::{Generation, KeyState, MasterKeyRecord, Millis, Session};
use vestibule_store::{Change, DigestKind, NAMED_HOLDERS, Remains, StoreError};

use super::audited_write::{AuditDetails, AuditedWrite};
use super::{Administration, AdministrationError, Caller, Scope};
use crate::audit::End;
use crate::directory::UserEntry;
use crate::live::{Among, Entry, LiveSessions, Search};

/// How many sessions end at once: their commits are grouped.
const AT_ONCE: usize = 64;

/// A generation of the master key, for operators.
#[derive(Clone, Debug)]
pub struct ListedMasterKey {
    /// What is known of it; of a distributed one, that it is there.
    pub record: MasterKeyRecord,
    /// Whether the key is where the service reads its keys, so that the next start will have it too.
    pub at_hand: bool,
    /// What depends on it.
    pub remains: Remains,
}

/// What becomes of the sessions and the remembered answers under a generation that is retired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionsUnderIt {
    /// It is not retired while there are any.
    Wait,
    /// They end first, the caller's own last, and the answers are forgotten.
    End,
}

impl Administration<'_> {
    /// Every generation of the master key that the service has or the database knows, by generation.
    pub async fn master_keys(&self, caller: &Caller) -> Result<Vec<ListedMasterKey>, AdministrationError> {
        caller.require(Scope::ReadInstallation)?;
        let mut records = self.auth.store.master_keys().await?;
        let is_known =
            |generation: &Generation| records.iter().any(|record| record.generation == *generation);
        let new: Vec<Generation> =
            self.auth.keys.ring().generations().filter(|generation| !is_known(generation)).collect();
        records.extend(new.into_iter().filter_map(|generation| self.distributed(generation)));
        records.sort_by_key(|record| record.generation);
        let mut listed = Vec::with_capacity(records.len());
        for record in records {
            let at_hand = self.auth.keys.is_in_source(record.generation);
            let remains = match record.state {
                // Nothing was made under it, no entry of the audit either.
                KeyState::Distributed => Remains::default(),
                _ => self.auth.store.remains(record.generation, caller.now).await?,
            };
            listed.push(ListedMasterKey { record, at_hand, remains });
        }
        Ok(listed)
    }

    /// One of them.
    pub async fn master_key(
        &self,
        caller: &Caller,
        generation: Generation,
    ) -> Result<ListedMasterKey, AdministrationError> {
        let all = self.master_keys(caller).await?;
        let found = all.into_iter().find(|listed| listed.record.generation == generation);
        found.ok_or(AdministrationError::NotFound("master key"))
    }

    /// Reads the master keys again from where they came, and lists them.
    pub async fn reload_master_keys(
        &self,
        caller: &Caller,
    ) -> Result<Vec<ListedMasterKey>, AdministrationError> {
        caller.require(Scope::WriteInstallation)?;
        self.read_source()?;
        self.master_keys(caller).await
    }

    /// Puts a generation into force: everything new is made under it. What is there goes on under its own. Nothing is changed
    /// when it is in force already.
    pub async fn activate_master_key(
        &self,
        caller: &Caller,
        generation: Generation,
    ) -> Result<ListedMasterKey, AdministrationError> {
        caller.require(Scope::WriteInstallation)?;
        let turn = self.state().lock_administrators().await;
        self.read_source()?;
        let records = self.auth.store.master_keys().await?;
        let known = records.iter().find(|record| record.generation == generation);
        if known.is_none_or(|record| record.state != KeyState::Active) {
            let before = self.may_be_activated(generation, &records)?;
            let after = MasterKeyRecord { state: KeyState::Active, ..before.clone() };
            let check_value = before.check_value;
            let change = Change::ActivateMasterKey { generation, check_value, at: caller.now };
            self.write(caller, AuditedWrite::one(change, AuditDetails::changed(&before, &after))).await?;
        }
        self.auth.follow_master_keys().await?;
        drop(turn);
        self.master_key(caller, generation).await
    }

    /// Retires a generation: nothing that was made under it is accepted any more. Refused while anything depends on it.
    pub async fn retire_master_key(
        &self,
        caller: &Caller,
        generation: Generation,
        sessions: SessionsUnderIt,
    ) -> Result<ListedMasterKey, AdministrationError> {
        caller.require(Scope::WriteInstallation)?;
        let before = self.may_be_retired(generation).await?;
        if before.state != KeyState::Retired {
            if sessions == SessionsUnderIt::End {
                self.end_sessions_under(caller, generation).await?;
            }
            self.retire(caller, before, sessions).await?;
        }
        self.auth.follow_master_keys().await?;
        self.master_key(caller, generation).await
    }

    /// With both locks: nothing that depends on the generation is being made meanwhile.
    async fn retire(
        &self,
        caller: &Caller,
        before: MasterKeyRecord,
        sessions: SessionsUnderIt,
    ) -> Result<(), AdministrationError> {
        let _turn = self.state().lock_administrators().await;
        let _other = self.auth.follower.turn().await;
        // Asked before the caller's own session ends with the others.
        self.expect_eligible(caller).await?;
        let own_ended = match sessions {
            SessionsUnderIt::End => self.end_the_rest_under(caller, before.generation).await?,
            SessionsUnderIt::Wait => false,
        };
        // What has expired and was not removed yet is nothing to wait for, if the clock can be trusted.
        self.auth.loaded().await;
        self.auth.follow_clock();
        if self.auth.trusts_clock() {
            self.auth.sweep(caller.now).await?;
        }
        self.expect_nothing_waits().await?;
        let remains = self.auth.store.remains(before.generation, caller.now).await?;
        if !remains.is_nothing() {
            let mut words = in_words(before.generation, &remains);
            if remains.sessions > 0 && !self.auth.trusts_clock() {
                words.push_str("; the clock may be wrong, so expired sessions are kept for an hour");
            }
            if own_ended {
                words = format!("the sessions under it were ended, yours among them: log in again; {words}");
            }
            return Err(AdministrationError::Conflict(words));
        }
        let after = MasterKeyRecord { state: KeyState::Retired, ..before.clone() };
        let change = Change::RetireMasterKey { generation: before.generation, at: caller.now };
        let details = AuditDetails::changed(&before, &after).record(caller);
        self.auth.store.commit(vec![change, Change::Audit(Box::new(details))]).await?;
        Ok(())
    }

    /// A generation is not retired, and no more sessions are ended, on a store that does not keep it.
    async fn expect_nothing_waits(&self) -> Result<(), AdministrationError> {
        if self.auth.ends.is_waiting() && self.auth.ends.retry().await.is_err() {
            return Err(AdministrationError::Conflict("ends of sessions wait for the database".into()));
        }
        self.auth.unwitnessed().map_or(Ok(()), |why| {
            Err(AdministrationError::Conflict(format!(
                "the witness of the database cannot be written: {why}"
            )))
        })
    }

    /// What a day or the end of the request would otherwise have to be waited for: the remembered answers, and the session
    /// by which the request came. Answers whether that one was ended.
    async fn end_the_rest_under(
        &self,
        caller: &Caller,
        generation: Generation,
    ) -> Result<bool, AdministrationError> {
        let own = caller.session().filter(|session| session.id.generation() == Some(generation));
        if let Some(own) = own {
            self.auth.ends.end(own, &end_with_key(caller, own)).await?;
        }
        self.auth.store.commit(vec![Change::ForgetAnswersUnder(generation)]).await?;
        Ok(own.is_some())
    }

    fn read_source(&self) -> Result<(), AdministrationError> {
        let words =
            |error| AdministrationError::Conflict(format!("the master keys cannot be read again: {error}"));
        self.auth.keys.read_again().map(drop).map_err(words)
    }

    /// What is known of a key that the database does not know.
    fn distributed(&self, generation: Generation) -> Option<MasterKeyRecord> {
        let check_value = *self.auth.keys.ring().check_values().0.get(&generation)?;
        let state = KeyState::Distributed;
        Some(MasterKeyRecord { generation, check_value, state, activated_at: None, retired_at: None })
    }

    fn may_be_activated(
        &self,
        generation: Generation,
        records: &[MasterKeyRecord],
    ) -> Result<MasterKeyRecord, AdministrationError> {
        let conflict = |why: String| Err(AdministrationError::Conflict(why));
        if records.iter().any(|record| record.generation == generation) {
            return conflict(format!("generation {generation} was in force before: go on to a new one"));
        }
        if let Some(later) = records.iter().find(|record| record.generation > generation) {
            let later = later.generation;
            return conflict(format!("generation {later} was in force already, and they go in their order"));
        }
        // A key that was taken out again would be gone at the next start, and everything that it opens with it.
        let is_there = self.auth.keys.is_in_source(generation);
        let Some(distributed) = self.distributed(generation).filter(|_| is_there) else {
            return conflict(format!(
                "generation {generation} is not among the master keys that the service reads: distribute it first"
            ));
        };
        // Also one that was retired, and whose line is not there any more: what it protected would be protected by it again.
        let is_same = |record: &&MasterKeyRecord| record.check_value == distributed.check_value;
        match records.iter().find(is_same) {
            Some(same) => {
                let same = same.generation;
                conflict(format!(
                    "the key of generation {generation} was that of generation {same}: make a new one"
                ))
            }
            None => Ok(distributed),
        }
    }

    async fn may_be_retired(&self, generation: Generation) -> Result<MasterKeyRecord, AdministrationError> {
        let records = self.auth.store.master_keys().await?;
        let conflict = |why: String| Err(AdministrationError::Conflict(why));
        match records.into_iter().find(|record| record.generation == generation) {
            Some(record) if record.state == KeyState::Active => {
                conflict(format!("generation {generation} is in force: activate another one first"))
            }
            Some(record) => Ok(record),
            None if self.auth.keys.ring().holds(generation) => conflict(format!(
                "generation {generation} was never in force: take it out of where the master keys are"
            )),
            None => Err(AdministrationError::NotFound("master key")),
        }
    }

    /// Ends the sessions whose tokens are derived under a generation, those too that have expired by a clock that cannot be
    /// trusted, but for the one by which the request came.
    async fn end_sessions_under(
        &self,
        caller: &Caller,
        generation: Generation,
    ) -> Result<(), AdministrationError> {
        self.auth.loaded().await;
        self.auth.follow_clock();
        let now = if self.auth.trusts_clock() { caller.now } else { Millis::EPOCH };
        let own = caller.session().map(|session| session.id);
        for shard in 0..LiveSessions::<UserEntry>::WALK {
            let wants =
                |entry: &Entry<UserEntry>| entry.id.generation() == Some(generation) && Some(entry.id) != own;
            let search = Search { among: Among::All, now, wants };
            let found = self.auth.live.search_shard(shard, search);
            let sessions: Vec<Session> = found.into_iter().map(|found| found.session).collect();
            for some in sessions.chunks(AT_ONCE) {
                self.end_each(caller, some).await?;
                self.expect_nothing_waits().await?;
            }
        }
        Ok(())
    }

    async fn end_each(&self, caller: &Caller, sessions: &[Session]) -> Result<(), StoreError> {
        let mut ends = JoinSet::new();
        for session in sessions {
            let (all, end, session) =
                (Arc::clone(&self.auth.ends), end_with_key(caller, session), session.clone());
            ends.spawn(async move { all.end(&session, &end).await });
        }
        let mut all = Ok(());
        while let Some(end) = ends.join_next().await {
            all = all.and(end.unwrap_or_else(|error| Err(StoreError::Unavailable(Box::new(error)))));
        }
        all
    }
}

/// The end of a session with all others under its generation.
fn end_with_key(caller: &Caller, session: &Session) -> End {
    let generation = session.id.generation();
    End { details: generation.map(|generation| format!(r#"{{"master_key":{generation}}}"#)), ..caller.end() }
}

/// Why a generation is not retired yet, and what to do about each.
fn in_words(generation: Generation, remains: &Remains) -> String {
    let mut reasons = Vec::new();
    let mut add = |count: u64, what: &str| {
        if count > 0 {
            reasons.push(format!("{count} {what}"));
        }
    };
    add(remains.sessions, "sessions (they end in time, or say that they shall)");
    add(remains.sealed_secrets, "holders of secrets that are being sealed anew");
    add(remains.answers, "remembered answers (forgotten within a day)");
    add(remains.digests, "digests, made anew when the secret is used, or renewed or deleted by you");
    let mut words = format!("generation {generation} is still needed by {}", reasons.join(", "));
    if !remains.holders.is_empty() {
        let names = remains.holders.iter().map(|holder| {
            let kind = match holder.kind {
                DigestKind::ApplicationToken => "application token",
                DigestKind::OauthClient => "OAuth client",
                DigestKind::AdministrationToken => "administration token",
            };
            let account = holder.account.map_or_else(String::new, |account| format!(" of account {account}"));
            format!("{kind} {} \"{}\"{account}", holder.id, holder.name)
        });
        // A holder may have two digests, so that of more digests than names it is not known whether all are named.
        let is_cut = remains.holders.len() == NAMED_HOLDERS && remains.digests > NAMED_HOLDERS as u64;
        let limit = if is_cut { format!(" (at most {NAMED_HOLDERS} are named)") } else { String::new() };
        words = format!("{words}{limit}: {}", names.collect::<Vec<_>>().join(", "));
    }
    words
}

#[cfg(test)]
mod tests {
    use vestibule_store::DigestHolder;

    use super::*;

    fn refusal(holders: usize, digests: u64) -> String {
        let holder = |id| DigestHolder {
            kind: DigestKind::AdministrationToken,
            account: None,
            id,
            name: "backup".to_owned(),
        };
        let holders = (1..).map(holder).take(holders).collect();
        in_words(Generation::FIRST, &Remains { digests, holders, ..Remains::default() })
    }

    #[test]
    fn more_digests_than_are_named_are_told_of_and_no_others() {
        for (holders, digests, says_so) in [(1, 1, false), (100, 100, false), (100, 101, true)] {
            let words = refusal(holders, digests);
            assert_eq!(words.matches("administration token ").count(), holders);
            assert_eq!(words.contains("at most 100 are named"), says_so, "{words}");
        }
    }
}
