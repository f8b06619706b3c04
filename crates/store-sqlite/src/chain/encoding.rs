//! What a tag is made of: columns as bytes, so that two rows that differ anywhere differ in bytes.
//!
//! Each value is its type, its length where that is not fixed, and its bytes. A message begins with what it is for, so no
//! entry is ever taken for a head.

use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};

/// A tag, and the place it stands for in the chain: that of an entry, or of the one before the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) sequence: i64,
    pub(crate) mac: [u8; 32],
}

impl Link {
    /// Before the first entry of all.
    pub(crate) const BEGINNING: Self = Self { sequence: 0, mac: [0; 32] };
}

/// A value of a row, as it is bound and as it is read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field<'a>(pub(crate) ValueRef<'a>);

impl Field<'_> {
    pub(crate) const NULL: Self = Field(ValueRef::Null);
}

impl ToSql for Field<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(self.0))
    }
}

impl From<i64> for Field<'_> {
    fn from(number: i64) -> Self {
        Field(ValueRef::Integer(number))
    }
}

impl<'a> From<&'a str> for Field<'a> {
    fn from(text: &'a str) -> Self {
        Field(ValueRef::Text(text.as_bytes()))
    }
}

impl<'a> From<&'a [u8]> for Field<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Field(ValueRef::Blob(bytes))
    }
}

impl<T> From<Option<T>> for Field<'_>
where
    Self: From<T>,
{
    fn from(value: Option<T>) -> Self {
        value.map_or(Field::NULL, Self::from)
    }
}

/// Begins the message of an entry: it hangs on the one before it.
pub(crate) fn begin_entry(message: &mut Vec<u8>, previous: &[u8; 32]) {
    message.clear();
    message.push(b'E');
    message.extend_from_slice(previous);
}

/// Adds a value of the entry.
pub(crate) fn add(message: &mut Vec<u8>, field: Field<'_>) {
    match field.0 {
        ValueRef::Null => message.push(0),
        ValueRef::Integer(number) => {
            message.push(1);
            message.extend_from_slice(&number.to_be_bytes());
        }
        ValueRef::Text(bytes) => add_bytes(message, 2, bytes),
        ValueRef::Blob(bytes) => add_bytes(message, 3, bytes),
        ValueRef::Real(number) => {
            message.push(4);
            message.extend_from_slice(&number.to_bits().to_be_bytes());
        }
    }
}

/// Adds a value of a column that entries from before did not have: they are tagged as if it were not there.
pub(crate) fn add_later(message: &mut Vec<u8>, field: Field<'_>) {
    if !matches!(field.0, ValueRef::Null) {
        add(message, field);
    }
}

fn add_bytes(message: &mut Vec<u8>, kind: u8, bytes: &[u8]) {
    message.push(kind);
    message.extend_from_slice(&(bytes.len() as u64).to_be_bytes());
    message.extend_from_slice(bytes);
}

/// The message of a head.
pub(crate) fn head(anchor: Link, newest: Link) -> [u8; 81] {
    let mut message = [b'H'; 81];
    message[1..9].copy_from_slice(&anchor.sequence.to_be_bytes());
    message[9..41].copy_from_slice(&anchor.mac);
    message[41..49].copy_from_slice(&newest.sequence.to_be_bytes());
    message[49..].copy_from_slice(&newest.mac);
    message
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use rusqlite::types::Value;

    use super::*;

    fn message(previous: [u8; 32], values: &[Value]) -> Vec<u8> {
        let mut message = Vec::new();
        begin_entry(&mut message, &previous);
        for value in values {
            add(&mut message, Field(value.into()));
        }
        message
    }

    fn value() -> impl Strategy<Value = Value> {
        prop_oneof![
            Just(Value::Null),
            any::<i64>().prop_map(Value::Integer),
            (0..3_i64).prop_map(Value::Integer),
            "[ab\0\u{1}\u{2}é]{0,12}".prop_map(Value::Text),
            vec(0..4_u8, 0..12).prop_map(Value::Blob),
            vec(any::<u8>(), 0..4).prop_map(Value::Blob),
        ]
    }

    proptest! {
        #[test]
        fn rows_that_differ_differ_in_bytes(
            one in vec(value(), 0..5), other in vec(value(), 0..5), here in 0..2_u8, there in 0..2_u8,
        ) {
            let same = one == other && here == there;
            prop_assert_eq!(message([here; 32], &one) == message([there; 32], &other), same);
        }

        #[test]
        fn a_value_moved_to_its_neighbour_is_noticed(left in "[ab]{0,4}", right in "[ab]{0,4}", at in 0..8_usize) {
            let whole = format!("{left}{right}");
            let at = at.min(whole.len());
            let row = |left: &str, right: &str| [Value::Text(left.into()), Value::Text(right.into())];
            let same = at == left.len();
            let moved = message([0; 32], &row(&whole[..at], &whole[at..]));
            prop_assert_eq!(message([0; 32], &row(&left, &right)) == moved, same);
        }

        #[test]
        fn heads_that_differ_differ_in_bytes(numbers in any::<[i64; 2]>(), macs in any::<[[u8; 32]; 2]>(), which in 0..4_usize) {
            let link = |index: usize| Link { sequence: numbers[index], mac: macs[index] };
            let mut others = [link(0), link(1)];
            match which {
                0 => others[0].sequence ^= 1,
                1 => others[0].mac[31] ^= 1,
                2 => others[1].sequence ^= 1,
                _ => others[1].mac[0] ^= 1,
            }
            prop_assert_ne!(head(link(0), link(1)), head(others[0], others[1]));
        }
    }

    #[test]
    fn a_column_that_came_later_changes_no_message_where_it_is_empty() {
        let with = |name: Field<'_>| {
            let mut message = message([0; 32], &[Value::Integer(1)]);
            add_later(&mut message, name);
            message
        };
        assert_eq!(with(Field::NULL), message([0; 32], &[Value::Integer(1)]));
        assert_eq!(with("a".into()), message([0; 32], &[Value::Integer(1), Value::Text("a".into())]));
    }

    #[test]
    fn a_head_is_no_entry() {
        assert_ne!(head(Link::BEGINNING, Link::BEGINNING)[0], message([0; 32], &[])[0]);
    }
}
