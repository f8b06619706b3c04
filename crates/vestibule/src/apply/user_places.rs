//! Users of an account in the making, by id and by name.

use std::collections::{HashMap, HashSet};

use vestibule_model::{Population, User, UserId};

/// Where the users of an account are among its rows.
#[derive(Default)]
pub(super) struct UserPlaces {
    by_id: HashMap<UserId, usize>,
    by_spelling: HashMap<(Population, String), usize>,
    by_name: HashMap<(Population, String), usize>,
    pub(super) numbers: HashSet<i32>,
    pub(super) highest_number: Option<i32>,
}

impl UserPlaces {
    pub(super) fn of(users: &[User]) -> Self {
        let mut places = Self::default();
        users.iter().enumerate().for_each(|(index, user)| places.add(index, user));
        places
    }

    /// Remembers somebody, unless another has the name already.
    pub(super) fn add(&mut self, index: usize, user: &User) {
        let (population, name) = (user.population, &user.login_name);
        self.by_id.insert(user.id, index);
        self.by_spelling.entry((population, population.spelling(name))).or_insert(index);
        self.by_name.entry((population, population.name_key(name))).or_insert(index);
        self.numbers.insert(user.number);
        self.highest_number = self.highest_number.max(Some(user.number));
    }

    /// Who has this id; without one, this name, or else one that is the same.
    pub(super) fn find(&self, id: Option<UserId>, population: Population, name: &str) -> Option<usize> {
        if let Some(id) = id {
            return self.by_id.get(&id).copied();
        }
        let spelt = self.by_spelling.get(&(population, population.spelling(name)));
        spelt.or_else(|| self.by_name.get(&(population, population.name_key(name)))).copied()
    }
}
