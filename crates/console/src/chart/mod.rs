//! Charts over time: lines as SVG, and a table of the same numbers for whoever does not see them.

mod scale;

use std::fmt::Write as _;

use askama::Template;
use vestibule_model::Millis;
use vestibule_serve::forms::Zone;

use crate::parts::number;

/// What a line is of.
pub(crate) struct Series {
    /// Its name.
    pub(crate) name: &'static str,
    /// A number for each time.
    pub(crate) values: Vec<u64>,
}

/// A chart, as a page shows it.
#[derive(Template)]
#[template(path = "chart.html")]
pub(crate) struct Chart {
    title: &'static str,
    /// What each number is of, such as "in each minute".
    unit: &'static str,
    /// In words, for whoever does not see it.
    summary: String,
    top: String,
    half: String,
    width: usize,
    lines: Vec<Line>,
    rows: Vec<Row>,
}

struct Line {
    name: &'static str,
    /// Its colour and how it is dashed.
    class: &'static str,
    path: String,
}

struct Row {
    time: String,
    values: Vec<String>,
}

/// The classes of lines, in this order.
const CLASSES: [&str; 2] = ["s1", "s2"];

/// How far two times are apart.
const STEP: usize = 10;

impl Chart {
    /// One of at most two lines over these times; None: fewer than two times.
    pub(crate) fn over_time(
        title: &'static str,
        unit: &'static str,
        times: &[Millis],
        series: &[Series],
        zone: &Zone,
    ) -> Option<Self> {
        if times.len() < 2 {
            return None;
        }
        let all = || series.iter().flat_map(|series| &series.values).copied();
        let top = scale::top(all().max().unwrap_or_default());
        let told = |Series { name, values }: &Series| {
            let shown = |value: Option<&u64>| number(value.copied().unwrap_or_default());
            let (least, most) = (shown(values.iter().min()), shown(values.iter().max()));
            format!("{name}: least {least}, most {most}, at last {}", shown(values.last()))
        };
        let line = |(series, class): (&Series, &'static str)| Line {
            name: series.name,
            class,
            path: path(&series.values, top),
        };
        let row = |(index, time): (usize, &Millis)| Row {
            time: zone.minute(*time),
            values: series
                .iter()
                .map(|it| number(it.values.get(index).copied().unwrap_or_default()))
                .collect(),
        };
        Some(Self {
            title,
            unit,
            summary: series.iter().map(told).collect::<Vec<_>>().join("; "),
            top: number(top),
            half: number(top / 2),
            width: (times.len() - 1) * STEP,
            lines: series.iter().zip(CLASSES).map(line).collect(),
            rows: times.iter().enumerate().map(row).rev().collect(),
        })
    }

    fn first_time(&self) -> &str {
        self.rows.last().map_or("", |row| &row.time)
    }

    fn last_time(&self) -> &str {
        self.rows.first().map_or("", |row| &row.time)
    }
}

/// A line through all numbers, in a space that is a hundred high.
fn path(values: &[u64], top: u64) -> String {
    let mut path = String::new();
    for (index, value) in values.iter().enumerate() {
        let depth = scale::depth(*value, top);
        // Writing to a string does not fail.
        let _ = write!(
            path,
            "{}{} {}.{}",
            if index == 0 { "M" } else { "L" },
            index * STEP,
            depth / 10,
            depth % 10
        );
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(values: &[u64]) -> Option<Chart> {
        let times: Vec<_> =
            (0..).map(|minute| Millis::from_unix(minute * 60_000)).take(values.len()).collect();
        let series = [Series { name: "Logins", values: values.to_vec() }];
        Chart::over_time("Logins", "in each minute", &times, &series, &Zone::of("UTC"))
    }

    #[test]
    fn a_line_goes_through_all_numbers() {
        let chart = chart(&[0, 5, 10]).unwrap();
        assert_eq!(chart.lines[0].path, "M0 100.0L10 50.0L20 0.0");
        assert_eq!((chart.width, &*chart.top, &*chart.half), (20, "10", "5"));
    }

    #[test]
    fn a_quiet_time_is_a_line_at_the_bottom() {
        assert_eq!(chart(&[0, 0]).unwrap().lines[0].path, "M0 100.0L10 100.0");
    }

    #[test]
    fn one_number_is_no_line() {
        assert!(chart(&[1]).is_none() && chart(&[]).is_none());
    }

    #[test]
    fn a_chart_has_a_table_with_the_same_numbers_the_newest_first() {
        let page = chart(&[1_234, 5]).unwrap().render().unwrap();
        let cells: Vec<_> =
            page.split("<td class=\"number\">").skip(1).filter_map(|rest| rest.split('<').next()).collect();
        assert_eq!(cells, ["5", "1,234"]);
        assert!(page.contains("Logins: least 5, most 1,234, at last 5"), "{page}");
    }
}
