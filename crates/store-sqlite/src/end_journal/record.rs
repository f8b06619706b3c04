//! The form of a record: a length, JSON, zeros, and a seal over all of it. A record is a sector of the disk, which is written
//! whole or not at all; one that was torn all the same has no seal that fits.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use vestibule_model::{
    AccountId, Actor, Application, ApplicationId, AuthenticationMethod, Dialect, EndReason, Generation,
    Means, Millis, RecordSeal, SessionId, UserId,
};
use vestibule_store::{EndedSessions, JournaledEnd, SessionSelector};

use crate::columns::{ApplicationKind, Word};

/// Bytes of a record.
pub(super) const LENGTH: usize = 512;

/// Bytes before the seal.
const SEALED: usize = LENGTH - 32;

/// Bytes of JSON at most.
const ROOM: usize = SEALED - 2;

/// A record as it lies on the disk.
pub(super) type Record = [u8; LENGTH];

/// A place without a record.
pub(super) const EMPTY: Record = [0; LENGTH];

/// What a place holds.
pub(super) enum Found {
    Nothing,
    End(Box<JournaledEnd>),
    /// Not what was written under this master key: torn, damaged, or changed.
    Damaged,
}

#[derive(Serialize, Deserialize)]
struct Written {
    sessions: Sessions,
    /// Of this account only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    of: Option<AccountId>,
    until: Millis,
    at: Millis,
    reason: EndReason,
    actor: Actor,
    means: Means,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<IpAddr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dialect: Option<Dialect>,
}

/// Session ids are large numbers.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Sessions {
    One(u128),
    User(i64),
    UserBut(i64, u128),
    Application(i64, i64),
    Account(AccountId),
    Address(IpAddr),
    Method(i64),
    MasterKey(u8),
    All,
    AllBut(u128),
}

/// The record of an end.
pub(super) fn write(end: &JournaledEnd, seal: &dyn RecordSeal) -> Result<Record, serde_json::Error> {
    let mut written = Written {
        sessions: Sessions::of(end.selector.sessions),
        of: end.selector.account,
        until: end.selector.opened_until,
        at: end.at,
        reason: end.reason,
        actor: end.actor.clone(),
        means: end.means,
        address: end.address,
        dialect: end.dialect,
    };
    let mut json = serde_json::to_vec(&written)?;
    while json.len() > ROOM && shorten(&mut written.actor) {
        json = serde_json::to_vec(&written)?;
    }
    let mut record = EMPTY;
    let length = u16::try_from(json.len()).unwrap_or(u16::MAX);
    record[..2].copy_from_slice(&length.to_be_bytes());
    let room = record[2..SEALED].get_mut(..json.len());
    room.ok_or_else(|| serde::ser::Error::custom("the end is too long for its record"))?
        .copy_from_slice(&json);
    let tag = seal.seal(&record[..SEALED]);
    record[SEALED..].copy_from_slice(&tag);
    Ok(record)
}

/// Whether a place has nothing, or a record of this form, whoever sealed it.
pub(super) fn has_form(record: &Record) -> bool {
    if *record == EMPTY {
        return true;
    }
    let [high, low, rest @ ..] = record;
    let length = usize::from(u16::from_be_bytes([*high, *low]));
    let rest = rest.get(..ROOM).and_then(|room| room.split_at_checked(length));
    rest.is_some_and(|(json, zeros)| {
        // No other bytes are in the text that is written (RFC 8259 §7), and numbers in binary have them.
        let is_text = json.first() == Some(&b'{') && json.iter().all(|byte| *byte >= b' ');
        is_text && zeros.iter().all(|byte| *byte == 0)
    })
}

/// What a record says.
pub(super) fn read(record: &Record, seal: &dyn RecordSeal) -> Found {
    if *record == EMPTY {
        return Found::Nothing;
    }
    let read = || {
        let (sealed, tag) = record.split_last_chunk::<32>()?;
        let (length, rest) = sealed.split_first_chunk::<2>()?;
        let json = rest.get(..usize::from(u16::from_be_bytes(*length)))?;
        let written: Written = serde_json::from_slice(json).ok().filter(|_| seal.is_sealed(sealed, tag))?;
        Some(JournaledEnd {
            selector: SessionSelector {
                sessions: written.sessions.read()?,
                account: written.of,
                opened_until: written.until,
            },
            at: written.at,
            reason: written.reason,
            actor: written.actor,
            means: written.means,
            address: written.address,
            dialect: written.dialect,
        })
    };
    read().map_or(Found::Damaged, |end| Found::End(Box::new(end)))
}

/// Cuts the actor's name in half; false: nothing is left to cut.
fn shorten(actor: &mut Actor) -> bool {
    let (Actor::User { name, .. }
    | Actor::AdministrationToken { name, .. }
    | Actor::Connection { name, .. }
    | Actor::CommandLine { name }) = actor
    else {
        return false;
    };
    let half = name.floor_char_boundary(name.len() / 2);
    let is_shorter = half < name.len();
    name.truncate(half);
    is_shorter
}

