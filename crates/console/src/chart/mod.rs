//! Charts over time: lines or bars as SVG, and a table of the same numbers for whoever does not see them.

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
    /// What the first column of the table has.
    column: &'static str,
    names: Vec<&'static str>,
    drawn: Drawn,
    /// The newest first.
    rows: Vec<Row>,
}

/// What is drawn of each series, in their order.
enum Drawn {
    /// A line through all numbers.
    Lines(Vec<Line>),
    /// A bar for each number, those of one time upon one another.
    Bars(Vec<Bars>),
}

struct Line {
    /// Its colour and how it is dashed.
    class: &'static str,
    path: String,
}

struct Bars {
    class: &'static str,
    bars: Vec<Bar>,
}

/// In tenths of what a step is wide and of a hundredth of what the chart is high.
struct Bar {
    left: usize,
    top: String,
    height: String,
    /// Its time and its number.
    title: String,
}

struct Row {
    time: String,
    values: Vec<String>,
}

/// The classes of lines and bars, in this order.
const CLASSES: [&str; 2] = ["s1", "s2"];

/// How far two times are apart.
const STEP: usize = 10;

/// How far a bar is from where its time begins; it is `STEP` less twice this wide.
const GAP: usize = 1;

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
        let top = scale::top(series.iter().flat_map(|it| &it.values).copied().max().unwrap_or_default());
        let line = |(series, class): (&Series, &'static str)| Line { class, path: path(&series.values, top) };
        let lines = series.iter().zip(CLASSES).map(line).collect();
        let labels = times.iter().map(|time| zone.minute(*time)).collect();
        let width = (times.len() - 1) * STEP;
        Some(Self::of((title, unit), (top, width), ("Until", labels), series, Drawn::Lines(lines)))
    }

    /// One of at most two bars at each of these times, which have a name together; None: there is no time.
    pub(crate) fn bars(
        title: &'static str,
        unit: &'static str,
        (column, times): (&'static str, Vec<String>),
        series: &[Series],
    ) -> Option<Self> {
        let height = |index: usize| {
            series
                .iter()
                .filter_map(|it| it.values.get(index))
                .fold(0, |sum: u64, it| sum.saturating_add(*it))
        };
        let top = scale::top((0..times.len()).map(height).max()?);
        let (mut below, mut all) = (vec![0; times.len()], Vec::new());
        for (one, class) in series.iter().zip(CLASSES) {
            all.push(Bars { class, bars: bars(one, &times, &mut below, top) });
        }
        let width = times.len() * STEP;
        Some(Self::of((title, unit), (top, width), (column, times), series, Drawn::Bars(all)))
    }

    fn of(
        (title, unit): (&'static str, &'static str),
        (top, width): (u64, usize),
        (column, times): (&'static str, Vec<String>),
        series: &[Series],
        drawn: Drawn,
    ) -> Self {
        let told = |Series { name, values }: &Series| {
            let shown = |value: Option<&u64>| number(value.copied().unwrap_or_default());
            let (least, most) = (shown(values.iter().min()), shown(values.iter().max()));
            format!("{name}: least {least}, most {most}, at last {}", shown(values.last()))
        };
        let row = |(index, time): (usize, String)| Row {
            time,
            values: series
                .iter()
                .map(|it| number(it.values.get(index).copied().unwrap_or_default()))
                .collect(),
        };
        Self {
            title,
            unit,
            summary: series.iter().map(told).collect::<Vec<_>>().join("; "),
            top: number(top),
            half: number(top / 2),
            width,
            column,
            names: series.iter().map(|series| series.name).collect(),
            drawn,
            rows: times.into_iter().enumerate().map(row).rev().collect(),
        }
    }

    /// The name of each series, and its class.
    fn legend(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.names.iter().copied().zip(CLASSES)
    }

    /// The cells of a row, each with the name of its column.
    fn named<'a>(&self, row: &'a Row) -> impl Iterator<Item = (&'static str, &'a str)> {
        self.names.iter().copied().zip(row.values.iter().map(String::as_str))
    }

    fn first_time(&self) -> &str {
        self.rows.last().map_or("", |row| &row.time)
    }

    fn last_time(&self) -> &str {
        self.rows.first().map_or("", |row| &row.time)
    }
}

/// A bar for each number upon what is drawn already, in a space that is a hundred high.
fn bars(series: &Series, times: &[String], below: &mut [u64], top: u64) -> Vec<Bar> {
    let mut bars = Vec::new();
    for (index, ((value, time), below)) in series.values.iter().zip(times).zip(below).enumerate() {
        let (bottom, sum) = (scale::depth(*below, top), below.saturating_add(*value));
        let depth = scale::depth(sum, top);
        *below = sum;
        if bottom > depth {
            bars.push(Bar {
                left: index * STEP + GAP,
                top: tenths(depth),
                height: tenths(bottom - depth),
                title: format!("{time}: {} {}", number(*value), series.name.to_lowercase()),
            });
        }
    }
    bars
}

fn tenths(value: u64) -> String {
    format!("{}.{}", value / 10, value % 10)
}

/// A line through all numbers, in a space that is a hundred high.
fn path(values: &[u64], top: u64) -> String {
    let mut path = String::new();
    for (index, value) in values.iter().enumerate() {
        let depth = tenths(scale::depth(*value, top));
        // Writing to a string does not fail.
        let _ = write!(path, "{}{} {depth}", if index == 0 { "M" } else { "L" }, index * STEP);
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

    fn line(chart: &Chart) -> &str {
        let Drawn::Lines(lines) = &chart.drawn else { panic!("bars") };
        &lines[0].path
    }

    #[test]
    fn a_line_goes_through_all_numbers() {
        let chart = chart(&[0, 5, 10]).unwrap();
        assert_eq!(line(&chart), "M0 100.0L10 50.0L20 0.0");
        assert_eq!((chart.width, &*chart.top, &*chart.half), (20, "10", "5"));
    }

    #[test]
    fn a_quiet_time_is_a_line_at_the_bottom() {
        assert_eq!(line(&chart(&[0, 0]).unwrap()), "M0 100.0L10 100.0");
    }

    #[test]
    fn one_number_is_no_line() {
        assert!(chart(&[1]).is_none() && chart(&[]).is_none());
    }

    #[test]
    fn a_chart_has_a_table_with_the_same_numbers_the_newest_first() {
        let page = chart(&[1_234, 5]).unwrap().render().unwrap();
        let cells: Vec<_> =
            page.split(" class=\"number\">").skip(2).filter_map(|rest| rest.split('<').next()).collect();
        assert_eq!(cells, ["5", "1,234"]);
        assert!(page.contains("Logins: least 5, most 1,234, at last 5"), "{page}");
    }

    #[test]
    fn bars_of_one_time_stand_upon_one_another() {
        let series = [("Let through", vec![4, 0]), ("Refused", vec![2, 0])];
        let series = series.map(|(name, values)| Series { name, values });
        let times = vec!["Monday".to_owned(), "Tuesday".to_owned()];
        let chart = Chart::bars("Requests", "on each day", ("Day", times), &series).unwrap();
        let Drawn::Bars(drawn) = &chart.drawn else { panic!("lines") };
        let all = drawn.iter().flat_map(|bars| &bars.bars);
        let told: Vec<_> = all.map(|it| format!("{} {} {}", it.left, it.top, it.height)).collect();
        assert_eq!(told, ["1 33.4 66.6", "1 0.0 33.4"]);
        assert_eq!(drawn[1].bars[0].title, "Monday: 2 refused");
        assert!(Chart::bars("Requests", "on each day", ("Day", Vec::new()), &series).is_none());
    }
}
