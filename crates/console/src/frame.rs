//! What stands around the content of every page: who looks at it, where they may go, what is said of what they have just done.

use vestibule_auth::{Caller, Scope};
use vestibule_model::visible;

use crate::accounts::Tab;
use crate::forms::kept;
use crate::routes::{
    ACCOUNTS, ADMINISTRATION_TOKENS, ADMINISTRATORS, AUDIT, GATEWAY_RULES, HOME, KEYS, SESSIONS, WHY,
};
use crate::said::Said;
use crate::traffic::traffic_address;
use crate::words;

/// Whoever looks at a page.
#[derive(Clone, Copy)]
pub(crate) struct Viewer<'a> {
    pub(crate) caller: &'a Caller,
    pub(crate) csrf: &'a str,
    /// The path that they look at.
    pub(crate) path: &'a str,
}

/// Where somebody may go.
pub(crate) struct NavItem {
    pub(crate) name: &'static str,
    pub(crate) address: String,
    pub(crate) is_here: bool,
}

/// A page above this one.
pub(crate) struct Crumb {
    pub(crate) name: String,
    pub(crate) address: String,
}

/// The frame of a page.
pub(crate) struct Frame {
    pub(crate) title: String,
    pub(crate) nav: Vec<NavItem>,
    pub(crate) crumbs: Vec<Crumb>,
    /// Pages beside this one.
    pub(crate) tabs: Vec<Tab>,
    pub(crate) csrf: String,
    /// Whose page it is, as forms say it.
    pub(crate) whose: String,
    pub(crate) user_name: String,
    pub(crate) role: String,
    pub(crate) said: Option<Said>,
    pub(crate) version: &'static str,
}

impl Frame {
    pub(crate) fn of(viewer: Viewer<'_>, title: impl Into<String>) -> Self {
        let Viewer { caller, csrf, path } = viewer;
        Self {
            title: visible(&title.into()),
            nav: nav(caller, path),
            crumbs: Vec::new(),
            tabs: Vec::new(),
            csrf: csrf.to_owned(),
            whose: kept::whose(caller),
            user_name: visible(caller.name()),
            role: words::administrator_role(caller.role),
            said: None,
            version: env!("CARGO_PKG_VERSION"),
        }
    }

    /// The same below these pages: the name and the address of each.
    #[must_use]
    pub(crate) fn below<'a>(self, above: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let crumb =
            |(name, address): (&str, &str)| Crumb { name: visible(name), address: address.to_owned() };
        Self { crumbs: above.into_iter().map(crumb).collect(), ..self }
    }

    /// The same below one page more.
    #[must_use]
    pub(crate) fn above(mut self, name: &str, address: &str) -> Self {
        self.crumbs.push(Crumb { name: visible(name), address: address.to_owned() });
        self
    }

    /// The same beside these pages.
    #[must_use]
    pub(crate) fn with_tabs(self, tabs: Vec<Tab>) -> Self {
        Self { tabs, ..self }
    }

    /// The same with what is said of what was done.
    #[must_use]
    pub(crate) fn saying(self, said: Option<Said>) -> Self {
        Self { said, ..self }
    }
}

/// Where this caller may go; nowhere before there is a second factor, if there has to be one.
fn nav(caller: &Caller, path: &str) -> Vec<NavItem> {
    if caller.expect_second_factor().is_err() {
        return Vec::new();
    }
    let everybody = [
        ("Overview", HOME.to_owned()),
        ("Accounts", ACCOUNTS.to_owned()),
        ("Sessions", SESSIONS.to_owned()),
        ("Traffic", traffic_address(caller.role.account())),
        ("Why", WHY.to_owned()),
        ("Audit", AUDIT.to_owned()),
    ];
    let of_installation = [
        ("Gateway rules", GATEWAY_RULES),
        ("Administrators", ADMINISTRATORS),
        ("Admin tokens", ADMINISTRATION_TOKENS),
        ("Keys", KEYS),
    ];
    let reads_installation = caller.require(Scope::ReadInstallation).is_ok();
    let of_installation = of_installation.into_iter().filter(|_| reads_installation);
    let of_installation = of_installation.map(|(name, address)| (name, address.to_owned()));
    let places: Vec<_> = everybody.into_iter().chain(of_installation).collect();
    // A page is below a place, and not below another that is longer; every page is below the first.
    let is_below = |address: &str| path == address || (address != HOME && path.starts_with(address));
    let here = places.iter().map(|(_, address)| address).filter(|it| is_below(it));
    let here = here.max_by_key(|it| it.len()).cloned();
    let item = |(name, address): (&'static str, String)| NavItem {
        is_here: Some(&address) == here.as_ref(),
        name,
        address,
    };
    places.into_iter().map(item).collect()
}
