//! Changes become statements. Runs inside the writer's transaction; undoing is the writer's. A row that is put and is
//! there is replaced, unless it is another account's.

mod administration;
mod answers;
mod applications;
pub(crate) mod audit;
mod changes;
mod connections;
mod consumed;
mod credentials;
mod deletion;
mod directory;
mod ends;
mod federated_logins;
mod federated_logouts;
mod gateway_rules;
mod master_keys;
mod sentinel;
mod session_uses;
mod session_versions;
pub(crate) mod sessions;
mod traffic;

use std::collections::BTreeSet;

use rusqlite::Connection;
use vestibule_store::{Change, Changed, Outcome, Part, StoreError};

use crate::chain::Chain;
use crate::error::of_change;

/// A batch whose first change is a single statement as far as anything but the database can refuse it, and behind it only such
/// that nothing but the database can refuse: ends of sessions and entries of the audit. Such a batch needs no savepoint.
pub(crate) fn one_statement(changes: &[Change]) -> Option<(&[Change], &[Change])> {
    let (first, rest) = changes.split_at_checked(1)?;
    let is_one_statement = match &first[0] {
        Change::OpenSession(_) | Change::EndSession(_) | Change::Audit(_) => true,
        Change::TouchApplications(touches) => touches.len() <= 1,
        _ => false,
    };
    let is_sure = |change| matches!(change, &Change::Audit(_) | &Change::EndSession(_));
    (is_one_statement && rest.iter().all(is_sure)).then_some((first, rest))
}

/// Whether a batch that was refused so has written nothing that is to be undone: what counts once stands first in it, and did not
/// count. Whoever shows such things again and again makes no group be written twice.
pub(crate) fn wrote_nothing(changes: &[Change], error: &StoreError) -> bool {
    let mut once = changes.iter().map(|change| matches!(change, Change::ConsumeOnce { .. }));
    matches!(error, StoreError::AlreadyConsumed) && once.next() == Some(true) && !once.any(|again| again)
}

/// Applies the changes in their order, then notes what they changed in the directory.
pub(crate) fn batch(
    connection: &Connection,
    chain: &mut Chain,
    changes: &[Change],
) -> Result<Outcome, StoreError> {
    let (mut touched, mut outcome) = (BTreeSet::new(), Outcome::default());
    for (index, change) in changes.iter().enumerate() {
        match with_outcome(connection, chain, index, change)? {
            Some(of_change) => outcome.add(of_change),
            None => touched.extend(apply(connection, chain, change)?),
        }
    }
    Changed::condensed(&touched).into_iter().try_for_each(|touched| changes::note(connection, touched))?;
    Ok(outcome)
}

/// Applies a change of which something is told: one that opens or ends sessions, ages traffic, or indexes the audit; None: it is none.
fn with_outcome(
    connection: &Connection,
    chain: &mut Chain,
    index: usize,
    change: &Change,
) -> Result<Option<Outcome>, StoreError> {
    Ok(Some(match change {
        Change::OpenSession(session) => sessions::open(connection, session)?,
        Change::EndSession(session) => ends::one(connection, *session)?,
        Change::EndIfUnusedSince { session, last_used, entry } => {
            ends::if_unused_since(connection, chain, *session, *last_used, entry)?
        }
        Change::EndSessions(end) => ends::selected(connection, chain, index, end)?,
        Change::AgeTraffic { days_before, months_before, now, limit } => {
            traffic::age(connection, *days_before, *months_before, *now, *limit)?
        }
        Change::IndexAudit => Outcome { more_to_index: chain.fill_index(connection)?, ..Outcome::default() },
        _ => return Ok(None),
    }))
}

