//! The rules of profiles, groups and skills: named things that are numbered within their account.

use vestibule_model::{Group, Profile, Skill};

use super::neighbours::{Neighbours, Reference, Referring, ResourceKind};
use super::rule::Rule;
use super::texts::{NameRules, name_violation};
use super::violation::{Ruled, Violation, changed};

/// How many of each kind an account may have.
const MOST_NUMBERED: usize = 10_000;

/// How many permissions a profile may give.
const MOST_PERMISSIONS: usize = 10_000;

/// The largest id that every reader of JSON keeps as it is.
const LARGEST_ID: i64 = (1 << 53) - 1;

/// What the rules of the three kinds are, where they are the same.
struct Rules {
    kind: ResourceKind,
    name: NameRules,
    name_taken: Rule,
    id: Rule,
    no_id: Rule,
    count: Rule,
}

const PROFILE: Rules = Rules {
    kind: ResourceKind::Profile,
    name: (Rule::ProfileNameLength, Rule::ProfileNameCharacters),
    name_taken: Rule::ProfileNameTaken,
    id: Rule::ProfileId,
    no_id: Rule::ProfileIds,
    count: Rule::ProfileCount,
};

const GROUP: Rules = Rules {
    kind: ResourceKind::Group,
    name: (Rule::GroupNameLength, Rule::GroupNameCharacters),
    name_taken: Rule::GroupNameTaken,
    id: Rule::GroupId,
    no_id: Rule::GroupIds,
    count: Rule::GroupCount,
};

const SKILL: Rules = Rules {
    kind: ResourceKind::Skill,
    name: (Rule::SkillNameLength, Rule::SkillNameCharacters),
    name_taken: Rule::SkillNameTaken,
    id: Rule::SkillId,
    no_id: Rule::SkillIds,
    count: Rule::SkillCount,
};

impl Rules {
    /// Those of a kind; None: things of the kind have no numbers of their own.
    const fn of(kind: ResourceKind) -> Option<&'static Self> {
        match kind {
            ResourceKind::Profile => Some(&PROFILE),
            ResourceKind::Group => Some(&GROUP),
            ResourceKind::Skill => Some(&SKILL),
            ResourceKind::ApiKey
            | ResourceKind::OauthClient
            | ResourceKind::ApplicationToken
            | ResourceKind::Connection => None,
        }
    }

    /// A name says which one is meant: no other of the kind has it in the account.
    fn violations(
        &self,
        id: i64,
        name: &str,
        before: Option<&str>,
        neighbours: &dyn Neighbours,
    ) -> Vec<Violation> {
        let mut found = Vec::new();
        if before.is_none() {
            let is_full = neighbours.others(self.kind, id) >= MOST_NUMBERED;
            found.extend(is_full.then(|| Violation::with(self.count, MOST_NUMBERED)));
            found.extend(numbered_id_violation(self.id, id));
        }
        if before != Some(name) {
            found.extend(name_violation(self.name, name));
            let is_taken = neighbours.has_other_named(self.kind, id, name);
            found.extend(is_taken.then(|| Violation::of(self.name_taken)));
        }
        found
    }
}

fn numbered_id_violation(rule: Rule, id: i64) -> Option<Violation> {
    (!(-LARGEST_ID..=LARGEST_ID).contains(&id)).then(|| Violation::with(rule, LARGEST_ID))
}

/// Ids of users and applications, which are never below 1.
pub(super) fn id_violation(rule: Rule, id: i64) -> Option<Violation> {
    (!(1..=LARGEST_ID).contains(&id)).then(|| Violation::with(rule, LARGEST_ID))
}

/// The id that something of a kind gets when nobody says which: one more than the highest, and at least 1.
///
/// # Errors
///
/// There is none left.
pub fn next_id(kind: ResourceKind, present: impl IntoIterator<Item = i64>) -> Result<i64, Violation> {
    let next = present.into_iter().max().unwrap_or(0).max(0).checked_add(1);
    let rule = Rules::of(kind).unwrap_or(&SKILL).no_id;
    next.filter(|next| *next <= LARGEST_ID).ok_or_else(|| Violation::of(rule))
}

impl Ruled for Profile {
    fn tidy(&mut self) {
        self.permissions.sort_unstable();
        self.permissions.dedup();
    }

