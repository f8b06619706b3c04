//! Tables, and the way from one page of a list to the next.

use super::Cell;

/// How many rows a page of a list has.
pub(crate) const PAGE: usize = 50;

/// A table with its name and its columns.
pub(crate) struct Table {
    /// What it holds, for whoever does not see it.
    pub(crate) name: &'static str,
    pub(crate) head: Vec<&'static str>,
    pub(crate) rows: Vec<Vec<Cell>>,
    /// What is said where there are no rows.
    pub(crate) empty: &'static str,
}

impl Table {
    /// The same without the columns in which no row has anything.
    #[must_use]
    pub(crate) fn without_empty_columns(mut self) -> Self {
        let has_any = |index: usize| {
            self.rows.iter().any(|row| row.get(index).is_some_and(|cell| !cell.text.is_empty()))
        };
        let kept: Vec<bool> = (0..self.head.len()).map(has_any).collect();
        let mut of_head = kept.iter();
        self.head.retain(|_| of_head.next().copied().unwrap_or(true));
        for row in &mut self.rows {
            let mut of_row = kept.iter();
            row.retain(|_| of_row.next().copied().unwrap_or(true));
        }
        self
    }

    /// The names of the columns, and whether each is one of numbers.
    pub(crate) fn columns(&self) -> impl Iterator<Item = (&'static str, bool)> {
        let first = self.rows.first().map(Vec::as_slice).unwrap_or_default();
        let is_of_numbers = |index| first.get(index).is_some_and(Cell::is_number);
        self.head.iter().enumerate().map(move |(index, name)| (*name, is_of_numbers(index)))
    }

    /// The cells of a row, each with the name of its column.
    pub(crate) fn named<'a>(&self, row: &'a [Cell]) -> impl Iterator<Item = (&'static str, &'a Cell)> {
        self.head.iter().copied().zip(row)
    }
}

/// Where the pages of a list are.
pub(crate) struct Pager {
    /// The first page, if this is another.
    pub(crate) first: Option<String>,
    /// The page behind this one.
    pub(crate) next: Option<String>,
}

impl Pager {
    /// That of a list which is one page.
    pub(crate) const fn none() -> Self {
        Self { first: None, next: None }
    }

    /// The pages of a list at this path: `asked` are the fields of its query without the cursor.
    pub(crate) fn of(path: &str, asked: &[(&str, &str)], cursor: Option<&str>, next: Option<&str>) -> Self {
        let page = |cursor: Option<&str>| {
            address(path, asked.iter().copied().chain(cursor.map(|it| ("cursor", it))))
        };
        Self { first: cursor.map(|_| page(None)), next: next.map(|next| page(Some(next))) }
    }
}

/// A path with a query; fields without a value are left out.
pub(crate) fn address<'a>(path: &str, asked: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let asked: Vec<_> = asked.into_iter().filter(|(_, value)| !value.is_empty()).collect();
    if asked.is_empty() {
        return path.to_owned();
    }
    let start = path.len() + 1;
    form_urlencoded::Serializer::for_suffix(format!("{path}?"), start).extend_pairs(asked).finish()
}
