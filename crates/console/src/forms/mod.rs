//! Forms of administrators: what they make, change and do. What is the same for all of them is here.
//!
//! **The next form** is a file with its fields, its words and its call of the engine; `users/` has one of each sort.
//!
//! - Something is *made* ([`make`], [`MakeForm`], `users/make.rs`). Each form has a number of its own (`submit`), which the engine
//!   remembers with the answer: a second click, or a reload, is answered as the first, one-time secrets too ([`Made`]). What is made upon
//!   something that others may change ([`make_upon`], `connections/keys.rs`) carries what it showed of that, as the next sort does.
//! - Something is *changed* ([`edit`], [`EditForm`], `users/edit.rs`). What changes is shown before it is done; secrets are no part of it. The form carries what
//!   it was made from (`was.`): if that is not so any more, the page says what somebody else has changed, and nothing is done.
//! - Something else is *done* ([`Deed`], `users/deeds.rs`): a page names what follows, and has the name typed where it is much.
//!   Done twice is done once.
//!
//! Fields are called as the engine's errors call them: so an error stands beside its field, and everything that was typed stays.
//! Secrets are fields of their own sort ([`Field::secret`]), and are never sent back. A route that is `typed` in `routes.rs` loses
//! nothing when the session ends meanwhile ([`kept`]): its handler is asked again with [`Step::Again`], and shows the form as it was
//! typed. Whoever may not send a form is told so when they ask for it: its `GET` asks the engine too.

mod deed;
mod done;
mod edit;
mod field;
pub(crate) mod kept;
mod make;
mod page;
mod values;
mod was;
mod written;

pub(crate) use deed::Deed;
pub(crate) use done::Done;
pub(crate) use edit::{EditForm, edit, show_edit};
pub(crate) use field::{Choice, Control, Field};
pub(crate) use make::{Made, MakeForm, as_shown, expect_submit, make, make_upon, new_submit, show_make};
pub(crate) use page::{Form, FormSpec};
pub(crate) use values::{SUBMIT, Values, secret};
pub(crate) use written::{choices, lines, read, read_all, word, written};

use vestibule_serve::forms::Fields;

/// What a form was sent for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// To be shown again as it was typed: its sender had to sign in anew, or wants to type something else.
    Again,
    /// To be shown what it would do.
    Show,
    /// To be done.
    Do,
}

impl Step {
    pub(crate) fn of(fields: &Fields) -> Self {
        match (fields.get(kept::AGAIN), fields.get("step")) {
            ("", "do") => Self::Do,
            ("", "again") | ("1", _) => Self::Again,
            _ => Self::Show,
        }
    }
}
