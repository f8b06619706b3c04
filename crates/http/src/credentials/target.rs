//! The target of the request that a gateway asks about, as the gateway reports it.

mod readings;

use std::borrow::Cow;

/// Paths that name an account, up to its id, behind their first slash. The case of their letters does not matter, because
/// it does not to every upstream.
const BEFORE_ACCOUNTS: [&str; 2] = [MESSAGING, "api/account/"];

/// That of the messaging service, whose paths may bear a bearer.
const MESSAGING: &str = "ws_api/account/";

/// What follows the account in a path that bears a bearer.
const BEFORE_BEARERS: &str = "messaging/brand/";

/// A target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target<'a> {
    /// No gateway reports one.
    Absent,
    /// One that names an account or none, whoever reads it.
    Path {
        /// Its path, as it is written.
        path: &'a str,
        /// The account.
        account: Option<Cow<'a, str>>,
    },
    /// It names several accounts, each for another reader, or has more readings than are looked at.
    Ambiguous,
}

impl<'a> Target<'a> {
    /// The target of these characters.
    pub(super) fn at(target: &'a str) -> Self {
        let path = target.split('?').next().unwrap_or_default();
        if readings::is_plain(path) {
            return Self::Path { path, account: in_account(path).map(|found| Cow::Borrowed(found.account)) };
        }
        match readings::account(path) {
            Ok(account) => Self::Path { path, account: account.map(Cow::Owned) },
            Err(readings::Ambiguous) => Self::Ambiguous,
        }
    }

    /// The account that it names.
    pub(super) fn account(&self) -> Option<&str> {
        match self {
            Self::Path { account, .. } => account.as_deref(),
            Self::Absent | Self::Ambiguous => None,
        }
    }

    /// The bearer of `/ws_api/account/{account}/messaging/brand/{bearer}`, spelled like this.
    pub(super) fn bearer(&self) -> Option<&'a str> {
        let Self::Path { path, .. } = self else { return None };
        let path = path.split('#').next()?;
        in_account(path).filter(|found| found.before == MESSAGING)?.rest.strip_prefix(BEFORE_BEARERS)
    }
}

/// A path that names an account, in its parts.
struct InAccount<'a> {
    before: &'static str,
    account: &'a str,
    rest: &'a str,
}

fn in_account(path: &str) -> Option<InAccount<'_>> {
    let path = path.strip_prefix('/').unwrap_or(path);
    BEFORE_ACCOUNTS.into_iter().find_map(|before| {
        let (start, rest) = path.split_at_checked(before.len())?;
        let (account, rest) = rest.split_once('/').unwrap_or((rest, ""));
        start.eq_ignore_ascii_case(before).then_some(InAccount { before, account, rest })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str) -> (String, Option<&str>) {
        let target = Target::at(path);
        (target.account().unwrap_or("none").to_owned(), target.bearer())
    }

    #[test]
    fn account_and_bearer_of_a_messaging_path_are_found() {
        assert_eq!(
            found("/ws_api/account/12345678/messaging/brand/abc"),
            ("12345678".to_owned(), Some("abc"))
        );
        assert_eq!(found("/ws_api/account/1/other/brand/abc"), ("1".to_owned(), None));
    }

    #[test]
    fn the_account_of_other_paths_is_found_and_no_bearer() {
        assert_eq!(found("/api/account/1/messaging/brand/abc"), ("1".to_owned(), None));
        assert_eq!(found("/api/account/1"), ("1".to_owned(), None));
    }

    #[test]
    fn other_paths_name_nothing() {
        for path in ["/", "", "/x/ws_api/account/1/messaging/brand/abc", "/account/1"] {
            assert_eq!(found(path), ("none".to_owned(), None), "{path}");
        }
    }
}
