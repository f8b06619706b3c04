//! The other machines that a server asks, as a test answers for them.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use vestibule_auth::{Outgoing, OutgoingAnswer, OutgoingError, OutgoingFuture, OutgoingRequest};

/// A request: address, header `Authorization`, form.
pub type Asked = (String, Option<String>, Option<String>);

/// Answers by the address that is asked; records what was asked. What a test gave no answer for does not answer, and says so at
/// once.
#[derive(Default)]
pub struct ScriptedProvider {
    answers: Mutex<HashMap<String, OutgoingAnswer>>,
    silent: Mutex<HashSet<String>>,
    asked: Mutex<Vec<Asked>>,
}

impl ScriptedProvider {
    /// Answers this from now on.
    pub fn answer(&self, url: &str, status: u16, body: &str) {
        let answer = OutgoingAnswer { status, body: body.to_owned().into() };
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).insert(url.to_owned(), answer);
    }

    /// Keeps whoever asks this waiting for ever, from now on.
    pub fn keep_waiting(&self, url: &str) {
        self.silent.lock().unwrap_or_else(PoisonError::into_inner).insert(url.to_owned());
    }

    /// What was asked.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Outgoing for ScriptedProvider {
    fn send(&self, request: OutgoingRequest) -> OutgoingFuture {
        let OutgoingRequest { url, authorization, form, .. } = request;
        let text = |secret: zeroize::Zeroizing<String>| secret.to_string();
        let asked = (url.clone(), authorization.map(text), form.map(text));
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).push(asked);
        if self.silent.lock().unwrap_or_else(PoisonError::into_inner).contains(&url) {
            return Box::pin(std::future::pending());
        }
        let answer = self.answers.lock().unwrap_or_else(PoisonError::into_inner).get(&url).cloned();
        let answer = answer.ok_or_else(|| OutgoingError::NoAnswer(url, "nobody is there".to_owned()));
        Box::pin(std::future::ready(answer))
    }
}
