//! Profiles, groups and skills.

use vestibule_model::{Group, Profile, Skill};

use super::{Around, Kind, Shown};
use crate::parts::{Cell, Fact};
use crate::words;

impl Shown for Profile {
    const COLUMNS: &'static [&'static str] = &["Role", "Rank", "Permissions"];

    fn name(&self) -> &str {
        &self.name
    }

    fn cells(&self, _around: &Around) -> Vec<Cell> {
        vec![
            Cell::words(words::role(self.role)),
            Cell::words(words::rank(self.rank())),
            Cell::number(u64::try_from(self.permissions.len()).unwrap_or(u64::MAX)),
        ]
    }

    fn facts(&self, _around: &Around) -> Vec<Fact> {
        vec![
            Fact::one("Role", Cell::words(words::role(self.role))),
            Fact::one("Rank", Cell::words(words::rank(self.rank()))),
            Fact::many("Permissions", self.permissions.iter().map(Cell::code).collect(), "none"),
        ]
    }
}

/// The group above one.
fn above(group: &Group, around: &Around) -> Cell {
    match group.parent {
        Some(id) => Cell::code(id).to(format!("{}/{id}", Kind::Groups.address(around.account))),
        None => Cell::words("none"),
    }
}

impl Shown for Group {
    const COLUMNS: &'static [&'static str] = &["Id", "Group above"];

    fn name(&self) -> &str {
        &self.name
    }

    fn cells(&self, around: &Around) -> Vec<Cell> {
        vec![Cell::code(self.id), above(self, around)]
    }

    fn facts(&self, around: &Around) -> Vec<Fact> {
        vec![Fact::one("Group above", above(self, around))]
    }
}

impl Shown for Skill {
    const COLUMNS: &'static [&'static str] = &["Id"];

    fn name(&self) -> &str {
        &self.name
    }

    fn cells(&self, _around: &Around) -> Vec<Cell> {
        vec![Cell::code(self.id)]
    }

    fn facts(&self, _around: &Around) -> Vec<Fact> {
        Vec::new()
    }
}