impl Sessions {
    fn of(sessions: EndedSessions) -> Self {
        let number = |id: SessionId| u128::from_be_bytes(id.0);
        match sessions {
            EndedSessions::One(id) => Self::One(number(id)),
            EndedSessions::OfUser(user) => Self::User(user.0),
            EndedSessions::OfUserBut(user, but) => Self::UserBut(user.0, number(but)),
            EndedSessions::OfApplication(application) => {
                let (kind, id) = match application {
                    Application::None => (ApplicationKind::None, ApplicationId(0)),
                    Application::ApiKey(id) => (ApplicationKind::ApiKey, id),
                    Application::OauthClient(id) => (ApplicationKind::OauthClient, id),
                    Application::Token(id) => (ApplicationKind::Token, id),
                };
                Self::Application(kind.number(), id.0)
            }
            EndedSessions::OfAccount(account) => Self::Account(account),
            EndedSessions::FromAddress(address) => Self::Address(address),
            EndedSessions::ByMethod(method) => Self::Method(method.number()),
            EndedSessions::UnderMasterKey(generation) => Self::MasterKey(generation.number()),
            EndedSessions::All => Self::All,
            EndedSessions::AllBut(but) => Self::AllBut(number(but)),
        }
    }

    fn read(&self) -> Option<EndedSessions> {
        let id = |number: u128| SessionId(number.to_be_bytes());
        Some(match *self {
            Self::One(number) => EndedSessions::One(id(number)),
            Self::User(user) => EndedSessions::OfUser(UserId(user)),
            Self::UserBut(user, but) => EndedSessions::OfUserBut(UserId(user), id(but)),
            Self::Application(kind, id) => {
                let id = ApplicationId(id);
                EndedSessions::OfApplication(match ApplicationKind::from_number(kind)? {
                    ApplicationKind::None => Application::None,
                    ApplicationKind::ApiKey => Application::ApiKey(id),
                    ApplicationKind::OauthClient => Application::OauthClient(id),
                    ApplicationKind::Token => Application::Token(id),
                })
            }
            Self::Account(account) => EndedSessions::OfAccount(account),
            Self::Address(address) => EndedSessions::FromAddress(address),
            Self::Method(method) => EndedSessions::ByMethod(AuthenticationMethod::from_number(method)?),
            Self::MasterKey(generation) => EndedSessions::UnderMasterKey(Generation::new(generation)?),
            Self::All => EndedSessions::All,
            Self::AllBut(but) => EndedSessions::AllBut(id(but)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal_seal;

    fn end(sessions: EndedSessions, name: &str) -> JournaledEnd {
        JournaledEnd {
            selector: SessionSelector {
                sessions,
                account: Some(AccountId::new("abcdefghij0123456789").unwrap()),
                opened_until: Millis::from_unix(i64::MAX),
            },
            at: Millis::from_unix(i64::MIN),
            reason: EndReason::EndedByAdministrator,
            actor: Actor::AdministrationToken {
                id: vestibule_model::AdministrationTokenId(i64::MIN),
                name: name.into(),
            },
            means: Means::ApplicationToken(ApplicationId(i64::MIN)),
            address: "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff".parse().ok(),
            dialect: Some(Dialect::LivePerson),
        }
    }

    #[test]
    fn a_place_has_the_form_if_it_is_json_and_then_nothing_up_to_the_seal() {
        let record = write(&end(EndedSessions::One(SessionId([7; 16])), "name"), &*journal_seal()).unwrap();
        assert!(has_form(&EMPTY) && has_form(&record));
        let changed = |index: usize| {
            let mut record = record;
            record[index] ^= 1;
            has_form(&record)
        };
        assert!(!changed(2) && !changed(SEALED - 1) && !changed(0));
        assert!(
            changed(3) && changed(SEALED),
            "what is said, and by whom it is sealed, is no matter of form"
        );
    }

    fn read_back(end: &JournaledEnd) -> JournaledEnd {
        match read(&write(end, &*journal_seal()).unwrap(), &*journal_seal()) {
            Found::End(end) => *end,
            Found::Nothing | Found::Damaged => panic!("no end"),
        }
    }

    #[test]
    fn every_kind_of_end_is_read_as_it_was_written() {
        let id = SessionId([0xff; 16]);
        let application = |application| EndedSessions::OfApplication(application);
        for sessions in [
            EndedSessions::One(id),
            EndedSessions::OfUser(UserId(i64::MIN)),
            EndedSessions::OfUserBut(UserId(1), id),
            application(Application::ApiKey(ApplicationId(i64::MIN))),
            application(Application::OauthClient(ApplicationId(2))),
            application(Application::Token(ApplicationId(3))),
            EndedSessions::OfAccount(AccountId::new("abcdefghij0123456789").unwrap()),
            EndedSessions::FromAddress("2001:db8:ffff:ffff:ffff:ffff:ffff:ffff".parse().unwrap()),
            EndedSessions::ByMethod(AuthenticationMethod::OauthClient),
            EndedSessions::UnderMasterKey(Generation::new(255).unwrap()),
            EndedSessions::All,
            EndedSessions::AllBut(id),
        ] {
            let end = end(sessions, "deploy");
            assert_eq!(read_back(&end), end);
        }
    }

    #[test]
    fn a_long_name_is_cut_short() {
        let end =
            end(EndedSessions::OfUserBut(UserId(i64::MIN), SessionId([0xff; 16])), &"\u{1}é".repeat(200));
        let read = read_back(&end);
        let Actor::AdministrationToken { name, .. } = &read.actor else { panic!("another actor") };
        assert!(!name.is_empty() && end.actor != read.actor);
        assert_eq!(read.selector, end.selector);
    }

    #[test]
    fn a_changed_byte_is_found() {
        let record = write(&end(EndedSessions::OfUser(UserId(7)), "deploy"), &*journal_seal()).unwrap();
        for index in 0..LENGTH {
            let mut changed = record;
            changed[index] ^= 1;
            assert!(matches!(read(&changed, &*journal_seal()), Found::Damaged), "byte {index}");
        }
    }
}
