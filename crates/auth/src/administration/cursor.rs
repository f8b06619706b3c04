//! Cursors: where a list goes on, in a text that nobody else can make, good for the question that it was made for.

use super::AdministrationError;
use crate::service::Auth;

/// How many hexadecimal digits of the digest a cursor carries: 64 bits, for something that gives nothing away.
const TAG: usize = 16;

impl Auth {
    /// The cursor for `position` in the answers to `question`. The position is ASCII without `.`.
    pub(super) fn cursor(&self, question: &str, position: &str) -> String {
        format!("{position}.{}", self.cursor_tag(question, position))
    }

    /// The position of a cursor that was made for this question.
    pub(super) fn read_cursor<'a>(
        &self,
        question: &str,
        cursor: &'a str,
    ) -> Result<&'a str, AdministrationError> {
        let refused = || AdministrationError::Cursor;
        let (position, tag) = cursor.split_once('.').ok_or_else(refused)?;
        let expected = self.cursor_tag(question, position);
        vestibule_crypto::constant_time_eq(tag.as_bytes(), expected.as_bytes())
            .then_some(position)
            .ok_or_else(refused)
    }

    fn cursor_tag(&self, question: &str, position: &str) -> String {
        let message = format!("cursor\n{}\n{position}\n{question}", position.len());
        let digest = self.secrets.digest(message.as_bytes()).0;
        let mut first = [0; TAG / 2];
        first.copy_from_slice(&digest[..TAG / 2]);
        format!("{:016x}", u64::from_be_bytes(first))
    }
}
