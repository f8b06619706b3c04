//! The audit as administrators see it: a page at a time, or all of it, which is told in the audit itself.
//!
//! A role that is limited to an account sees the entries of that account. Entries of the administrators' account are for
//! owners.

use std::net::IpAddr;
use std::sync::Arc;

use serde_json::{Map, Value};
use tokio::sync::OwnedSemaphorePermit;
use vestibule_model::{
    AccountId, ActorKey, ApplicationId, AuditAction, AuditEntry, AuditLine, AuditPlace, AuditReason,
    AuditRecord, AuditTarget, Millis, RefusalId, SessionReference, TargetKey, TargetKind, UserId,
};
use vestibule_store::{AuditCount, AuditOrder, AuditQuery, Change, StoreError};

use super::caller::administrators_account;
use super::named::PageRequest;
use super::{Administration, AdministrationError, Caller, Scope};
use crate::service::Auth;

/// Which entries of the audit are wanted. Every field that is set has to be met.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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
    /// Of what this one did.
    pub actor: Option<ActorKey>,
    /// Of what was done by means of the API key, OAuth client or application token of this id.
    pub application: Option<ApplicationId>,
    /// Of what was done from this address.
    pub address: Option<IpAddr>,
    /// About this thing, which was made, changed or deleted.
    pub target: Option<TargetKey>,
    /// For this reason.
    pub reason: Option<AuditReason>,
    /// Of ends of sessions that were opened from this address, as far as it is told.
    pub opened_from: Option<IpAddr>,
    /// The same of those that were opened with the application of this id.
    pub opened_with: Option<ApplicationId>,
    /// Not before this time.
    pub since: Option<Millis>,
    /// Before this time.
    pub until: Option<Millis>,
    /// Which end comes first.
    pub order: AuditOrder,
}

/// A page of the audit, or of what its entries tell. It may have fewer entries than were asked for, or none, although more follow.
pub struct SeenAudit<T = AuditEntry> {
    /// The entries, in the order asked for.
    pub entries: Vec<T>,
    /// Ask again with this; None: that was all.
    pub next: Option<String>,
}

/// An export under way: what was written until it began, page by page.
pub struct AuditExport {
    query: AuditQuery,
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
        let position = |cursor| read_position(&self.read_cursor(&question, cursor)?);
        let behind = cursor.map(position).transpose()?;
        if behind.is_none() {
            self.auth.audit.show(caller.now).await?;
        }
        let page = self.auth.store.audit(AuditQuery { behind, limit, ..query(caller, filter) }).await?;
        let next = page.next.map(|next| self.cursor(&question, &next.to_string()));
        Ok(SeenAudit { entries: page.entries, next })
    }

    /// The entry at this place, if the caller may see it.
    pub async fn audit_entry(
        &self,
        caller: &Caller,
        place: AuditPlace,
    ) -> Result<AuditEntry, AdministrationError> {
        let wanted = query(caller, within_reach(caller, AuditFilter::default())?);
        let number = place.number.checked_sub(1).ok_or(AdministrationError::NotFound("entry"))?;
        let behind = Some(AuditPlace { number, ..place });
        let question =
            AuditQuery { behind, limit: 1, order: AuditOrder::OldestFirst, ..AuditQuery::default() };
        let page = self.auth.store.audit(question).await?;
        let found = page.entries.into_iter().find(|entry| entry.place == place && wanted.wants(entry));
        found.ok_or(AdministrationError::NotFound("entry"))
    }

    /// How many entries the filter wants and the caller may see, as of some seconds ago.
    pub async fn count_audit_seen_by(
        &self,
        caller: &Caller,
        filter: AuditFilter,
    ) -> Result<AuditCount, AdministrationError> {
        let query =
            query(caller, within_reach(caller, AuditFilter { order: AuditOrder::default(), ..filter })?);
        let recent = || self.state().recent_counts().of(&query, caller.now);
        if let Some(count) = recent() {
            return Ok(count);
        }
        self.auth.audit.show(caller.now).await?;
        let _turn = self.state().counting().take().await?;
        // Whoever had the turn before may have asked the same.
        if let Some(count) = recent() {
            return Ok(count);
        }
        let count = self.auth.store.count_audit(query.clone()).await?;
        self.state().recent_counts().keep(query, count, caller.now);
        Ok(count)
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
        self.auth.store.commit(vec![Change::Audit(Box::new(exported(caller, &filter)))]).await?;
        let newest = self.auth.store.audit(AuditQuery { limit: 1, ..AuditQuery::default() }).await?;
        // An audit that grows meanwhile has an end nevertheless.
        let through = Some(newest.entries.first().map(|entry| entry.place).unwrap_or_default());
        let query = AuditQuery { through, limit: AuditQuery::MAX_LIMIT, ..query(caller, filter) };
        Ok(AuditExport { query, is_over: false, _permit: permit })
    }
}

