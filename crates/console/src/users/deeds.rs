//! `/console/accounts/{account}/users/{user}/{deed}`: a user is disabled, enabled, unlocked, deleted; their second factor is taken away,
//! their sessions are ended.

use axum::extract::State;
use axum::response::Response;
use vestibule_auth::{AccountUser, AdministrationError, Affected, Scope, UserEntry};
use vestibule_model::{Actor, User, UserId};

use super::{above, ends, user_address, users_address};
use crate::forms::{Deed, Done};
use crate::frame::Frame;
use crate::parts::{Cell, Fact, counted};
use crate::place::Place;
use crate::refused::ConsoleError;
use crate::signed_in::{Posted, SignedIn};
use crate::{ConsoleState, answer, words};

/// What is done to a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UserDeed {
    Disable,
    Enable,
    Unlock,
    ResetSecondFactor,
    EndSessions,
    Delete,
}

impl UserDeed {
    const ALL: [Self; 6] =
        [Self::Disable, Self::Enable, Self::Unlock, Self::ResetSecondFactor, Self::EndSessions, Self::Delete];

    /// As paths have it.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Disable => "disable",
            Self::Enable => "enable",
            Self::Unlock => "unlock",
            Self::ResetSecondFactor => "reset-second-factor",
            Self::EndSessions => "end-sessions",
            Self::Delete => "delete",
        }
    }

    /// That of a word in a path.
    pub(crate) fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|deed| deed.word() == word)
    }

    /// As a button says it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Disable => "Disable",
            Self::Enable => "Enable",
            Self::Unlock => "Unlock",
            Self::ResetSecondFactor => "Reset second factor",
            Self::EndSessions => "End all sessions",
            Self::Delete => "Delete",
        }
    }

    fn question(self, name: &str) -> String {
        match self {
            Self::Disable => format!("Disable {name}?"),
            Self::Enable => format!("Enable {name}?"),
            Self::Unlock => format!("Unlock {name}?"),
            Self::ResetSecondFactor => format!("Reset the second factor of {name}?"),
            Self::EndSessions => format!("End all sessions of {name}?"),
            Self::Delete => format!("Delete {name}?"),
        }
    }

    /// What follows but ends of sessions.
    const fn consequence(self) -> &'static str {
        match self {
            Self::Disable => "Nobody logs in as this user until they are enabled again.",
            Self::Enable => "This user may log in again.",
            Self::Unlock => "Failed logins so far are forgotten, and this user may log in again at once.",
            Self::ResetSecondFactor => {
                "The password is enough from then on; where a second factor is required, it opens the setting up of another."
            }
            Self::EndSessions => "Whoever holds one of them has to log in again.",
            Self::Delete => "What the audit tells of this user stays. The id is not given to anybody else.",
        }
    }

    /// Whether sessions end by it.
    const fn ends_sessions(self) -> bool {
        matches!(self, Self::Disable | Self::EndSessions | Self::Delete)
    }

    const fn done(self) -> Done {
        match self {
            Self::Disable => Done::Disabled,
            Self::Enable => Done::Enabled,
            Self::Unlock => Done::Unlocked,
            Self::ResetSecondFactor => Done::FactorReset,
            Self::EndSessions => Done::SessionsEnded,
            Self::Delete => Done::Deleted,
        }
    }

    /// Has the engine do it.
    async fn run(
        self,
        console: &ConsoleState,
        signed_in: &SignedIn,
        of: AccountUser,
    ) -> Result<(), AdministrationError> {
        let (administration, caller) = (console.administration(), &signed_in.caller);
        let AccountUser { account, user } = of;
        let set_enabled = |is_enabled| {
            move |user: &mut User| {
                user.enabled = is_enabled;
                Ok(())
            }
        };
        let as_it_is = |_: &User| Ok(());
        match self {
            Self::Disable => {
                administration.change_user(caller, of, set_enabled(false), as_it_is).await.map(drop)
            }
            Self::Enable => {
                administration.change_user(caller, of, set_enabled(true), as_it_is).await.map(drop)
            }
            Self::Unlock => administration.unlock_user(caller, account, user).await,
            Self::ResetSecondFactor => administration.reset_second_factor(caller, account, user).await,
            Self::EndSessions => administration.end_sessions_of_user(caller, account, user).await.map(drop),
            Self::Delete => administration.delete_user(caller, of, as_it_is).await,
        }
    }
}

