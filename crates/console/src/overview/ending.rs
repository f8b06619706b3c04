//! Certificates of identity providers that end, as the overview tells of them.

use vestibule_auth::EndingCertificate;
use vestibule_model::{Millis, told};

use super::attention::{Attention, age};
use crate::connections::connection_address;
use crate::parts::counted;

/// So many are told one by one.
const MOST: usize = 5;

/// The longest name of a connection that is told.
const LONGEST: usize = 100;

/// A line for each, and one for those that are too many.
pub(super) fn ending(all: &[EndingCertificate], now: Millis) -> Vec<Attention> {
    let more = all.len().saturating_sub(MOST);
    let connections = counted(more, "more connection has", "more connections have");
    let more = (more > 0).then(|| Attention {
        words: format!("{connections} a certificate of the identity provider that ends within 30 days."),
        link: None,
        is_bad: false,
    });
    all.iter().take(MOST).map(|one| line(one, now)).chain(more).collect()
}

fn line(one: &EndingCertificate, now: Millis) -> Attention {
    let EndingCertificate { account, connection, name, until } = one;
    let whose = format!("of the identity provider of {}, of {account},", told(name, LONGEST));
    let words = if *until <= now {
        format!(
            "The certificate {whose} has expired. What it signs is taken as before: ask there for the next one."
        )
    } else {
        format!("The certificate {whose} is good for {}. Have the next one here before.", age(now, *until))
    };
    let link = Some(("Its page", connection_address(*account, *connection)));
    Attention { words, link, is_bad: false }
}

#[cfg(test)]
mod tests {
    use vestibule_model::ConnectionId;

    use super::*;

    const DAY: i64 = 24 * 3_600_000;

    const NOW: Millis = Millis::from_unix(100 * DAY);

    fn at(days: i64) -> EndingCertificate {
        let until = Millis::from_unix((100 + days) * DAY);
        let (account, connection) = ("acme".parse().unwrap(), ConnectionId(7));
        EndingCertificate { account, connection, name: "Okta".to_owned(), until }
    }

    #[test]
    fn a_certificate_that_ends_soon_is_told_with_the_page_of_its_connection() {
        let line = ending(&[at(12)], NOW).remove(0);
        assert!(line.words.contains("Okta, of acme, is good for 12 days"), "{line:?}");
        assert_eq!(line.link.unwrap().1, "/console/accounts/acme/connections/7");
        assert!(ending(&[at(0)], NOW)[0].words.contains("has expired"));
    }

    #[test]
    fn many_are_told_by_their_number() {
        let lines = ending(&vec![at(1); 7], NOW);
        assert_eq!((lines.len(), lines[5].words.starts_with("2 more connections have")), (6, true));
    }
}
