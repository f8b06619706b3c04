//! `/console/accounts/{account}/policies/{policy}`: a policy is changed. Each field says what its rule is now.

use std::collections::BTreeSet;

use axum::extract::State;
use axum::response::Response;
use vestibule_auth::{AdministrationError, UserSearch, policies_in_words};
use vestibule_model::{Account, Population, SecondFactorPolicy, UserKind};

use super::form::{AccountPart, show_part, submit_part};
use super::policy_fields::{self, Locks, Sessions};
use crate::ConsoleState;
use crate::forms::{Choice, Field, Values};
use crate::place::Place;
use crate::refused::ConsoleError;
use crate::signed_in::{Posted, SignedIn};
use crate::words;

/// A policy of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Policy {
    Passwords,
    SecondFactor,
    UserLocks,
    AgentLocks,
    Sessions,
    LivevoxSessions,
}

impl Policy {
    const ALL: [Self; 6] = [
        Self::Passwords,
        Self::SecondFactor,
        Self::UserLocks,
        Self::AgentLocks,
        Self::Sessions,
        Self::LivevoxSessions,
    ];

    /// The field of the account, which paths have too.
    const fn word(self) -> &'static str {
        match self {
            Self::Passwords => policy_fields::PASSWORDS,
            Self::SecondFactor => "second_factor",
            Self::UserLocks => Locks::USERS.policy,
            Self::AgentLocks => Locks::AGENTS.policy,
            Self::Sessions => Sessions::LIVEPERSON.policy,
            Self::LivevoxSessions => Sessions::LIVEVOX.policy,
        }
    }
}

/// A policy, with what its rules say now.
struct PolicyPart {
    policy: Policy,
    title: &'static str,
    /// By the name of the field.
    sentences: Vec<(String, String)>,
}

impl PolicyPart {
    fn of(console: &ConsoleState, signed_in: &SignedIn, place: &Place) -> Result<Self, ConsoleError> {
        let policy = place.text("policy")?;
        let policy = Policy::ALL.into_iter().find(|known| known.word() == policy);
        let policy = policy.ok_or(AdministrationError::NotFound("policy"))?;
        let account = console.administration().account_of_id(&signed_in.caller, place.account()?)?;
        let told = policies_in_words(&account).into_iter().find(|told| told.field == policy.word());
        let told = told.ok_or(AdministrationError::NotFound("policy"))?;
        let name = |field: &str| match field {
            "" => told.field.to_owned(),
            field => format!("{}.{field}", told.field),
        };
        let sentences = told.rules.iter().map(|rule| (name(rule.field), rule.sentence.clone())).collect();
        Ok(Self { policy, title: told.title, sentences })
    }

    /// The same field with what its rule says now.
    fn told(&self, field: Field) -> Field {
        let known = self.sentences.iter().find(|(name, _)| *name == field.name);
        match known {
            Some((_, sentence)) if field.hint.is_empty() => field.hint(format!("Now: {sentence}")),
            Some((_, sentence)) => {
                let hint = format!("{} Now: {sentence}", field.hint);
                field.hint(hint)
            }
            None => field,
        }
    }
}

