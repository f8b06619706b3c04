//! Users of an account as administrators look for them: by what is known of them, in an order, a page at a time, with how many
//! there are in all.
//!
//! Everything is asked of the directory in memory, but when somebody logged in last, which the store knows. A hundred thousand
//! users take some milliseconds.

use std::collections::HashMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use vestibule_model::{AccountId, ConnectionId, Millis, Population, User, UserId, UserKind};

use super::named::PageRequest;
use super::ordered_page::{OrderedPage, Selected};
use super::{Administration, AdministrationError, Caller, Scope};
use crate::directory::{AccountEntry, UserEntry};

/// The longest page.
const MOST: usize = 1_000;

/// How many users are looked at before others have their turn: a millisecond.
const LOOKS: usize = 8_192;

/// Of how many the store is asked when they logged in last, to put them into that order.
const MOST_BY_LOGIN: usize = 10_000;

/// Which users of an account are wanted, and in which order. Every field that is set has to be met.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserSearch {
    /// Whose login name, full name, nickname or e-mail address has this in it, regardless of case, or whose id or number it is.
    pub text: Option<String>,
    /// Whose login name begins so, in the spelling of their population: agents' names regardless of case.
    pub name_prefix: Option<String>,
    /// Of this population.
    pub population: Option<Population>,
    /// Of this kind.
    pub kind: Option<UserKind>,
    /// Who may log in, or may not.
    pub enabled: Option<bool>,
    /// Whom failed logins keep out at present, or do not.
    pub locked: Option<bool>,
    /// Whom this connection knows by a name of its own.
    pub connection: Option<ConnectionId>,
    /// In which order they come.
    pub order: UserOrder,
}

/// In which order users are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UserOrder {
    /// By id.
    #[default]
    Id,
    /// By login name, regardless of case.
    LoginName,
    /// Those who logged in last first, those who never did last. For at most ten thousand.
    LastLogin,
}

/// A page of users, in order.
#[derive(Default)]
pub struct UserPage {
    /// The users.
    pub users: Vec<Arc<UserEntry>>,
    /// When each of them last opened a session; who never did is left out.
    pub last_logins: HashMap<UserId, Millis>,
    /// How many are wanted in all, on this page and on others.
    pub total: usize,
    /// Ask again with this; None: that was all.
    pub next: Option<String>,
}

/// Where a user stands in an order; of two the lesser is listed first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    time: i64,
    name: String,
    id: i64,
}

/// What is looked for, in the forms in which it is compared.
struct Wanted<'a> {
    search: &'a UserSearch,
    text: Option<SearchText>,
    /// The beginning of a login name, as each population has it.
    prefixes: Option<[String; 2]>,
}

/// A text that is looked for in others, regardless of case.
pub(super) struct SearchText {
    folded: String,
    number: Option<i64>,
}

