//! Reading the rows of a chunk: which places of its blocks are wanted.

use rusqlite::types::FromSqlError;
use rusqlite::{CachedStatement, Connection};
use vestibule_model::ActorKey;
use vestibule_store::AuditQuery;

use super::{Key, Kind, PARTS, Places, chunk_of, number, row};

/// What a question asks for, as far as the rows tell: everything but sessions, refusals and times.
pub(crate) struct Wanted(Vec<Condition>);

enum Condition {
    Has(Key),
    HasNot(Key),
    /// The actor is this user: as somebody else than the user whom the entry concerns, or as that user.
    DoneBy {
        other: Key,
        user: Key,
    },
}

impl Wanted {
    pub(crate) fn of(query: &AuditQuery) -> Self {
        let application = |kind| move |id: vestibule_model::ApplicationId| Key::new(kind, number(id.0));
        let address = |kind| move |address| Key::address(kind, address);
        let keys = [
            query.target.as_ref().map(|target| Key::of_target(target.kind, &target.id)),
            query.user.map(|user| Key::user(user.0)),
            query.address.map(address(Kind::Address)),
            query.opened_from.map(address(Kind::OpenedFrom)),
            query.opened_with.map(application(Kind::OpenedWith)),
            query.application.map(application(Kind::Application)),
            query.account.as_ref().map(|account| Key::account(account.as_str())),
            query.reason.map(Key::reason),
            query.action.map(Key::action),
        ];
        let actor = query.actor.map(|actor| match actor {
            ActorKey::User(id) => Condition::DoneBy { other: Key::of_actor(actor), user: Key::user(id.0) },
            _ => Condition::Has(Key::of_actor(actor)),
        });
        let not = query.not_account.as_ref().map(|account| Condition::HasNot(Key::account(account.as_str())));
        // What few entries have stands first: nothing else is read where there is none.
        Self(actor.into_iter().chain(keys.into_iter().flatten().map(Condition::Has)).chain(not).collect())
    }

    /// How many statements a chunk takes at most.
    pub(crate) fn reads(&self) -> i32 {
        i32::try_from(self.0.len()).unwrap_or(i32::MAX).saturating_add(1)
    }
}

/// What the rows tell of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// Nothing: it has none.
    Nothing,
    /// The entries at these places meet every condition that the rows tell of.
    Places {
        places: Places,
        /// When the first and the last entry of the block happened.
        span: (i64, i64),
    },
}

/// What is wanted of the blocks of a chunk.
pub(crate) struct Chunk {
    number: i64,
    spans: [Option<(i64, i64)>; PARTS],
    places: [Places; PARTS],
}

impl Chunk {
    /// That of a block.
    pub(crate) fn read(snapshot: &Connection, block: i64, wanted: &Wanted) -> rusqlite::Result<Self> {
        let number = chunk_of(block).0;
        let sql = "SELECT part, keys FROM audit_keys WHERE chunk = ?1 AND kind = ?2 AND bucket = ?3";
        let mut select = snapshot.prepare_cached(sql)?;
        let mut chunk = Self { number, spans: [None; PARTS], places: [Places::ALL; PARTS] };
        each(&mut select, (number, Kind::Span, 0), |part, bytes| {
            chunk.spans[part] = Some(span(bytes)?);
            Some(())
        })?;
        for condition in &wanted.0 {
            if chunk.spans.iter().all(Option::is_none) || chunk.places.iter().all(Places::is_empty) {
                break;
            }
            let having = match condition {
                Condition::Has(key) => having(&mut select, number, key)?,
                Condition::HasNot(key) => having(&mut select, number, key)?.map(Places::others),
                Condition::DoneBy { other, user } => {
                    let as_other = having(&mut select, number, other)?;
                    let of_user = having(&mut select, number, user)?;
                    let themselves = having(&mut select, number, &Key::user_themself())?;
                    std::array::from_fn(|part| as_other[part].or(of_user[part].and(themselves[part])))
                }
            };
            chunk.places = std::array::from_fn(|part| chunk.places[part].and(having[part]));
        }
        Ok(chunk)
    }

    pub(crate) fn has(&self, block: i64) -> bool {
        chunk_of(block).0 == self.number
    }

    /// What is told of one of its blocks.
    pub(crate) fn of(&self, block: i64) -> Told {
        let part = usize::try_from(chunk_of(block).1).unwrap_or_default();
        match self.spans.get(part).copied().flatten() {
            Some(span) => Told::Places { places: self.places[part], span },
            None => Told::Nothing,
        }
    }
}

/// The places of the entries that have the key, block by block.
fn having(select: &mut CachedStatement<'_>, chunk: i64, key: &Key) -> rusqlite::Result<[Places; PARTS]> {
    let mut having = [Places::default(); PARTS];
    each(select, (chunk, key.kind, key.bucket()), |part, bytes| {
        having[part] = row::places_of(bytes, &key.value)?;
        Some(())
    })?;
    Ok(having)
}

/// Takes each row of a bucket; one that is not as it was written is an error.
fn each(
    select: &mut CachedStatement<'_>,
    (chunk, kind, bucket): (i64, Kind, u8),
    mut take: impl FnMut(usize, &[u8]) -> Option<()>,
) -> rusqlite::Result<()> {
    let mut rows = select.query((chunk, kind as u8, bucket))?;
    while let Some(row) = rows.next()? {
        let part = usize::try_from(row.get::<_, i64>(0)?).ok().filter(|part| *part < PARTS);
        let taken = part.and_then(|part| take(part, row.get_ref(1).ok()?.as_blob().ok()?));
        taken.ok_or(FromSqlError::InvalidType)?;
    }
    Ok(())
}

fn span(bytes: &[u8]) -> Option<(i64, i64)> {
    let (times, []) = bytes.as_chunks::<8>() else { return None };
    let [earliest, latest] = times else { return None };
    Some((i64::from_be_bytes(*earliest), i64::from_be_bytes(*latest)))
}
