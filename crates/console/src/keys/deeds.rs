//! `/console/keys/{key_kind}/{key}/{key_deed}`: the master keys are read again, put into force and retired; signing keys are made and deleted.

use axum::extract::State;
use axum::response::Response;
use vestibule_auth::{
    AdministrationError, IdempotencyState, IdempotentRequest, ListedMasterKey, ListedSigningKey, Scope,
    SessionsUnderIt,
};
use vestibule_model::{Generation, SigningKeyId};

use crate::forms::{Deed, Done, Made, SUBMIT, expect_submit, new_submit};
use crate::frame::Frame;
use crate::parts::counted_many;
use crate::place::Place;
use crate::refused::ConsoleError;
use crate::routes::KEYS;
use crate::signed_in::{Posted, SignedIn};
use crate::{ConsoleState, answer};

/// What is done about a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyDeed {
    /// All master keys are read again.
    Reload,
    Activate(Generation),
    Retire(Generation),
    /// The sessions under it end first.
    EndAndRetire(Generation),
    /// The next signing key is made.
    Rotate,
    DeleteSigning(SigningKeyId),
}

impl KeyDeed {
    /// That of the segments of a path.
    pub(crate) fn of(kind: &str, key: &str, deed: &str) -> Option<Self> {
        match (kind, key, deed) {
            ("master", "all", "reload") => Some(Self::Reload),
            ("master", generation, "activate") => generation.parse().ok().map(Self::Activate),
            ("master", generation, "retire") => generation.parse().ok().map(Self::Retire),
            ("master", generation, "end-and-retire") => generation.parse().ok().map(Self::EndAndRetire),
            ("signing", "next", "make") => Some(Self::Rotate),
            ("signing", id, "delete") => id.parse().ok().map(|id| Self::DeleteSigning(SigningKeyId(id))),
            _ => None,
        }
    }

    /// Where it is done.
    pub(super) fn address(self) -> String {
        match self {
            Self::Reload => format!("{KEYS}/master/all/reload"),
            Self::Activate(generation) => format!("{KEYS}/master/{generation}/activate"),
            Self::Retire(generation) => format!("{KEYS}/master/{generation}/retire"),
            Self::EndAndRetire(generation) => format!("{KEYS}/master/{generation}/end-and-retire"),
            Self::Rotate => format!("{KEYS}/signing/next/make"),
            Self::DeleteSigning(id) => format!("{KEYS}/signing/{id}/delete"),
        }
    }

