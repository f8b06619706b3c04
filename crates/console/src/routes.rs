//! The routes: the list from which the router is built, and by which it is known where a browser may be sent.

use axum::Router;
use axum::response::Redirect;
use axum::routing::{MethodRouter, get, post};
use http::Method;

use crate::who::Who;
use crate::{
    ConsoleState, accounts, administrators, assets, audit, connections, gateway_rules, keys, overview, own,
    resources, search, sessions, start, traffic, users, way_in, why,
};

/// A route of the console.
pub struct Route {
    /// The method.
    pub method: Method,
    /// The path; what stands in braces is one segment.
    pub path: &'static str,
    /// Who may use it.
    pub who: Who,
    /// Whether what is sent there was typed, and is kept when the session has ended meanwhile (`forms::kept`).
    pub(crate) is_typed: bool,
    /// Whether a file is sent there.
    has_file: bool,
    handler: fn() -> MethodRouter<ConsoleState>,
}

const fn shown(path: &'static str, who: Who, handler: fn() -> MethodRouter<ConsoleState>) -> Route {
    Route { method: Method::GET, path, who, is_typed: false, has_file: false, handler }
}

const fn done(path: &'static str, who: Who, handler: fn() -> MethodRouter<ConsoleState>) -> Route {
    Route { method: Method::POST, path, who, is_typed: false, has_file: false, handler }
}

const fn typed(path: &'static str, who: Who, handler: fn() -> MethodRouter<ConsoleState>) -> Route {
    Route { method: Method::POST, path, who, is_typed: true, has_file: false, handler }
}

const fn uploaded(path: &'static str, who: Who, handler: fn() -> MethodRouter<ConsoleState>) -> Route {
    Route { method: Method::POST, path, who, is_typed: false, has_file: true, handler }
}

/// Where somebody signs in.
pub(crate) const LOGIN: &str = "/console/login";
pub(crate) const CODE: &str = "/console/login/code";
pub(crate) const PASSWORD: &str = "/console/login/password";
/// Where the console begins.
pub(crate) const HOME: &str = "/console/";
/// The caller's own second factor.
pub(crate) const SECOND_FACTOR: &str = "/console/own/second-factor";

/// The caller's own password, and their sessions.
pub(crate) const OWN_PASSWORD: &str = "/console/own/password";
pub(crate) const OWN_SESSIONS: &str = "/console/own/sessions";

/// Where a bot and a LiveVox client are set up.
pub(crate) const START: &str = "/console/start";

/// The accounts.
pub(crate) const ACCOUNTS: &str = "/console/accounts";
/// The live sessions.
pub(crate) const SESSIONS: &str = "/console/sessions";

/// Where an account is made, and a rule of the gate: not below the others, of which one may be called so.
pub(crate) const NEW_ACCOUNT: &str = "/console/new-account";
pub(crate) const NEW_GATEWAY_RULE: &str = "/console/new-gateway-rule";
/// The rules of the gate.
pub(crate) const GATEWAY_RULES: &str = "/console/gateway-rules";
/// The administrators.
pub(crate) const ADMINISTRATORS: &str = "/console/administrators";
/// Their tokens.
pub(crate) const ADMINISTRATION_TOKENS: &str = "/console/administration-tokens";
/// The master keys and the signing keys.
pub(crate) const KEYS: &str = "/console/keys";
/// What was counted of requests of no account.
pub(crate) const TRAFFIC: &str = "/console/traffic";

/// Those that ended.
pub(crate) const ENDED_SESSIONS: &str = "/console/sessions/ended";
/// Where many are ended.
pub(crate) const END_SESSIONS: &str = "/console/sessions/end";
/// What is under way of that.
pub(crate) const END_JOBS: &str = "/console/sessions/ends";

/// The audit.
pub(crate) const AUDIT: &str = "/console/audit";
/// Whether it is what was written.
pub(crate) const AUDIT_CHECK: &str = "/console/audit/check";

/// What a text may mean.
pub(crate) const SEARCH: &str = "/console/search";
/// Why a session ended.
pub(crate) const WHY: &str = "/console/why";

