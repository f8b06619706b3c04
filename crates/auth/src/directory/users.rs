//! The users of an account, by id and by name.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use foldhash::fast::RandomState;
use vestibule_model::{Population, User, UserId};

use super::user::UserEntry;

#[derive(Default)]
pub(super) struct Users {
    pub(super) by_id: HashMap<UserId, Arc<UserEntry>, RandomState>,
    by_name: HashMap<Population, HashMap<String, UserId>>,
    numbers: BTreeMap<i32, UserId>,
}

impl Users {
    /// The highest user number; None: there is no user.
    pub(super) fn highest_number(&self) -> Option<i32> {
        self.numbers.last_key_value().map(|(number, _)| *number)
    }

    /// Whether the user is found by the name in the form in which it is unique.
    pub(super) fn has_its_name(&self, user: &UserEntry) -> bool {
        let names = self.by_name.get(&user.population);
        names.and_then(|names| names.get(&keys(user).0)) == Some(&user.id)
    }

    /// Of users whose names are one by a rule that is younger than they are, whoever spells it so has the name, or who has
    /// the lowest id; the others are found by their own spelling.
    pub(super) fn put(&mut self, user: UserEntry) {
        let (population, id) = (user.population, user.id);
        let (key, spelling) = keys(&user);
        let names = self.by_name.entry(population).or_default();
        let holder = names.get(&key).copied().filter(|holder| *holder != id);
        let holder = holder.and_then(|holder| self.by_id.get(&holder));
        let other = holder.map(|holder| (holder.id, population.spelling(&holder.login_name)));
        match other {
            None => drop(names.insert(key, id)),
            Some((holder, of_holder)) if spelling == key || of_holder != key && id < holder => {
                names.insert(of_holder, holder);
                names.insert(key, id);
            }
            Some(_) => drop(names.insert(spelling, id)),
        }
        self.numbers.insert(user.number, id);
        self.by_id.insert(id, Arc::new(user));
    }

    pub(super) fn take(&mut self, id: UserId) -> Option<Arc<UserEntry>> {
        let user = self.by_id.remove(&id)?;
        // As names do, numbers change hands in an order that is not seen here.
        if self.numbers.get(&user.number) == Some(&id) {
            self.numbers.remove(&user.number);
        }
        let (key, spelling) = keys(&user);
        let names = self.by_name.entry(user.population).or_default();
        for name in [key, spelling] {
            // The name may be somebody else's by now: names change hands in an order that is not seen here.
            if names.get(&name) == Some(&id) {
                names.remove(&name);
            }
        }
        Some(user)
    }

    pub(super) fn named(&self, population: Population, login_name: &str) -> Option<Arc<UserEntry>> {
        let names = self.by_name.get(&population)?;
        let spelt = names.get(&population.spelling(login_name));
        self.by_id.get(spelt.or_else(|| names.get(&population.name_key(login_name)))?).cloned()
    }
}

/// The form in which a user's name is unique, and their own spelling of it.
pub(super) fn keys(user: &User) -> (String, String) {
    (user.population.name_key(&user.login_name), user.population.spelling(&user.login_name))
}
