//! Until when certificates are valid, as people have to know it.

use vestibule_auth::{ConnectionCertificate, ConnectionCertificates};
use vestibule_model::{Connection, Millis};
use vestibule_serve::forms::Zone;

use super::CERTIFICATE_ENDS_SOON;
use crate::parts::{Cell, Shape, Table, counted_many};

const MILLIS_A_DAY: i64 = 24 * 60 * 60 * 1_000;

/// How long it is valid yet.
fn left(until: Millis, now: Millis) -> Cell {
    if until <= now {
        return Cell::tag(Shape::Bad, "expired");
    }
    let days = u64::try_from((until.as_unix() - now.as_unix()) / MILLIS_A_DAY).unwrap_or_default();
    let shape = if until <= now.plus(CERTIFICATE_ENDS_SOON) { Shape::Warn } else { Shape::Good };
    Cell::tag(shape, format!("{} left", counted_many(days, "day", "days")))
}

/// How long there is a certificate of the identity provider that is valid; None: it has none.
pub(super) fn longest_left(connection: &Connection, now: Millis) -> Option<Cell> {
    let certificates = ConnectionCertificates::of(connection).identity_provider;
    certificates.iter().map(|read| read.not_after).max().map(|until| left(until, now))
}

/// All of a connection, a row each.
pub(super) fn table(connection: &Connection, now: Millis, zone: &Zone) -> Table {
    let ConnectionCertificates { identity_provider, own, previous } = ConnectionCertificates::of(connection);
    let of = |whose: &'static str| move |read: ConnectionCertificate| (whose, read);
    let all = identity_provider.into_iter().map(of("the identity provider"));
    let all = all.chain(own.map(of("this service"))).chain(previous.map(of("this service, the one before")));
    let row = |(whose, read): (&'static str, ConnectionCertificate)| {
        vec![
            Cell::words(whose),
            Cell::text(&read.subject),
            left(read.not_after, now),
            Cell::time(read.not_after, zone),
            Cell::code(&read.fingerprint),
        ]
    };
    Table {
        name: "Certificates",
        head: vec!["Of", "Subject", "Valid", "Until", "SHA-256"],
        rows: all.map(row).collect(),
        empty: "A connection of OpenID Connect has no certificates: its keys are read from the provider.",
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_ends_soon_is_to_be_looked_at() {
        let now = Millis::from_unix(1_800_000_000_000);
        let told = [0, 1, 30, 31, 400].map(|days| {
            let cell = left(now.plus(Duration::from_hours(24 * days)), now);
            (cell.text.clone(), cell.shape)
        });
        let expected = [
            ("expired", Shape::Bad),
            ("1 day left", Shape::Warn),
            ("30 days left", Shape::Warn),
            ("31 days left", Shape::Good),
            ("400 days left", Shape::Good),
        ];
        assert_eq!(told, expected.map(|(text, shape)| (text.to_owned(), shape)));
    }
}
