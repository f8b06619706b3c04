//! The audit as administrators see it: a page at a time, or all of it, which is told in the audit itself.
//!
//! A role that is limited to an account sees the entries of that account. Entries of the administrators' account are for
//! owners.

use serde_json::{Map, Value};
use tokio::sync::OwnedSemaphorePermit;
use vestibule_model::{
    AccountId, AuditAction, AuditEntry, AuditPlace, AuditRecord, AuditTarget, Millis, RefusalId,
    SessionReference, TargetKind, UserId,
};
use vestibule_store::{AuditOrder, AuditQuery, Change, StoreError};

use super::caller::administrators_account;
use super::named::PageRequest;
use super::{Administration, AdministrationError, Caller, Scope};

/// Which entries of the audit are wanted. Every field that is set has to be met.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Of this account.
    pub account: Option<AccountId>,
    /// About this user.
    pub user: Option<UserId>,
    /// About this session.
    pub session: Option<SessionReference>,
    /// Of this action.
    pub action: Option<AuditAction>,
    /// The one that tells of this refusal.
    pub refusal: Option<RefusalId>,
    /// Not before this time.
    pub since: Option<Millis>,
    /// Before this time.
    pub until: Option<Millis>,
    /// Which end comes first.
    pub order: AuditOrder,
}

/// A page of the audit. It may have fewer entries than were asked for, or none, although more follow.
pub struct SeenAudit {
    /// The entries, in the order asked for.
    pub entries: Vec<AuditEntry>,
    /// Ask again with this; None: that was all.
    pub next: Option<String>,
}

/// An export under way: what was written until it began, page by page.
pub struct AuditExport {
    query: AuditQuery,
    sees_administrators: bool,
    is_over: bool,
    /// Given back when it is over, or nobody reads on.
    _permit: OwnedSemaphorePermit,
}

impl Administration<'_> {
    /// The entries that the filter wants and the caller may see: at most `limit`, 1 to 1,000.
    pub async fn audit_seen_by(
        &self,
        caller: &Caller,
        filter: AuditFilter,
        PageRequest { limit, cursor }: PageRequest<'_>,
    ) -> Result<SeenAudit, AdministrationError> {
        let filter = within_reach(caller, filter)?;
        let question = format!("audit {filter:?}");
        let position = |cursor| self.read_cursor(&question, cursor).and_then(read_position);
        let behind = cursor.map(position).transpose()?;
        if behind.is_none() {
            self.auth.audit.show(caller.now).await?;
        }
        let page = self.auth.store.audit(AuditQuery { behind, limit, ..query(filter) }).await?;
        let next = page.next.map(|next| self.cursor(&question, &next.to_string()));
        Ok(SeenAudit { entries: visible(page.entries, sees_administrators(caller)), next })
    }

    /// Begins an export of everything that the filter wants and the caller may see. The first thing it does is to say so in
    /// the audit.
    pub async fn begin_audit_export(
        &self,
        caller: &Caller,
        filter: AuditFilter,
    ) -> Result<AuditExport, AdministrationError> {
        let filter = within_reach(caller, filter)?;
        let permit = self.state().permit_export().ok_or(AdministrationError::Overloaded)?;
        self.auth.audit.show(caller.now).await?;
        self.auth.store.commit(vec![Change::Audit(Box::new(exported(caller, filter)))]).await?;
        let newest = self.auth.store.audit(AuditQuery { limit: 1, ..AuditQuery::default() }).await?;
        // An audit that grows meanwhile has an end nevertheless.
        let through = Some(newest.entries.first().map(|entry| entry.place).unwrap_or_default());
        let query = AuditQuery { through, limit: AuditQuery::MAX_LIMIT, ..query(filter) };
        Ok(AuditExport {
            query,
            sees_administrators: sees_administrators(caller),
            is_over: false,
            _permit: permit,
        })
    }

    /// The next entries of an export, which may be none although more follow; None: that was all.
    pub async fn next_of_export(
        &self,
        export: &mut AuditExport,
    ) -> Result<Option<Vec<AuditEntry>>, StoreError> {
        if export.is_over {
            return Ok(None);
        }
        let page = self.auth.store.audit(export.query.clone()).await?;
        export.is_over = page.next.is_none();
        export.query.behind = page.next;
        Ok(Some(visible(page.entries, export.sees_administrators)))
    }
}

/// The filter, limited to what the caller may see.
fn within_reach(caller: &Caller, filter: AuditFilter) -> Result<AuditFilter, AdministrationError> {
    let account = filter.account.or(caller.role.account());
    match account {
        Some(account) => caller.require(Scope::ReadAccount(account))?,
        None => caller.require(Scope::ReadInstallation)?,
    }
    Ok(AuditFilter { account, ..filter })
}

fn sees_administrators(caller: &Caller) -> bool {
    caller.require(Scope::ReadAccount(administrators_account())).is_ok()
}

fn visible(mut entries: Vec<AuditEntry>, sees_administrators: bool) -> Vec<AuditEntry> {
    entries.retain(|entry| sees_administrators || entry.record.account != Some(administrators_account()));
    entries
}

fn query(filter: AuditFilter) -> AuditQuery {
    let AuditFilter { account, user, session, action, refusal, since, until, order } = filter;
    AuditQuery { account, user, session, action, refusal, since, until, order, ..AuditQuery::default() }
}

fn read_position(text: &str) -> Result<AuditPlace, AdministrationError> {
    text.parse().map_err(|_| AdministrationError::Cursor)
}

fn exported(caller: &Caller, filter: AuditFilter) -> AuditRecord {
    let target = AuditTarget { kind: TargetKind::Audit, id: String::new(), name: "the audit".to_owned() };
    AuditRecord {
        account: filter.account,
        address: caller.address,
        target: Some(target),
        details: Some(asked(filter)),
        ..AuditRecord::new(caller.now, AuditAction::AuditExported, caller.actor.clone(), caller.means)
    }
}

/// What an export was limited to, as a JSON object.
fn asked(filter: AuditFilter) -> String {
    let action = filter.action.and_then(|action| serde_json::to_value(action).ok());
    let parts: [(&str, Option<Value>); 6] = [
        ("user", filter.user.map(|user| user.0.into())),
        ("session", filter.session.map(|session| session.to_string().into())),
        ("action", action),
        // Not by the name under which it is found.
        ("refusal_id", filter.refusal.map(|refusal| refusal.to_string().into())),
        ("since", filter.since.map(|since| since.as_unix().into())),
        ("until", filter.until.map(|until| until.as_unix().into())),
    ];
    let set = parts.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(set.collect::<Map<_, _>>()).to_string()
}
