//! Answers on the screen: tables for people, JSON for programs.

use std::io::{self, ErrorKind, IsTerminal, Write};
use std::ops::ControlFlow;

use anyhow::Context;
use comfy_table::{ColumnConstraint, Table, Width, presets};
use serde_json::Value;

use super::column::{all_fields, field, title, words};
use crate::command_line::ServiceArguments;
use crate::progress::Bar;
use crate::screen;

/// Spaces between two columns.
const GAP: u16 = 2;

/// How lists are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// A table.
    Table,
    /// One JSON array.
    Array,
    /// One JSON value a line.
    Lines,
}

/// How answers are written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    form: Form,
}

/// A list that is written page by page.
#[derive(Debug)]
pub(crate) struct List {
    form: Form,
    /// Dotted paths of the fields that a table has.
    columns: &'static [&'static str],
    /// The widest that each column has been so far.
    widths: Vec<u16>,
    written: u64,
    /// What is listed.
    what: &'static str,
    /// Only where the list itself goes somewhere else than to the terminal.
    bar: Option<Bar>,
}

impl Output {
    pub(crate) const fn of(arguments: &ServiceArguments) -> Self {
        Self::new(if arguments.json { Form::Array } else { Form::Table })
    }

    pub(crate) const fn new(form: Form) -> Self {
        Self { form }
    }

    pub(crate) fn is_json(self) -> bool {
        self.form != Form::Table
    }

    /// One thing: all its fields, those of `columns` first.
    pub(crate) fn show(self, thing: &Value, columns: &[&str]) {
        if self.is_json() {
            return screen::say(format_args!("{thing:#}"));
        }
        let mut table = plain();
        for (path, words) in all_fields(thing, columns) {
            table.add_row([path, words]);
        }
        screen::say(trimmed(&mut table));
    }

    /// Something that was done: the answer for programs, a sentence for people.
    pub(crate) fn done(self, answer: &Value, sentence: &str) {
        match (self.is_json(), answer) {
            (true, Value::Null) => {}
            (true, answer) => screen::say(format_args!("{answer:#}")),
            (false, _) => screen::say(sentence),
        }
    }

    /// Begins a list. `what` names it on the bar.
    pub(crate) fn list(self, columns: &'static [&'static str], what: &'static str) -> List {
        let bar = (!io::stdout().is_terminal()).then(|| Bar::counting(what));
        List { form: self.form, columns, widths: vec![0; columns.len()], written: 0, what, bar }
    }

    /// The same list, but one JSON value a line for programs.
    pub(crate) fn lines(self, columns: &'static [&'static str], what: &'static str) -> List {
        let form = if self.is_json() { Form::Lines } else { Form::Table };
        Self { form }.list(columns, what)
    }
}

impl List {
    /// Writes what came; says whether anybody reads on.
    pub(crate) fn page(&mut self, things: &[Value]) -> anyhow::Result<ControlFlow<()>> {
        let text = match self.form {
            Form::Table => self.rows(things),
            Form::Lines => lines(things),
            Form::Array => self.elements(things),
        };
        self.written += things.len() as u64;
        if let Some(bar) = &self.bar {
            bar.count(self.written);
        }
        write(&text)
    }

    /// Ends it.
    pub(crate) fn end(self) -> anyhow::Result<()> {
        drop(self.bar);
        let text = match (self.form, self.written) {
            (Form::Array, 0) => "[]\n",
            (Form::Array, _) => "\n]\n",
            _ => "",
        };
        if self.form == Form::Table && self.written == 0 {
            screen::complain(format_args!("There are no {}.", self.what));
        }
        write(text).map(|_| ())
    }

    fn elements(&self, things: &[Value]) -> String {
        let mut text = String::new();
        for (index, thing) in things.iter().enumerate() {
            let first = self.written == 0 && index == 0;
            text.push_str(if first { "[\n" } else { ",\n" });
            text.push_str(&thing.to_string());
        }
        text
    }

    /// A table of its own for each page, no column narrower than in the page before.
    fn rows(&mut self, things: &[Value]) -> String {
        if things.is_empty() {
            return String::new();
        }
        let mut table = plain();
        let header = self.columns.iter().map(|path| title(path).to_uppercase());
        if self.written == 0 {
            table.add_row(header);
        }
        for thing in things {
            table.add_row(self.columns.iter().map(|path| words(path, field(thing, path))));
        }
        let widths = table.column_max_content_widths();
        for (known, width) in self.widths.iter_mut().zip(widths) {
            *known = (*known).max(width);
        }
        for (column, width) in table.column_iter_mut().zip(&self.widths) {
            column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(*width + GAP)));
        }
        format!("{}\n", trimmed(&mut table))
    }
}

fn lines(things: &[Value]) -> String {
    things.iter().fold(String::new(), |mut text, thing| {
        text.push_str(&thing.to_string());
        text.push('\n');
        text
    })
}

/// Columns side by side, without lines, as wide as what they hold.
fn plain() -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table
}

fn trimmed(table: &mut Table) -> String {
    for column in table.column_iter_mut() {
        column.set_padding((0, GAP));
    }
    let lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    lines.join("\n")
}

/// Somebody who has seen enough, such as `head`, is no failure.
fn write(text: &str) -> anyhow::Result<ControlFlow<()>> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => Ok(ControlFlow::Continue(())),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(ControlFlow::Break(())),
        Err(error) => Err(error).context("cannot write the list"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const COLUMNS: &[&str] = &["id", "full_name"];

    fn list(form: Form) -> List {
        List { form, columns: COLUMNS, widths: vec![0; 2], written: 0, what: "things", bar: None }
    }

    #[test]
    fn columns_stand_under_each_other_over_pages() {
        let mut list = list(Form::Table);
        let first =
            list.rows(&[json!({"id": 1, "full_name": "Jane"}), json!({"id": 22_222, "full_name": "明"})]);
        list.written = 2;
        let second = list.rows(&[json!({"id": 3, "full_name": "Jo", "other": 1})]);
        assert_eq!(first, "ID     FULL NAME\n1      Jane\n22222  明\n");
        assert_eq!(second, "3      Jo\n");
    }

    #[test]
    fn an_array_is_one_over_pages() {
        let mut list = list(Form::Array);
        let mut text = list.elements(&[json!(1), json!(2)]);
        list.written = 2;
        text.push_str(&list.elements(&[json!(3)]));
        text.push_str("\n]\n");
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), json!([1, 2, 3]));
    }
}
