//! The one way in which administrators change something: the changes and their entry in the audit, in one commit.

use std::fmt::Display;

use vestibule_model::{AccountId, AuditAction, AuditRecord, AuditTarget, TargetKind, UserId};
use vestibule_store::Change;

use super::{AdministrationError, Caller};
use crate::service::Auth;

/// What the audit is told of a change. `before` and `after` are JSON objects without secrets.
pub(super) struct Told {
    pub(super) action: AuditAction,
    pub(super) kind: TargetKind,
    pub(super) id: String,
    pub(super) name: String,
    pub(super) account: Option<AccountId>,
    pub(super) user: Option<UserId>,
    pub(super) before: Option<String>,
    pub(super) after: Option<String>,
}

impl Told {
    pub(super) fn new(action: AuditAction, kind: TargetKind, id: impl Display, name: &str) -> Self {
        let (id, name) = (format!("{id}"), name.to_owned());
        Self { action, kind, id, name, account: None, user: None, before: None, after: None }
    }

    fn record(self, caller: &Caller) -> AuditRecord {
        let Self { action, kind, id, name, account, user, before, after } = self;
        AuditRecord {
            account,
            user,
            address: caller.address,
            target: Some(AuditTarget { kind, id, name }),
            before,
            after,
            ..AuditRecord::new(caller.now, action, caller.actor.clone(), caller.means)
        }
    }
}

/// What is to be committed, and what the audit is told of it.
pub(super) struct Written {
    pub(super) changes: Vec<Change>,
    pub(super) told: Told,
}

impl Auth {
    /// Changes what is not part of the directory: administrators and their tokens.
    pub(super) async fn write(&self, caller: &Caller, written: Written) -> Result<(), AdministrationError> {
        let Written { mut changes, told } = written;
        changes.push(Change::Audit(Box::new(told.record(caller))));
        Ok(self.store.commit(changes).await?)
    }
}
