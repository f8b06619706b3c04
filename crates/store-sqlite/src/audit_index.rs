//! Blocks of the audit: what a thousand entries are about, in a few kilobytes, so that a question reads only the blocks
//! that may answer it.
//!
//! A summary only ever says "perhaps" or "no", and the entries themselves are looked at after a "perhaps". A block without
//! a summary, as the newest one is until it is full, is always looked at. What the keys of a block tell (`audit_keys`) is exact; its
//! summary is asked about sessions and refusals, of which there are too many, and until a block of before has keys.

use rusqlite::{Connection, OptionalExtension, Row, params};
use sha2::{Digest, Sha256};
use vestibule_model::{AuditAction, RefusalId};
use vestibule_store::AuditQuery;

use crate::audit_keys;
use crate::columns::Word;

/// How many bits of a sequence are its place in its block.
pub(crate) const BITS: u32 = 10;

/// So that a summary fills a page of the file, and no more.
const FILTER_BYTES: usize = 3_960;

/// How long the filters were that know of no refusals. They stay as they are for as long as the entries that they are about.
const BYTES_WITHOUT_REFUSALS: usize = 3_968;

/// How many bits stand for a value: with 2,048 values in a filter about one in two thousand is taken for another.
const HASHES: u32 = 8;

/// What an entry can be asked for by.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Key<'a> {
    Account(&'a [u8]),
    User(i64),
    Session(&'a [u8]),
    Refusal(RefusalId),
}

impl Key<'_> {
    /// Two numbers made of the value; never change how, or entries are not found any more.
    fn hash(self) -> (u32, u32) {
        let digest = match self {
            Self::Account(id) => Sha256::new_with_prefix(b"a").chain_update(id),
            Self::User(id) => Sha256::new_with_prefix(b"u").chain_update(id.to_be_bytes()),
            Self::Session(reference) => Sha256::new_with_prefix(b"s").chain_update(reference),
            Self::Refusal(id) => Sha256::new_with_prefix(b"r").chain_update(id.to_string()),
        }
        .finalize();
        let number =
            |at: usize| u32::from_be_bytes([digest[at], digest[at + 1], digest[at + 2], digest[at + 3]]);
        (number(0), number(4) | 1)
    }

    /// The places of its bits in a filter of so many bytes, as byte and mask.
    fn bits(self, bytes: usize) -> impl Iterator<Item = (usize, u8)> {
        let (start, step) = self.hash();
        (0..HASHES).map(move |turn| {
            let bit = start.wrapping_add(turn.wrapping_mul(step)) as usize % (bytes * 8);
            (bit / 8, 1 << (bit % 8))
        })
    }
}

/// The set of what a block is about.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Filter(Vec<u8>);

impl Filter {
    fn empty() -> Self {
        Self(vec![0; FILTER_BYTES])
    }

    fn put(&mut self, key: Key<'_>) {
        key.bits(self.0.len()).for_each(|(byte, mask)| self.0[byte] |= mask);
    }

    /// Whether the key may have been put. One of another size says perhaps to everything.
    fn may_have(&self, key: Key<'_>) -> bool {
        let knows = match self.0.len() {
            FILTER_BYTES => true,
            BYTES_WITHOUT_REFUSALS => !matches!(key, Key::Refusal(_)),
            _ => false,
        };
        !knows || key.bits(self.0.len()).all(|(byte, mask)| self.0[byte] & mask != 0)
    }
}

/// Summarises the blocks that became full when the audit grew from one newest sequence to another.
pub(crate) fn summarise(connection: &Connection, before: i64, after: i64) -> rusqlite::Result<()> {
    for block in ((before + 1) >> BITS)..((after + 1) >> BITS) {
        summarise_one(connection, block)?;
        audit_keys::index(connection, block)?;
    }
    Ok(())
}

fn summarise_one(connection: &Connection, block: i64) -> rusqlite::Result<()> {
    let sql = format!(
        "SELECT at, account_id, user_id, session, CASE WHEN {} THEN details END
         FROM audit WHERE sequence BETWEEN ?1 AND ?2",
        tells_of_refusal()
    );
    let mut select = connection.prepare_cached(&sql)?;
    let mut rows = select.query(sequences(block))?;
    let (mut filter, mut earliest, mut latest) = (Filter::empty(), i64::MAX, i64::MIN);
    while let Some(row) = rows.next()? {
        let at = row.get(0)?;
        (earliest, latest) = (earliest.min(at), latest.max(at));
        put(&mut filter, row)?;
    }
    let insert =
        "INSERT OR REPLACE INTO audit_blocks (block, earliest, latest, filter) VALUES (?1, ?2, ?3, ?4)";
    connection.prepare_cached(insert)?.execute(params![block, earliest, latest, filter.0]).map(drop)
}