/// Applies one change; answers what it changed in the directory.
fn apply(connection: &Connection, chain: &mut Chain, change: &Change) -> Result<Option<Changed>, StoreError> {
    match change {
        Change::ExpectUnchanged { since, scopes } => changes::expect_unchanged(connection, *since, scopes)?,
        Change::TrimChanges { keep, limit } => changes::trim(connection, *keep, *limit)?,
        Change::DecideOnSessions(decision) => session_versions::decide(connection, decision)?,
        Change::NoteFederatedLogin(login) => federated_logins::note(connection, login)?,
        Change::NoteFederatedLogout(logout) => federated_logouts::note(connection, logout)?,
        Change::CopyFederatedLogins { from, to } => federated_logins::copy(connection, *from, *to)?,
        Change::NoteLastUses(uses) => session_uses::note(connection, uses)?,
        Change::TouchApplications(touches) => applications::touch(connection, touches)?,
        Change::CountTraffic(batch) => traffic::count(connection, batch)?,
        Change::Audit(record) => chain.append(connection, record)?,
        Change::Probe => probe(connection)?,
        Change::PruneAudit { before, limit } => chain.prune(connection, *before, *limit)?,
        Change::PutAdministrator(administrator) => administration::put(connection, *administrator)?,
        Change::DeleteAdministrator(user) => administration::delete(connection, *user)?,
        Change::PutAdministrationToken(token) => administration::put_token(connection, token)?,
        Change::DeleteAdministrationToken(token) => administration::delete_token(connection, *token)?,
        Change::TouchAdministrationToken { token, last_used } => {
            administration::touch_token(connection, *token, *last_used)?;
        }
        Change::RememberAnswer { answer, replaces_before } => {
            answers::remember(connection, answer, *replaces_before)?;
        }
        Change::ForgetAnswers { before, limit } => answers::forget(connection, *before, *limit)?,
        Change::ForgetAnswersUnder(generation) => answers::forget_under(connection, *generation)?,
        Change::ConsumeOnce { value, expires } => consumed::consume(connection, value, *expires)?,
        Change::ForgetExpired { before, limit } => {
            consumed::forget(connection, *before, *limit)?;
            federated_logouts::forget(connection, *before, *limit)?;
        }
        Change::PutSigningKey(key) => sentinel::put_key(connection, key)?,
        Change::DeleteSigningKey(key) => sentinel::delete_key(connection, *key)?,
        Change::RotateRefreshToken { session, next } => sentinel::rotate(connection, *session, *next)?,
        Change::ExpectMasterKey(generation) => master_keys::expect(connection, *generation)?,
        Change::ActivateMasterKey { generation, check_value, at } => {
            chain.before_rotation(connection)?;
            master_keys::activate(connection, *generation, check_value, *at)?;
            chain.after_rotation();
        }
        Change::RetireMasterKey { generation, at } => master_keys::retire(connection, *generation, *at)?,
        of_directory => return apply_to_directory(connection, of_directory),
    }
    Ok(None)
}

/// A change that those who follow the directory hear of.
fn apply_to_directory(connection: &Connection, change: &Change) -> Result<Option<Changed>, StoreError> {
    match change {
        Change::PutAccount(account) => directory::put_account(connection, account)?,
        Change::PutProfile(account, profile) => directory::put_profile(connection, *account, profile)?,
        Change::PutGroup(account, group) => directory::put_group(connection, *account, group)?,
        Change::PutSkill(account, skill) => directory::put_skill(connection, *account, skill)?,
        Change::PutUser(user) => directory::put_user(connection, user)?,
        Change::PutApiKey(account, key) => applications::put_api_key(connection, *account, key)?,
        Change::PutOauthClient(account, client) => {
            applications::put_oauth_client(connection, *account, client)?;
        }
        Change::PutApplicationToken(account, token) => {
            applications::put_application_token(connection, *account, token)?;
        }
        Change::PutConnection(account, put) => connections::put(connection, *account, put)?,
        Change::PutGatewayRule(rule) => gateway_rules::put(connection, rule)?,
        Change::DeleteGatewayRule(name) => {
            return Ok(gateway_rules::delete(connection, name)?.then_some(Changed::GatewayRules));
        }
        Change::ReplacePasswordHash { user, old, new } => {
            let account = credentials::replace_password_hash(connection, *user, old, new)?;
            return Ok(account.map(|account| Changed::credentials(account, *user)));
        }
        Change::SetPassword { user, password, credential_version } => {
            let account = credentials::set_password(connection, *user, password, *credential_version)?;
            return Ok(Some(Changed::credentials(account, *user)));
        }
        Change::SetSecondFactor { user, before, after } => {
            let account =
                credentials::set_second_factor(connection, *user, before.as_deref(), after.as_deref())?;
            return Ok(Some(Changed::credentials(account, *user)));
        }
        Change::SetLock { user, locked_at } => {
            let account = credentials::set_lock(connection, *user, *locked_at)?;
            return Ok(account.map(|account| Changed::credentials(account, *user)));
        }
        Change::Reseal { holder, old, new } => {
            let found = master_keys::reseal(connection, *holder, old, new)?;
            return Ok(holder.in_directory().filter(|_| found));
        }
        Change::RedoDigest { holder, old, new } => {
            let found = master_keys::redo_digest(connection, holder, *old, *new)?;
            return Ok(holder.in_directory().filter(|_| found));
        }
        Change::DeleteUser(user) => {
            let account = deletion::user(connection, *user)?;
            return Ok(account.map(|account| Changed::user(account, *user)));
        }
        deletion => return delete(connection, deletion),
    }
    Ok(change.in_directory())
}

