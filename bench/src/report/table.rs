//! Findings as tables of text.

use std::fmt::Write as _;

use super::{Finding, Part, Side};

const SIDES: [&str; 8] = ["bench", "what", "per second", "p50", "p99", "p99.9 ms", "CPU µs", "core"];

const FIGURES: [&str; 5] = ["bench", "figure", "value", "goal", ""];

/// What took turns: the first two columns to the left, the numbers to the right.
pub(super) fn of_sides(findings: &[Finding]) -> String {
    let lines = findings.iter().flat_map(|finding| {
        finding.sides.iter().zip(names(finding.name)).map(|(side, name)| cells_of(name, side))
    });
    table(&SIDES, lines.collect(), 2)
}

/// What follows from it, and whether it is as it should be.
pub(super) fn of_figures(findings: &[Finding]) -> String {
    let lines = findings.iter().flat_map(|finding| {
        finding.figures.iter().zip(names(finding.name)).map(|(figure, name)| {
            let [label, value, goal, verdict] = figure.cells();
            [name.to_owned(), label, value, goal, verdict]
        })
    });
    table(&FIGURES, lines.collect(), FIGURES.len())
}

/// Which floors are not in the tables, and why. Nothing, if all are.
pub(super) fn of_missing(findings: &[Finding]) -> String {
    let mut text = String::new();
    for finding in findings {
        for missing in &finding.missing {
            // Writing to a string cannot fail.
            let _ = writeln!(
                text,
                "NOT MEASURED: {}, floor of `{}`: {}",
                missing.what, finding.name, missing.why
            );
        }
    }
    if text.is_empty() { text } else { format!("\n{text}") }
}

/// What has to be known to read the tables. Nothing, if nothing has.
pub(super) fn of_remarks(findings: &[Finding]) -> String {
    let mut text = String::new();
    for finding in findings {
        for remark in &finding.remarks {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "REMARK: {}: {remark}", finding.name);
        }
    }
    if text.is_empty() { text } else { format!("\n{text}") }
}

/// The name for the first line, nothing for the others.
fn names(name: &str) -> impl Iterator<Item = &str> {
    std::iter::once(name).chain(std::iter::repeat(""))
}

fn cells_of(name: &str, side: &Side) -> [String; SIDES.len()] {
    let number = |value: f64, decimals: usize| {
        if value.is_nan() { "-".to_owned() } else { format!("{value:.decimals$}") }
    };
    let millis = |micros: f64| number(micros / 1_000.0, 3);
    let mark = if side.part == Part::Floor { "floor: " } else { "" };
    [
        name.to_owned(),
        format!("{mark}{}", side.what()),
        number(side.per_second, 0),
        millis(side.p50_us),
        millis(side.p99_us),
        millis(side.p999_us),
        number(side.cpu_us, 1),
        if side.busy.is_nan() { "-".to_owned() } else { format!("{:.0} %", 100.0 * side.busy) },
    ]
}

/// Lines under a head; nothing if there are none.
fn table<const N: usize>(head: &[&str; N], lines: Vec<[String; N]>, left: usize) -> String {
    if lines.is_empty() {
        return String::new();
    }
    let lines: Vec<[String; N]> = std::iter::once(head.map(str::to_owned)).chain(lines).collect();
    let widths: Vec<usize> = (0..N)
        .map(|column| lines.iter().map(|cells| cells[column].chars().count()).max().unwrap_or(0))
        .collect();
    let mut text = String::from("\n");
    for cells in &lines {
        for (column, (cell, width)) in cells.iter().zip(&widths).enumerate() {
            // Writing to a string cannot fail.
            let _ = if column < left {
                write!(text, "{cell:<width$}  ")
            } else {
                write!(text, "{cell:>width$}  ")
            };
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
    }
    text
}
