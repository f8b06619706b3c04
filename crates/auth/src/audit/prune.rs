//! Retention: entries older than the policy allows leave the audit, from its beginning and in small steps.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use vestibule_model::{Actor, AuditAction, AuditRecord, AuditTarget, Means, Millis, TargetKind};
use vestibule_store::{AuditOrder, AuditQuery, Change, StoreError};

use super::AuditTrail;

/// How many entries leave in one commit: some milliseconds of the writer's time.
const STEP: usize = 500;

/// How many commits at a time; the next come with the next call.
const STEPS: usize = 20;

/// Retention waits until so much is too old, so that telling of it does not become the audit's main content.
const AT_LEAST: Duration = Duration::from_hours(1);

/// How long entries are kept.
pub(super) struct Retention {
    /// None: for ever.
    span: Option<Duration>,
    /// The entry that could not be removed; 0: none.
    stuck_at: AtomicI64,
}

impl Retention {
    pub(super) const fn new(span: Option<Duration>) -> Self {
        Self { span, stuck_at: AtomicI64::new(0) }
    }
}

impl AuditTrail {
    /// Removes entries of the audit that are older than the retention. Each call does a bounded amount of work. The first
    /// thing it does is to say so in the audit.
    pub(crate) async fn prune(&self, now: Millis) -> Result<(), StoreError> {
        let Some(retention) = self.retention.span else { return Ok(()) };
        let before = now.minus(retention);
        let Some((first, oldest)) = self.oldest_entry().await? else { return Ok(()) };
        if oldest >= before.minus(AT_LEAST) || self.retention.stuck_at.load(Ordering::Relaxed) == first {
            return Ok(());
        }
        let mut changes = vec![Change::Audit(Box::new(pruned(now, before)))];
        for _ in 0..STEPS {
            changes.push(Change::PruneAudit { before, limit: STEP });
            self.store.commit(std::mem::take(&mut changes)).await?;
            match self.oldest_entry().await? {
                Some((still, _)) if still == first => {
                    self.note_stuck(first);
                    break;
                }
                Some((_, oldest)) if oldest < before => {}
                _ => break,
            }
        }
        Ok(())
    }

    /// The store removes no entry that is not what was written: somebody has to look at it. Said once.
    fn note_stuck(&self, first: i64) {
        self.retention.stuck_at.store(first, Ordering::Relaxed);
        tracing::error!(
            entry = first,
            "the audit is not pruned: its oldest entry is not what was written, see `vestibule audit verify`"
        );
    }

    async fn oldest_entry(&self) -> Result<Option<(i64, Millis)>, StoreError> {
        let query = AuditQuery { order: AuditOrder::OldestFirst, limit: 1, ..AuditQuery::default() };
        let page = self.store.audit(query).await?;
        Ok(page.entries.first().map(|entry| (entry.place.number, entry.record.at)))
    }
}

fn pruned(now: Millis, before: Millis) -> AuditRecord {
    let name = "entries older than the retention".to_owned();
    AuditRecord {
        target: Some(AuditTarget { kind: TargetKind::Audit, id: String::new(), name }),
        details: Some(format!(r#"{{"before":{before}}}"#)),
        ..AuditRecord::new(now, AuditAction::AuditPruned, Actor::System, Means::System)
    }
}
