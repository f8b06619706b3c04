//! Generations of the master key, and what depends on each.

use std::collections::BTreeMap;

use vestibule_model::{Connection, Generation, KeyState, MasterKeyRecord, Millis, sealed_under};

use super::Tables;
use super::directory::refuse;
use crate::{DigestHolder, DigestKind, NAMED_HOLDERS, Remains, StoreError};

#[derive(Clone, Debug)]
pub(super) struct MasterKeys(BTreeMap<Generation, MasterKeyRecord>);

impl Default for MasterKeys {
    /// The first generation is active from the beginning.
    fn default() -> Self {
        let first = MasterKeyRecord::first([0; 32]);
        Self(BTreeMap::from([(first.generation, first)]))
    }
}

impl MasterKeys {
    pub(super) fn records(&self) -> Vec<MasterKeyRecord> {
        self.0.values().cloned().collect()
    }

    pub(super) fn active(&self) -> Generation {
        let active = self.0.values().find(|record| record.state == KeyState::Active);
        active.map_or(Generation::FIRST, |record| record.generation)
    }

    pub(super) fn expect(&self, generation: Generation) -> Result<(), StoreError> {
        if self.active() == generation { Ok(()) } else { Err(StoreError::DirectoryMoved) }
    }

    pub(super) fn activate(
        &mut self,
        generation: Generation,
        check_value: [u8; 32],
        at: Millis,
    ) -> Result<(), StoreError> {
        if self.0.keys().any(|known| *known >= generation) {
            return refuse("a generation of the master key that is not older was active before");
        }
        for record in self.0.values_mut().filter(|record| record.state == KeyState::Active) {
            record.state = KeyState::Readable;
        }
        let (state, activated_at) = (KeyState::Active, Some(at));
        let record = MasterKeyRecord { generation, check_value, state, activated_at, retired_at: None };
        self.0.insert(generation, record);
        Ok(())
    }

    pub(super) fn retire(
        &mut self,
        generation: Generation,
        at: Millis,
        remains: &Remains,
    ) -> Result<(), StoreError> {
        let record = self.0.get_mut(&generation).filter(|record| record.state == KeyState::Readable);
        let Some(record) = record else { return refuse("the generation of the master key is not readable") };
        if !remains.is_nothing() {
            return refuse("something depends on the generation of the master key");
        }
        (record.state, record.retired_at) = (KeyState::Retired, Some(at));
        Ok(())
    }
}

impl Tables {
    pub(super) fn remains(&self, generation: Generation, now: Millis) -> Remains {
        let of_it = |sealed: &Vec<u8>| sealed_under(sealed) == Some(generation);
        let sessions = self.numbers.keys().filter(|id| id.generation() == Some(generation));
        let keys = self.directory.api_keys.values().filter(|(_, key)| key.seals().any(of_it));
        let is_under = |own: &Connection| own.seals().any(|(_, sealed)| of_it(sealed));
        let connections = self.directory.connections.values().filter(|(_, own)| is_under(own));
        let signing = self.sentinel.keys.values().filter(|key| of_it(&key.sealed));
        let factors = self.directory.users.values().filter_map(|user| user.second_factor.as_ref());
        let factors = factors.filter(|factor| of_it(&factor.sealed));
        let holders = self.holders(generation, now);
        Remains {
            sessions: count(sessions),
            sealed_secrets: count(keys) + count(connections) + count(signing) + count(factors),
            answers: count(self.answers.all().filter(|answer| of_it(&answer.sealed))),
            digests: holders.iter().map(|(_, digests)| digests).sum(),
            holders: holders.into_iter().map(|(holder, _)| holder).take(NAMED_HOLDERS).collect(),
            verifies_audit: self.audit.oldest_generation().is_some_and(|oldest| oldest <= generation),
        }
    }

    /// Who has digests under a generation, and how many.
    fn holders(&self, generation: Generation, now: Millis) -> Vec<(DigestHolder, u64)> {
        let holder =
            |kind, id, account, name: &str| DigestHolder { kind, id, account, name: name.to_owned() };
        let tokens = self.directory.application_tokens.values().map(|(account, token)| {
            let holder = holder(DigestKind::ApplicationToken, token.id.0, Some(*account), &token.name);
            (holder, count(token.digests().filter(|digest| digest.generation == generation)))
        });
        let clients = self.directory.oauth_clients.values().map(|(account, client)| {
            let holder = holder(DigestKind::OauthClient, client.id.0, Some(*account), &client.name);
            (holder, count(client.digests().filter(|digest| digest.generation == generation)))
        });
        let valid = self.administration.tokens().into_iter().filter(|token| token.is_valid(now));
        let administration = valid.map(|token| {
            let holder = holder(DigestKind::AdministrationToken, token.id.0, None, &token.name);
            (holder, u64::from(token.secret.generation == generation))
        });
        tokens.chain(clients).chain(administration).filter(|(_, digests)| *digests > 0).collect()
    }
}

fn count<T>(all: impl Iterator<Item = T>) -> u64 {
    u64::try_from(all.count()).unwrap_or(u64::MAX)
}