impl Administration<'_> {
    /// The users of an account who are looked for: at most `limit`, 1 to 1,000.
    pub async fn search_users(
        &self,
        caller: &Caller,
        account: AccountId,
        search: &UserSearch,
        PageRequest { limit, cursor }: PageRequest<'_>,
    ) -> Result<UserPage, AdministrationError> {
        caller.require(Scope::ReadAccount(account))?;
        let entry = self.account_entry(account)?;
        let question = format!("users {account} {search:?}");
        let behind = match cursor {
            Some(cursor) => Some(Place::read(&self.read_cursor(&question, cursor)?)?),
            None => None,
        };
        let mut page = OrderedPage::new(limit.clamp(1, MOST), behind);
        let mut offer = |user: Arc<UserEntry>, known: &HashMap<UserId, Millis>| {
            page.offer(Place::of(&user, search.order, known), || user);
        };
        if search.order == UserOrder::LastLogin {
            let mut wanted = Vec::new();
            self.visit_wanted_users(&entry, search, caller.now, |user| wanted.push(user)).await;
            let known = self.last_logins_to_sort_by(account, &wanted).await?;
            for user in wanted {
                offer(user, &known);
            }
        } else {
            let none = HashMap::new();
            self.visit_wanted_users(&entry, search, caller.now, |user| offer(user, &none)).await;
        }
        let Selected { total, page, is_more } = page.select();
        let next = page.last().filter(|_| is_more);
        let next = next.map(|(place, _)| self.cursor(&question, &place.write()));
        let ids = page.iter().map(|(_, user)| user.id).collect();
        let last_logins = self.auth.store.last_logins(account, ids).await?.into_iter().collect();
        // As they are by the account's present facts; who is gone by now is left out.
        let users = page.into_iter().filter_map(|(_, user)| entry.user(user.id)).collect();
        Ok(UserPage { users, last_logins, total, next })
    }

    async fn visit_wanted_users(
        &self,
        entry: &AccountEntry,
        search: &UserSearch,
        now: Millis,
        mut visit: impl FnMut(Arc<UserEntry>),
    ) {
        let wanted = Wanted::of(search);
        let is_locked = |user: &UserEntry| {
            let present = entry.user(user.id);
            present.is_some_and(|present| self.auth.login_guard.is_locked(&present, now))
        };
        visit_users(entry, |user| {
            if wanted.has(&user) && search.locked.is_none_or(|locked| is_locked(&user) == locked) {
                visit(user);
            }
        })
        .await;
    }

    async fn last_logins_to_sort_by(
        &self,
        account: AccountId,
        users: &[Arc<UserEntry>],
    ) -> Result<HashMap<UserId, Millis>, AdministrationError> {
        if users.len() > MOST_BY_LOGIN {
            let reason = format!(
                "at most {MOST_BY_LOGIN} users are put into the order of their last logins, and these are {}",
                users.len()
            );
            return Err(AdministrationError::invalid("order", reason));
        }
        let ids = users.iter().map(|user| user.id).collect();
        Ok(self.auth.store.last_logins(account, ids).await?.into_iter().collect())
    }
}

/// Shows `visit` the users of an account, in no order. Others have their turns meanwhile.
pub(super) async fn visit_users(entry: &AccountEntry, mut visit: impl FnMut(Arc<UserEntry>)) {
    let mut all = entry.users();
    while !all.is_empty() {
        all.split_off(all.len().saturating_sub(LOOKS)).into_iter().for_each(&mut visit);
        tokio::task::yield_now().await;
    }
}

impl<'a> Wanted<'a> {
    fn of(search: &'a UserSearch) -> Self {
        let text = search.text.as_deref().and_then(SearchText::new);
        let prefix = search.name_prefix.as_deref();
        let prefixes =
            prefix.map(|prefix| [Population::User, Population::Agent].map(|of| of.name_key(prefix)));
        Self { search, text, prefixes }
    }

    fn has(&self, user: &User) -> bool {
        let UserSearch { population, kind, enabled, connection, .. } = self.search;
        let knows = |connection| user.identities.iter().any(|known| known.connection == connection);
        population.is_none_or(|population| user.population == population)
            && kind.is_none_or(|kind| user.kind == kind)
            && enabled.is_none_or(|enabled| user.enabled == enabled)
            && connection.is_none_or(knows)
            && self.prefixes.as_ref().is_none_or(|prefixes| begins(user, prefixes))
            && self.text.as_ref().is_none_or(|text| {
                let names = [&user.login_name, &user.full_name, &user.nickname, &user.email];
                text.is_number(user.id.0)
                    || text.is_number(i64::from(user.number))
                    || names.into_iter().any(|name| text.is_in(name))
            })
    }
}

fn begins(user: &User, [of_users, of_agents]: &[String; 2]) -> bool {
    let prefix = match user.population {
        Population::User => of_users,
        Population::Agent => of_agents,
    };
    user.population.name_key(&user.login_name).starts_with(prefix)
}

