//! What a browser keeps between two steps: sealed, so that nothing is stored for an attempt, and short-lived.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use vestibule_crypto::SealContext;
use vestibule_model::{AccountId, Millis, User, UserId};

use crate::attempt::ProvedUser;
use crate::directory::{AccountEntry, UserEntry};
use crate::federated::VouchedStep;
use crate::log_in::LogIn;
use crate::service::Auth;

/// What a ticket is good for, after which first step. Another first step is another step here: a release that does not know it cannot
/// read its tickets, and takes none for another.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum TicketStep {
    /// For showing a code, by somebody who has shown the password.
    Code,
    /// For setting up a second factor, by somebody who has shown the password and has none.
    SetUp,
    /// For showing a code, by somebody whom an identity provider vouched for.
    CodeAfterProvider(VouchedStep),
}

impl TicketStep {
    /// How long somebody may take for it: whoever sets one up may have to install an app first.
    const fn life(&self) -> Duration {
        match self {
            Self::Code | Self::CodeAfterProvider(_) => Duration::from_mins(5),
            Self::SetUp => Duration::from_mins(30),
        }
    }

    /// Whether what was shown first still stands for this user.
    fn stands(&self, entry: &AccountEntry, user: &UserEntry) -> bool {
        match self {
            Self::Code | Self::SetUp => true,
            Self::CodeAfterProvider(vouched) => vouched.still_names(entry, user),
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

/// A field that is not known may limit what the ticket is good for: such a ticket is refused.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sealed {
    account: AccountId,
    user: UserId,
    step: TicketStep,
    /// Whoever changes the password, or loses it, begins anew.
    credential_version: i64,
    until: Millis,
}

impl Auth {
    /// A ticket of a user for the second step.
    pub(crate) fn ticket(&self, user: &User, step: TicketStep, now: Millis) -> Ticket {
        let sealed = Sealed {
            account: user.account,
            user: user.id,
            credential_version: user.credential_version,
            until: now.plus(step.life()),
            step,
        };
        Ticket(self.seal_text(&CONTEXT, &sealed))
    }

    /// Whose ticket it is and what for, if it is one of ours, of this account, and still good.
    pub(super) fn holder_of(&self, ticket: &Ticket, at: LogIn) -> Option<(ProvedUser, TicketStep)> {
        let sealed: Sealed = self.open_text(&CONTEXT, &ticket.0)?;
        let entry = self.account(at).filter(|entry| entry.account.id == sealed.account)?;
        let user = entry.user(sealed.user)?;
        let is_good = at.now < sealed.until
            && user.credential_version == sealed.credential_version
            && sealed.step.stands(&entry, &user);
        is_good.then_some((ProvedUser { entry, user }, sealed.step))
    }
}

#[cfg(test)]
mod tests {
    use vestibule_model::{AuthenticationMethod, ConnectionId};

    use super::*;
    use crate::open::FederatedOrigin;

    /// A ticket as releases read it that know nothing of identity providers before a code.
    #[expect(dead_code, reason = "what is read is looked at no further")]
    #[derive(Deserialize)]
    struct Before {
        account: AccountId,
        user: UserId,
        step: StepBefore,
        credential_version: i64,
        until: Millis,
    }

    #[derive(Debug, PartialEq, Eq, Deserialize)]
    enum StepBefore {
        Code,
        SetUp,
    }

    fn vouched() -> VouchedStep {
        let origin = FederatedOrigin {
            connection: ConnectionId(1),
            subject: [0; 32],
            session_index: None,
            issued_at: Millis::from_unix(0),
        };
        VouchedStep::new(AuthenticationMethod::Saml, origin, None, None)
    }

    /// What such a release takes a ticket for; None: it cannot read it.
    fn step_before(step: TicketStep) -> Option<StepBefore> {
        let sealed = Sealed {
            account: "account".parse().unwrap(),
            user: UserId(1),
            step,
            credential_version: 0,
            until: Millis::from_unix(0),
        };
        let text = serde_json::to_string(&sealed).unwrap();
        serde_json::from_str(&text).ok().map(|before: Before| before.step)
    }

    #[test]
    fn tickets_after_a_password_are_read_by_releases_of_before() {
        assert_eq!(step_before(TicketStep::Code), Some(StepBefore::Code));
        assert_eq!(step_before(TicketStep::SetUp), Some(StepBefore::SetUp));
    }

    #[test]
    fn a_ticket_after_an_identity_provider_is_none_to_releases_of_before() {
        assert_eq!(step_before(TicketStep::CodeAfterProvider(vouched())), None);
    }

    #[test]
    fn a_ticket_that_says_more_than_is_known_is_not_read() {
        let text = r#"{"account":"account","user":1,"step":"Code","credential_version":0,"until":0"#;
        let read = |more| serde_json::from_str::<Sealed>(&format!("{text}{more}}}")).is_ok();
        assert_eq!([read(""), read(r#","more":null"#)], [true, false]);
    }
}
