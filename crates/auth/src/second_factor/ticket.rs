//! What a browser keeps between two steps: sealed, so that nothing is stored for an attempt, and short-lived.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use vestibule_crypto::SealContext;
use vestibule_model::{AccountId, Millis, User, UserId};

use crate::attempt::ProvedUser;
use crate::federated::VouchedStep;
use crate::log_in::LogIn;
use crate::service::Auth;

/// What a ticket is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum TicketStep {
    /// For showing a code.
    Code,
    /// For setting up a second factor, by somebody who has none.
    SetUp,
}

impl TicketStep {
    /// How long somebody may take for it: whoever sets one up may have to install an app first.
    const fn life(self) -> Duration {
        match self {
            Self::Code => Duration::from_mins(5),
            Self::SetUp => Duration::from_mins(30),
        }
    }
}

const CONTEXT: SealContext<'_> = SealContext { table: "pages", column: "ticket", row: &[] };

/// Shows that its holder has shown a password, or that an identity provider vouched for them: opens nothing by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket(String);

impl Ticket {
    /// The text that a browser kept, whether or not it is one of ours.
    pub fn from_text(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// To be kept by the browser: letters, digits, `-` and `_`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[derive(Serialize, Deserialize)]
struct Sealed {
    account: AccountId,
    user: UserId,
    step: TicketStep,
    /// Whoever changes the password, or loses it, begins anew.
    credential_version: i64,
    until: Millis,
    /// Who vouched for them; None: they have shown the password.
    #[serde(default)]
    vouched: Option<VouchedStep>,
}

impl Auth {
    /// A ticket of a user who has shown the password.
    pub(super) fn ticket(&self, user: &User, step: TicketStep, now: Millis) -> Ticket {
        self.sealed_ticket(user, step, None, now)
    }

    /// A ticket for the code of somebody whom an identity provider vouched for.
    pub(crate) fn ticket_after_provider(&self, user: &User, vouched: VouchedStep, now: Millis) -> Ticket {
        self.sealed_ticket(user, TicketStep::Code, Some(vouched), now)
    }

    fn sealed_ticket(
        &self,
        user: &User,
        step: TicketStep,
        vouched: Option<VouchedStep>,
        now: Millis,
    ) -> Ticket {
        let sealed = Sealed {
            account: user.account,
            user: user.id,
            step,
            credential_version: user.credential_version,
            until: now.plus(step.life()),
            vouched,
        };
        Ticket(self.seal_text(&CONTEXT, &sealed))
    }

    /// Whose ticket it is, if it is one of ours for this step, of this account, and still good.
    pub(super) fn holder_of(&self, ticket: &Ticket, step: TicketStep, at: LogIn) -> Option<ProvedUser> {
        self.first_step_of(ticket, step, at).map(|(holder, _)| holder)
    }

    /// The same with who vouched for them; None of these: they have shown the password.
    pub(super) fn first_step_of(
        &self,
        ticket: &Ticket,
        step: TicketStep,
        at: LogIn,
    ) -> Option<(ProvedUser, Option<VouchedStep>)> {
        let sealed: Sealed = self.open_text(&CONTEXT, &ticket.0)?;
        let entry = self.account(at).filter(|entry| entry.account.id == sealed.account)?;
        let user = entry.user(sealed.user)?;
        let is_good = sealed.step == step
            && at.now < sealed.until
            && user.credential_version == sealed.credential_version;
        is_good.then_some((ProvedUser { entry, user }, sealed.vouched))
    }
}