    /// As a button says it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Reload => "Read the master keys again",
            Self::Activate(_) => "Put into force",
            Self::Retire(_) => "Retire",
            Self::EndAndRetire(_) => "End its sessions and retire",
            Self::Rotate => "Make the next signing key",
            Self::DeleteSigning(_) => "Delete",
        }
    }

    fn question(self) -> String {
        match self {
            Self::Reload => "Read the master keys again?".to_owned(),
            Self::Activate(generation) => {
                format!("Put generation {generation} of the master key into force?")
            }
            Self::Retire(generation) => format!("Retire generation {generation} of the master key?"),
            Self::EndAndRetire(generation) => {
                format!("End the sessions under generation {generation} of the master key and retire it?")
            }
            Self::Rotate => "Make the next signing key?".to_owned(),
            Self::DeleteSigning(id) => format!("Delete the signing key {id}?"),
        }
    }

    const fn consequence(self) -> &'static str {
        match self {
            Self::Reload => {
                "Keys that were added to where the service reads them are there then; nothing is made with them yet."
            }
            Self::Activate(_) => {
                "Everything new is made with it from then on. What was made with the one before is accepted as before."
            }
            Self::Retire(_) => {
                "Nothing that was made with it is accepted any more. It is refused while anything depends on it."
            }
            Self::EndAndRetire(_) => {
                "Its sessions end, yours among them if it is one, and nothing that was made with it is accepted any more. It is refused while anything else depends on it."
            }
            Self::Rotate => {
                "It is published at once, and signs in an hour. The key before it is published until the last token that it signed is over."
            }
            Self::DeleteSigning(_) => {
                "Tokens that it has signed are refused by whoever reads the key set from here on. Do it if somebody else may have the key."
            }
        }
    }

    const fn is_an_end(self) -> bool {
        matches!(self, Self::Retire(_) | Self::EndAndRetire(_) | Self::DeleteSigning(_))
    }

    const fn done(self) -> Done {
        match self {
            Self::Reload => Done::Reloaded,
            Self::Activate(_) => Done::InForce,
            Self::Retire(_) | Self::EndAndRetire(_) => Done::Retired,
            Self::Rotate => Done::NextKeyMade,
            Self::DeleteSigning(_) => Done::Deleted,
        }
    }

    /// Has the engine do it.
    async fn run(
        self,
        console: &ConsoleState,
        signed_in: &SignedIn,
        submit: &str,
    ) -> Result<(), AdministrationError> {
        let (administration, caller) = (console.administration(), &signed_in.caller);
        match self {
            Self::Reload => administration.reload_master_keys(caller).await.map(drop),
            Self::Activate(generation) => {
                administration.activate_master_key(caller, generation).await.map(drop)
            }
            Self::Retire(generation) => {
                administration.retire_master_key(caller, generation, SessionsUnderIt::Wait).await.map(drop)
            }
            Self::EndAndRetire(generation) => {
                administration.retire_master_key(caller, generation, SessionsUnderIt::End).await.map(drop)
            }
            Self::Rotate => {
                let request = self.address();
                let keyed = IdempotentRequest { key: submit, request: request.as_bytes() };
                let scope = Scope::WriteInstallation;
                match administration.begin_creation_in_turn(caller, scope, keyed).await? {
                    IdempotencyState::New(pending) => {
                        let made =
                            |_: &ListedSigningKey| Made::at(KEYS.to_owned()).saying(self.done()).stored();
                        let answer = pending.with_response(&made);
                        administration.rotate_signing_key(caller, answer).await.map(drop)
                    }
                    IdempotencyState::Replay(_) => Ok(()),
                }
            }
            Self::DeleteSigning(id) => administration.delete_signing_key(caller, id).await,
        }
    }

    /// What depends on it; None: it is no generation that there is.
    async fn depends(
        self,
        console: &ConsoleState,
        signed_in: &SignedIn,
    ) -> Result<Option<String>, AdministrationError> {
        let (Self::Retire(generation) | Self::EndAndRetire(generation)) = self else { return Ok(None) };
        let found = console.administration().master_key(&signed_in.caller, generation).await?;
        let ListedMasterKey { remains, .. } = found;
        let sessions = counted_many(remains.sessions, "session", "sessions");
        let secrets = counted_many(remains.sealed_secrets + remains.digests, "secret", "secrets");
        Ok(Some(format!("{sessions} and {secrets} rest on it.")))
    }
}

async fn page(
    console: &ConsoleState,
    signed_in: &SignedIn,
    deed: KeyDeed,
) -> Result<Deed, AdministrationError> {
    signed_in.caller.require(Scope::WriteInstallation)?;
    if let KeyDeed::DeleteSigning(id) = deed {
        let keys = console.administration().signing_keys(&signed_in.caller).await?;
        let found = keys.iter().find(|listed| listed.key.id == id);
        found.ok_or(AdministrationError::NotFound("signing key"))?;
    }
    let mut consequences: Vec<_> = deed.depends(console, signed_in).await?.into_iter().collect();
    consequences.push(deed.consequence().to_owned());
    Ok(Deed {
        frame: Frame::of(signed_in.viewer(), deed.question()).below([("Keys", KEYS)]),
        consequences,
        facts: Vec::new(),
        typed: None,
        submit: (deed == KeyDeed::Rotate).then(|| new_submit(console)),
        button: deed.name().to_owned(),
        is_an_end: deed.is_an_end(),
        back: KEYS.to_owned(),
    })
}

/// `GET`: what would be done.
pub(crate) async fn show(
    State(console): State<ConsoleState>,
    signed_in: SignedIn,
    place: Place,
) -> Result<Response, ConsoleError> {
    Ok(page(&console, &signed_in, place.key_deed()?).await?.page())
}

/// `POST`: does it.
pub(crate) async fn submit(
    State(console): State<ConsoleState>,
    place: Place,
    Posted { signed_in, fields }: Posted,
) -> Result<Response, ConsoleError> {
    let deed = place.key_deed()?;
    let mut page = page(&console, &signed_in, deed).await?;
    let submit = fields.get(SUBMIT);
    if let Some(shown) = &mut page.submit {
        expect_submit(submit)?;
        submit.clone_into(shown);
    }
    if let Some(answer) = page.held_back(&fields) {
        return Ok(answer);
    }
    match deed.run(&console, &signed_in, submit).await {
        Ok(()) => Ok(answer::see_other(&deed.done().at(KEYS))),
        Err(error) => page.refused(error),
    }
}
