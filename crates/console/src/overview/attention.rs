//! What needs attention, the worst first. Each line says what it is and what to do, or leads to where it is done.

use vestibule_auth::{EndingCertificate, ExpiringSecret, Expiry};
use vestibule_model::{Millis, told, visible};

use super::ending::ending;
use crate::facts::CertificateFact;
use crate::parts::{counted, counted_many, number, sentence};
use crate::routes::{ADMINISTRATION_TOKENS, ADMINISTRATORS, KEYS, SECOND_FACTOR};
use crate::words;

/// The longest reason that is repeated of a database or a file system.
const LONGEST: usize = 400;

/// A certificate is renewed before it has so many days left.
const DAYS_OF_CERTIFICATE: i64 = 21;

/// More than so much of what the hash threads can do leaves too little for a busy minute, in thousandths.
const MOST_HASHING: u64 = 800;

/// So many secrets that expire are told one by one.
const MOST_EXPIRIES: usize = 5;

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

/// Something to be looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Attention {
    pub(super) words: String,
    /// Where it is mended, and what that is called; None: the words say how.
    pub(super) link: Option<(&'static str, String)>,
    /// Whether something fails or is not safe now, rather than soon.
    pub(super) is_bad: bool,
}

/// An owner without a second factor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BareOwner {
    pub(super) name: String,
    /// Whether it is whoever looks.
    pub(super) is_oneself: bool,
}

/// Everything that is looked at.
#[derive(Default)]
pub(super) struct Facts {
    pub(super) trouble: Option<String>,
    pub(super) unjournaled: Option<String>,
    pub(super) unwitnessed: Option<String>,
    pub(super) failed_commits: u64,
    pub(super) missing_master_keys: Option<String>,
    pub(super) outdated_seals: usize,
    pub(super) lost_requests: u64,
    pub(super) folded_requests: u64,
    pub(super) hash_used_thousandths: u64,
    pub(super) certificates: Vec<CertificateFact>,
    /// Those of identity providers.
    pub(super) ending_certificates: Vec<EndingCertificate>,
    pub(super) last_backup: Option<Millis>,
    pub(super) bare_owners: Vec<BareOwner>,
    pub(super) expiries: Vec<Expiry>,
    pub(super) is_development: bool,
}

/// What of it needs attention at a time.
pub(super) fn attention(facts: &Facts, now: Millis) -> Vec<Attention> {
    let mut lines: Vec<Attention> = store(facts)
        .into_iter()
        .chain(keys(facts))
        .chain(facts.certificates.iter().filter_map(|it| certificate(it, now)))
        .chain(ending(&facts.ending_certificates, now))
        .chain(backup(facts, now))
        .chain(facts.bare_owners.iter().map(bare_owner))
        .chain(expiries(&facts.expiries, now))
        .chain(load(facts))
        .chain(development(facts))
        .collect();
    lines.sort_by_key(|line| !line.is_bad);
    lines
}

fn bad(words: &str) -> Attention {
    Attention { words: sentence(&told(words, LONGEST)), link: None, is_bad: true }
}

fn soon(words: impl Into<String>) -> Attention {
    Attention { words: words.into(), link: None, is_bad: false }
}

