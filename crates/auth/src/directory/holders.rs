//! Which accounts have an application of a name that is unique within an account alone: for requests that name the application and
//! no account.

use std::collections::{BTreeMap, HashMap};
use std::sync::{PoisonError, RwLock};

use foldhash::fast::RandomState;
use vestibule_model::AccountId;

/// The accounts by the names of what they have.
#[derive(Default)]
pub(super) struct Holders(RwLock<Index>);

#[derive(Default)]
struct Index {
    by_name: HashMap<String, Vec<AccountId>, RandomState>,
    /// The names as they were put last, in their order.
    names: BTreeMap<AccountId, Vec<String>>,
}

impl Holders {
    /// Those that have something of this name, in the order of their ids.
    pub(super) fn of(&self, name: &str) -> Vec<AccountId> {
        let index = self.0.read().unwrap_or_else(PoisonError::into_inner);
        index.by_name.get(name).cloned().unwrap_or_default()
    }

    /// Puts the names of what an account has in the place of those that it had.
    pub(super) fn put<'a>(&self, account: AccountId, names: impl Iterator<Item = &'a str>) {
        let mut names: Vec<&str> = names.collect();
        names.sort_unstable();
        self.0.write().unwrap_or_else(PoisonError::into_inner).put(account, names);
    }
}

impl Index {
    /// `names` in their order.
    fn put(&mut self, account: AccountId, names: Vec<&str>) {
        let had = self.names.get(&account).map_or(&[][..], Vec::as_slice);
        if had.iter().map(String::as_str).eq(names.iter().copied()) {
            return;
        }
        for gone in self.names.remove(&account).unwrap_or_default() {
            if let Some(holders) = self.by_name.get_mut(&gone) {
                holders.retain(|other| *other != account);
                if holders.is_empty() {
                    self.by_name.remove(&gone);
                }
            }
        }
        for name in &names {
            let holders = self.by_name.entry((*name).to_owned()).or_default();
            holders.push(account);
            holders.sort_unstable();
        }
        if !names.is_empty() {
            self.names.insert(account, names.into_iter().map(str::to_owned).collect());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(id: &str) -> AccountId {
        id.parse().unwrap()
    }

    #[test]
    fn a_name_is_that_of_every_account_that_has_such_a_thing() {
        let (a, b) = (account("a"), account("b"));
        let holders = Holders::default();
        holders.put(b, ["x", "y"].into_iter());
        holders.put(a, ["x"].into_iter());
        assert_eq!(holders.of("x"), [a, b]);
        assert_eq!(holders.of("y"), [b]);
        assert_eq!(holders.of("z"), []);
    }

    #[test]
    fn what_an_account_has_no_more_does_not_name_it() {
        let (a, b) = (account("a"), account("b"));
        let holders = Holders::default();
        holders.put(a, ["x", "y"].into_iter());
        holders.put(b, ["x"].into_iter());
        holders.put(a, ["z"].into_iter());
        assert_eq!(["x", "y", "z"].map(|name| holders.of(name)), [vec![b], vec![], vec![a]]);
        holders.put(a, std::iter::empty());
        holders.put(b, std::iter::empty());
        let index = holders.0.into_inner().unwrap();
        assert!(index.by_name.is_empty() && index.names.is_empty());
    }
}
