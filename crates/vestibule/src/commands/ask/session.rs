//! `vestibule session …`

use vestibule_model::{AccountId, Clock};

use super::crud::{Collection, extent, list_of};
use super::reference;
use super::session_ends::end_matching;
use super::thing::Kind;
use crate::client::{ResourcePath, Service, ServiceError, confirm, id_of, user_of};
use crate::clock::SystemClock;
use crate::command_line::{
    ClientFields, EndSessions, KeyFields, ListEnded, ListSessions, SessionAction, TokenFields, WhoseSessions,
};
use crate::commands::count;
use crate::input_error::InputError;
use crate::moment;

fn sessions() -> Collection {
    Collection {
        place: ResourcePath::of("sessions"),
        what: "session",
        plural: "sessions",
        columns: &[
            "reference",
            "account",
            "user",
            "name",
            "dialect",
            "opening",
            "application",
            "address",
            "created",
            "last_used",
            "expires",
        ],
        names: &[],
    }
}

pub(super) async fn run(service: &Service, action: SessionAction) -> anyhow::Result<()> {
    let sessions = sessions();
    match action {
        SessionAction::List(list) => {
            let query = query(service, &list).await?;
            list_of(service, &sessions, &query, extent(&list.pages)).await
        }
        SessionAction::Ended(list) => {
            let query = ended_query(service, &list).await?;
            list_of(service, &ended_sessions(), &query, extent(&list.pages)).await
        }
        SessionAction::Show(one) => {
            sessions.show(service, &sessions.place.at(reference("REFERENCE", &one.reference)?)).await
        }
        SessionAction::End(one) => {
            let reference = reference("REFERENCE", &one.reference)?;
            let answer = service.client.end(&sessions.place.at(reference)).await?;
            service.output.done(&answer.body, &format!("ended session {reference}"));
            Ok(())
        }
        SessionAction::EndAll(end) => end_all(service, &end).await,
    }
}

type Query = Vec<(&'static str, String)>;

async fn whose(service: &Service, whose: &WhoseSessions) -> anyhow::Result<Query> {
    let mut query = Query::new();
    query.extend(whose.account.map(|account| ("account", account.to_string())));
    if let Some(user) = &whose.user {
        query.push(("user", user_in(service, whose.account, user).await?.to_string()));
    }
    if let Some(text) = &whose.application {
        query.push(("application", application_in(service, whose.account, text).await?.to_string()));
    }
    Ok(query)
}

/// A field of a query that is a time, as it was written behind a flag.
fn time(
    field: &'static str,
    flag: &'static str,
    text: Option<&str>,
) -> anyhow::Result<Option<(&'static str, String)>> {
    let time = text.map(|text| moment::read_past(flag, text, SystemClock.now())).transpose()?;
    Ok(time.map(|time| (field, time.as_unix().to_string())))
}

async fn query(service: &Service, list: &ListSessions) -> anyhow::Result<Query> {
    let mut query = whose(service, &list.whose).await?;
    query.extend(list.address.map(|address| ("address", address.to_string())));
    query.extend(time("opened_since", "--opened-since", list.opened_since.as_deref())?);
    query.extend(time("opened_before", "--opened-before", list.opened_before.as_deref())?);
    query.push(("order", list.order.clone()));
    Ok(query)
}

fn ended_sessions() -> Collection {
    Collection {
        place: ResourcePath::of("ended-sessions"),
        what: "ended session",
        plural: "ended sessions",
        columns: &[
            "reference",
            "account",
            "user",
            "name",
            "ended_at",
            "reason",
            "actor_name",
            "ended_from",
            "created",
            "opened_from",
            "last_used",
            "application",
        ],
        names: &[],
    }
}

async fn ended_query(service: &Service, list: &ListEnded) -> anyhow::Result<Query> {
    let mut query = whose(service, &list.whose).await?;
    query.extend(list.opened_from.map(|address| ("opened_from", address.to_string())));
    query.extend(list.reason.clone().map(|reason| ("reason", reason)));
    query.extend(list.actor.map(|actor| ("actor", actor.to_string())));
    query.extend(time("since", "--since", list.since.as_deref())?);
    query.extend(time("until", "--until", list.until.as_deref())?);
    Ok(query)
}

async fn end_all(service: &Service, end: &EndSessions) -> anyhow::Result<()> {
    if end.opened_since.is_some() || end.opened_before.is_some() {
        return end_matching(service, end).await;
    }
    let Some(account) = end.account else { return end_in_all_accounts(service, end).await };
    let place = ResourcePath::of("accounts").at(account);
    let whose = if let Some(user) = &end.user {
        place.at("users").at(user_of(&service.client, account, user).await?)
    } else if let Some(text) = &end.application {
        place.at("applications").at(application_in(service, Some(account), text).await?)
    } else if let Some(address) = end.address {
        confirm(&format!("End all sessions of account {account} from {address}?"), end.yes)?;
        place.at("addresses").at(address)
    } else {
        confirm(&format!("End all sessions of account {account}?"), end.yes)?;
        place
    };
    ended(service, &whose.at("sessions")).await
}

/// Those from an address, or every one.
async fn end_in_all_accounts(service: &Service, end: &EndSessions) -> anyhow::Result<()> {
    let (question, place) = match end.address {
        Some(address) => (
            format!(
                "End all sessions of every account from {address}, the one by which you ask too if it is from there?"
            ),
            ResourcePath::of("addresses").at(address).at("sessions"),
        ),
        None => (
            "End all sessions of every account, except the one by which you ask?".to_owned(),
            ResourcePath::of("sessions"),
        ),
    };
    confirm(&question, end.yes)?;
    ended(service, &place).await
}

/// Ends all sessions in a place, and says how many there were.
pub(super) async fn ended(service: &Service, place: &ResourcePath) -> anyhow::Result<()> {
    let answer = service.client.end(place).await?;
    let number = answer.body.get("ended").and_then(serde_json::Value::as_u64).unwrap_or_default();
    service.output.done(&answer.body, &format!("ended {}", count(number, "session")));
    Ok(())
}

/// A user by id, or by login name where the account is known.
pub(crate) async fn user_in(
    service: &Service,
    account: Option<AccountId>,
    text: &str,
) -> anyhow::Result<i64> {
    match (text.parse(), account) {
        (Ok(id), _) => Ok(id),
        (Err(_), Some(account)) => user_of(&service.client, account, text).await,
        (Err(_), None) => Err(InputError::new("--user", "a login name needs --account beside it").into()),
    }
}

/// An application of any kind by id, or by name where the account is known.
pub(crate) async fn application_in(
    service: &Service,
    account: Option<AccountId>,
    text: &str,
) -> anyhow::Result<i64> {
    let account = match (text.parse(), account) {
        (Ok(id), _) => return Ok(id),
        (Err(_), Some(account)) => account,
        (Err(_), None) => {
            return Err(InputError::new("--application", "a name needs --account beside it").into());
        }
    };
    let kinds = [KeyFields::of(account), ClientFields::of(account), TokenFields::of(account)];
    let mut found = Vec::new();
    for kind in kinds {
        match id_of(&service.client, &kind.named(), text).await {
            Ok(id) => found.push(id),
            Err(error) if matches!(error.downcast_ref(), Some(ServiceError::NoSuch(_))) => {}
            Err(error) => return Err(error),
        }
    }
    crate::client::only(&found, "application", text)
}
