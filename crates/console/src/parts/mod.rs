//! What pages are made of.

mod number;
mod tile;

pub(crate) use number::{counted, number};
pub(crate) use tile::Tile;
