//! A value on a page.

use std::fmt;

use vestibule_model::{Millis, told, visible};
use vestibule_serve::forms::Zone;

/// The most characters of a stored text in a table.
const LONGEST: usize = 120;

/// How a value is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// As text.
    Plain,
    /// As something to be copied letter by letter.
    Code,
    /// Aligned to the right.
    Number,
    /// As a point in time.
    Time,
    /// As a state that is well.
    Good,
    /// As a state that is not.
    Bad,
    /// As a state to be looked at.
    Warn,
    /// As a state that is told and no more.
    Quiet,
}

/// A point in time in words.
pub(crate) fn time(at: Millis, zone: &Zone) -> String {
    format!("{} {}", zone.second(at), zone.name())
}

/// A value, and where it leads.
#[derive(Clone, Debug)]
pub(crate) struct Cell {
    pub(crate) text: String,
    pub(crate) link: Option<String>,
    pub(crate) shape: Shape,
    /// Of a time: as programs read it.
    pub(crate) machine: String,
    /// Of one of several that may be picked: the name of its field; nothing: it is among them, and may not.
    pub(crate) pick: Option<String>,
    /// Whether it has a button that copies it.
    pub(crate) is_copied: bool,
}

impl Cell {
    fn of(shape: Shape, text: String) -> Self {
        Self { text, link: None, shape, machine: String::new(), pick: None, is_copied: false }
    }

    /// A text that somebody has written, cut short.
    pub(crate) fn text(text: &str) -> Self {
        Self::of(Shape::Plain, told(text, LONGEST))
    }

    /// The same as it stands.
    pub(crate) fn whole(text: &str) -> Self {
        Self::of(Shape::Plain, visible(text))
    }

    /// Words of ours.
    pub(crate) fn words(text: impl Into<String>) -> Self {
        Self::of(Shape::Plain, text.into())
    }

    /// An id, a reference, an address.
    pub(crate) fn code(text: impl fmt::Display + Copy) -> Self {
        Self::of(Shape::Code, visible(&text.to_string()))
    }

    /// The same, with a button that copies it.
    pub(crate) fn copied(text: impl fmt::Display + Copy) -> Self {
        Self { is_copied: true, ..Self::code(text) }
    }

    /// A number.
    pub(crate) fn number(number: u64) -> Self {
        Self::of(Shape::Number, super::number(number))
    }

    /// By how much something has grown.
    pub(crate) fn difference(by: i128) -> Self {
        Self::of(Shape::Number, super::signed(by))
    }

    /// What stands in the place of a number.
    pub(crate) fn number_in_words(words: impl Into<String>) -> Self {
        Self::of(Shape::Number, words.into())
    }

    /// A point in time.
    pub(crate) fn time(at: Millis, zone: &Zone) -> Self {
        let (text, machine) = (time(at, zone), zone.machine(at));
        Self { machine, ..Self::of(Shape::Time, text) }
    }

    /// A point in time that may not have come.
    pub(crate) fn time_or(at: Option<Millis>, zone: &Zone, otherwise: &str) -> Self {
        at.map_or_else(|| Self::words(otherwise), |at| Self::time(at, zone))
    }

    /// A state.
    pub(crate) fn tag(shape: Shape, words: impl Into<String>) -> Self {
        Self::of(shape, words.into())
    }

    /// The same value, which leads somewhere.
    #[must_use]
    pub(crate) fn to(self, address: impl Into<String>) -> Self {
        Self { link: Some(address.into()), ..self }
    }

    /// The class of its colours, if it is a state.
    pub(crate) fn tag_class(&self) -> Option<&'static str> {
        match self.shape {
            Shape::Good => Some("tag good"),
            Shape::Bad => Some("tag bad"),
            Shape::Warn => Some("tag warn"),
            Shape::Quiet => Some("tag"),
            Shape::Plain | Shape::Code | Shape::Number | Shape::Time => None,
        }
    }

    pub(crate) fn is_code(&self) -> bool {
        self.shape == Shape::Code
    }

    pub(crate) fn is_time(&self) -> bool {
        self.shape == Shape::Time
    }

    pub(crate) fn is_number(&self) -> bool {
        self.shape == Shape::Number
    }
}

/// Something that is told of one thing: its name, and its values.
pub(crate) struct Fact {
    pub(crate) name: &'static str,
    pub(crate) values: Vec<Cell>,
}

impl Fact {
    pub(crate) fn one(name: &'static str, value: Cell) -> Self {
        Self { name, values: vec![value] }
    }

    /// Several values; `none`: what is told where there is none.
    pub(crate) fn many(name: &'static str, values: Vec<Cell>, none: &str) -> Self {
        if values.is_empty() { Self::one(name, Cell::words(none)) } else { Self { name, values } }
    }
}
