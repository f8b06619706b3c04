//! What this node has done over the last hour or the last two days, as the overview shows it.

use vestibule_auth::{FigurePoint, Figures, HashCapacity};
use vestibule_model::Millis;
use vestibule_serve::forms::Zone;

use crate::chart::{Chart, Series};
use crate::parts::number;

/// How far back it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Span {
    Hour,
    TwoDays,
}

impl Span {
    /// By its name in an address; the hour, if it has none that is known.
    pub(crate) fn named(name: Option<&str>) -> Self {
        if name == Some("two-days") { Self::TwoDays } else { Self::Hour }
    }
}

/// What the page shows of it.
pub(crate) struct OverTime {
    pub(crate) is_hour: bool,
    /// Empty until there are two times to draw a line between.
    pub(crate) charts: Vec<Chart>,
    /// What the hash threads can do, in a sentence.
    pub(crate) hashing: String,
    pub(crate) counts_requests: bool,
}

/// So many steps of the engine's are one of a chart's: a minute, or half an hour.
const STEPS: usize = 6;

impl OverTime {
    pub(crate) fn of(figures: &Figures, span: Span) -> Self {
        let (points, unit) = match span {
            Span::Hour => (&figures.hour, "in each minute"),
            Span::TwoDays => (&figures.two_days, "in each half hour"),
        };
        let points = grouped(points);
        let times: Vec<Millis> = points.iter().map(|point| point.at).collect();
        let series = |name, value: fn(&FigurePoint) -> u64| Series {
            name,
            values: points.iter().map(value).collect(),
        };
        let (succeeded, refused) = ("Succeeded", "Refused");
        let sessions =
            ("Live sessions", "at the end of each step", vec![series("Sessions", |it| it.sessions)]);
        let logins = vec![
            series(succeeded, |point| point.counts.logins),
            series(refused, |point| point.counts.logins_refused),
        ];
        let checks = vec![
            series("Let through", |point| point.counts.checks),
            series(refused, |point| point.counts.checks_refused),
        ];
        let utc = Zone::of("UTC");
        let requests = [("Logins", unit, logins), ("Checks of gateways", unit, checks)];
        let requests = requests.into_iter().filter(|_| figures.counts_requests);
        let charts = std::iter::once(sessions).chain(requests);
        let charts =
            charts.filter_map(|(title, unit, series)| Chart::over_time(title, unit, &times, &series, &utc));
        Self {
            is_hour: span == Span::Hour,
            charts: charts.collect(),
            hashing: in_words(figures.hashing),
            counts_requests: figures.counts_requests,
        }
    }
}

/// Steps in groups of the same size; the oldest, which make up none, are left out.
fn grouped(points: &[FigurePoint]) -> Vec<FigurePoint> {
    let group = |steps: &[FigurePoint]| steps.iter().copied().reduce(FigurePoint::and);
    let mut groups: Vec<_> = points.rchunks_exact(STEPS).filter_map(group).collect();
    groups.reverse();
    groups
}

fn in_words(hashing: Option<HashCapacity>) -> String {
    let Some(HashCapacity { hash_micros, most_per_1000_seconds: most, used_thousandths: used }) = hashing
    else {
        return "How many logins by password this node can take is not measured yet: too few passwords were hashed in the last hour."
            .to_owned();
    };
    format!(
        "This node can take {}.{} logins by password a second, of which {}.{} % were used in the last minute; a hash takes {} ms.",
        number(most / 1_000),
        most % 1_000 / 100,
        used / 10,
        used % 10,
        number(hash_micros / 1_000)
    )
}

#[cfg(test)]
mod tests {
    use vestibule_auth::FigureCounts;

    use super::*;

    fn points(count: i64) -> Vec<FigurePoint> {
        let counts = |logins| FigureCounts { logins, ..FigureCounts::default() };
        let point = |second: i64| FigurePoint {
            at: Millis::from_unix(second * 10_000),
            millis: 10_000,
            sessions: second.unsigned_abs(),
            counts: counts(second.unsigned_abs()),
        };
        (1..=count).map(point).collect()
    }

    #[test]
    fn minutes_are_whole_and_end_with_the_newest_step() {
        let minutes = grouped(&points(13));
        let told: Vec<_> = minutes.iter().map(|it| (it.millis, it.sessions, it.counts.logins)).collect();
        assert_eq!(told, [(60_000, 7, 2 + 3 + 4 + 5 + 6 + 7), (60_000, 13, 8 + 9 + 10 + 11 + 12 + 13)]);
    }

    #[test]
    fn without_counted_requests_sessions_alone_are_drawn() {
        let figures = Figures { hour: points(12), ..Figures::default() };
        assert_eq!(OverTime::of(&figures, Span::Hour).charts.len(), 1);
        let counting = Figures { counts_requests: true, ..figures };
        assert_eq!(OverTime::of(&counting, Span::Hour).charts.len(), 3);
        assert!(OverTime::of(&counting, Span::TwoDays).charts.is_empty());
    }

    #[test]
    fn what_the_hash_threads_can_do_is_a_sentence() {
        let capacity =
            HashCapacity { hash_micros: 47_300, most_per_1000_seconds: 42_280, used_thousandths: 31 };
        assert_eq!(
            in_words(Some(capacity)),
            "This node can take 42.2 logins by password a second, of which 3.1 % were used in the last minute; a hash takes 47 ms."
        );
        assert!(in_words(None).contains("not measured yet"));
    }
}