/// Deletes an account, or what is no user of it; answers what that changed.
fn delete(connection: &Connection, change: &Change) -> Result<Option<Changed>, StoreError> {
    let (is_deleted, account, part) = match *change {
        Change::DeleteAccount(account) => {
            (deletion::account(connection, account)?, account, Part::Everything)
        }
        Change::DeleteProfile(account, id) => {
            let sql = "DELETE FROM profiles WHERE account_id = ?1 AND id = ?2";
            (deletion::numbered(connection, sql, account, id)?, account, Part::Profile(id))
        }
        Change::DeleteGroup(account, id) => {
            let sql = "DELETE FROM groups WHERE account_id = ?1 AND id = ?2";
            (deletion::numbered(connection, sql, account, id)?, account, Part::Group(id))
        }
        Change::DeleteSkill(account, id) => {
            let sql = "DELETE FROM skills WHERE account_id = ?1 AND id = ?2";
            (deletion::numbered(connection, sql, account, id)?, account, Part::Skill(id))
        }
        Change::DeleteApiKey(account, id) => {
            let sql = "DELETE FROM api_keys WHERE account_id = ?1 AND id = ?2";
            (deletion::numbered(connection, sql, account, id.0)?, account, Part::ApiKey(id))
        }
        Change::DeleteOauthClient(account, id) => {
            let sql = "DELETE FROM oauth_clients WHERE account_id = ?1 AND id = ?2";
            (deletion::numbered(connection, sql, account, id.0)?, account, Part::OauthClient(id))
        }
        Change::DeleteApplicationToken(account, id) => {
            let sql = "DELETE FROM application_tokens WHERE account_id = ?1 AND id = ?2";
            (deletion::numbered(connection, sql, account, id.0)?, account, Part::ApplicationToken(id))
        }
        Change::DeleteConnection(account, id) => {
            let sql = "DELETE FROM connections WHERE account_id = ?1 AND id = ?2";
            (deletion::numbered(connection, sql, account, id.0)?, account, Part::Connection(id))
        }
        _ => return Ok(None),
    };
    Ok(is_deleted.then_some(Changed::OfAccount { account, part }))
}

/// More than a login takes: a disk that has room for this has room for the next one.
const PROBE: i32 = 64 * 1024;

fn probe(connection: &Connection) -> Result<(), StoreError> {
    let sql = "INSERT INTO meta (name, value) VALUES ('probe', zeroblob(?1)) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    execute(connection, sql, [PROBE]).map(drop)
}

/// Executes a statement that is kept prepared; answers how many rows it changed.
fn execute(
    connection: &Connection,
    sql: &str,
    parameters: impl rusqlite::Params,
) -> Result<usize, StoreError> {
    let executed = connection.prepare_cached(sql).and_then(|mut statement| statement.execute(parameters));
    executed.map_err(of_change)
}

/// A put that changed no row met one of another account.
fn own(rows: usize, what: impl FnOnce() -> String) -> Result<(), StoreError> {
    if rows == 0 {
        return Err(StoreError::Constraint(format!("{} belongs to another account", what())));
    }
    Ok(())
}