    fn violations(&self, before: Option<&Self>, neighbours: &dyn Neighbours) -> Vec<Violation> {
        let name = before.map(|before| before.name.as_str());
        let mut found = PROFILE.violations(self.id, &self.name, name, neighbours);
        if self.permissions.len() > MOST_PERMISSIONS && changed(before, self, |profile| &profile.permissions)
        {
            found.push(Violation::with(Rule::ProfilePermissions, MOST_PERMISSIONS));
        }
        found
    }

    fn in_use(&self, neighbours: &dyn Neighbours) -> Option<Violation> {
        referred(Rule::ProfileInUse, neighbours.referring(Reference::Profile(self.id)))
    }
}

impl Ruled for Group {
    fn violations(&self, before: Option<&Self>, neighbours: &dyn Neighbours) -> Vec<Violation> {
        let name = before.map(|before| before.name.as_str());
        let mut found = GROUP.violations(self.id, &self.name, name, neighbours);
        if changed(before, self, |group| &group.parent) {
            found.extend(parent_violation(self, neighbours));
        }
        found
    }

    fn in_use(&self, neighbours: &dyn Neighbours) -> Option<Violation> {
        referred(Rule::GroupInUse, neighbours.referring(Reference::Group(self.id)))
    }
}

impl Ruled for Skill {
    fn violations(&self, before: Option<&Self>, neighbours: &dyn Neighbours) -> Vec<Violation> {
        let name = before.map(|before| before.name.as_str());
        SKILL.violations(self.id, &self.name, name, neighbours)
    }

    fn in_use(&self, neighbours: &dyn Neighbours) -> Option<Violation> {
        referred(Rule::SkillInUse, neighbours.referring(Reference::Skill(self.id)))
    }
}

/// The group above has to be there, and there must be no way from it back to this one.
fn parent_violation(group: &Group, neighbours: &dyn Neighbours) -> Option<Violation> {
    let parent = group.parent?;
    if parent != group.id && !neighbours.has(Reference::Group(parent)) {
        return Some(Violation::with(Rule::GroupParentMissing, format_args!("id {parent}")));
    }
    let mut above = Some(parent);
    // Groups that already lead back to themselves, as they may when another program wrote them, end the walk as well.
    for _ in 0..=neighbours.group_count() {
        let id = above?;
        if id == group.id {
            break;
        }
        above = neighbours.parent(id);
    }
    Some(Violation::of(Rule::GroupAboveItself))
}

/// Whoever deletes takes it from those who refer to it first: nothing is left that refers to nothing.
fn referred(rule: Rule, Referring { users, groups }: Referring) -> Option<Violation> {
    let counted = |count: usize, noun: &str| match count {
        0 => None,
        1 => Some(format!("1 {noun}")),
        more => Some(format!("{more} {noun}s")),
    };
    let all: Vec<String> = counted(users, "user").into_iter().chain(counted(groups, "group")).collect();
    let verb = if users + groups == 1 { "refers" } else { "refer" };
    (!all.is_empty()).then(|| Violation::with(rule, format_args!("{} {verb}", all.join(" and "))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(present: &[i64]) -> Option<i64> {
        next_id(ResourceKind::Skill, present.iter().copied()).ok()
    }

    #[test]
    fn the_next_id_is_one_more_than_the_highest_and_at_least_one() {
        assert_eq!([&[][..], &[-1], &[-1, 7, 3]].map(next), [Some(1), Some(1), Some(8)]);
    }

    #[test]
    fn the_largest_id_has_none_behind_it() {
        assert_eq!(next(&[LARGEST_ID - 1]), Some(LARGEST_ID));
        assert_eq!([next(&[LARGEST_ID]), next(&[i64::MAX])], [None, None]);
    }

    #[test]
    fn a_refusal_says_how_many_refer() {
        let said =
            |users, groups| referred(Rule::GroupInUse, Referring { users, groups }).map(|found| found.reason);
        assert_eq!(said(0, 0), None);
        assert_eq!(said(1, 0).as_deref(), Some("1 user refers to it"));
        assert_eq!(said(0, 1).as_deref(), Some("1 group refers to it"));
        assert_eq!(said(2, 1).as_deref(), Some("2 users and 1 group refer to it"));
    }
}
