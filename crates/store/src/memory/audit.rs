//! The audit as a list. Nobody can get at the memory of a process, so the model chains nothing.

use std::collections::VecDeque;

use vestibule_model::{AuditEntry, AuditPlace, AuditRecord, Generation, Millis};

use crate::{AuditOrder, AuditPage, AuditQuery};

#[derive(Clone, Debug, Default)]
pub(super) struct Audit {
    entries: VecDeque<AuditEntry>,
    /// Under which generation of the master key each was written.
    generations: VecDeque<Generation>,
    /// How many entries there have ever been.
    written: i64,
}

impl Audit {
    pub(super) fn write(&mut self, record: AuditRecord, generation: Generation) {
        self.written += 1;
        self.generations.push_back(generation);
        self.entries.push_back(AuditEntry { place: AuditPlace::in_first(self.written), record });
    }

    pub(super) fn prune(&mut self, before: Millis, limit: usize) {
        let old = self.entries.iter().take(limit).take_while(|entry| entry.record.at < before).count();
        self.entries.drain(..old);
        self.generations.drain(..old);
    }

    /// Under which generation of the master key the oldest entry was written.
    pub(super) fn oldest_generation(&self) -> Option<Generation> {
        self.generations.front().copied()
    }

    pub(super) fn page(&self, query: &AuditQuery) -> AuditPage {
        let ahead = |entry: &&AuditEntry| match (query.behind, query.order) {
            (None, _) => true,
            (Some(behind), AuditOrder::NewestFirst) => entry.place < behind,
            (Some(behind), AuditOrder::OldestFirst) => entry.place > behind,
        };
        let is_meant = |entry: &&AuditEntry| query.through.is_none_or(|through| entry.place <= through);
        let wanted = self.entries.iter().filter(ahead).filter(is_meant).filter(|entry| query.wants(entry));
        let limit = query.bounded_limit();
        let entries: Vec<AuditEntry> = match query.order {
            AuditOrder::NewestFirst => wanted.rev().take(limit).cloned().collect(),
            AuditOrder::OldestFirst => wanted.take(limit).cloned().collect(),
        };
        let next = entries.last().filter(|_| entries.len() == limit).map(|entry| entry.place);
        AuditPage { entries, next }
    }
}