impl AuditExport {
    /// The next entries, each a line of JSON, and the rest of the export; None: that was all.
    pub async fn next_lines(mut self, auth: Arc<Auth>) -> Result<Option<(Vec<u8>, Self)>, AuditExportError> {
        let mut lines = Vec::new();
        // A page may be empty although more follow.
        while lines.is_empty() && !self.is_over {
            let page = auth.store.audit(self.query.clone()).await?;
            self.is_over = page.next.is_none();
            self.query.behind = page.next;
            for entry in page.entries {
                AuditLine::from(entry).append_to(&mut lines)?;
            }
        }
        Ok((!lines.is_empty()).then_some((lines, self)))
    }
}

/// Why an export breaks off.
#[derive(Debug, thiserror::Error)]
pub enum AuditExportError {
    /// The store does not answer.
    #[error("the audit cannot be read to its end")]
    Store(#[from] StoreError),
    /// An entry cannot be written.
    #[error("an entry of the audit cannot be written as JSON")]
    Line(#[from] serde_json::Error),
}

/// The filter, limited to what the caller may see. Entries have their addresses in the canonical form.
fn within_reach(caller: &Caller, filter: AuditFilter) -> Result<AuditFilter, AdministrationError> {
    let account = filter.account.or(caller.role.account());
    match account {
        Some(account) => caller.require(Scope::ReadAccount(account))?,
        None => caller.require(Scope::ReadInstallation)?,
    }
    let canonical = |address: IpAddr| address.to_canonical();
    let (address, opened_from) = (filter.address.map(canonical), filter.opened_from.map(canonical));
    Ok(AuditFilter { account, address, opened_from, ..filter })
}

fn sees_administrators(caller: &Caller) -> bool {
    caller.require(Scope::ReadAccount(administrators_account())).is_ok()
}

/// What the store is asked: entries of the administrators' account are left out for whoever may not see them.
fn query(caller: &Caller, filter: AuditFilter) -> AuditQuery {
    AuditQuery {
        account: filter.account,
        not_account: (!sees_administrators(caller)).then(administrators_account),
        user: filter.user,
        session: filter.session,
        action: filter.action,
        refusal: filter.refusal,
        actor: filter.actor,
        application: filter.application,
        address: filter.address,
        reason: filter.reason,
        target: filter.target,
        opened_from: filter.opened_from,
        opened_with: filter.opened_with,
        since: filter.since,
        until: filter.until,
        order: filter.order,
        ..AuditQuery::default()
    }
}

fn read_position(text: &str) -> Result<AuditPlace, AdministrationError> {
    text.parse().map_err(|_| AdministrationError::Cursor)
}

fn exported(caller: &Caller, filter: &AuditFilter) -> AuditRecord {
    let target = AuditTarget { kind: TargetKind::Audit, id: String::new(), name: "the audit".to_owned() };
    AuditRecord {
        account: filter.account,
        target: Some(target),
        details: Some(asked(filter)),
        ..caller.record(AuditAction::AuditExported)
    }
}

/// What an export was limited to, as a JSON object.
fn asked(filter: &AuditFilter) -> String {
    let action = filter.action.and_then(|action| serde_json::to_value(action).ok());
    let parts: [(&str, Option<Value>); 10] = [
        ("user", filter.user.map(|user| user.0.into())),
        ("session", filter.session.map(|session| session.to_string().into())),
        ("action", action),
        // Not by the name under which it is found.
        ("refusal_id", filter.refusal.map(|refusal| refusal.to_string().into())),
        ("actor", filter.actor.map(|actor| actor.to_string().into())),
        ("application", filter.application.map(|application| application.0.into())),
        ("address", filter.address.map(|address| address.to_string().into())),
        ("target", filter.target.as_ref().map(|target| target.to_string().into())),
        ("since", filter.since.map(|since| since.as_unix().into())),
        ("until", filter.until.map(|until| until.as_unix().into())),
    ];
    let set = parts.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(set.collect::<Map<_, _>>()).to_string()
}