/// Every route.
pub static ROUTES: &[Route] = &[
    shown("/console", Who::Anybody, || get(async || Redirect::permanent(HOME))),
    shown("/console/-/{file}", Who::Anybody, || get(assets::file)),
    shown(LOGIN, Who::Anybody, || get(way_in::login::show)),
    done(LOGIN, Who::Anybody, || post(way_in::login::submit)),
    shown(CODE, Who::Anybody, || get(way_in::code::show)),
    done(CODE, Who::Anybody, || post(way_in::code::submit)),
    done(PASSWORD, Who::Anybody, || post(way_in::password::submit)),
    shown("/console/sso/{connection}", Who::Anybody, || get(way_in::sso::begin)),
    done("/console/sso/{connection}/acs", Who::Anybody, || post(way_in::sso::consume)),
    shown("/console/sso/{connection}/callback", Who::Anybody, || get(way_in::sso::callback)),
    shown("/console/sso/{connection}/metadata", Who::Anybody, || get(way_in::sso::metadata)),
    done("/console/logout", Who::Oneself, || post(way_in::log_out::submit)),
    shown(SECOND_FACTOR, Who::Oneself, || get(own::second_factor::show)),
    done(SECOND_FACTOR, Who::Oneself, || post(own::second_factor::submit)),
    shown(OWN_PASSWORD, Who::EveryAdministrator, || get(own::password::show)),
    done(OWN_PASSWORD, Who::EveryAdministrator, || post(own::password::submit)),
    shown(OWN_SESSIONS, Who::EveryAdministrator, || get(own::sessions::show)),
    done(OWN_SESSIONS, Who::EveryAdministrator, || post(own::sessions::submit)),
    shown(HOME, Who::EveryAdministrator, || get(overview::show)),
    shown("/console/numbers", Who::EveryAdministrator, || get(overview::numbers)),
    shown(ACCOUNTS, Who::EveryAdministrator, || get(accounts::list)),
    shown("/console/accounts/{account}", Who::Reads, || get(accounts::show)),
    shown(NEW_ACCOUNT, Who::WritesInstallation, || get(accounts::make::show)),
    typed(NEW_ACCOUNT, Who::WritesInstallation, || post(accounts::make::submit)),
    shown("/console/accounts/{account}/edit", Who::Writes, || get(accounts::edit::show)),
    typed("/console/accounts/{account}/edit", Who::Writes, || post(accounts::edit::submit)),
    shown("/console/accounts/{account}/look", Who::Writes, || get(accounts::look::show)),
    typed("/console/accounts/{account}/look", Who::Writes, || post(accounts::look::submit)),
    shown("/console/accounts/{account}/logo", Who::Writes, || get(accounts::logo::show)),
    uploaded("/console/accounts/{account}/logo", Who::Writes, || post(accounts::logo::submit)),
    shown("/console/accounts/{account}/logo/picture", Who::Reads, || get(accounts::logo::picture)),
    shown("/console/accounts/{account}/logo/delete", Who::Writes, || get(accounts::logo_delete::show)),
    typed("/console/accounts/{account}/logo/delete", Who::Writes, || post(accounts::logo_delete::submit)),
    shown("/console/accounts/{account}/policies/{policy}", Who::Writes, || get(accounts::policy_edit::show)),
    typed("/console/accounts/{account}/policies/{policy}", Who::Writes, || {
        post(accounts::policy_edit::submit)
    }),
    shown("/console/accounts/{account}/services/edit", Who::Writes, || get(accounts::services_edit::show)),
    typed("/console/accounts/{account}/services/edit", Who::Writes, || post(accounts::services_edit::submit)),
    shown("/console/accounts/{account}/delete", Who::WritesInstallation, || get(accounts::delete::show)),
    typed("/console/accounts/{account}/delete", Who::WritesInstallation, || post(accounts::delete::submit)),
    shown("/console/accounts/{account}/users", Who::Reads, || get(users::list)),
    shown("/console/accounts/{account}/users/new", Who::Writes, || get(users::make::show)),
    typed("/console/accounts/{account}/users/new", Who::Writes, || post(users::make::submit)),
    shown("/console/accounts/{account}/users/{user}", Who::Reads, || get(users::show)),
    shown("/console/accounts/{account}/policies", Who::Reads, || get(accounts::policies::show)),
    shown("/console/accounts/{account}/services", Who::Reads, || get(accounts::services::show)),
    shown("/console/accounts/{account}/connections", Who::Reads, || get(connections::list)),
    shown("/console/accounts/{account}/connections/new", Who::Writes, || get(connections::make::show)),
    typed("/console/accounts/{account}/connections/new", Who::Writes, || post(connections::make::submit)),
    shown("/console/accounts/{account}/connections/{connection}/edit", Who::Writes, || {
        get(connections::edit::show)
    }),
    typed("/console/accounts/{account}/connections/{connection}/edit", Who::Writes, || {
        post(connections::edit::submit)
    }),
    shown("/console/accounts/{account}/connections/{connection}", Who::Reads, || get(connections::show)),
    shown("/console/accounts/{account}/connections/{connection}/delete", Who::Writes, || {
        get(connections::delete::show)
    }),
    typed("/console/accounts/{account}/connections/{connection}/delete", Who::Writes, || {
        post(connections::delete::submit)
    }),
    shown("/console/accounts/{account}/connections/{connection}/test", Who::Writes, || {
        get(connections::test::show)
    }),
    done("/console/accounts/{account}/connections/{connection}/test", Who::Writes, || {
        post(connections::test::submit)
    }),
    shown("/console/accounts/{account}/connections/{connection}/test/{test}", Who::Writes, || {
        get(connections::test::result)
    }),
    shown("/console/accounts/{account}/connections/{connection}/message", Who::Writes, || {
        get(connections::message::show)
    }),
    done("/console/accounts/{account}/connections/{connection}/message", Who::Writes, || {
        post(connections::message::submit)
    }),
    shown("/console/accounts/{account}/connections/{connection}/secret", Who::Writes, || {
        get(connections::secret::show)
    }),
    typed("/console/accounts/{account}/connections/{connection}/secret", Who::Writes, || {
        post(connections::secret::submit)
    }),
    shown("/console/accounts/{account}/connections/{connection}/keys", Who::Writes, || {
        get(connections::keys::show)
    }),
    typed("/console/accounts/{account}/connections/{connection}/keys", Who::Writes, || {
        post(connections::keys::submit)
    }),
    shown("/console/accounts/{account}/connections/{connection}/end-overlap", Who::Writes, || {
        get(connections::end_overlap::show)
    }),
    typed("/console/accounts/{account}/connections/{connection}/end-overlap", Who::Writes, || {
        post(connections::end_overlap::submit)
    }),
    shown("/console/accounts/{account}/connections/{connection}/refresh", Who::Writes, || {
        get(connections::refresh::show)
    }),
    typed("/console/accounts/{account}/connections/{connection}/refresh", Who::Writes, || {
        post(connections::refresh::submit)
    }),
    shown("/console/accounts/{account}/traffic", Who::Reads, || get(traffic::show)),
    shown("/console/accounts/{account}/traffic.csv", Who::Reads, || get(traffic::download)),
    shown("/console/accounts/{account}/traffic/compare", Who::Reads, || get(traffic::compare)),
    shown(TRAFFIC, Who::ReadsInstallation, || get(traffic::show)),
    shown("/console/traffic.csv", Who::ReadsInstallation, || get(traffic::download)),
    shown("/console/traffic/compare", Who::ReadsInstallation, || get(traffic::compare)),
    shown("/console/accounts/{account}/users/{user}/edit", Who::Writes, || get(users::edit::show)),
    typed("/console/accounts/{account}/users/{user}/edit", Who::Writes, || post(users::edit::submit)),
    shown("/console/accounts/{account}/users/{user}/password", Who::Writes, || get(users::password::show)),
    typed("/console/accounts/{account}/users/{user}/password", Who::Writes, || post(users::password::submit)),
    shown("/console/accounts/{account}/users/{user}/{deed}", Who::Writes, || get(users::deeds::show)),
    typed("/console/accounts/{account}/users/{user}/{deed}", Who::Writes, || post(users::deeds::submit)),
    shown("/console/accounts/{account}/{kind}", Who::Reads, || get(resources::list)),
    shown("/console/accounts/{account}/{kind}/new", Who::Writes, || get(resources::make::show)),
    typed("/console/accounts/{account}/{kind}/new", Who::Writes, || post(resources::make::submit)),
    shown("/console/accounts/{account}/{kind}/{id}", Who::Reads, || get(resources::show)),
    shown("/console/accounts/{account}/{kind}/{id}/edit", Who::Writes, || get(resources::edit::show)),
    typed("/console/accounts/{account}/{kind}/{id}/edit", Who::Writes, || post(resources::edit::submit)),
    shown("/console/accounts/{account}/{kind}/{id}/delete", Who::Writes, || get(resources::delete::show)),
    typed("/console/accounts/{account}/{kind}/{id}/delete", Who::Writes, || post(resources::delete::submit)),
    shown("/console/accounts/{account}/{kind}/{id}/renew", Who::Writes, || get(resources::renew::show)),
    typed("/console/accounts/{account}/{kind}/{id}/renew", Who::Writes, || post(resources::renew::submit)),
    shown("/console/accounts/{account}/{kind}/{id}/end-overlap", Who::Writes, || {
        get(resources::end_overlap::show)
    }),
    typed("/console/accounts/{account}/{kind}/{id}/end-overlap", Who::Writes, || {
        post(resources::end_overlap::submit)
    }),
    shown(START, Who::WritesSome, || get(start::show)),
    shown("/console/start/{account}/bot", Who::Writes, || get(start::set_up::show)),
    typed("/console/start/{account}/bot", Who::Writes, || post(start::set_up::submit)),
    shown(GATEWAY_RULES, Who::ReadsInstallation, || get(gateway_rules::list)),
    shown("/console/gateway-rules/{name}", Who::ReadsInstallation, || get(gateway_rules::show)),
    shown(NEW_GATEWAY_RULE, Who::WritesInstallation, || get(gateway_rules::make::show)),
    typed(NEW_GATEWAY_RULE, Who::WritesInstallation, || post(gateway_rules::make::submit)),
    shown("/console/gateway-rules/{name}/edit", Who::WritesInstallation, || get(gateway_rules::edit::show)),
    typed("/console/gateway-rules/{name}/edit", Who::WritesInstallation, || {
        post(gateway_rules::edit::submit)
    }),
    shown("/console/gateway-rules/{name}/delete", Who::WritesInstallation, || {
        get(gateway_rules::delete::show)
    }),
    typed("/console/gateway-rules/{name}/delete", Who::WritesInstallation, || {
        post(gateway_rules::delete::submit)
    }),
    shown(ADMINISTRATORS, Who::ReadsInstallation, || get(administrators::list)),
    shown("/console/administrators/new", Who::WritesInstallation, || get(administrators::make::show)),
    typed("/console/administrators/new", Who::WritesInstallation, || post(administrators::make::submit)),
    shown("/console/administrators/{administrator}/role", Who::WritesInstallation, || {
        get(administrators::edit::show)
    }),
    typed("/console/administrators/{administrator}/role", Who::WritesInstallation, || {
        post(administrators::edit::submit)
    }),
    shown("/console/administrators/{administrator}/remove", Who::WritesInstallation, || {
        get(administrators::remove::show)
    }),
    typed("/console/administrators/{administrator}/remove", Who::WritesInstallation, || {
        post(administrators::remove::submit)
    }),
    shown(ADMINISTRATION_TOKENS, Who::ReadsInstallation, || get(administrators::tokens)),
    shown("/console/administration-tokens/new", Who::WritesInstallation, || {
        get(administrators::token_make::show)
    }),
    typed("/console/administration-tokens/new", Who::WritesInstallation, || {
        post(administrators::token_make::submit)
    }),
    shown("/console/administration-tokens/{token}/revoke", Who::WritesInstallation, || {
        get(administrators::token_revoke::show)
    }),
    typed("/console/administration-tokens/{token}/revoke", Who::WritesInstallation, || {
        post(administrators::token_revoke::submit)
    }),
    shown(KEYS, Who::ReadsInstallation, || get(keys::show)),
    shown("/console/keys/{key_kind}/{key}/{key_deed}", Who::WritesInstallation, || get(keys::show_deed)),
    typed("/console/keys/{key_kind}/{key}/{key_deed}", Who::WritesInstallation, || post(keys::submit_deed)),
    shown(SESSIONS, Who::EveryAdministrator, || get(sessions::list)),
    shown(ENDED_SESSIONS, Who::EveryAdministrator, || get(sessions::ended::show)),
    shown(END_SESSIONS, Who::WritesSome, || get(sessions::ends::show)),
    done(END_SESSIONS, Who::WritesSome, || post(sessions::ends::submit)),
    shown("/console/sessions/ends/{job}", Who::WritesSome, || get(sessions::job::show)),
    shown("/console/sessions/{reference}", Who::Reads, || get(sessions::show)),
    shown("/console/sessions/{reference}/end", Who::Writes, || get(sessions::end::show)),
    done("/console/sessions/{reference}/end", Who::Writes, || post(sessions::end::submit)),
    shown(AUDIT, Who::EveryAdministrator, || get(audit::list)),
    shown(AUDIT_CHECK, Who::ReadsInstallation, || get(audit::check::show)),
    done(AUDIT_CHECK, Who::WritesInstallation, || post(audit::check::submit)),
    done("/console/audit/export", Who::EveryAdministrator, || post(audit::export::submit)),
    shown("/console/audit/{place}", Who::Reads, || get(audit::entry::show)),
    shown(WHY, Who::EveryAdministrator, || get(why::show)),
    done(WHY, Who::EveryAdministrator, || post(why::submit)),
    shown(SEARCH, Who::EveryAdministrator, || get(search::show)),
    done(SEARCH, Who::EveryAdministrator, || post(search::submit)),
];

