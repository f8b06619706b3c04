//! The audit as a list. Nobody can get at the memory of a process, so the model chains nothing.

use std::collections::VecDeque;

use vestibule_model::{AuditEntry, AuditPlace, AuditRecord, Generation, Millis};

use crate::{AuditCount, AuditOrder, AuditPage, AuditQuery};

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
        let wanted = self.wanted(query).filter(ahead);
        let limit = query.bounded_limit();
        let entries: Vec<AuditEntry> = match query.order {
            AuditOrder::NewestFirst => wanted.rev().take(limit).cloned().collect(),
            AuditOrder::OldestFirst => wanted.take(limit).cloned().collect(),
        };
        let next = entries.last().filter(|_| entries.len() == limit).map(|entry| entry.place);
        AuditPage { entries, next }
    }

    pub(super) fn count(&self, query: &AuditQuery) -> AuditCount {
        AuditCount::Exact(u64::try_from(self.wanted(query).count()).unwrap_or(u64::MAX))
    }

    /// What the question wants, on all pages.
    fn wanted<'a>(&'a self, query: &'a AuditQuery) -> impl DoubleEndedIterator<Item = &'a AuditEntry> {
        let is_meant = |entry: &&AuditEntry| query.through.is_none_or(|through| entry.place <= through);
        self.entries.iter().filter(is_meant).filter(|entry| query.wants(entry))
    }
}
