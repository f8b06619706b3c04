//! What pages are made of: cells of tables and lists of facts, numbers, times. Stored texts come in through them, so that nothing in
//! one is hidden; templates escape whatever they are given.

mod cell;
mod number;
mod sentence;
mod table;
mod tile;

pub(crate) use cell::{Cell, Fact, Shape, time};
pub(crate) use number::{bytes, counted, counted_entries, counted_many, number, number_of, signed};
pub(crate) use sentence::sentence;
pub(crate) use table::{PAGE, Pager, Table, address};
pub(crate) use tile::Tile;
