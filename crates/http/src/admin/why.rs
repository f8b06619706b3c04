//! `POST /admin/v1/why`: "why was I logged out?"
//!
//! A POST because of what is pasted: it may be a credential, and addresses are kept in too many places.

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;
use vestibule_auth::{AccountUser, AdministrationError, Life};
use vestibule_model::UserId;
use zeroize::Zeroizing;

use super::AdminState;
use super::forms::AccountIdText;
use super::problem::{AdminError, Problem};
use super::request::{AuthenticatedCaller, JsonBody, account_named, json};
use super::time::in_words;

/// Either `session`, or `account` and `user`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WhyQuestion)]
pub(super) struct WhyRequest {
    /// What somebody pasted: a session's reference, its bearer or cookie, also one that has ended, or the LiveVox id of one
    /// that lives; by itself or as it stands in a header. It is not kept anywhere.
    session: Option<String>,
    #[schema(value_type = Option<AccountIdText>)]
    account: Option<String>,
    /// The id of a user of that account: their newest sessions, ten at most.
    user: Option<i64>,
}

#[derive(Serialize, ToSchema)]
struct Lives {
    /// The newest first. Of a session that nothing is known of, or that the caller may not see, the state is `unknown`.
    #[schema(value_type = Vec<DescribedLife>)]
    lives: Vec<Life>,
}

/// The life of a session.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes what the engine tells")]
#[schema(as = Life)]
struct DescribedLife {
    /// The session's reference.
    session: Uuid,
    account: Option<String>,
    /// The user's id.
    user: Option<i64>,
    state: DescribedState,
    /// One sentence that answers the question. Its times are in UTC.
    answer: String,
    /// What happened, the oldest first.
    steps: Vec<DescribedStep>,
}

/// What has become of a session.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes what the engine tells")]
#[schema(as = LifeState)]
struct DescribedState {
    /// `live`, `ended`, `gone` (it does not live, and its end is not in the audit) or `unknown`.
    kind: String,
    /// Of a live one, when it ends if it is not used again: milliseconds since 1970.
    expires_at: Option<i64>,
    /// When it ended.
    at: Option<i64>,
    /// Why it ended.
    reason: Option<String>,
}

/// Something that happened to a session.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes what the engine tells")]
#[schema(as = LifeStep)]
struct DescribedStep {
    at: i64,
    /// The place of the entry that tells it in the audit.
    entry: i64,
    text: String,
}

/// The life of a session from its opening to its end, in plain words, with the policy or the person behind the end.
#[utoipa::path(post, path = "/admin/v1/why", tag = "audit", security(("bearer" = [])), request_body = WhyRequest,
    responses((status = 200, body = Lives), (status = 403, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn why(
    State(admin): State<AdminState>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    JsonBody(wanted): JsonBody<WhyRequest>,
) -> Result<Response, AdminError> {
    let lives = match (wanted.session.map(Zeroizing::new), wanted.account, wanted.user) {
        (Some(pasted), None, None) => {
            vec![admin.auth.administration().why_pasted(&caller, &pasted, &in_words).await?]
        }
        (None, Some(account), Some(user)) => {
            let user = AccountUser { account: account_named(&account)?, user: UserId(user) };
            admin.auth.administration().why_of_user(&caller, user, &in_words).await?
        }
        (Some(_), _, _) => return Err(invalid("session", "alone, without account and user")),
        (None, None, None) => return Err(invalid("session", "name a session, or an account and a user")),
        (None, None, Some(_)) => return Err(invalid("account", "name the user's account")),
        (None, Some(_), None) => return Err(invalid("user", "name a user of the account")),
    };
    Ok(json(StatusCode::OK, &Lives { lives }))
}

fn invalid(field: &'static str, reason: &str) -> AdminError {
    AdministrationError::Invalid { field: field.into(), reason: reason.to_owned() }.into()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;
    use utoipa::PartialSchema;
    use vestibule_auth::{Evidence, LifeState, Step, life};
    use vestibule_model::{AuditPlace, EndReason, Millis, SessionReference};

    use super::*;

    fn names(value: &Value) -> BTreeSet<String> {
        value.as_object().unwrap().keys().cloned().collect()
    }

    fn described<T: PartialSchema>() -> BTreeSet<String> {
        names(&serde_json::to_value(T::schema()).unwrap()["properties"])
    }

    fn states() -> Vec<Value> {
        let ended = LifeState::Ended { at: Millis::EPOCH, reason: EndReason::LoggedOut };
        let all = [ended, LifeState::Live { expires_at: Millis::EPOCH }, LifeState::Gone, LifeState::Unknown];
        all.iter().map(|state| serde_json::to_value(state).unwrap()).collect()
    }

    #[test]
    fn the_description_has_every_field_of_a_life() {
        let session = SessionReference([1; 16]);
        let evidence = Evidence::nothing(session);
        let told = serde_json::to_value(life(evidence, &in_words)).unwrap();
        assert_eq!(described::<DescribedLife>(), names(&told));
        let step = Step { at: Millis::EPOCH, entry: AuditPlace::in_first(1), text: String::new() };
        assert_eq!(described::<DescribedStep>(), names(&serde_json::to_value(step).unwrap()));
        assert_eq!(described::<DescribedState>(), states().iter().flat_map(names).collect());
    }
}