fn put(filter: &mut Filter, row: &Row<'_>) -> rusqlite::Result<()> {
    if let Some(account) = row.get_ref(1)?.as_bytes_or_null()? {
        filter.put(Key::Account(account));
    }
    if let Some(user) = row.get_ref(2)?.as_i64_or_null()? {
        filter.put(Key::User(user));
    }
    if let Some(session) = row.get_ref(3)?.as_bytes_or_null()? {
        filter.put(Key::Session(session));
    }
    if let Some(details) = row.get_ref(4)?.as_str_or_null()? {
        RefusalId::named_in(details).for_each(|id| filter.put(Key::Refusal(id)));
    }
    Ok(())
}

/// The condition that an entry is of those that tell of refusals, in SQL.
pub(crate) fn tells_of_refusal() -> String {
    let [log_in, log_out] = AuditAction::OF_REFUSALS.map(Word::number);
    format!("action IN ({log_in}, {log_out})")
}

/// Removes the summaries of blocks that have no entry from `first` on, and the keys of those that have lost one.
pub(crate) fn forget_before(connection: &Connection, first: i64) -> rusqlite::Result<()> {
    let sql = "DELETE FROM audit_blocks WHERE block < ?1";
    connection.prepare_cached(sql)?.execute([first >> BITS])?;
    audit_keys::forget_before(connection, first)
}

/// Whether anything in the block may be wanted by the question, which is about the time from `since` to `until`.
pub(crate) fn may_have(
    snapshot: &Connection,
    block: i64,
    query: &AuditQuery,
    since: i64,
    until: i64,
) -> rusqlite::Result<bool> {
    let sql = "SELECT earliest, latest, filter FROM audit_blocks WHERE block = ?1";
    let mut select = snapshot.prepare_cached(sql)?;
    let summary = select
        .query_row([block], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, Filter(row.get(2)?))))
        .optional()?;
    let Some((earliest, latest, filter)) = summary else { return Ok(true) };
    let session = query.session.as_ref().map(|session| Key::Session(&session.0));
    let user = query.user.map(|user| Key::User(user.0));
    let account = query.account.as_ref().map(|account| Key::Account(account.as_str().as_bytes()));
    let refusal = query.refusal.map(Key::Refusal);
    let mut keys = [session, user, account, refusal].into_iter().flatten();
    Ok(earliest <= until && since <= latest && keys.all(|key| filter.may_have(key)))
}

/// The first and the last sequence of a block.
pub(crate) const fn sequences(block: i64) -> (i64, i64) {
    (block << BITS, ((block + 1) << BITS) - 1)
}

#[cfg(test)]
mod tests {
    use vestibule_model::{SessionReference, UserId};

    use super::*;

    fn filter_of(sessions: std::ops::Range<u64>) -> Filter {
        let mut filter = Filter::empty();
        for number in sessions {
            filter.put(Key::Session(&number.to_be_bytes()));
            filter.put(Key::User(i64::try_from(number).unwrap()));
        }
        filter
    }

    #[test]
    fn what_was_put_may_be_there() {
        let filter = filter_of(0..1_024);
        assert!((0..1_024_u64).all(|number| filter.may_have(Key::Session(&number.to_be_bytes()))));
        assert!((0..1_024).all(|number| filter.may_have(Key::User(number))));
    }

    #[test]
    fn what_was_not_put_is_seldom_taken_to_be_there() {
        let filter = filter_of(0..1_024);
        let taken = (10_000..110_000).filter(|number| filter.may_have(Key::User(*number))).count();
        assert!(taken < 300, "{taken} of 100,000");
    }

    #[test]
    fn a_user_is_no_session_of_the_same_bytes() {
        let mut filter = Filter::empty();
        filter.put(Key::User(7));
        assert!(!filter.may_have(Key::Session(&7_i64.to_be_bytes())));
    }

    #[test]
    fn a_filter_from_before_refusals_hides_none_and_what_it_hid_before() {
        let mut filter = Filter(vec![0; BYTES_WITHOUT_REFUSALS]);
        filter.put(Key::User(7));
        assert!(filter.may_have(Key::User(7)) && !filter.may_have(Key::User(8)));
        assert!(filter.may_have(Key::Refusal(refusal(7))));
    }

    /// Where such filters have user 17, computed with another implementation.
    #[test]
    fn a_filter_from_before_refusals_has_its_bits_where_they_were() {
        let places: Vec<_> = Key::User(17).bits(BYTES_WITHOUT_REFUSALS).collect();
        assert_eq!(
            places,
            [(2443, 32), (1061, 16), (191, 8), (2777, 4), (1907, 2), (525, 1), (3110, 128), (2240, 64)]
        );
    }

    #[test]
    fn a_filter_of_another_size_hides_nothing() {
        assert!(Filter(Vec::new()).may_have(Key::User(7)));
    }

