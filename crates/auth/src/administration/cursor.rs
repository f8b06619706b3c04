//! Cursors: where a list goes on, in a text that nobody else can make, good for the question that it was made for.

use vestibule_model::SecretDigest;

use super::{Administration, AdministrationError};

/// How many hexadecimal digits of the digest a cursor carries: 64 bits, for something that gives nothing away.
const TAG: usize = 16;

impl Administration<'_> {
    /// The cursor for `position` in the answers to `question`. The position is ASCII without `.`.
    pub(super) fn cursor(&self, question: &str, position: &str) -> String {
        format!("{position}.{}", tag_of(&self.auth.keys.secrets().digest(&message(question, position))))
    }

    /// The position of a cursor that was made for this question.
    pub(super) fn read_cursor<'a>(
        &self,
        question: &str,
        cursor: &'a str,
    ) -> Result<&'a str, AdministrationError> {
        let refused = || AdministrationError::Cursor;
        let (position, tag) = cursor.split_once('.').ok_or_else(refused)?;
        // A list that is being read goes on after a rotation of the master key.
        let digests = self.auth.keys.secrets().digests(&message(question, position));
        digests
            .iter()
            .any(|digest| vestibule_crypto::constant_time_eq(tag.as_bytes(), tag_of(digest).as_bytes()))
            .then_some(position)
            .ok_or_else(refused)
    }
}

fn message(question: &str, position: &str) -> Vec<u8> {
    format!("cursor\n{}\n{position}\n{question}", position.len()).into_bytes()
}

fn tag_of(digest: &SecretDigest) -> String {
    let mut first = [0; TAG / 2];
    first.copy_from_slice(&digest.tag[..TAG / 2]);
    format!("{:016x}", u64::from_be_bytes(first))
}