/// Whether what is sent to the route of this pattern was typed.
pub(crate) fn is_typed(pattern: &str) -> bool {
    ROUTES.iter().any(|route| route.is_typed && route.path == pattern)
}

/// Whether what is sent to the route of this pattern may be longer than what others are sent.
pub(crate) fn is_long(pattern: &str) -> bool {
    ROUTES.iter().any(|route| (route.is_typed || route.has_file) && route.path == pattern)
}

pub(crate) fn router() -> Router<ConsoleState> {
    ROUTES.iter().fold(Router::new(), |router, route| router.route(route.path, (route.handler)()))
}

/// The longest address that somebody is sent to after signing in.
const LONGEST: usize = 2_048;

/// Where somebody goes on after signing in: to the page of the console that they wanted, or to its beginning.
pub(crate) fn next_or_home(wanted: &str) -> &str {
    let is_plain = |byte: u8| byte.is_ascii_graphic() && !b"\\#\"<>".contains(&byte);
    let path = wanted.split_once('?').map_or(wanted, |(path, _)| path);
    // Browsers take an encoded dot for a dot, and two of them for the way up; no path of the console needs one.
    if path.contains('%') {
        return HOME;
    }
    let is_page =
        |route: &Route| route.method == Method::GET && route.who != Who::Anybody && is_at(path, route.path);
    let may = wanted.len() <= LONGEST && wanted.bytes().all(is_plain) && ROUTES.iter().any(is_page);
    if may { wanted } else { HOME }
}

