//! Families of routes: what the paths of an API have in common, so that there are few of them.
//!
//! A family is the first two segments of a path in its normal form, ids folded. Only requests that are let through make one known, of
//! an account at most [`MOST`]; whatever else is asked for is one of the others.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use foldhash::fast::RandomState;
use vestibule_model::AccountId;

use super::{Route, lock};
use crate::gateway::path::normal_form;

/// How many families of an account are told apart, beside our own routes.
pub(crate) const MOST: usize = 200;

/// The family of all others.
pub(crate) const OTHER: &str = "(other)";

/// The longest segment that may be a name.
const LONGEST_NAME: usize = 40;

/// How many digits make a segment an id: more than versions and protocols have in their names (`v10`, `oauth2`), and fewer than numbers of
/// orders and customers.
const DIGITS_OF_AN_ID: usize = 3;

/// An id of a family within its account, in this process.
pub(super) type Number = u16;

/// The families of an account that are known.
#[derive(Clone, Default)]
pub(super) struct Families {
    /// In the order in which they were learned, also those that were refused afterwards.
    names: Vec<Arc<str>>,
    known: HashMap<Arc<str>, Number, RandomState>,
    /// How many of those are paths.
    paths: usize,
}

impl Families {
    pub(super) fn number(&self, name: &str) -> Option<Number> {
        self.known.get(name).copied()
    }

    pub(super) fn name(&self, number: Number) -> Arc<str> {
        self.names.get(usize::from(number)).map_or_else(|| OTHER.into(), Arc::clone)
    }

    /// Whether one more path may be learned.
    pub(super) fn has_room(&self) -> bool {
        self.paths < MOST
    }

    fn learn(&mut self, name: &str) -> Option<Number> {
        let number = Number::try_from(self.names.len()).ok()?;
        let name: Arc<str> = name.into();
        self.paths += usize::from(is_path(&name));
        self.names.push(Arc::clone(&name));
        self.known.insert(name, number);
        Some(number)
    }

    fn refuse(&mut self, name: &str) {
        if self.known.remove(name).is_some() {
            self.paths -= usize::from(is_path(name));
        }
    }
}

/// Whether it counts among those of which there are few.
pub(super) fn is_path(name: &str) -> bool {
    name.starts_with('/')
}

/// What every thread has learned, by account.
#[derive(Default)]
pub(super) struct Learned(Mutex<HashMap<Option<AccountId>, Arc<Families>, RandomState>>);

impl Learned {
    /// The families of an account as they are known now.
    pub(super) fn of(&self, account: Option<AccountId>) -> Arc<Families> {
        Arc::clone(lock(&self.0).entry(account).or_default())
    }

    /// The same, with one more if there is room for it.
    pub(super) fn learn(&self, account: Option<AccountId>, name: &str) -> Arc<Families> {
        let mut all = lock(&self.0);
        let families = all.entry(account).or_default();
        let is_new = families.number(name).is_none();
        if is_new && (!is_path(name) || families.has_room()) {
            Arc::make_mut(families).learn(name);
        }
        Arc::clone(families)
    }

    /// Makes those known that the store has, and forgets those that are refused.
    pub(super) fn settle(&self, account: Option<AccountId>, stored: &[Arc<str>], refused: &[Arc<str>]) {
        let mut all = lock(&self.0);
        let families = Arc::make_mut(all.entry(account).or_default());
        for name in refused {
            families.refuse(name);
        }
        for name in stored {
            if families.number(name).is_none() {
                families.learn(name);
            }
        }
    }
}

/// The name of a family while it is being looked for.
pub(super) struct FamilyName {
    bytes: [u8; 2 * (LONGEST_NAME + 1)],
    length: usize,
}

impl FamilyName {
    pub(super) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.length]).unwrap_or(OTHER)
    }

    fn push(&mut self, text: &str) {
        if let Some(free) = self.bytes.get_mut(self.length..self.length + text.len()) {
            free.copy_from_slice(text.as_bytes());
            self.length += text.len();
        }
    }
}

