//! The other machines that a server asks, as a test answers for them.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use tokio::sync::oneshot;
use vestibule_auth::{Outgoing, OutgoingAnswer, OutgoingError, OutgoingFuture, OutgoingRequest};

/// A request: address, header `Authorization`, form.
pub type Asked = (String, Option<String>, Option<String>);

/// Answers by the address that is asked; records what was asked. What a test gave no answer for does not answer, and says so at
/// once.
#[derive(Default)]
pub struct ScriptedProvider {
    answers: Mutex<HashMap<String, OutgoingAnswer>>,
    silent: Mutex<HashMap<String, Vec<oneshot::Sender<OutgoingAnswer>>>>,
    asked: Mutex<Vec<Asked>>,
}

impl ScriptedProvider {
    /// Answers this from now on, those too who were kept waiting.
    pub fn answer(&self, url: &str, status: u16, body: &str) {
        let answer = OutgoingAnswer { status, body: body.to_owned().into() };
        let waiting = self.silent.lock().unwrap_or_else(PoisonError::into_inner).remove(url);
        for waits in waiting.into_iter().flatten() {
            // Whoever gave up waiting needs no answer.
            let _ = waits.send(answer.clone());
        }
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).insert(url.to_owned(), answer);
    }

    /// Keeps whoever asks this waiting, from now on and until there is an answer.
    pub fn keep_waiting(&self, url: &str) {
        self.silent.lock().unwrap_or_else(PoisonError::into_inner).entry(url.to_owned()).or_default();
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
        if let Some(waiting) = self.silent.lock().unwrap_or_else(PoisonError::into_inner).get_mut(&url) {
            let (waits, answer) = oneshot::channel();
            waiting.push(waits);
            return Box::pin(async move {
                answer.await.map_err(|_| OutgoingError::NoAnswer(url, "it kept everybody waiting".to_owned()))
            });
        }
        let answer = self.answers.lock().unwrap_or_else(PoisonError::into_inner).get(&url).cloned();
        let answer = answer.ok_or_else(|| OutgoingError::NoAnswer(url, "nobody is there".to_owned()));
        Box::pin(std::future::ready(answer))
    }
}