    /// A database with entries of these times, each of the user of its sequence, every other of a session; and its summaries.
    fn summarised(times: impl IntoIterator<Item = i64>) -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        let tables = "CREATE TABLE audit (sequence, at, account_id, user_id, session, action, details, reason, actor DEFAULT 4,
                          actor_id, application_id, address, target, target_id);
                      CREATE TABLE audit_blocks (block PRIMARY KEY, earliest, latest, filter);
                      CREATE TABLE audit_keys (chunk, kind, bucket, part, keys)";
        connection.execute_batch(tables).unwrap();
        let mut newest = 0;
        for at in times {
            newest += 1;
            let session = (newest % 2 == 0).then(|| session(newest).0);
            let insert = "INSERT INTO audit (sequence, at, account_id, user_id, session, action, details)
                          VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
            let (action, details) = (AuditAction::LogInRefused.number(), refusal(newest).in_details());
            let row = params![newest, at, "12345678", newest, session, action, details];
            connection.execute(insert, row).unwrap();
            summarise(&connection, newest - 1, newest).unwrap();
        }
        connection
    }

    fn refusal(number: i64) -> RefusalId {
        RefusalId::read(&format!("{number:016x}")).unwrap()
    }

    fn session(number: i64) -> SessionReference {
        SessionReference(i128::from(number).to_be_bytes())
    }

    fn blocks(connection: &Connection) -> Vec<(i64, i64, i64)> {
        let mut select =
            connection.prepare("SELECT block, earliest, latest FROM audit_blocks ORDER BY block").unwrap();
        let rows = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
        rows.map(Result::unwrap).collect()
    }

    #[test]
    fn a_block_is_summarised_once_it_is_full_and_forgotten_with_its_last_entry() {
        let connection = summarised((1..=3 * 1_024).map(|at| at * 10));
        let all = [(0, 10, 10_230), (1, 10_240, 20_470), (2, 20_480, 30_710)];
        assert_eq!(blocks(&connection), all);
        forget_before(&connection, 1_024 + 1_023).unwrap();
        assert_eq!(blocks(&connection), all[1..]);
        forget_before(&connection, 2 * 1_024).unwrap();
        assert_eq!(blocks(&connection), all[2..]);
    }

    #[test]
    fn blocks_that_become_full_together_are_all_summarised() {
        let connection = summarised(1..1_024);
        connection.execute("DELETE FROM audit_blocks", []).unwrap();
        summarise(&connection, 0, 3 * 1_024 - 1).unwrap();
        assert_eq!(blocks(&connection).iter().map(|block| block.0).collect::<Vec<_>>(), [0, 1, 2]);
    }

    #[test]
    fn a_block_is_looked_at_only_for_its_times_account_users_and_sessions() {
        // A clock that stepped back in the middle.
        let connection = summarised((1..600).chain(300..1_000));
        let may = |query: AuditQuery, times: (i64, i64)| {
            may_have(&connection, 0, &query, times.0, times.1).unwrap()
        };
        let all = AuditQuery::default;
        let account = |id: &str| AuditQuery { account: Some(id.parse().unwrap()), ..all() };
        let user = |id| AuditQuery { user: Some(UserId(id)), ..all() };
        let of_session = |number| AuditQuery { session: Some(session(number)), ..all() };
        assert!(may(all(), (0, 1)) && may(all(), (723, 723)) && may(all(), (500, 550)));
        assert!(!may(all(), (-5, 0)) && !may(all(), (724, 900)));
        assert!(may(account("12345678"), (0, 900)) && !may(account("87654321"), (0, 900)));
        assert!(may(user(7), (0, 900)) && !may(user(50_000), (0, 900)));
        assert!(may(of_session(8), (0, 900)) && !may(of_session(7), (0, 900)));
        assert!(!may(AuditQuery { user: Some(UserId(50_000)), ..of_session(8) }, (0, 900)));
        let of_refusal = |number| AuditQuery { refusal: Some(refusal(number)), ..all() };
        assert!(may(of_refusal(8), (0, 900)) && !may(of_refusal(50_000), (0, 900)));
        assert!(may_have(&connection, 1, &user(50_000), 5_000, 6_000).unwrap(), "not full yet");
    }

    /// Computed with another implementation. Summaries are kept for as long as entries are: other hashes would hide them.
    #[test]
    fn hashes_stay_what_they_are() {
        let refusal = Key::Refusal(RefusalId::read("00abcdef01234567").unwrap());
        let keys = [Key::Account(b"12345678"), Key::User(17), Key::Session(&[7; 16]), refusal];
        assert_eq!(
            keys.map(Key::hash),
            [
                (0x9fce_fc00, 0x80d8_94e9),
                (0x96c6_345d, 0x953f_e0cf),
                (0x3b96_f222, 0x3cf0_728b),
                (0x44b0_15d2, 0x47a5_b4c7)
            ]
        );
    }
}
