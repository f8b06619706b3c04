//! Codes of a second factor: asked for where a service wants one beside the password.

use serde_json::Value;

use crate::client::{JsonResponse, Secret, ServiceError, Wanted, ask, next_secret_from_stdin};
use crate::input_error::InputError;
use crate::screen;

/// How often somebody who mistypes a code is asked.
const ATTEMPTS: usize = 3;

/// Where codes come from.
pub(super) struct Codes {
    /// Lines of standard input, behind the password; otherwise whoever sits at the terminal.
    from_stdin: bool,
    /// Whether one was given: it counts once, so the next has to be another.
    given: bool,
}

/// Something that is asked for with a code, where the service wants one.
pub(super) trait Coded {
    /// Asks for it.
    async fn send(&self, code: Option<&Secret>) -> Result<JsonResponse, ServiceError>;
}

impl Codes {
    pub(super) const fn new(from_stdin: bool) -> Self {
        Self { from_stdin, given: false }
    }

    /// The next code.
    pub(super) fn next(&mut self, flag: &str) -> anyhow::Result<Secret> {
        let again = std::mem::replace(&mut self.given, true);
        if self.from_stdin {
            let reason = "a code of the second factor is asked for: give it as the next line";
            return Ok(next_secret_from_stdin(flag)?.ok_or_else(|| InputError::new(flag, reason))?);
        }
        let question = if again {
            "next code of the second factor, each counts once: "
        } else {
            "code of the second factor: "
        };
        Ok(Secret::new(ask(question, flag)?))
    }

    /// Asks for something, with a code if the service wants one. The outer error is that no code was given.
    pub(super) async fn send(
        &mut self,
        flag: &str,
        coded: &impl Coded,
    ) -> anyhow::Result<Result<JsonResponse, ServiceError>> {
        let mut answer = coded.send(None).await;
        if !matches!(&answer, Err(error) if error.wanted() == Some(Wanted::Code)) {
            return Ok(answer);
        }
        let attempts = if self.from_stdin { 1 } else { ATTEMPTS };
        for attempt in 1..=attempts {
            let code = self.next(flag)?;
            answer = coded.send(Some(&code)).await;
            // The password was right before, so it is the code.
            let is_wrong = matches!(&answer, Err(error) if is_refused(error));
            if !is_wrong || attempt == attempts {
                break;
            }
            screen::complain("The code was not taken.");
        }
        Ok(answer)
    }
}

fn is_refused(error: &ServiceError) -> bool {
    error.status().is_some_and(|status| status.as_u16() == 401) && error.wanted().is_none()
}

/// The body with a code.
pub(super) fn with_code(mut body: Value, code: Option<&Secret>) -> Value {
    if let Some(code) = code {
        body["code"] = code.reveal().into();
    }
    body
}
