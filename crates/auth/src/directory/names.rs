//! The users of an account by name, without the names: each is that of a user, who is found by id.

use std::hash::{BuildHasher as _, RandomState};

use hashbrown::HashTable;
use vestibule_model::{Population, User, UserId};

use super::users::ById;

/// Which users are found by which names.
///
/// Whoever is in it is in `by_id` too, with the login name under which they were filed: users are taken out of it before they
/// are taken out of there.
#[derive(Default)]
pub(super) struct Names {
    filed: HashTable<Filed>,
    /// Names come from outside: of the standard library, against those that are chosen to collide.
    hashes: RandomState,
}

/// Somebody under one of their names.
#[derive(Clone, Copy)]
struct Filed {
    user: UserId,
    form: Form,
}

/// In which form of their login name somebody is found.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// The one in which it is unique.
    Key,
    /// Their own spelling.
    Spelling,
}

/// The user's name in this form.
pub(super) fn filed(user: &User, form: Form) -> String {
    match form {
        Form::Key => user.population.name_key(&user.login_name),
        Form::Spelling => user.population.spelling(&user.login_name),
    }
}

impl Names {
    /// Who is found by this name.
    pub(super) fn get(&self, by_id: &ById, population: Population, name: &str) -> Option<UserId> {
        let is_it = |filed: &Filed| filed.is(by_id, population, name);
        self.filed.find(self.hash(population, name), is_it).map(|filed| filed.user)
    }

    /// Finds the user by that form of their name, and nobody else.
    pub(super) fn insert(&mut self, by_id: &ById, user: UserId, form: Form) {
        let Some(entry) = by_id.get(&user) else { return };
        let (population, name) = (entry.population, filed(entry, form));
        let hash = self.hash(population, &name);
        let new = Filed { user, form };
        if let Some(found) = self.filed.find_mut(hash, |filed| filed.is(by_id, population, &name)) {
            *found = new;
            return;
        }
        let Self { filed: table, hashes } = self;
        let of = |other: &Filed| {
            by_id
                .get(&other.user)
                .map_or(0, |user| hashes.hash_one((user.population, filed(user, other.form))))
        };
        table.insert_unique(hash, new, of);
    }

    /// The user is not found by that form of their name any more. It may be somebody else's by now, which it stays: names
    /// change hands in an order that is not seen here.
    pub(super) fn remove(&mut self, by_id: &ById, user: UserId, form: Form) {
        let Some(entry) = by_id.get(&user) else { return };
        let (population, name) = (entry.population, filed(entry, form));
        let hash = self.hash(population, &name);
        let is_it = |filed: &Filed| filed.user == user && filed.is(by_id, population, &name);
        if let Ok(found) = self.filed.find_entry(hash, is_it) {
            found.remove();
        }
    }

    fn hash(&self, population: Population, name: &str) -> u64 {
        self.hashes.hash_one((population, name))
    }
}

impl Filed {
    fn is(&self, by_id: &ById, population: Population, name: &str) -> bool {
        by_id
            .get(&self.user)
            .is_some_and(|user| user.population == population && filed(user, self.form) == name)
    }
}