impl AccountPart for PolicyPart {
    fn title(&self) -> &'static str {
        self.title
    }

    fn shown_at(&self) -> &'static str {
        "/policies"
    }

    fn fields(&self, values: &Values) -> Vec<Field> {
        let fields = match self.policy {
            Policy::Passwords => policy_fields::of_passwords(values),
            Policy::SecondFactor => second_factor(values),
            Policy::UserLocks => Locks::USERS.fields(values),
            Policy::AgentLocks => Locks::AGENTS.fields(values),
            Policy::Sessions => Sessions::LIVEPERSON.fields(values),
            Policy::LivevoxSessions => Sessions::LIVEVOX.fields(values),
        };
        fields.into_iter().map(|field| self.told(field)).collect()
    }

    fn values(&self, account: &Account) -> Values {
        let mut values = Values::default();
        match self.policy {
            Policy::Passwords => policy_fields::set_passwords(&account.password_policy, &mut values),
            Policy::SecondFactor => {
                values.set_one_of("second_factor", &SECOND_FACTOR, &account.second_factor);
            }
            Policy::UserLocks => Locks::USERS.set(&account.lockout_policy, &mut values),
            Policy::AgentLocks => Locks::AGENTS.set(&account.agent_lockout_policy, &mut values),
            Policy::Sessions => Sessions::LIVEPERSON.set(&account.session_policy, &mut values),
            Policy::LivevoxSessions => Sessions::LIVEVOX.set(&account.livevox_session_policy, &mut values),
        }
        values
    }

    fn apply(&self, values: &Values, account: &mut Account) -> Result<(), AdministrationError> {
        match self.policy {
            Policy::Passwords => account.password_policy = policy_fields::passwords(values)?,
            Policy::SecondFactor => {
                account.second_factor = values.one_of("second_factor", &SECOND_FACTOR)?;
            }
            Policy::UserLocks => account.lockout_policy = Locks::USERS.read(values)?,
            Policy::AgentLocks => account.agent_lockout_policy = Locks::AGENTS.read(values)?,
            Policy::Sessions => account.session_policy = Sessions::LIVEPERSON.read(values)?,
            Policy::LivevoxSessions => account.livevox_session_policy = Sessions::LIVEVOX.read(values)?,
        }
        Ok(())
    }

    /// What the rules say that are others, and since when they count.
    fn consequences(&self, before: &Account, after: &Account) -> Vec<String> {
        let sentences = |account: &Account| {
            let of_policy =
                policies_in_words(account).into_iter().filter(|it| it.field == self.policy.word());
            of_policy.flat_map(|it| it.rules).map(|rule| rule.sentence).collect::<Vec<_>>()
        };
        let known: BTreeSet<_> = sentences(before).into_iter().collect();
        let new = sentences(after).into_iter().filter(|sentence| !known.contains(sentence));
        let counts = match self.policy {
            Policy::Passwords => {
                "Passwords that are set already are not looked at again, but for when they expire."
            }
            Policy::SecondFactor => "Sessions that live go on; it counts at the next login.",
            Policy::UserLocks | Policy::AgentLocks => "Who is locked now is locked for as long as this says.",
            Policy::Sessions | Policy::LivevoxSessions => {
                "Sessions that live keep the limits with which they were opened."
            }
        };
        new.chain([counts.to_owned()]).collect()
    }

    fn touched(&self) -> Option<UserSearch> {
        let (population, kind) = match self.policy {
            Policy::Passwords | Policy::SecondFactor => (None, Some(UserKind::Human)),
            Policy::UserLocks => (Some(Population::User), Some(UserKind::Human)),
            Policy::AgentLocks => (Some(Population::Agent), Some(UserKind::Human)),
            Policy::Sessions | Policy::LivevoxSessions => (None, None),
        };
        Some(UserSearch { population, kind, ..UserSearch::default() })
    }
}

const SECOND_FACTOR: [(&str, SecondFactorPolicy); 2] =
    [("optional", SecondFactorPolicy::Optional), ("required", SecondFactorPolicy::Required)];

fn second_factor(values: &Values) -> Vec<Field> {
    let choices = SECOND_FACTOR.map(|(value, policy)| Choice::new(value, words::second_factor(policy)));
    vec![Field::select("second_factor", "Second factor", values, choices.into())]
}

/// `GET`.
pub(crate) async fn show(
    State(console): State<ConsoleState>,
    signed_in: SignedIn,
    place: Place,
) -> Result<Response, ConsoleError> {
    let part = PolicyPart::of(&console, &signed_in, &place)?;
    show_part(&console, &signed_in, place.account()?, part)
}

/// `POST`.
pub(crate) async fn submit(
    State(console): State<ConsoleState>,
    place: Place,
    posted: Posted,
) -> Result<Response, ConsoleError> {
    let part = PolicyPart::of(&console, &posted.signed_in, &place)?;
    submit_part(&console, &posted, place.account()?, part).await
}

#[cfg(test)]
mod tests {
    use vestibule_auth::new_account;

    use super::*;

    #[test]
    fn each_policy_that_has_sentences_has_a_form_and_no_other() {
        let account = new_account("acme".parse().unwrap(), None);
        let told: Vec<_> = policies_in_words(&account).iter().map(|policy| policy.field).collect();
        assert_eq!(told, Policy::ALL.map(Policy::word));
    }

    #[test]
    fn each_rule_has_a_field_and_what_is_not_changed_stays() {
        let account = new_account("acme".parse().unwrap(), None);
        for (policy, told) in Policy::ALL.into_iter().zip(policies_in_words(&account)) {
            let part = PolicyPart { policy, title: told.title, sentences: Vec::new() };
            let values = part.values(&account);
            let fields = part.fields(&values);
            for rule in &told.rules {
                let name = match rule.field {
                    "" => told.field.to_owned(),
                    field => format!("{}.{field}", told.field),
                };
                assert!(fields.iter().any(|field| field.name == name), "{name}");
            }
            let mut same = account.clone();
            part.apply(&values, &mut same).unwrap();
            assert_eq!(same, account);
        }
    }
}
