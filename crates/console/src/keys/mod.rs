//! Keys of the installation: what there is, and what owners do about them.

mod deeds;
mod list;

pub(crate) use deeds::{KeyDeed, show as show_deed, submit as submit_deed};
pub(crate) use list::show;