/// Whether a path is one of a route's; a segment of it is neither empty nor one of dots alone.
fn is_at(path: &str, pattern: &str) -> bool {
    let mut segments = path.split('/');
    let of_pattern = pattern.split('/').all(|expected| {
        segments.next().is_some_and(|segment| {
            if expected.starts_with('{') {
                !segment.is_empty() && !segment.bytes().all(|byte| byte == b'.')
            } else {
                segment == expected
            }
        })
    });
    of_pattern && segments.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a7_next_leads_to_a_page_of_the_console_or_to_its_beginning() {
        assert_eq!(next_or_home("/console/own/second-factor?a=b%20c"), "/console/own/second-factor?a=b%20c");
        for hostile in [
            "",
            "/",
            "//evil.example/console/",
            "https://evil.example/console/",
            "/console//evil.example",
            "/console/../me/",
            "/console/accounts/%2e%2e/%2E%2e/me",
            "/console/accounts/.%2e",
            "/\\evil.example",
            "/console/\\evil.example",
            "/console/%0d%0aSet-Cookie:a",
            "/console/own/second-factor\r\nx:y",
            "/console/own/second-factor\t",
            "/console/own/second-factor#x",
            "/console/own/second-factor/",
            "/console/own/second-factor ",
            "javascript:alert(1)",
            "/console/login",
            "/console/logout",
            "/console/-/console.css",
            "/admin/v1/accounts",
            "/me/login",
            "console/",
            "/console/own/second-fäctor",
            "/Console/own/second-factor",
        ] {
            assert_eq!(next_or_home(hostile), HOME, "{hostile:?}");
        }
        let long = format!("/console/own/second-factor?{}", "a".repeat(LONGEST));
        assert_eq!(next_or_home(&long), HOME);
    }
}
