//! The body of a successful login, in the order of the vendor's page (contract liveperson §1).

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;
use vestibule_auth::{AccountFacts, LoggedIn};
use vestibule_model::{Group, Millis, RoleType};

use super::cookies::set_session_cookies;
use crate::api::ApiState;

#[derive(Serialize)]
struct Body<'a> {
    csrf: &'a str,
    wsuk: String,
    config: Config<'a>,
    #[serde(rename = "csdsCollectionResponse")]
    domains: Domains<'a>,
    #[serde(rename = "accountData")]
    account_data: AccountData<'a>,
    #[serde(rename = "sessionTTl")]
    session_ttl: String,
    #[serde(rename = "sessionId")]
    session_id: &'a str,
    bearer: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Config<'a> {
    login_name: &'a str,
    user_id: String,
    user_pid: String,
    user_privileges: &'a [i32],
    server_current_time: i64,
    time_diff: i64,
    server_time_zone_name: &'a str,
    #[serde(rename = "serverTimeGMTDiff")]
    server_time_gmt_diff: i64,
    #[serde(rename = "isLPA")]
    is_lpa: bool,
    is_admin: bool,
    account_time_zone_id: &'a str,
}

#[derive(Serialize)]
struct Domains<'a> {
    #[serde(rename = "baseURIs")]
    base_uris: Vec<Domain<'a>>,
}

#[derive(Serialize)]
struct Domain<'a> {
    account: &'a str,
    #[serde(rename = "baseURI")]
    base_uri: &'a str,
    service: &'a str,
}

#[derive(Serialize)]
struct AccountData<'a> {
    #[serde(rename = "agentGroupsData")]
    agent_groups: AgentGroups<'a>,
}

#[derive(Serialize)]
struct AgentGroups<'a> {
    items: Vec<AgentGroup<'a>>,
    revision: i64,
}

#[derive(Serialize)]
struct AgentGroup<'a> {
    id: i64,
    deleted: bool,
    name: &'a str,
}

/// The answer to a login: body and cookies.
pub(crate) fn login_answer(api: &ApiState, logged_in: &LoggedIn, secure: bool, now: Millis) -> Response {
    let LoggedIn { session, entry, .. } = logged_in;
    let tokens = api.auth.tokens();
    let (csrf, cookie, bearer) =
        (tokens.csrf(session.id), tokens.cookie(session.id), tokens.bearer(session.id));
    let body = Body {
        csrf: csrf.as_str(),
        wsuk: tokens.wsuk(session.id).to_string(),
        config: config(logged_in, now),
        domains: domains(api, entry),
        account_data: AccountData { agent_groups: agent_groups(entry) },
        session_ttl: session.idle.as_millis().to_string(),
        session_id: cookie.as_str(),
        bearer: bearer.as_str(),
    };
    let body = serde_json::to_vec(&body).unwrap_or_default();
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")];
    let mut response = (headers, body).into_response();
    set_session_cookies(response.headers_mut(), cookie.as_str(), secure);
    response
}

fn config(logged_in: &LoggedIn, now: Millis) -> Config<'_> {
    let LoggedIn { entry, user, .. } = logged_in;
    let zone = entry.account.time_zone.as_str();
    let offset = utc_offset_ms(zone, now);
    Config {
        login_name: &user.login_name,
        user_id: user.id.to_string(),
        user_pid: user.pid.to_string(),
        user_privileges: &user.grants().privileges,
        server_current_time: now.as_unix(),
        time_diff: -offset,
        server_time_zone_name: zone,
        server_time_gmt_diff: offset,
        is_lpa: entry.has_role(user, RoleType::Lpa),
        is_admin: entry.has_role(user, RoleType::Administrator),
        account_time_zone_id: zone,
    }
}

fn domains<'a>(api: &'a ApiState, entry: &'a AccountFacts) -> Domains<'a> {
    let account = entry.account.id.as_str();
    let domain = |service: &'a vestibule_model::Service| Domain {
        account,
        base_uri: service.base_uri.as_deref().unwrap_or(&api.public_address),
        service: &service.name,
    };
    Domains { base_uris: entry.account.services.iter().map(domain).collect() }
}

fn agent_groups<'a>(entry: &'a AccountFacts) -> AgentGroups<'a> {
    let item = |group: &'a Group| AgentGroup { id: group.id, deleted: false, name: &group.name };
    let items = entry.groups().iter().map(item).collect();
    AgentGroups { items, revision: entry.revision.0 }
}

/// How far the zone is ahead of UTC at `now`, in milliseconds; an unknown zone counts as UTC.
fn utc_offset_ms(zone: &str, now: Millis) -> i64 {
    let at = Timestamp::from_millisecond(now.as_unix()).unwrap_or(Timestamp::UNIX_EPOCH);
    let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
    i64::from(zone.to_offset(at).seconds()) * 1_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_offset_follows_summer_time() {
        let summer = Millis::from_unix(1_474_549_184_722);
        let winter = Millis::from_unix(1_484_549_184_722);
        assert_eq!(utc_offset_ms("Europe/Athens", summer), 10_800_000);
        assert_eq!(utc_offset_ms("Europe/Athens", winter), 7_200_000);
    }
}
