//! The rules of users.

use vestibule_model::{User, UserKind};

use super::connections::identities;
use super::neighbours::{Neighbours, Reference};
use super::numbered::id_violation;
use super::rule::Rule;
use super::texts::{name_violation, text_violation};
use super::violation::{Field, Ruled, Violation, changed};

/// There is always one more: whoever has the largest would be the last user to be made.
const LARGEST_NUMBER: i32 = i32::MAX - 1;

impl Ruled for User {
    fn tidy(&mut self) {
        for ids in [&mut self.profiles, &mut self.skills, &mut self.manager_of] {
            ids.sort_unstable();
            ids.dedup();
        }
        self.identities.sort_unstable();
        self.identities.dedup();
    }

    fn violations(&self, before: Option<&Self>, neighbours: &dyn Neighbours) -> Vec<Violation> {
        let mut found = names(self, before, neighbours);
        found.extend(limits(self, before));
        found.extend(references(self, before, neighbours));
        found.extend(key(self, before, neighbours));
        found.extend(identities(self, before, neighbours));
        found.extend(identity(self, before));
        let has_another = self.password.is_some() && changed(before, self, |user| &user.password);
        found.extend(has_another.then(|| check_password_of(self.kind).err()).flatten());
        found
    }
}

/// Whether somebody of this kind may have a password.
///
/// # Errors
///
/// A bot may not.
pub fn check_password_of(kind: UserKind) -> Result<(), Violation> {
    if kind == UserKind::Bot { Err(Violation::of(Rule::PasswordOfBot)) } else { Ok(()) }
}

/// That nothing has a name by which it is referred to: whoever refers by ids is told of the id in the same words.
pub fn missing_name(rule: Rule, name: &str) -> Violation {
    Violation::with(rule, format_args!("name {name:?}"))
}

fn identity(user: &User, before: Option<&User>) -> Vec<Violation> {
    let mut found = Vec::new();
    let numbers = 0..=LARGEST_NUMBER;
    if changed(before, user, |user| &user.number) && !numbers.contains(&user.number) {
        found.push(Violation::with(Rule::UserNumber, LARGEST_NUMBER));
    }
    if before.is_none() {
        found.extend(id_violation(Rule::UserId, user.id.0));
    }
    found
}

/// Takes the API key or OAuth client of this public id, which goes, from a bot that is tied to it: nothing is left that refers to
/// nothing, and what gets the public id later is not theirs. Answers whether it was.
pub fn untie(user: &mut User, public_id: &str) -> bool {
    user.allowed_app_key.take_if(|key| key == public_id).is_some()
}

/// Refuses an id or a number that somebody chose for a new thing and that another has already, or had.
pub fn taken(rule: Rule) -> Violation {
    Violation::of(rule)
}

/// The number that a new user gets: one more than the highest of the account, and at least 1.
///
/// # Errors
///
/// There is none left.
pub fn next_user_number(highest: Option<i32>) -> Result<i32, Violation> {
    let next = highest.unwrap_or(0).max(0).checked_add(1);
    next.filter(|next| *next <= LARGEST_NUMBER).ok_or_else(|| Violation::of(Rule::UserNumbers))
}

fn names(user: &User, before: Option<&User>, neighbours: &dyn Neighbours) -> Vec<Violation> {
    let mut found = Vec::new();
    let renamed = changed(before, user, |user| &user.login_name);
    if renamed {
        found.extend(name_violation((Rule::LoginNameLength, Rule::LoginNameCharacters), &user.login_name));
    }
    let texts: [Field<User, String>; 3] = [
        (Rule::FullName, |user| &user.full_name),
        (Rule::Nickname, |user| &user.nickname),
        (Rule::Email, |user| &user.email),
    ];
    let another = texts.into_iter().filter(|(_, text)| changed(before, user, text));
    found.extend(another.filter_map(|(rule, text)| text_violation(rule, text(user))));
    if renamed && neighbours.has_other_user(user.id, user.population, &user.login_name) {
        found.push(Violation::of(Rule::LoginNameTaken));
    }
    found
}

fn limits(user: &User, before: Option<&User>) -> Vec<Violation> {
    let limits: [Field<User, i32>; 2] =
        [(Rule::MaxChats, |user| &user.max_chats), (Rule::MaxAsyncChats, |user| &user.max_async_chats)];
    let is_wrong = |(_, limit): &Field<User, i32>| *limit(user) < 0 && changed(before, user, limit);
    limits.into_iter().filter(is_wrong).map(|(rule, _)| Violation::of(rule)).collect()
}

/// A list of ids, what they are ids of, and the rule that each has to be there.
type List = (Rule, fn(&User) -> &[i64], fn(i64) -> Reference);

/// What a user refers to has to be there, unless they referred to it before: nobody is to be kept from disabling
/// who refers to what another program has taken away.
fn references(user: &User, before: Option<&User>, neighbours: &dyn Neighbours) -> Vec<Violation> {
    let lists: [List; 3] = [
        (Rule::ProfileMissing, |user| &user.profiles, Reference::Profile),
        (Rule::SkillMissing, |user| &user.skills, Reference::Skill),
        (Rule::ManagedGroupMissing, |user| &user.manager_of, Reference::Group),
    ];
    let mut found = Vec::new();
    for (rule, list, reference) in lists {
        let had = |id: &i64| before.is_some_and(|before| list(before).contains(id));
        let missing = list(user).iter().filter(|id| !had(id) && !neighbours.has(reference(**id)));
        found.extend(missing.map(|id| Violation::with(rule, format_args!("id {id}"))));
    }
    let joined = user.member_of.filter(|_| changed(before, user, |user| &user.member_of));
    if let Some(id) = joined.filter(|id| !neighbours.has(Reference::Group(*id))) {
        found.push(Violation::with(Rule::GroupMissing, format_args!("id {id}")));
    }
    found
}

fn key(user: &User, before: Option<&User>, neighbours: &dyn Neighbours) -> Option<Violation> {
    let key =
        user.allowed_app_key.as_ref().filter(|_| changed(before, user, |user| &user.allowed_app_key))?;
    if user.kind != UserKind::Bot {
        return Some(Violation::of(Rule::KeyOfNoBot));
    }
    (!neighbours.has_application(key)).then(|| Violation::of(Rule::AllowedKeyMissing))
}
