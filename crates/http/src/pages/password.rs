//! A new password: of whoever is signed in, and of whoever has to change theirs before they may sign in.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_auth::{ChangePasswordError, PageSession, PasswordChange, UserCredentials};
use vestibule_model::{PasswordPolicy, Population, Session};
use vestibule_pages::{Notice, Own, Password};
use vestibule_serve::layers::Cause;
use zeroize::Zeroizing;

use super::continue_to::continue_to;
use super::form::{BrowserId, CountedAs, Form, FormError, fields_of};
use super::look::AccountLook;
use super::notices::Told;
use super::request::{PageRefused, PageRequest};
use super::{answer, login, me};
use crate::api::ApiState;
use crate::credential_body::CredentialBody;

/// Whose password it is.
enum Whose<'a> {
    /// Of somebody who has yet to sign in, by this name.
    Named { user_name: &'a str, wanted: Option<&'a str> },
    /// Of whoever is signed in.
    Own(&'a PageSession),
}

/// What was sent.
struct Change {
    credentials: UserCredentials,
    new: Zeroizing<String>,
}

impl Change {
    /// Whether the new password is written the same way twice.
    fn is_asked_for(form: &Form) -> bool {
        form.get("new") == form.get("again")
    }

    /// `None`: it is not.
    fn of(form: &Form, user_name: &str, population: Option<Population>) -> Option<Self> {
        let password = Zeroizing::new(form.get("password").as_bytes().to_vec());
        let credentials = UserCredentials { user_name: user_name.to_owned(), population, password };
        Self::is_asked_for(form).then(|| Self { credentials, new: form.secret("new") })
    }
}

/// `GET /me/{account}/password`.
pub(super) async fn show_own(
    State(api): State<ApiState>,
    request: PageRequest,
) -> Result<Response, PageRefused> {
    let Some(page) = request.holder(&api).await? else { return Ok(me::to_login(&request)) };
    Ok(password_page(&api, &request, &Whose::Own(&page), None))
}

/// `POST /me/{account}/password`. Ends every session of the user; this browser gets a new one.
pub(super) async fn change_own(
    State(api): State<ApiState>,
    request: PageRequest,
    body: CredentialBody,
) -> Result<Response, PageRefused> {
    let form = Form::of_a_page(&request, &body)?;
    let counted_as = if Change::is_asked_for(&form) { CountedAs::WhatItAsksFor } else { CountedAs::Page };
    let page = form.holder(&api, &request, counted_as).await?.ok_or(PageRefused::Foreign)?;
    let user = &page.user;
    let changed = change(&api, &request, &form, &user.login_name, Some(&page)).await;
    Ok(match changed {
        Ok(Changed { next: Some(session), .. }) => {
            let home = format!("/me/{}/?done=password-changed", request.account);
            login::signed_in(&api, &request, &session, Some(&home))
        }
        // Somebody ended it in the same moment.
        Ok(_) => me::to_login(&request),
        Err(told) => password_page(&api, &request, &Whose::Own(&page), Some(told)),
    })
}

/// `POST /me/{account}/login/password`: of somebody who may not sign in before.
pub(super) async fn change_on_the_way_in(
    State(api): State<ApiState>,
    request: PageRequest,
    body: CredentialBody,
) -> Result<Response, PageRefused> {
    let form = match Form::of_browser(&api, &request, &body) {
        Ok(form) => form,
        Err(FormError::Unread(refusal)) => return Err(refusal.into()),
        Err(FormError::Foreign) => {
            let told = Refused::of(Told::new(StatusCode::FORBIDDEN, Notice::OldForm));
            let nobody = Whose::Named { user_name: "", wanted: None };
            return Ok(password_page(&api, &request, &nobody, Some(told)));
        }
    };
    let wanted = continue_to(&api, request.account, form.get("continue"));
    let user_name = form.get("user_name");
    Ok(match change(&api, &request, &form, user_name, None).await {
        Ok(Changed { credentials, .. }) => login::with_password(&api, &request, credentials, wanted).await?,
        Err(told) => password_page(&api, &request, &Whose::Named { user_name, wanted }, Some(told)),
    })
}

/// The page for somebody who proved a password that has to be changed.
pub(super) fn must_change(
    api: &ApiState,
    request: &PageRequest,
    user_name: &str,
    wanted: Option<&str>,
    told: Told,
) -> Response {
    password_page(api, request, &Whose::Named { user_name, wanted }, Some(Refused::of(told)))
}

/// A refusal, and what is logged of it.
struct Refused {
    told: Told,
    cause: Option<Cause>,
}