/// Who it is done to.
fn target(place: &Place) -> Result<AccountUser, ConsoleError> {
    Ok(AccountUser { account: place.account()?, user: UserId(place.number("user")?) })
}

/// What it is, as its page tells it.
async fn page(
    console: &ConsoleState,
    signed_in: &SignedIn,
    deed: UserDeed,
    of: AccountUser,
) -> Result<Deed, AdministrationError> {
    let (administration, caller) = (console.administration(), &signed_in.caller);
    caller.require(Scope::WriteAccount(of.account))?;
    let user = administration.user_of_id(caller, of.account, of.user)?;
    let sessions = if deed.ends_sessions() {
        administration.consequences(caller, Affected::User(of)).await?.sessions
    } else {
        0
    };
    let is_oneself = matches!(&caller.actor, Actor::User { id, .. } if *id == of.user);
    let mut consequences: Vec<_> = ends(sessions).into_iter().collect();
    consequences.push(deed.consequence().to_owned());
    if is_oneself && deed.ends_sessions() {
        consequences.push("This is you: you will be signed out.".to_owned());
    }
    Ok(Deed {
        frame: above(
            Frame::of(signed_in.viewer(), deed.question(&user.login_name)),
            of,
            Some(&user.login_name),
        ),
        consequences,
        facts: facts(&user),
        typed: (deed == UserDeed::Delete && sessions > 0).then(|| user.login_name.clone()),
        submit: None,
        button: match deed {
            UserDeed::EndSessions => format!("End {}", counted(sessions, "session", "sessions")),
            _ => deed.name().to_owned(),
        },
        is_an_end: deed.ends_sessions(),
        back: user_address(of.account, of.user),
    })
}

fn facts(user: &UserEntry) -> Vec<Fact> {
    vec![
        Fact::one("Login name", Cell::whole(&user.login_name)),
        Fact::one("Name", Cell::whole(&user.full_name)),
        Fact::one("Kind", Cell::words(words::kind(user.kind))),
        Fact::one("Account", Cell::code(user.account)),
        Fact::one("Id", Cell::code(user.id)),
    ]
}

/// `GET`: what would be done.
pub(crate) async fn show(
    State(console): State<ConsoleState>,
    signed_in: SignedIn,
    place: Place,
) -> Result<Response, ConsoleError> {
    Ok(page(&console, &signed_in, place.user_deed()?, target(&place)?).await?.page())
}

/// `POST`: does it. Who is deleted already is deleted.
pub(crate) async fn submit(
    State(console): State<ConsoleState>,
    place: Place,
    Posted { signed_in, fields }: Posted,
) -> Result<Response, ConsoleError> {
    let (deed, of) = (place.user_deed()?, target(&place)?);
    let next = match deed {
        UserDeed::Delete => users_address(of.account),
        _ => user_address(of.account, of.user),
    };
    let done = || Ok(answer::see_other(&deed.done().at(&next)));
    let mut page = match page(&console, &signed_in, deed, of).await {
        Err(AdministrationError::NotFound("user")) if deed == UserDeed::Delete => return done(),
        page => page?,
    };
    if let Some(answer) = page.held_back(&fields) {
        return Ok(answer);
    }
    match deed.run(&console, &signed_in, of).await {
        Ok(()) => done(),
        Err(AdministrationError::NotFound("user")) if deed == UserDeed::Delete => done(),
        Err(error) => page.refused(error),
    }
}
