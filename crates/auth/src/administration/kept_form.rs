//! What somebody had typed when their session of the console ended, until they have signed in again: kept by their browser, sealed
//! for them.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use vestibule_crypto::SealContext;
use vestibule_model::{Actor, Millis, UserId};

use super::{Administration, Caller};

/// How long somebody may take to sign in again.
const LASTS: Duration = Duration::from_mins(30);

const CONTEXT: SealContext<'_> = SealContext { table: "console", column: "form", row: &[] };

#[derive(Serialize, Deserialize)]
struct Kept {
    user: UserId,
    until: Millis,
    form: String,
}

impl Administration<'_> {
    /// A form of this user, sealed. The engine does not look into it; no secret belongs in it.
    pub fn seal_form(&self, user: UserId, form: String, now: Millis) -> String {
        self.auth.seal_text(&CONTEXT, &Kept { user, until: now.plus(LASTS), form })
    }

    /// The form that was sealed so; None: it is of another user than the caller, too old, or none.
    pub fn open_form(&self, caller: &Caller, sealed: &str) -> Option<String> {
        let kept: Kept = self.auth.open_text(&CONTEXT, sealed)?;
        let is_theirs = matches!(&caller.actor, Actor::User { id, .. } if *id == kept.user);
        (is_theirs && caller.now < kept.until).then_some(kept.form)
    }
}
