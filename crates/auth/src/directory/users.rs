//! The users of an account, by id, by name and by identity.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use foldhash::fast::RandomState;
use vestibule_model::{Identity, Population, UserId};

use super::names::{Form, Names, filed};
use super::user::UserEntry;

/// Users by id.
pub(super) type ById = HashMap<UserId, Arc<UserEntry>, RandomState>;

#[derive(Default)]
pub(super) struct Users {
    pub(super) by_id: ById,
    names: Names,
    numbers: BTreeMap<i32, UserId>,
    identities: HashMap<Identity, UserId>,
    /// Who has one: few, and their secrets are looked at again and again.
    second_factors: BTreeSet<UserId>,
}

impl Users {
    /// The highest user number; None: there is no user.
    pub(super) fn highest_number(&self) -> Option<i32> {
        self.numbers.last_key_value().map(|(number, _)| *number)
    }

    /// Whether the user is found by the name in the form in which it is unique.
    pub(super) fn has_its_name(&self, user: &UserEntry) -> bool {
        self.names.get(&self.by_id, user.population, &filed(user, Form::Key)) == Some(user.id)
    }

    /// Of users whose names are one by a rule that is younger than they are, whoever spells it so has the name, or who has
    /// the lowest id; the others are found by their own spelling.
    pub(super) fn put(&mut self, user: UserEntry) {
        let (id, population) = (user.id, user.population);
        let (key, spelling) = (filed(&user, Form::Key), filed(&user, Form::Spelling));
        let holder = self.names.get(&self.by_id, population, &key).filter(|holder| *holder != id);
        let other = holder.and_then(|holder| self.by_id.get(&holder));
        let other = other.map(|holder| (holder.id, filed(holder, Form::Spelling)));
        self.numbers.insert(user.number, id);
        if user.second_factor.is_some() {
            self.second_factors.insert(id);
        }
        self.identities.extend(user.identities.iter().map(|identity| (identity.clone(), id)));
        self.by_id.insert(id, Arc::new(user));
        match other {
            None => self.names.insert(&self.by_id, id, Form::Key),
            Some((holder, of_holder)) if spelling == key || of_holder != key && id < holder => {
                self.names.insert(&self.by_id, holder, Form::Spelling);
                self.names.insert(&self.by_id, id, Form::Key);
            }
            Some(_) => self.names.insert(&self.by_id, id, Form::Spelling),
        }
    }

    pub(super) fn take(&mut self, id: UserId) -> Option<Arc<UserEntry>> {
        for form in [Form::Key, Form::Spelling] {
            self.names.remove(&self.by_id, id, form);
        }
        let user = self.by_id.remove(&id)?;
        self.second_factors.remove(&id);
        // As names do, numbers and identities change hands in an order that is not seen here.
        if self.numbers.get(&user.number) == Some(&id) {
            self.numbers.remove(&user.number);
        }
        for identity in &user.identities {
            if self.identities.get(identity) == Some(&id) {
                self.identities.remove(identity);
            }
        }
        Some(user)
    }

    /// The users who have a second factor.
    pub(super) fn with_second_factor(&self) -> impl Iterator<Item = &Arc<UserEntry>> {
        self.second_factors.iter().filter_map(|id| self.by_id.get(id))
    }

    /// Who has this identity.
    pub(super) fn known_as(&self, identity: &Identity) -> Option<Arc<UserEntry>> {
        self.by_id.get(self.identities.get(identity)?).cloned()
    }

    pub(super) fn named(&self, population: Population, login_name: &str) -> Option<Arc<UserEntry>> {
        let named = |name: String| self.names.get(&self.by_id, population, &name);
        let found = named(population.spelling(login_name));
        let id = found.or_else(|| named(population.name_key(login_name)))?;
        self.by_id.get(&id).cloned()
    }
}
