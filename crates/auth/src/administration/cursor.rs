//! Cursors: where a list goes on, in a text that nobody else can make or read, good for the question that it was made for.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use vestibule_crypto::SealContext;

use super::{Administration, AdministrationError};

/// The longest cursor that is looked at.
const LONGEST: usize = 16 * 1_024;

impl Administration<'_> {
    /// The cursor for `position` in the answers to `question`.
    pub(super) fn cursor(&self, question: &str, position: &str) -> String {
        let sealer = self.auth.keys.sealer();
        URL_SAFE_NO_PAD.encode(sealer.seal(&*self.auth.rng, &place(question), position.as_bytes()))
    }

    /// The position of a cursor that was made for this question. A list that is being read goes on after a rotation of the master
    /// key.
    pub(super) fn read_cursor(&self, question: &str, cursor: &str) -> Result<String, AdministrationError> {
        let refused = || AdministrationError::Cursor;
        if cursor.len() > LONGEST {
            return Err(refused());
        }
        let sealed = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| refused())?;
        let position = self.auth.keys.sealer().open(&place(question), &sealed).map_err(|_| refused())?;
        String::from_utf8(position.to_vec()).map_err(|_| refused())
    }
}

/// What binds a cursor to its question. There is no such table: no stored secret passes for a cursor.
const fn place(question: &str) -> SealContext<'_> {
    SealContext { table: "cursors", column: "position", row: question.as_bytes() }
}