/// The family that a route is of.
pub(super) fn with_family<R>(
    route: Route<'_>,
    account: Option<AccountId>,
    work: impl FnOnce(&str) -> R,
) -> R {
    match route {
        Route::Own(name) => work(name),
        Route::Target(target) => match of_target(target, account) {
            Some(family) => work(family.as_str()),
            None => work(OTHER),
        },
    }
}

/// None: the path has no normal form.
fn of_target(target: &str, account: Option<AccountId>) -> Option<FamilyName> {
    let normal = normal_form(target).ok()?;
    let mut family = FamilyName { bytes: [0; 2 * (LONGEST_NAME + 1)], length: 0 };
    for segment in normal.split('/').skip(1).take(2).filter(|segment| !segment.is_empty()) {
        family.push("/");
        family.push(folded(segment, account));
    }
    if family.length == 0 {
        family.push("/");
    }
    Some(family)
}

/// A segment, or what it stands for.
fn folded(segment: &str, account: Option<AccountId>) -> &str {
    if account.is_some_and(|account| account.as_str() == segment) {
        return "{account}";
    }
    let digits = segment.bytes().filter(u8::is_ascii_digit).count();
    let is_number = digits == segment.len();
    if is_number || digits >= DIGITS_OF_AN_ID || segment.len() > LONGEST_NAME { "{id}" } else { segment }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn family(target: &str) -> String {
        with_family(Route::Target(target), AccountId::new("le84207511"), str::to_owned)
    }

    #[test]
    fn a_family_is_the_first_two_segments() {
        for (target, expected) in [
            ("/", "/"),
            ("/?a=/b/c", "/"),
            ("/orders", "/orders"),
            ("/orders/", "/orders"),
            ("/orders/open/7/lines?x=1", "/orders/open"),
            ("/%6frders/open", "/orders/open"),
            ("/a%C3%A4/b", "/a%C3%A4/b"),
        ] {
            assert_eq!(family(target), expected, "{target}");
        }
    }

    #[test]
    fn ids_are_folded() {
        let long = "x".repeat(41);
        for (segment, expected) in [
            ("4711", "{id}"),
            ("38de9bcc-7425-4392-b821-99026632c369", "{id}"),
            ("0123456789abcdef", "{id}"),
            (long.as_str(), "{id}"),
            ("le84207511", "{account}"),
            ("le84207512", "{id}"),
            ("ORD-10000", "{id}"),
            ("7", "{id}"),
            ("x509", "{id}"),
            ("oauth2", "oauth2"),
            ("v10", "v10"),
            ("v6.0", "v6.0"),
            ("deadbeef", "deadbeef"),
            ("feedback-deface-decade", "feedback-deface-decade"),
        ] {
            assert_eq!(family(&format!("/api/{segment}/rest")), format!("/api/{expected}"));
        }
    }

    #[test]
    fn what_has_no_normal_form_is_one_of_the_others() {
        for target in ["", "*", "/a/../b", "//a", "/a%2fb", "/a;b"] {
            assert_eq!(family(target), OTHER, "{target}");
        }
    }

    #[test]
    fn an_account_has_two_hundred_families_and_our_own_routes() {
        let learned = Learned::default();
        for number in 0..MOST + 5 {
            learned.learn(None, &format!("/f{number}"));
        }
        let families = learned.learn(None, "(login)");
        assert_eq!((families.number("/f199"), families.number("/f200")), (Some(199), None));
        assert_eq!(families.name(families.number("(login)").unwrap()).as_ref(), "(login)");
        learned.settle(None, &[], &["/f7".into()]);
        assert!(learned.learn(None, "/g").number("/g").is_some(), "there is room again");
        assert_eq!(learned.of(None).name(7).as_ref(), "/f7", "what was counted before keeps its name");
    }

    proptest! {
        #[test]
        fn no_target_makes_it_panic(target in "[/%a-f0-9.~-]{0,150}|\\PC{0,60}") {
            prop_assert!(family(&target).len() <= 2 * (LONGEST_NAME + 1));
        }
    }
}