fn store(facts: &Facts) -> Vec<Attention> {
    let failed = facts.failed_commits;
    let commits = counted_many(failed, "commit", "commits");
    [
        facts.trouble.as_ref().map(|trouble| bad(&format!("{trouble}."))),
        facts.unjournaled.as_ref().map(|why| bad(&format!("The journal of ends could not be made: {why}."))),
        facts
            .unwitnessed
            .as_ref()
            .map(|why| bad(&format!("The witness of the audit could not be written: {why}."))),
        (failed > 0).then(|| bad(&format!("The database has failed {commits} since the start."))),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn keys(facts: &Facts) -> Vec<Attention> {
    let outdated = facts.outdated_seals;
    let holders = counted(outdated, "thing has", "things have");
    let outdated = (outdated > 0).then(|| {
        soon(format!(
            "{holders} secrets under a master key of before; they are sealed anew in the background. If this stays, look into the log."
        ))
    });
    let missing = facts.missing_master_keys.as_ref().map(|why| bad(&format!("{why}.")));
    let link = || Some(("Keys", KEYS.to_owned()));
    missing.into_iter().chain(outdated).map(|line| Attention { link: link(), ..line }).collect()
}

fn certificate(fact: &CertificateFact, now: Millis) -> Option<Attention> {
    let CertificateFact { listener, until, has_failed } = *fact;
    if has_failed {
        return Some(bad(&format!(
            "The new certificate of the listener {listener} cannot be used, and the old one is kept: the log says why."
        )));
    }
    let left = until.as_unix().saturating_sub(now.as_unix());
    if left <= 0 {
        return Some(bad(&format!(
            "The certificate of the listener {listener} has expired. Replace its files."
        )));
    }
    (left < DAYS_OF_CERTIFICATE * DAY).then(|| {
        let left = age(now, until);
        soon(format!("The certificate of the listener {listener} is good for {left}. Replace its files."))
    })
}

fn backup(facts: &Facts, now: Millis) -> Option<Attention> {
    let how = "`vestibule backup` makes one.";
    match facts.last_backup {
        // Nobody misses what is made for a try.
        _ if facts.is_development => None,
        None => Some(soon(format!("No backup of this data directory is known. {how}"))),
        Some(at) => {
            let is_old = now.as_unix().saturating_sub(at.as_unix()) > DAY;
            is_old.then(|| soon(format!("The last backup is {} old. {how}", age(at, now))))
        }
    }
}

/// The time from one point to a later one: in whole days or, where there is none, hours or minutes.
pub(super) fn age(from: Millis, to: Millis) -> String {
    let millis = to.as_unix().saturating_sub(from.as_unix()).max(0);
    let (count, one, many) = match (millis / DAY, millis / HOUR) {
        (0, 0) => (millis / (HOUR / 60), "minute", "minutes"),
        (0, hours) => (hours, "hour", "hours"),
        (days, _) => (days, "day", "days"),
    };
    counted(usize::try_from(count).unwrap_or_default(), one, many)
}

fn bare_owner(owner: &BareOwner) -> Attention {
    let (words, link) = if owner.is_oneself {
        let own = ("Set one up", SECOND_FACTOR.to_owned());
        ("You own this installation, and have no second factor.".to_owned(), own)
    } else {
        let name = visible(&owner.name);
        let all = ("Administrators", ADMINISTRATORS.to_owned());
        (format!("The owner {name} has no second factor."), all)
    };
    Attention { link: Some(link), ..soon(words) }
}

fn expiries(all: &[Expiry], now: Millis) -> Vec<Attention> {
    let line = |expiry: &Expiry| {
        let left = age(now, expiry.at);
        let name = told(&expiry.name, LONGEST);
        match expiry.of {
            ExpiringSecret::AdministrationToken(_) => {
                let link = Some(("Administration tokens", ADMINISTRATION_TOKENS.to_owned()));
                Attention {
                    link,
                    ..soon(format!("The administration token {name} stops working in {left}."))
                }
            }
            ExpiringSecret::Superseded(account, application) => {
                let link = words::application(account, application).map(|(_, page)| ("Its page", page));
                let words = format!("The old secret of {name}, of {account}, stops working in {left}.");
                Attention { link, ..soon(words) }
            }
        }
    };
    let more = all.len().saturating_sub(MOST_EXPIRIES);
    let more = (more > 0).then(|| {
        let secrets = counted(more, "more secret stops", "more secrets stop");
        soon(format!("{secrets} working within 14 days."))
    });
    all.iter().take(MOST_EXPIRIES).map(line).chain(more).collect()
}

fn load(facts: &Facts) -> Vec<Attention> {
    let used = facts.hash_used_thousandths;
    let hashing = (used > MOST_HASHING).then(|| {
        soon(format!(
            "Logins by password took {} % of what this node can take in the last minute.",
            number(used / 10)
        ))
    });
    let lost = (facts.lost_requests > 0).then(|| {
        let requests = counted_many(facts.lost_requests, "request", "requests");
        bad(&format!("{requests} could not be counted: the database refuses them. The log says why."))
    });
    let folded = (facts.folded_requests > 0).then(|| {
        let requests = counted_many(facts.folded_requests, "request", "requests");
        soon(format!("{requests} were counted without their routes, since too many waited for the database."))
    });
    [hashing, lost, folded].into_iter().flatten().collect()
}

fn development(facts: &Facts) -> Option<Attention> {
    let words = "This server is for development: everybody knows the passwords of its accounts. Let nobody else reach it.";
    facts.is_development.then(|| soon(words))
}

#[cfg(test)]
mod tests {
    use vestibule_model::{AdministrationTokenId, Application, ApplicationId};

    use super::*;

    const NOW: Millis = Millis::from_unix(100 * DAY);

    fn at(days: i64) -> Millis {
        Millis::from_unix((100 + days) * DAY)
    }

    /// Facts of an installation in which all is well.
    fn well() -> Facts {
        Facts { last_backup: Some(at(0)), ..Facts::default() }
    }

    fn only(facts: &Facts) -> Attention {
        let mut lines = attention(facts, NOW);
        assert_eq!(lines.len(), 1, "{lines:?}");
        lines.remove(0)
    }

    fn certificate(until: Millis, has_failed: bool) -> Facts {
        let fact = CertificateFact { listener: "https", until, has_failed };
        Facts { certificates: vec![fact], ..well() }
    }

    #[test]
    fn where_all_is_well_there_is_nothing() {
        assert_eq!(attention(&well(), NOW), []);
    }

    #[test]
    fn the_database_is_told_of() {
        let line = only(&Facts { trouble: Some("the database takes no changes".to_owned()), ..well() });
        assert_eq!((line.words.as_str(), line.is_bad), ("The database takes no changes.", true));
        let line = only(&Facts { failed_commits: 2, ..well() });
        assert_eq!(line.words, "The database has failed 2 commits since the start.");
    }

    #[test]
    fn the_journal_and_the_witness_are_told_of() {
        assert!(only(&Facts { unjournaled: Some("full".to_owned()), ..well() }).words.contains("journal"));
        assert!(only(&Facts { unwitnessed: Some("full".to_owned()), ..well() }).words.contains("witness"));
    }

    #[test]
    fn a_master_key_that_is_missing_is_told_of() {
        let line =
            only(&Facts { missing_master_keys: Some("generation 2 is not there".to_owned()), ..well() });
        assert!(line.is_bad && line.words.starts_with("Generation 2"), "{line:?}");
    }

    #[test]
    fn seals_of_before_are_told_of() {
        assert!(only(&Facts { outdated_seals: 3, ..well() }).words.starts_with("3 things have"));
    }

    #[test]
    fn a_certificate_is_told_of_three_weeks_before_its_end() {
        assert_eq!(attention(&certificate(at(21), false), NOW), []);
        let line = only(&certificate(at(20), false));
        assert!(!line.is_bad && line.words.contains("good for 20 days"), "{line:?}");
        let line = only(&certificate(at(0), false));
        assert!(line.is_bad && line.words.contains("has expired"), "{line:?}");
    }

    #[test]
    fn a_certificate_that_cannot_be_used_is_told_of() {
        let line = only(&certificate(at(300), true));
        assert!(line.is_bad && line.words.contains("cannot be used"), "{line:?}");
    }

    #[test]
    fn a_backup_that_is_more_than_a_day_old_is_told_of() {
        assert!(only(&Facts { last_backup: Some(at(-2)), ..well() }).words.contains("2 days old"));
        assert!(only(&Facts { last_backup: None, ..well() }).words.contains("No backup"));
        assert_eq!(attention(&Facts { last_backup: Some(at(-1)), ..well() }, NOW), []);
    }

    #[test]
    fn an_owner_without_a_second_factor_is_told_of_with_where_it_is_mended() {
        let owner = |is_oneself| BareOwner { name: "ann".to_owned(), is_oneself };
        let link =
            |is_oneself| only(&Facts { bare_owners: vec![owner(is_oneself)], ..well() }).link.unwrap().1;
        assert_eq!(link(true), SECOND_FACTOR);
        assert_eq!(link(false), ADMINISTRATORS);
    }

    #[test]
    fn secrets_that_expire_are_told_of_and_the_first_by_name() {
        let token = ExpiringSecret::AdministrationToken(AdministrationTokenId(1));
        let expiry = |of| Expiry { of, name: "deploy".to_owned(), at: at(3) };
        let line = only(&Facts { expiries: vec![expiry(token)], ..well() });
        assert_eq!(line.words, "The administration token deploy stops working in 3 days.");
        let key = Application::ApiKey(ApplicationId(5));
        let superseded = ExpiringSecret::Superseded("acme".parse().unwrap(), key);
        let line = only(&Facts { expiries: vec![expiry(superseded)], ..well() });
        assert_eq!(line.link.unwrap().1, "/console/accounts/acme/api-keys/5");
        let many = attention(&Facts { expiries: vec![expiry(token); 7], ..well() }, NOW);
        assert_eq!((many.len(), many[5].words.as_str()), (6, "2 more secrets stop working within 14 days."));
    }

    #[test]
    fn a_time_is_told_in_what_there_is_a_whole_one_of() {
        let told = [59, 60, 60 * 23, 60 * 24, 60 * 47]
            .map(|minutes| age(Millis::from_unix(0), Millis::from_unix(minutes * 60_000)));
        assert_eq!(told, ["59 minutes", "1 hour", "23 hours", "1 day", "1 day"]);
        assert_eq!(age(NOW, at(-1)), "0 minutes", "a clock that was set back");
    }

    #[test]
    fn a_busy_node_is_told_of() {
        assert_eq!(attention(&Facts { hash_used_thousandths: 800, ..well() }, NOW), []);
        assert!(only(&Facts { hash_used_thousandths: 812, ..well() }).words.contains("81 %"));
    }

    #[test]
    fn requests_that_are_not_counted_are_told_of() {
        assert!(only(&Facts { lost_requests: 1, ..well() }).is_bad);
        assert!(only(&Facts { folded_requests: 4, ..well() }).words.starts_with("4 requests"));
    }

    #[test]
    fn a_server_for_development_is_told_of_and_misses_no_backup() {
        let line = only(&Facts { is_development: true, ..Facts::default() });
        assert!(line.words.contains("for development"), "{line:?}");
    }

    #[test]
    fn what_fails_now_comes_before_what_fails_soon() {
        let facts = Facts { failed_commits: 1, is_development: true, outdated_seals: 1, ..well() };
        let told: Vec<_> = attention(&facts, NOW).iter().map(|line| line.is_bad).collect();
        assert_eq!(told, [true, false, false]);
    }
}