impl SearchText {
    /// None: there is nothing to look for.
    pub(super) fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        (!text.is_empty()).then(|| Self { folded: text.to_lowercase(), number: text.parse().ok() })
    }

    pub(super) fn is_number(&self, number: i64) -> bool {
        self.number == Some(number)
    }

    pub(super) fn is(&self, text: &str) -> bool {
        if text.is_ascii() {
            text.eq_ignore_ascii_case(&self.folded)
        } else {
            text.to_lowercase() == self.folded
        }
    }

    pub(super) fn begins(&self, text: &str) -> bool {
        if !text.is_ascii() {
            return text.to_lowercase().starts_with(&self.folded);
        }
        let start = text.as_bytes().get(..self.folded.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(self.folded.as_bytes()))
    }

    pub(super) fn is_in(&self, text: &str) -> bool {
        if !text.is_ascii() {
            return text.to_lowercase().contains(&self.folded);
        }
        // As most are: without a copy of each.
        let folded = self.folded.as_bytes();
        text.as_bytes().windows(folded.len()).any(|part| part.eq_ignore_ascii_case(folded))
    }
}

impl Place {
    fn of(user: &User, order: UserOrder, known: &HashMap<UserId, Millis>) -> Self {
        let place = Self { time: 0, name: String::new(), id: user.id.0 };
        match order {
            UserOrder::Id => place,
            UserOrder::LoginName => Self { name: user.login_name.to_lowercase(), ..place },
            UserOrder::LastLogin => {
                Self { time: known.get(&user.id).map_or(i64::MAX, |at| !at.as_unix()), ..place }
            }
        }
    }

    fn write(&self) -> String {
        format!("{:016x}{:016x}{}", self.time, self.id, URL_SAFE_NO_PAD.encode(&self.name))
    }

    fn read(text: &str) -> Result<Self, AdministrationError> {
        let refused = || AdministrationError::Cursor;
        let number = |text: &str| u64::from_str_radix(text, 16).map_err(|_| refused());
        let (time, rest) = text.split_at_checked(16).ok_or_else(refused)?;
        let (id, name) = rest.split_at_checked(16).ok_or_else(refused)?;
        let name = URL_SAFE_NO_PAD.decode(name).map_err(|_| refused())?;
        let name = String::from_utf8(name).map_err(|_| refused())?;
        Ok(Self { time: number(time)?.cast_signed(), name, id: number(id)?.cast_signed() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(time: i64, name: &str, id: i64) -> Place {
        Place { time, name: name.to_owned(), id }
    }

    #[test]
    fn a_place_is_read_as_it_was_written() {
        for place in [place(0, "", 1), place(i64::MAX, "jürgen.x", -7), place(!5, "a b", i64::MIN)] {
            assert_eq!(Place::read(&place.write()).unwrap(), place);
        }
    }

    #[test]
    fn what_is_no_place_is_refused() {
        let zeros = "0".repeat(32);
        for text in ["", &zeros[1..], &format!("{zeros}f"), &format!("{zeros}_w"), &format!("{zeros}é")] {
            assert!(Place::read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_text_is_found_regardless_of_case() {
        let is_in = |text: &str, within: &str| SearchText::new(text).unwrap().is_in(within);
        assert!(is_in("ANN", "joanna") && is_in("é", "ANDRÉ") && is_in(" x ", "x"));
        assert!(!is_in("ann", "an") && !is_in("é", "Andre") && !is_in("a", ""));
    }

    #[test]
    fn a_text_is_equal_regardless_of_case_also_where_cases_differ_in_length() {
        let is = |text: &str, other: &str| SearchText::new(text).unwrap().is(other);
        assert!(is("ANN", "ann") && is("\u{130}pek", "\u{130}PEK") && is("\u{212a}", "k"));
        assert!(!is("ann", "anna") && !is("anna", "ann") && !is("\u{130}pek", "ipek"));
    }

    #[test]
    fn a_text_is_a_beginning_regardless_of_case_also_where_cases_differ_in_length() {
        let begins = |text: &str, other: &str| SearchText::new(text).unwrap().begins(other);
        assert!(begins("AN", "anna") && begins("anna", "Anna") && begins("\u{130}PEK", "\u{130}pek"));
        assert!(!begins("nn", "anna") && !begins("annas", "anna") && !begins("\u{130}p", "ipek"));
    }
}