impl Refused {
    const fn of(told: Told) -> Self {
        Self { told, cause: None }
    }
}

/// A password that was changed.
struct Changed {
    /// What the user has from then on.
    credentials: UserCredentials,
    /// The session that took the place of the page session.
    next: Option<Session>,
}

/// Changes the password, of whoever is signed in or of whoever is named.
async fn change(
    api: &ApiState,
    request: &PageRequest,
    form: &Form,
    user_name: &str,
    page: Option<&PageSession>,
) -> Result<Changed, Refused> {
    let not_the_same = Refused::of(Told::new(StatusCode::UNPROCESSABLE_ENTITY, Notice::NotTheSame));
    let population = page.map(|page| page.user.population);
    let Change { credentials, new } = Change::of(form, user_name, population).ok_or(not_the_same)?;
    let password = Zeroizing::new(new.as_bytes().to_vec());
    let code = Some(form.get("code").to_owned());
    let change = PasswordChange { credentials, new, code, page: page.cloned() };
    let next =
        api.auth.change_password_on_page(request.log_in(api), change).await.map_err(|error| Refused {
            told: match &error {
                ChangePasswordError::LogIn(error) => Told::from(error),
                ChangePasswordError::Policy(violation) => {
                    Told::new(StatusCode::UNPROCESSABLE_ENTITY, Notice::NewPassword(violation.to_string()))
                }
            },
            cause: Some(Cause(Arc::new(error))),
        })?;
    let credentials = UserCredentials { user_name: user_name.to_owned(), population, password };
    Ok(Changed { credentials, next })
}

fn password_page(
    api: &ApiState,
    request: &PageRequest,
    whose: &Whose<'_>,
    refused: Option<Refused>,
) -> Response {
    let look = AccountLook::of(api, request.account);
    let account = request.account;
    let (told, cause) = refused.map_or((None, None), |refused| (Some(refused.told), refused.cause));
    let (status, notice, wait) = Told::parts(told);
    let mut browser = None;
    let (own, user_name, form, action) = match whose {
        Whose::Own(page) => {
            let user_name = page.user.login_name.as_str();
            let own = Own { user_name, form: fields_of(api, page) };
            (Some(own), user_name, fields_of(api, page), format!("/me/{account}/password"))
        }
        Whose::Named { user_name, wanted } => {
            let form = browser.insert(BrowserId::of(api, request)).fields(api).with("continue", *wanted);
            (None, *user_name, form, format!("/me/{account}/login/password"))
        }
    };
    let entry = api.auth.public_account(account);
    let page = Password {
        look: look.look(),
        account: account.as_str(),
        own,
        notice,
        action: &action,
        form,
        user_name,
        asks_code: match whose {
            Whose::Own(page) => page.user.second_factor.is_some(),
            Whose::Named { .. } => true,
        },
        rules: entry.map_or_else(Vec::new, |entry| rules(&entry.account.password_policy)),
    };
    let mut answer = answer::page(status, &page);
    if let Some(browser) = browser {
        browser.keep(&mut answer, request);
    }
    answer::wait(answer.headers_mut(), wait);
    cause.map(|cause| answer.extensions_mut().insert(cause));
    answer
}

/// What a new password must satisfy, in words.
fn rules(policy: &PasswordPolicy) -> Vec<String> {
    let PasswordPolicy { min_length, max_sequence, max_repeat, history, .. } = *policy;
    let some = |number: u16, words: String| (number > 0).then_some(words);
    let needed = [
        (policy.require_letter, "a letter"),
        (policy.require_digit, "a digit"),
        (policy.require_special, "a character that is neither"),
    ];
    let needed: Vec<&str> = needed.iter().filter(|(is, _)| *is).map(|(_, what)| *what).collect();
    let rules = [
        some(min_length, format!("At least {min_length} characters")),
        (!needed.is_empty()).then(|| format!("With {}", needed.join(" and "))),
        some(max_sequence, format!("No more than {max_sequence} in sequence, as in abc or 321")),
        some(max_repeat, format!("No character more than {max_repeat} times in a row")),
        some(history, format!("None of your last {history} passwords")),
        (policy.min_strength > 0)
            .then(|| "Hard to guess: a few words that do not belong together do well".to_owned()),
    ];
    rules.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rules_are_those_of_the_policy() {
        let policy = PasswordPolicy { max_repeat: 2, require_special: true, ..PasswordPolicy::default() };
        let told = rules(&policy);
        assert_eq!(
            told,
            [
                "At least 8 characters",
                "With a letter and a digit and a character that is neither",
                "No character more than 2 times in a row"
            ]
        );
    }
}
